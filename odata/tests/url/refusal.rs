//! Expressions that are refused: with which kind of error, which words and which place.

use odata::ErrorKind;
use odata::eval::matches;

use crate::support::{context, encode, filter, request, row};

fn refused(text: &str) -> (ErrorKind, String) {
    let error = filter(text).expect_err(text);
    (error.kind, error.to_string())
}

#[test]
fn malformed_text_is_refused_with_its_place() {
    let cases = [
        ("", "Expected a property, a literal or a function, found the end. (at character 0 of $filter)"),
        (
            "email eq",
            "Expected a property, a literal or a function, found the end. (at character 8 of $filter)",
        ),
        (
            "email eq 'x",
            "The text has no closing quote; a quote inside a text is written twice. (at character 9 of $filter)",
        ),
        ("ë eq 'ä' )", "Expected an operator or the end, found `)`. (at character 9 of $filter)"),
        ("(email eq 'x'", "Expected `)`, found the end. (at character 13 of $filter)"),
        ("email = 'x'", "Expected an operator or the end, found `=`. (at character 6 of $filter)"),
        ("email eq'x'", "A blank is missing between `eq` and the quote. (at character 6 of $filter)"),
        (
            "createdate gt 2024-02-30",
            "`2024-02-30` is not a day of the calendar. (at character 14 of $filter)",
        ),
        ("score eq 5x", "`5x` is neither a number nor a name. (at character 9 of $filter)"),
        (
            "lenght(email) eq 1",
            "There is no function `lenght`. Did you mean `length`? (at character 0 of $filter)",
        ),
        ("contains(email)", "`contains` takes two arguments. (at character 0 of $filter)"),
        ("any(x:true)", "`any` needs a collection before it: Collection/any(…). (at character 0 of $filter)"),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), (ErrorKind::Syntax, expected.to_owned()), "{text}");
    }
    let (kind, message) = refused("createdate gt 2024-01-01T00:00:00");
    assert_eq!(kind, ErrorKind::Syntax);
    assert!(message.starts_with("A date and time needs a zone"), "{message}");
}

#[test]
fn types_that_do_not_fit_are_refused_with_a_hint() {
    let cases = [
        (
            "score eq '5'",
            "`score` is Edm.Int32 and `'5'` is Edm.String; they cannot be compared. Text is written in single quotes, everything else without. (at character 0 of $filter)",
        ),
        (
            "email eq 5",
            "`email` is Edm.String and `5` is Edm.Int64; they cannot be compared. Text is written in single quotes, everything else without. (at character 0 of $filter)",
        ),
        (
            "email",
            "$filter needs a condition, and `email` is Edm.String; compare it with something. (at character 0 of $filter)",
        ),
        (
            "active and score",
            "`and` needs conditions on both sides, and `score` is Edm.Int32; compare it with something. (at character 11 of $filter)",
        ),
        (
            "not email eq 'x'",
            "`not` needs a condition; write `not (a eq b)` with parentheses, and `email` is Edm.String; compare it with something. (at character 4 of $filter)",
        ),
        (
            "year(email) eq 1",
            "`year` takes Date or DateTimeOffset, and `email` is Edm.String. (at character 0 of $filter)",
        ),
        (
            "email add 1 eq 1",
            "`email` is Edm.String and `1` is Edm.Int64; `add` cannot join them. (at character 0 of $filter)",
        ),
        (
            "score in (1,'2')",
            "`score` is Edm.Int32 and `'2'` is Edm.String; they cannot be compared. Text is written in single quotes, everything else without. (at character 12 of $filter)",
        ),
        (
            "companies/name eq 'x'",
            "`companies` is a collection; write companies/any(x:x/name …) to ask for one of its members. (at character 10 of $filter)",
        ),
        (
            "company eq 5",
            "`company` is an entity (company); compare one of its properties, or ask `company ne null`. (at character 0 of $filter)",
        ),
        ("email/any(x:true)", "`email` is no collection. (at character 6 of $filter)"),
        (
            "tags eq 5",
            "`tags` is Collection(Edm.String) and `5` is Edm.Int64; they cannot be compared. (at character 0 of $filter)",
        ),
        (
            "stage eq 'Leed'",
            "`stage` is Crm.stage and `'Leed'` is Edm.String; they cannot be compared. Is it a member of the enumeration? (at character 0 of $filter)",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), (ErrorKind::Type, expected.to_owned()), "{text}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_one() {
    let cases = [
        (
            "active and Email eq 'x'",
            "`Email` is not a property of contact. Names are case-sensitive: did you mean `email`? (at character 11 of $filter)",
        ),
        (
            "contains(fistname,'x')",
            "`fistname` is not a property of contact. Did you mean `firstname`? (at character 9 of $filter)",
        ),
        ("zzz eq 1", "`zzz` is not a property of contact. (at character 0 of $filter)"),
        (
            "Emial/x eq 1",
            "`Emial` is not a property of contact. Did you mean `email`? (at character 0 of $filter)",
        ),
        (
            "companies/nam eq 'x'",
            "`nam` is not a property of company. Did you mean `name`? (at character 10 of $filter)",
        ),
        (
            "companies/any(c:c/nam eq 'x')",
            "`nam` is not a property of company. Did you mean `name`? (at character 18 of $filter)",
        ),
        (
            "companies/any(c:name eq 'x')",
            "`name` is not a property of contact. Of the variable it is written `c/name`. (at character 16 of $filter)",
        ),
        ("address/town eq 'x'", "`town` is not a property of address. (at character 8 of $filter)"),
    ];
    for (text, expected) in &cases {
        assert_eq!(refused(text), (ErrorKind::UnknownProperty, (*expected).to_owned()), "{text}");
    }
}

#[test]
fn what_cannot_be_calculated_is_an_overflow() {
    for text in
        ["score eq 1 div 0", "score eq 9223372036854775807 add 1", "ratio gt 1e999", "amount eq 1.0 mod 0"]
    {
        assert_eq!(refused(text).0, ErrorKind::Overflow, "{text}");
    }
    let by_row = filter("1 div (score add 7) eq 1").expect("well-formed");
    let error = matches(&by_row, &row(), &context()).expect_err("division by zero");
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Overflow, "`div` by zero."));
}

#[test]
fn what_is_understood_but_not_built_is_named() {
    let cases = [
        ("geo.length(email) gt 1", "The function `geo.length` is"),
        ("hassubset(tags,['a'])", "The function `hassubset` is"),
        ("contains(tags,'a')", "`contains` of collections is"),
        ("cast(score,Crm.contact) eq 1", "`cast` to anything but primitive types and enumerations is"),
        ("companies/$count($search=x) gt 1", "`$search` inside an expression is"),
        ("companies/Crm.f() gt 1", "Such a path behind the collection `companies` is"),
        ("$root/contacts(1)/score gt 1", "`$root` in an expression is"),
        ("score/@Core.x eq 1", "The annotation `@Core.x` is"),
        ("email eq {\"a\":[1,true]}", "A JSON object in an expression is"),
        ("createdate gt 12345-01-01", "`12345-01-01`: years beyond 9999 are"),
    ];
    for (text, expected) in cases {
        let (kind, message) = refused(text);
        assert_eq!(kind, ErrorKind::NotSupported, "{text}: {message}");
        assert!(
            message.starts_with(&format!("{expected} not supported by this service.")),
            "{text}: {message}"
        );
    }
}

#[test]
fn long_chains_are_flat_and_deep_nesting_is_refused() {
    let chain = vec!["score eq 1"; 3000].join(" or ");
    let checked = filter(&chain).expect("3,000 operands are no nesting");
    assert_eq!(matches(&checked, &row(), &context()), Ok(false));
    let deep = |levels: usize| format!("{}active{}", "(".repeat(levels), ")".repeat(levels));
    assert!(filter(&deep(90)).is_ok());
    for text in [
        deep(5_000),
        format!("{}active", "not ".repeat(5_000)),
        format!("score{} eq 1", " add score".repeat(3000)),
    ] {
        assert_eq!(refused(&text).0, ErrorKind::TooComplex);
    }
    let many = vec!["active"; 20_000].join(" or ");
    assert_eq!(refused(&many).0, ErrorKind::TooComplex);
}

#[test]
fn collections_inside_of_each_other_are_few() {
    for (open, close) in [("tags/any(t:", ")"), ("$it/companies/$filter(", ")/any()")] {
        let text = format!("{}active{}", open.repeat(90), close.repeat(90));
        assert_eq!(filter(&text).map_err(|error| error.kind), Err(ErrorKind::TooComplex), "{open}");
    }
    assert!(filter("tags/any(a:tags/any(b:tags/any(c:tags/any(d:d eq a))))").is_ok());
}

#[test]
fn aliases_cannot_multiply_beyond_the_limit() {
    let mut query = "$filter=@a0".to_owned();
    for index in 0..20 {
        query += &format!("&@a{index}=@a{0} and @a{0}", index + 1);
    }
    query += "&@a20=active";
    let error = request("contacts", &query).expect_err("a million operands");
    assert_eq!(error.kind, ErrorKind::TooComplex);
}

#[test]
fn the_deepest_expression_fits_into_a_workers_stack() {
    let shapes = [
        ("trim(", "email", ") eq 'x'"),
        ("true in (", "active", ")"),
        ("(active and (1 add score eq 1 or ", "active", "))"),
        ("active eq not (", "active", ")"),
        ("score add -(", "score", ") eq 1"),
        ("cast(", "score", ",Edm.Int64) eq 1"),
        ("case(active:", "active", ")"),
    ];
    let walk = move || {
        for (open, middle, close) in shapes {
            let accepted = (1..300).rev().find_map(|levels| {
                let inner = close.trim_end_matches(" eq 'x'").trim_end_matches(" eq 1");
                let text = format!("{}{middle}{}{close}", open.repeat(levels), inner.repeat(levels - 1));
                filter(&text).ok()
            });
            let deepest = accepted.unwrap_or_else(|| panic!("{open} is refused at any depth"));
            assert!(matches(&deepest, &row(), &context()).is_ok());
            assert!(deepest.clone() == deepest && deepest.to_string().len() > 100);
        }
    };
    // Three quarters of the 2 MiB of a worker of tokio, for a build without optimisation.
    let thread = std::thread::Builder::new().stack_size(1536 * 1024).spawn(walk).expect("a thread");
    thread.join().expect("no shape overflows");
}

/// A short URL can repeat a long alias: what is counted is what all expressions of the request become.
#[test]
fn aliases_that_are_repeated_by_many_criteria_are_counted_together() {
    let alias = ["score eq 1"; 500].join(" or ");
    let few = format!("$orderby={}&@a={}", ["@a"; 5].join(","), encode(&alias));
    assert_eq!(request("contacts", &few).map(|request| request.options.orderby.len()), Ok(5));
    let many = format!("$orderby={}&@a={}", ["@a"; 5_000].join(","), encode(&alias));
    assert_eq!(request("contacts", &many).expect_err("much too large").kind, ErrorKind::TooComplex);
}

#[test]
fn a_mistake_in_a_list_that_an_alias_stands_for_is_placed_in_the_alias() {
    let error = request("contacts", "$filter=score in @list&@list=[1,scores]").expect_err("no such property");
    assert_eq!((error.target.as_deref(), error.position), (Some("@list"), Some(3)));
    let error = request("contacts", "$filter=score in @l&@l=[1 in @l]").expect_err("a circle");
    assert_eq!(error.kind, ErrorKind::Syntax);
}
