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

/// Conditions where names are those of a company.
fn condition_of(kind: &'static str) -> impl Strategy<Value = String> {
    let texts: &'static [&'static str] = match kind {
        "c" => &["size gt 1", "$it/score lt size", "parent/name eq name", "employees/any(e:e/id eq id)"],
        _ => &["active", "company ne null", "companies/any()", "colors has 'Red'"],
    };
    one_of(texts)
}

/// Lambdas, nested in each other, with what they are asked.
fn lambda() -> impl Strategy<Value = String> {
    let inner = one_of(&[
        "true",
        "c/size gt score",
        "c/name in ('a','b')",
        "c/parent/parent ne null",
        "c/employees/all(e:e/email eq c/name)",
        "c/employees/any(c:c/email eq email)",
        "matchespattern(c/name,'^[a-z''.]+$')",
        "c/$this eq null",
        "c/employees/$filter($it/id eq id and colors ge 'Blue')/any()",
    ]);
    (one_of(&["any", "all"]), inner)
        .prop_map(|(quantifier, inner)| format!("companies/{quantifier}(c:{inner})"))
}

fn calculation() -> impl Strategy<Value = String> {
    number().prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), one_of(&["add", "sub", "mul", "div", "divby", "mod"]), inner.clone())
                .prop_map(|(left, op, right)| format!("({left} {op} {right})")),
            inner.clone().prop_map(|operand| format!("-({operand})")),
            (one_of(&["round", "floor", "ceiling"]), inner.clone())
                .prop_map(|(f, operand)| format!("{f}({operand})")),
            text().prop_map(|text| format!("length({text})")),
            (condition_of("true"), inner.clone(), number())
                .prop_map(|(when, value, other)| format!("case({when}:{value},true:{other})")),
            inner.clone().prop_map(|operand| format!("cast({operand},Edm.Int64)")),
            condition_of("c").prop_map(|filter| format!("companies/$filter({filter})/$count")),
            one_of(&[
                "company/size",
                "company/parent/size",
                "tags/$count",
                "address/geo/lat",
                "cast(stage,Edm.Int32)"
            ]),
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
        lambda(),
        (text(), text()).prop_map(|(text, other)| format!("[{text},'x'] eq ['y',{other}]")),
        text().prop_map(|text| format!("{text} in tags or tags/any(t:t ne {text})")),
        one_of(&[
            "company eq null",
            "colors has Crm.colors'Blue,Red'",
            "colors in ('Red','Red,Green')",
            "stage lt 'Customer'",
            "cast('Lead',Crm.stage) eq stage",
            "address/city eq 'x' or address/geo eq null",
            "homes/any(h:h/lines/all(l:l gt h/city))",
            "isof(company,Crm.company) and isof(email,Edm.String)",
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
        for option in ["$expand", "$select", "$search", "$apply", "$compute", "$id"] {
            let _outcome = odata::url::parse(&model(), "contacts", Some(&format!("{option}={text}")));
        }
        let _outcome = odata::url::parse(&model(), &format!("contacts(1)/{text}"), None);
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), at in 0_usize..8) {
        let encoded: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        let parts = ["$filter=", "$expand=companies($filter=", "$select=address(", "$search=", "companies/any(c:", "@a=", "", "$orderby="];
        let query = format!("{}{encoded}", parts[at]);
        let _outcome = odata::url::parse(&model(), "contacts", Some(&query));
        let _outcome = odata::url::parse(&model(), &format!("contacts({encoded})/{encoded}"), Some(&query));
    }

    #[test]
    fn a_search_is_displayed_as_it_is_read(text in "(AND |OR |NOT |[a-z\"' ()]){0,20}") {
        if let Ok(search) = odata::url::Search::parse(&text) {
            let shown = search.term.to_string();
            let again = odata::url::Search::parse(&shown).map_err(|error| TestCaseError::fail(format!("{shown}: {error}")))?;
            prop_assert_eq!(again.term, search.term, "{} became {}", text, shown);
        }
    }

    #[test]
    fn nested_options_end_where_they_should(names in prop::collection::vec(one_of(&[
        "companies", "company($expand=parent)", "*", "companies/$ref($top=1)", "companies($filter=name eq ');(')",
        "companies($levels=2;$select=id)", "company($select=id,name;$expand=employees($top=1;$expand=companies))",
    ]), 1..4)) {
        let text = names.join(",");
        match odata::url::parse(&model(), "contacts", Some(&format!("$expand={text}"))) {
            Ok(request) => prop_assert!(!request.options.expand.is_empty()),
            Err(error) => prop_assert_eq!(error.kind, odata::ErrorKind::NotSupported, "{}", error),
        }
    }
}
