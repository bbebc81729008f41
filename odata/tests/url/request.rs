//! Paths and options: what a URL leads to, and how a wrong one is refused.

use odata::edm::SetId;
use odata::url::{Resource, parse};
use odata::{ErrorKind, Value};

use crate::support::{model, request};

const CONTACTS: SetId = SetId(0);
const OWNERS: SetId = SetId(2);
const PIPELINES: SetId = SetId(3);

fn leads_to(path: &str, expected: &Resource) {
    let request = parse(&model(), path, None).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(request.resource, *expected, "{path}");
}

fn refused(path: &str, query: &str) -> (ErrorKind, String) {
    let error = request(path, query).expect_err(&format!("{path}?{query}"));
    (error.kind, error.to_string())
}

#[test]
fn fixed_resources_are_found() {
    leads_to("", &Resource::ServiceDocument);
    leads_to("/", &Resource::ServiceDocument);
    leads_to("$metadata", &Resource::Metadata);
    leads_to("%24metadata", &Resource::Metadata);
    leads_to("$batch", &Resource::Batch);
    leads_to("contacts", &Resource::EntitySet { set: CONTACTS });
    leads_to("contacts/", &Resource::EntitySet { set: CONTACTS });
    leads_to("contacts/$count", &Resource::Count { set: CONTACTS });
    leads_to("contacts/%24count", &Resource::Count { set: CONTACTS });
}

#[test]
fn an_entity_is_found_by_its_key() {
    let contact = |id| Resource::Entity { set: CONTACTS, key: vec![Value::Int64(id)] };
    leads_to("contacts(1)", &contact(1));
    leads_to("contacts(1)/", &contact(1));
    leads_to("contacts(-1)", &contact(-1));
    leads_to("contacts(id=1)", &contact(1));
    leads_to("contacts( id = 1 )", &contact(1));
    leads_to("contacts%28id%3D1%29", &contact(1));
    leads_to("contacts(9223372036854775807)", &contact(i64::MAX));
}

#[test]
fn a_text_key_may_contain_anything() {
    let owner = |id: &str| Resource::Entity { set: OWNERS, key: vec![Value::string(id)] };
    leads_to("owners('x')", &owner("x"));
    leads_to("owners%28%27x%27%29", &owner("x"));
    leads_to("owners('O''Neil')", &owner("O'Neil"));
    leads_to("owners('O%27%27Neil')", &owner("O'Neil"));
    leads_to("owners('a%2Fb')", &owner("a/b"));
    leads_to("owners('a/b')", &owner("a/b"));
    leads_to("owners('a)(b')", &owner("a)(b"));
    leads_to("owners('a+b%2Bc')", &owner("a+b+c"));
    leads_to("owners('100%25')", &owner("100%"));
    leads_to("owners('%C3%AB')", &owner("ë"));
    leads_to("owners('')", &owner(""));
}

#[test]
fn a_composite_key_is_named_in_any_order() {
    let expected =
        Resource::Entity { set: PIPELINES, key: vec![Value::string("deals"), Value::string("default")] };
    leads_to("pipelines(object_type='deals',id='default')", &expected);
    leads_to("pipelines(id='default',object_type='deals')", &expected);
}

#[test]
fn a_property_is_found_below_its_entity() {
    let key = || vec![Value::Int64(1)];
    leads_to("contacts(1)/email", &Resource::Property { set: CONTACTS, key: key(), property: 1 });
    leads_to("contacts(1)/email/$value", &Resource::PropertyValue { set: CONTACTS, key: key(), property: 1 });
}

#[test]
fn a_key_may_be_an_alias() {
    let request = request("contacts(@id)", "@id=7").expect("well-formed");
    assert_eq!(request.resource, Resource::Entity { set: CONTACTS, key: vec![Value::Int64(7)] });
}

#[test]
fn a_key_of_another_type_is_refused_with_a_hint() {
    let cases = [
        (
            "contacts('5')",
            ErrorKind::Type,
            "The key `id` is Edm.Int64, and this is not such a value. Write it without quotes.",
        ),
        ("contacts(5.5)", ErrorKind::Type, "The key `id` is Edm.Int64, and this is not such a value."),
        ("contacts(null)", ErrorKind::Type, "The key `id` is Edm.Int64, and this is not such a value."),
        ("contacts(1 add 1)", ErrorKind::Type, "The key `id` is Edm.Int64, and this is not such a value."),
        (
            "owners(5)",
            ErrorKind::Type,
            "The key `id` is Edm.String, and this is not such a value. Write it in single quotes.",
        ),
        (
            "contacts(9223372036854775808)",
            ErrorKind::Overflow,
            "The key 9223372036854775808.0 is out of the range of Edm.Int64.",
        ),
        ("contacts()", ErrorKind::Syntax, "The key of contact is written (id=…)."),
        ("contacts(1,2)", ErrorKind::Syntax, "The key of contact is written (id=…)."),
        ("contacts(ID=1)", ErrorKind::Syntax, "The key of contact is written (id=…)."),
        ("pipelines('a')", ErrorKind::Syntax, "The key of pipeline is written (object_type=…,id=…)."),
        (
            "pipelines(id='a',id='b')",
            ErrorKind::Syntax,
            "The key of pipeline is written (object_type=…,id=…).",
        ),
    ];
    for (path, kind, message) in cases {
        assert_eq!(refused(path, ""), (kind, message.to_owned()), "{path}");
    }
    for path in
        ["contacts(1", "contacts(1)x", "contacts(1)(2)", "owners('x)", "contacts(1;2)", "contacts(%zz)"]
    {
        assert_eq!(refused(path, "").0, ErrorKind::Syntax, "{path}");
    }
}

#[test]
fn a_path_that_leads_nowhere_is_refused_with_a_hint() {
    use ErrorKind::{EntitySetNotFound, PropertyNotFound};
    let cases = [
        ("contact", EntitySetNotFound, "There is no entity set `contact`. Did you mean `contacts`?"),
        (
            "Contacts",
            EntitySetNotFound,
            "There is no entity set `Contacts`. Names are case-sensitive: did you mean `contacts`?",
        ),
        ("zzz(1)", EntitySetNotFound, "There is no entity set `zzz`."),
        ("//contacts", EntitySetNotFound, "The path has an empty segment; is there a slash too many?"),
        ("/contacts", EntitySetNotFound, "The path has an empty segment; is there a slash too many?"),
        ("contacts//", EntitySetNotFound, "There is an empty segment after `contacts`."),
        ("$metadata/x", EntitySetNotFound, "There is nothing below `$metadata`."),
        ("$Metadata", EntitySetNotFound, "There is no entity set `$Metadata`."),
        (
            "contacts/email",
            PropertyNotFound,
            "`contacts` is a collection; name one of its entities first: contacts(key)/email.",
        ),
        ("contacts/$cuont", PropertyNotFound, "There is no path segment `$cuont`."),
        (
            "contacts(1)/emial",
            PropertyNotFound,
            "`emial` is not a property of contact. Did you mean `email`?",
        ),
        ("contacts(1)/email/x", PropertyNotFound, "There is no `x` below the property `email`."),
    ];
    for (path, kind, message) in cases {
        assert_eq!(refused(path, ""), (kind, message.to_owned()), "{path}");
    }
}

#[test]
fn what_is_understood_but_not_built_is_named() {
    let paths = [
        "contacts/$each",
        "contacts/$query",
        "contacts/$filter(active)/$each",
        "contacts/5",
        "contacts/Crm.vip",
        "contacts(1)/$value",
        "contacts(1)/Crm.act",
        "contacts(1)/email/$count",
        "contacts(1)/tags/0",
        "$crossjoin(contacts,companies)",
        "$all",
        "$entity?",
    ];
    for path in paths {
        let query = if path == "$entity?" { "$id=https://other/contacts(1)" } else { "" };
        assert_eq!(refused(path.trim_end_matches('?'), query).0, ErrorKind::NotSupported, "{path}");
    }
    for option in [
        "$apply=groupby((email))",
        "$compute=score add 1 as more,concat(email,'x') as x",
        "$deltatoken=x",
        "$index=-1",
        "$expand=companies($compute=size add 1 as x)",
        "$expand=address/geo",
        "$select=Crm.*",
    ] {
        assert_eq!(refused("contacts", option).0, ErrorKind::NotSupported, "{option}");
    }
    let malformed =
        ["$apply=groupby((email)", "$compute=score add 1", "$compute=a", "$index=x", "$levels=1", "$id=x"];
    for option in malformed {
        assert_ne!(refused("contacts", option).0, ErrorKind::NotSupported, "{option}");
    }
    assert_eq!(refused("$crossjoin(contacts", "").0, ErrorKind::Syntax);
    assert_eq!(refused("$crossjoin(contacts,x)", "").0, ErrorKind::EntitySetNotFound);
}

#[test]
fn options_are_read_as_clients_write_them() {
    let query = "%24filter=email%20eq%20%27a%2Bb%27&$orderby=email+desc,amount&%24top=10&$skip=5&$count=true&$format=json&$skiptoken=a%26b";
    let options = request("contacts", query).expect("well-formed").options;
    assert!(options.filter.is_some());
    assert_eq!(options.orderby.iter().map(|o| o.descending).collect::<Vec<_>>(), [true, false]);
    assert_eq!((options.top, options.skip, options.count), (Some(10), Some(5), true));
    assert_eq!(options.format.as_deref(), Some("json"));
    assert_eq!(options.skiptoken.as_deref(), Some("a&b"));
    assert_eq!(options.raw[0], ("$filter".to_owned(), "email%20eq%20%27a%2Bb%27".to_owned()));
    assert_eq!(options.raw.len(), 7);
}

#[test]
fn the_dollar_and_the_case_of_an_option_do_not_matter() {
    let options = request("contacts", "Top=0&$COUNT=True&orderBy=email ASC&foo=1&$schemaVersion=*")
        .expect("fine")
        .options;
    assert_eq!((options.top, options.count, options.orderby.len()), (Some(0), true, 1));
    let names: Vec<&str> = options.raw.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["$top", "$count", "$orderby", "foo", "$schemaversion"]);
}

#[test]
fn select_takes_names_blanks_stars_and_navigation() {
    let select = |text: &str| {
        request("contacts", &format!("$select={text}")).expect(text).options.select.expect("given")
    };
    assert_eq!(select("email,id").properties, [0, 1]);
    assert_eq!(select("%20email%20,%20email").properties, [1]);
    assert_eq!(select("email,companies").navigation, [0]);
    assert_eq!(select("*").properties.len(), model().type_of_set(CONTACTS).properties.len());
    assert!(select("*,companies").all);
    assert!(request("contacts(1)", "$select=email").is_ok());
    let hint = "`Email` is not a property of contact. Names are case-sensitive: did you mean `email`? (at character 3 of $select)";
    assert_eq!(refused("contacts", "$select=id,Email"), (ErrorKind::PropertyNotFound, hint.to_owned()));
    for malformed in ["", "id,", ",id", "id email"] {
        assert_eq!(refused("contacts", &format!("$select={malformed}")).0, ErrorKind::Syntax, "{malformed}");
    }
    for unbuilt in ["companies/name", "Crm.act", "@Core.x"] {
        assert_eq!(
            refused("contacts", &format!("$select={unbuilt}")).0,
            ErrorKind::NotSupported,
            "{unbuilt}"
        );
    }
}

#[test]
fn a_wrong_option_is_refused_by_name() {
    use ErrorKind::{Overflow, Syntax, Type};
    let cases = [
        ("$top=-1", Syntax, "`-1` is not a whole number of 0 or more."),
        ("$top=1.5", Syntax, "`1.5` is not a whole number of 0 or more."),
        ("$skip=", Syntax, "`` is not a whole number of 0 or more."),
        ("$top=99999999999999999999", Overflow, "`99999999999999999999` is too large."),
        ("$count=1", Syntax, "`1` is neither true nor false."),
        ("$top=1&top=2", Syntax, "The option `$top` is given twice."),
        ("$top", Syntax, "The option `$top` has no value."),
        ("$fliter=x", Syntax, "There is no query option `$fliter`. Did you mean `$filter`?"),
        ("$zzzzz=x", Syntax, "There is no query option `$zzzzz`."),
        (
            "$filter=%",
            Syntax,
            "A `%` in the URL must be followed by two hexadecimal digits; write %25 for the sign itself.",
        ),
        ("$filter=%ff", Syntax, "The URL is not UTF-8 after percent-decoding."),
        ("$filter=", Syntax, "Expected a property, a literal or a function, found the end."),
        ("$orderby=email up", Syntax, "Expected an operator or the end, found `up`."),
        ("$orderby=email,", Syntax, "Expected a property, a literal or a function, found the end."),
        (
            "$filter=email",
            Type,
            "$filter needs a condition, and `email` is Edm.String; compare it with something.",
        ),
        ("@a=1&@a=2&$top=1", Syntax, "The alias `@a` is given twice."),
    ];
    for (query, kind, message) in cases {
        let error = request("contacts", query).expect_err(query);
        assert_eq!((error.kind, error.message.as_str()), (kind, message), "{query}");
    }
}

#[test]
fn an_option_that_does_not_fit_the_resource_is_refused() {
    let cases = [
        ("contacts(1)", "$filter=active", "The option `$filter` does not apply to a single entity."),
        ("contacts(1)/email", "$select=id", "The option `$select` does not apply to a single property."),
        ("", "$top=1", "The option `$top` does not apply to the service document."),
    ];
    for (path, query, message) in cases {
        let error = request(path, query).expect_err(path);
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Syntax, message), "{path}?{query}");
    }
    assert!(request("contacts/$count", "$filter=active&$top=1").is_ok());
    assert_eq!(
        request("$metadata", "$format=xml&$select=x").expect("ignored").options.format.as_deref(),
        Some("xml")
    );
}
