//! Paths over navigation, `$expand` and nested `$select`.

use odata::edm::SetId;
use odata::eval::{Scope, matches_in};
use odata::url::{Expand, Expanding, Part, PathStart, PropertyPath, Resource, ResourcePath, parse, parse_at};
use odata::{ErrorKind, Value};

use crate::support::{Companies, context, encode, model, request, row};

const CONTACTS: SetId = SetId(0);
const COMPANIES: SetId = SetId(1);

fn path(text: &str) -> ResourcePath {
    let resource = parse(&model(), text, None).unwrap_or_else(|error| panic!("{text}: {error}")).resource;
    let path = resource.path().unwrap_or_else(|| panic!("{text} leads to no data"));
    assert_eq!(Resource::from(path.clone()), resource, "{text}");
    path
}

#[test]
fn navigation_is_followed_step_by_step() {
    let of = |text: &str| {
        let path = path(text);
        let names: Vec<String> = path.steps.iter().map(|step| model().way(&step.step).name.clone()).collect();
        (names.join("/"), path.set(), path.is_collection(), path.part)
    };
    let cases = [
        ("contacts(1)/companies", "companies", Some(COMPANIES), true, Part::Entities),
        ("contacts(1)/companies(2)", "companies", Some(COMPANIES), false, Part::Entities),
        (
            "contacts(1)/companies(id=2)/name",
            "companies",
            Some(COMPANIES),
            false,
            Part::Property(PropertyPath::of(1)),
        ),
        ("contacts(1)/companies/$count", "companies", Some(COMPANIES), true, Part::Count),
        ("contacts(1)/companies/$ref", "companies", Some(COMPANIES), true, Part::References),
        ("contacts(1)/companies(2)/$ref", "companies", Some(COMPANIES), false, Part::References),
        ("contacts(1)/company", "company", Some(COMPANIES), false, Part::Entities),
        (
            "contacts(1)/company/parent/employees",
            "company/parent/employees",
            Some(CONTACTS),
            true,
            Part::Entities,
        ),
        (
            "contacts(1)/company/name/$value",
            "company",
            Some(COMPANIES),
            false,
            Part::Value(PropertyPath::of(1)),
        ),
        ("me/company", "company", Some(COMPANIES), false, Part::Entities),
        ("me", "", None, false, Part::Entities),
        ("me/email", "", None, false, Part::Property(PropertyPath::of(1))),
        ("contacts/$ref", "", Some(CONTACTS), true, Part::References),
        ("contacts(1)/$ref", "", Some(CONTACTS), false, Part::References),
        ("contacts/Crm.contact", "", Some(CONTACTS), true, Part::Entities),
        ("contacts(1)/tags/$count", "", Some(CONTACTS), false, Part::PropertyCount(PropertyPath::of(18))),
    ];
    for (text, steps, set, collection, part) in cases {
        assert_eq!(of(text), (steps.to_owned(), set, collection, part), "{text}");
    }
    assert_eq!(path("me").start, PathStart::Singleton(odata::edm::SingletonId(0)));
    assert_eq!(path("contacts(1)/companies(2)").steps[0].key, Some(vec![Value::Int64(2)]));
}

#[test]
fn complex_values_are_entered() {
    let lat = path("contacts(1)/address/geo/lat");
    let Part::Property(property) = &lat.part else { panic!("{lat:?}") };
    let model = model();
    let contact = model.type_of_set(CONTACTS);
    assert_eq!(property.names(&model, contact), ["address", "geo", "lat"]);
    assert_eq!(property.value(&model, contact, &row()), Some(&Value::Double(52.5)));
    assert!(matches!(path("contacts(1)/address/city/$value").part, Part::Value(_)));
    assert!(matches!(path("contacts(1)/address/lines/$count").part, Part::PropertyCount(_)));
}

#[test]
fn a_wrong_path_is_refused_with_a_hint() {
    use ErrorKind::{PropertyNotFound, Syntax};
    let cases = [
        (
            "contacts(1)/companys",
            PropertyNotFound,
            "`companys` is not a property of contact. Did you mean `company`?",
        ),
        (
            "contacts(1)/companies/name",
            PropertyNotFound,
            "`contacts(1)/companies` is a collection; name one of its entities first: contacts(1)/companies(key)/name.",
        ),
        ("contacts(1)/company(2)", Syntax, "`company(2)`: there is only one entity, which needs no key."),
        (
            "contacts(1)/address/cty",
            PropertyNotFound,
            "There is no `cty` below the property `address`. Did you mean `city`?",
        ),
        (
            "contacts(1)/address/$value",
            PropertyNotFound,
            "There is no `$value` below the property `address`.",
        ),
        ("contacts/$count/x", PropertyNotFound, "There is nothing below `contacts/$count`."),
        ("me(1)", ErrorKind::EntitySetNotFound, "There is no entity set `me`."),
    ];
    for (path, kind, message) in cases {
        let error = parse(&model(), path, None).expect_err(path);
        assert_eq!(
            (error.kind, error.message.replace(" Names are case-sensitive: did you mean `me`?", "").as_str()),
            (kind, message),
            "{path}"
        );
    }
}

#[test]
fn filters_in_a_path_are_joined_with_the_option() {
    let request =
        request("contacts/$filter(score lt 0)/$filter(contains(email,'/'))/$count", "$filter=active")
            .unwrap();
    assert_eq!(request.resource, Resource::Count { set: CONTACTS });
    let filter = request.options.filter.unwrap().display(model().type_of_set(CONTACTS)).to_string();
    assert_eq!(filter, "score lt 0 and contains(email,'/') and active");
    let aliased = crate::support::request("contacts/$filter(@p)", "@p=score lt 0").unwrap();
    assert!(aliased.options.filter.is_some());
    let error = parse(&model(), "contacts/$filter(emial eq 1)", None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`emial` is not a property of contact. Did you mean `email`? (at character 0 of $filter)"
    );
}

#[test]
fn an_entity_is_found_by_its_id() {
    let find =
        |id: &str| parse_at(&model(), Some("https://host/odata/"), "$entity", Some(&format!("$id={id}")));
    let expected = Resource::Entity { set: CONTACTS, key: vec![Value::Int64(1)] };
    for id in ["contacts(1)", "/contacts(1)", "https://host/odata/contacts(1)", "contacts(id%3D1)"] {
        assert_eq!(find(id).unwrap().resource, expected, "{id}");
    }
    assert_eq!(find("https://other/contacts(1)").unwrap_err().kind, ErrorKind::EntityNotFound);
    assert_eq!(find("contacts").unwrap_err().kind, ErrorKind::NotSupported);
    assert_eq!(parse(&model(), "$entity", None).unwrap_err().kind, ErrorKind::Syntax);
    assert_eq!(request("$entity/Crm.contact", "id=contacts(1)&$select=email").unwrap().resource, expected);
}

fn expanded(text: &str) -> Vec<Expand> {
    for query in [format!("$expand={text}"), format!("%24expand={}", encode(text))] {
        request("contacts", &query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
    request("contacts", &format!("$expand={text}")).expect("just parsed").options.expand
}

fn shown(expands: &[Expand], set: SetId) -> String {
    let model = model();
    let show = |expand: &Expand| {
        let name = &model.type_of_set(set).navigation[expand.navigation].name;
        let kind = match expand.kind {
            Expanding::Entities => "",
            Expanding::References => "/$ref",
            Expanding::Count => "/$count",
        };
        let below = shown(&expand.options.expand, expand.step.target_set.expect("bound"));
        let below = if below.is_empty() { below } else { format!("({below})") };
        format!("{name}{kind}{below}")
    };
    expands.iter().map(show).collect::<Vec<_>>().join(",")
}

#[test]
fn expansions_are_nested_and_levels_are_written_out() {
    for (text, expected) in [
        ("companies", "companies"),
        ("companies,company", "companies,company"),
        (" companies , company ", "companies,company"),
        ("*", "companies,company"),
        ("*,company/$ref", "company/$ref,companies"),
        ("*/$ref,company", "company,companies/$ref"),
        ("companies/$ref", "companies/$ref"),
        ("companies/$count", "companies/$count"),
        ("Crm.contact/company", "company"),
        ("companies($expand=employees($expand=company),parent)", "companies(employees(company),parent)"),
        ("company($expand=parent($levels=3))", "company(parent(parent(parent)))"),
        ("company($expand=parent($levels=max))", "company(parent(parent(parent(parent(parent)))))"),
        ("companies($levels=2)", "companies"),
        ("*($levels=2)", "companies,company"),
        ("companies(expand=employees;top=1)", "companies(employees)"),
    ] {
        assert_eq!(shown(&expanded(text), CONTACTS), expected, "{text}");
    }
}

#[test]
fn options_of_an_expansion_are_about_its_entities() {
    let expands = expanded(
        "companies($filter=name eq 'a;b)c''d' and $it/score lt size;$select=name,size;$orderby=size desc;\
         $top=5;$skip=1;$count=true;$search=\"x;y\" OR z)",
    );
    let options = &expands[0].options;
    assert_eq!(options.select.as_ref().expect("given").properties, [1, 2]);
    assert_eq!((options.top, options.skip, options.count), (Some(5), Some(1), true));
    assert!(options.orderby[0].descending && options.orderby[0].expr.properties().contains(&2));
    assert_eq!(options.search.as_ref().expect("given").term.to_string(), "\"x;y\" OR z");
    let filter = options.filter.as_ref().expect("given");
    assert_eq!(filter.properties(), [1, 2].into());
    assert_eq!(filter.reads_of_root().properties, [5].into());
    assert!(!filter.is_local());
}

#[test]
fn it_is_the_expanded_entity_and_this_the_related_one() {
    let expands =
        expanded("companies($filter=$it/score lt size and $this/id eq 10 and $it/company/name eq name)");
    let filter = expands[0].options.filter.as_ref().expect("given");
    let (root, related) = (row(), Companies::new());
    let holds = |row: &[Value]| {
        let scope = Scope { row, root: Some(&root), related: &related };
        matches_in(filter, &scope, &context()).expect("evaluated")
    };
    assert!(holds(&[Value::Int64(10), Value::string("Acme"), Value::Int64(5)]));
    assert!(!holds(&[Value::Int64(10), Value::string("Acme"), Value::Int64(-8)]));
    assert!(!holds(&[Value::Int64(11), Value::string("Acme"), Value::Int64(5)]));
}

#[test]
fn a_wrong_expansion_is_refused_with_its_place() {
    let cases = [
        ("companies(", "A parenthesis has no partner. (at character 0 of $expand)"),
        ("companies)", "A parenthesis has no partner. (at character 0 of $expand)"),
        (
            "compnies",
            "`compnies` is not a navigation property of contact. Did you mean `companies`? (at character 0 of $expand)",
        ),
        (
            "company,companies($filter=nam eq 'x')",
            "`nam` is not a property of company. Did you mean `name`? (at character 26 of $expand)",
        ),
        (
            "company($expand=parent($select=nam))",
            "`nam` is not a property of company. Did you mean `name`? (at character 31 of $expand)",
        ),
        ("companies($top=x)", "`x` is not a whole number of 0 or more. (at character 10 of $expand)"),
        ("companies($top=1;$top=2)", "The option `$top` is given twice. (at character 17 of $expand)"),
        (
            "companies($format=json)",
            "The option `$format` does not apply to an expanded property. (at character 10 of $expand)",
        ),
        (
            "companies/$ref($select=name)",
            "The option `$select` does not apply to expanded references. (at character 15 of $expand)",
        ),
        (
            "companies/$count($count=true)",
            "The option `$count` does not apply to an expanded count. (at character 17 of $expand)",
        ),
        (
            "company($top=1)",
            "`company` leads to one entity, and `$top` is for collections. (at character 0 of $expand)",
        ),
        (
            "company/$count",
            "`company` leads to one entity; only collections can be counted. (at character 0 of $expand)",
        ),
        ("*($top=1)", "`*` takes no option but `$levels`. (at character 2 of $expand)"),
        ("companies(top)", "`top` is no option; options are separated by `;`. (at character 10 of $expand)"),
        ("", "A name is missing. (at character 0 of $expand)"),
        ("companies,", "A name is missing. (at character 10 of $expand)"),
        (
            "companies($levels=0)",
            "`$levels` is a number of 1 or more, or `max`. (at character 10 of $expand)",
        ),
    ];
    for (text, message) in cases {
        let error = request("contacts", &format!("$expand={text}")).expect_err(text);
        assert_eq!(error.to_string(), message, "{text}");
    }
}

#[test]
fn too_much_is_not_expanded() {
    let nested = |levels: usize| format!("company{}", "($expand=parent".repeat(levels)) + &")".repeat(levels);
    assert!(request("contacts", &format!("$expand={}", nested(10))).is_ok());
    let wide = format!("companies({0};{0})", "$expand=employees($expand=companies($levels=5))");
    for text in [
        nested(30),
        nested(5_000),
        "company($expand=parent($levels=6))".to_owned(),
        format!("company{}", "($expand=employees($expand=company".repeat(60) + &"))".repeat(60)),
    ] {
        let error = request("contacts", &format!("$expand={text}")).expect_err("too much");
        assert_eq!(error.kind, ErrorKind::TooComplex, "{text:.60}");
    }
    assert!(request("contacts", &format!("$expand={wide}")).is_err());
}

#[test]
fn parts_of_properties_are_selected() {
    let select = |text: &str| {
        request("contacts", &format!("$select={text}"))
            .unwrap_or_else(|error| panic!("{text}: {error}"))
            .options
            .select
            .expect("given")
    };
    let address = select("address/city,email,address/geo/lat");
    assert_eq!((&address.properties[..], address.nested.len()), (&[1, 17][..], 1));
    let members = address.nested[0].options.select.as_ref().expect("a part");
    assert_eq!(members.properties, [0, 1]);
    assert_eq!(members.nested[0].options.select.as_ref().expect("a part").properties, [0]);
    assert_eq!(select("address($select=city,geo/lat)").nested, select("address/city,address/geo/lat").nested);
    assert!(select("address/city,address").nested.is_empty());
    assert!(select("address,address/city").nested.is_empty());
    let tags = select("tags($filter=startswith($it,'a');$top=1;$orderby=$it desc)");
    assert!(tags.nested[0].options.filter.is_some() && tags.nested[0].options.top == Some(1));
    assert_eq!(select("Crm.contact/email").properties, [1]);
    for (text, kind) in [
        ("stage($top=1)", ErrorKind::Type),
        ("email/x", ErrorKind::Type),
        ("address/cty", ErrorKind::PropertyNotFound),
        ("address($top=1)", ErrorKind::Syntax),
        ("address(", ErrorKind::Syntax),
    ] {
        let error = request("contacts", &format!("$select={text}")).expect_err(text);
        assert_eq!(error.kind, kind, "{text}: {error}");
    }
}

#[test]
fn options_of_a_collection_of_values_are_about_its_items() {
    let options = request("contacts(1)/tags", "$filter=$it eq 'a'&$orderby=$it desc&$top=1&$count=true")
        .unwrap()
        .options;
    let filter = options.filter.unwrap();
    let holds = |item: &str| odata::eval::matches(&filter, &[Value::string(item)], &context()).unwrap();
    assert!(holds("a") && !holds("b"));
    let homes =
        request("contacts(1)/homes", "$filter=city eq 'Paris' and $this/geo/lat gt 1&$select=city").unwrap();
    let Value::Collection(items) = &row()[19] else { panic!("homes") };
    let filter = homes.options.filter.unwrap();
    let matched: Vec<bool> = items
        .iter()
        .map(|item| odata::eval::matches(&filter, std::slice::from_ref(item), &context()).unwrap())
        .collect();
    assert_eq!(matched, [false, true]);
    assert!(request("contacts(1)/email", "$filter=$it eq 'a'").is_err());
}

#[test]
fn items_are_filtered_ordered_and_counted_before_they_are_cut() {
    let select =
        request("contacts", "$select=tags($filter=$it ne 'c';$orderby=$it desc;$skip=1;$top=1)").unwrap();
    let mut own = row();
    own[18] = Value::Collection(["a", "c", "b"].map(Value::string).into());
    let chosen = odata::eval::selected(&select.options.select.unwrap(), own.clone(), &context()).unwrap();
    assert_eq!(chosen[18].to_string(), "['a']");
    let options = request("contacts(1)/tags", "$orderby=$it&$top=2&$count=true").unwrap().options;
    let Value::Collection(tags) = &own[18] else { panic!("tags") };
    let (items, count) = odata::eval::items(&options, tags, &context()).unwrap();
    assert_eq!((items.len(), items[1].to_string().as_str(), count), (2, "'b'", 3));
}
