//! The order of rows.

use std::cmp::Ordering;

use odata::eval::{compare_keys, compare_rows, sort_keys};
use odata::{Row, Value};

use crate::support::{context, request, row};

fn with(firstname: Value, amount: Value) -> Row {
    let mut row = row();
    (row[2], row[4]) = (firstname, amount);
    row
}

fn order(text: &str, left: &Row, right: &Row) -> Ordering {
    let orderby = request("contacts", &format!("$orderby={text}")).expect(text).options.orderby;
    let by_rows = compare_rows(&orderby, left, right, &context());
    let keys = |row: &Row| sort_keys(&orderby, row, &context()).expect(text);
    assert_eq!(by_rows, compare_keys(&orderby, &keys(left), &keys(right)), "{text}");
    by_rows
}

#[test]
fn null_comes_first_ascending_and_last_descending() {
    let (null, a) = (with(Value::Null, Value::Null), with(Value::string("a"), Value::Null));
    assert_eq!(order("firstname", &null, &a), Ordering::Less);
    assert_eq!(order("firstname desc", &null, &a), Ordering::Greater);
    assert_eq!(order("firstname", &null, &null), Ordering::Equal);
}

#[test]
fn texts_are_ordered_by_code_point() {
    let row = |name: &str| with(Value::string(name), Value::Null);
    for (smaller, larger) in [("B", "a"), ("a", "b"), ("a", "aa"), ("z", "ä"), ("\u{FFFF}", "\u{10000}")] {
        assert_eq!(order("firstname", &row(smaller), &row(larger)), Ordering::Less, "{smaller} {larger}");
    }
}

#[test]
fn the_second_criterion_decides_where_the_first_does_not() {
    let (one, two) = (
        with(Value::string("a"), Value::Decimal(1.into())),
        with(Value::string("A"), Value::Decimal(2.into())),
    );
    assert_eq!(order("tolower(firstname),amount desc", &one, &two), Ordering::Greater);
    assert_eq!(order("amount sub 5", &one, &two), Ordering::Less);
}
