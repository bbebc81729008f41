//! What is displayed is read back as the same expression.

use odata::edm::SetId;
use odata::expr::Expr;
use proptest::prelude::*;

use crate::support::{expression, model};

/// One of these texts, literally (a bare text would be a regular expression).
fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("score".to_owned()),
        Just("visits".to_owned()),
        Just("amount".to_owned()),
        Just("ratio".to_owned()),
        any::<i32>().prop_map(|n| n.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        (any::<i32>(), 0..10_000_u32).prop_map(|(n, fraction)| format!("{n}.{fraction}")),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(|n| format!("{n:e}")),
        one_of(&["INF", "-INF", "5m", "-5L", "1.5d", "null"]),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("email".to_owned()),
        Just("missing".to_owned()),
        any::<String>().prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
    ]
}

fn point() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("createdate".to_owned()),
        Just("now()".to_owned()),
        (0..9999_u32, 1..=12_u32, 1..=28_u32, 0..24_u32, 0..10_000_000_u32, -14..=14_i32).prop_map(
            |(year, month, day, hour, fraction, offset)| {
                let sign = if offset < 0 { '-' } else { '+' };
                let offset = offset.abs();
                format!("{year:04}-{month:02}-{day:02}T{hour:02}:00:59.{fraction:07}{sign}{offset:02}:30")
            }
        ),
        one_of(&[
            "birthdate",
            "2024-02-29",
            "datetime'2024-02-29T00:00:00'",
            "mindatetime()",
            "maxdatetime()"
        ]),
    ]
}

fn calculation() -> impl Strategy<Value = String> {
    number().prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), one_of(&["add", "sub", "mul", "div", "divby", "mod"]), inner.clone())
                .prop_map(|(left, op, right)| format!("({left} {op} {right})")),
            inner.clone().prop_map(|operand| format!("-({operand})")),
            (one_of(&["round", "floor", "ceiling"]), inner)
                .prop_map(|(f, operand)| format!("{f}({operand})")),
            text().prop_map(|text| format!("length({text})")),
            point().prop_map(|point| format!("year({point})")),
        ]
    })
}

fn condition() -> impl Strategy<Value = String> {
    let op = || one_of(&["eq", "ne", "gt", "ge", "lt", "le"]);
    let simple = prop_oneof![
        (calculation(), op(), calculation()).prop_map(|(left, op, right)| format!("{left} {op} {right}")),
        (text(), op(), text()).prop_map(|(left, op, right)| format!("{left} {op} {right}")),
        (point(), op(), point()).prop_map(|(left, op, right)| format!("{left} {op} {right}")),
        (text(), prop::collection::vec(text(), 0..4))
            .prop_map(|(n, items)| format!("{n} in ({})", items.join(","))),
        (one_of(&["contains", "startswith", "endswith"]), text(), text())
            .prop_map(|(f, left, right)| format!("{f}({left},{right})")),
        one_of(&[
            "active",
            "true",
            "null",
            "stage eq 'Lead'",
            "span gt duration'-P1DT2H3.5S'",
            "alarm lt 12:30"
        ]),
    ];
    simple.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|any| format!("({})", any.join(" or "))),
            inner.clone().prop_map(|operand| format!("not ({operand})")),
            (inner.clone(), inner).prop_map(|(left, right)| format!("(({left}) eq ({right}))")),
        ]
    })
}

fn displayed(expr: &Expr) -> String {
    expr.display(model().type_of_set(SetId(0))).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn displayed_conditions_are_read_back(text in condition()) {
        // What overflows while it is folded is an error, and has no text.
        if let Ok(expr) = expression(&text) {
            let shown = displayed(&expr);
            let again = expression(&shown).map_err(|error| TestCaseError::fail(format!("{shown}: {error}")))?;
            prop_assert_eq!(displayed(&again), shown.as_str());
            // NaN is not equal to itself.
            if !shown.contains("NaN") {
                prop_assert_eq!(&again, &expr, "{} became {}", text, shown);
            }
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z0-9'()\\[\\]{}\",:/$@ .+-]{0,60}|\\PC{0,40}") {
        let _outcome = expression(&text);
        let _outcome = odata::url::parse(&model(), &text, Some(&text));
    }
}
