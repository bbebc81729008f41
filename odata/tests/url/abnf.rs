//! The OASIS test cases of the grammar, where they are at hand.
//!
//! A positive case must be accepted or answered with "not supported"; a type error counts as accepted too, because the
//! grammar knows no types. A negative case must be refused. What differs stands in [`EXCEPTIONS`] with its reason.

use std::path::Path;

use odata::edm::{ComplexType, EntitySet, EntityType, Model, NavigationProperty, Primitive, Property, Type};
use odata::url::{literal, parse};
use odata::{Error, ErrorKind};
use serde_json::Value as Json;

/// Cases with another verdict than the grammar's.
const EXCEPTIONS: [(&str, &str); 5] = [
    ("$filter= true", "people type blanks; they cannot mean anything else"),
    ("Categories(KeyAlias=1)", "a model has no aliases for its keys"),
    (
        "TheMostPopularName()/$value",
        "a model has no functions, and the cases do not list this one as an import",
    ),
    ("lambda/Name eq $it/Name", "a lambda variable outside of a lambda is an unknown name"),
    ("$metadata#Customers(Address,Orders)", "a client keeps the fragment of a URL to itself"),
];

#[test]
fn the_oasis_cases_get_their_verdict() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/odata/abnf-testcases.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("left out: the OASIS test cases are not here");
        return;
    };
    let cases: Json = serde_json::from_str(&text).expect("the file is JSON");
    let model = model(&cases["Constraints"]);
    let (mut judged, mut wrong) = (0, Vec::new());
    for case in cases["TestCases"].as_array().expect("a list") {
        let (rule, input) =
            (case["Rule"].as_str().expect("a rule"), case["Input"].as_str().expect("an input"));
        let Some(answer) = answer(&model, &cases["Constraints"], rule, input) else { continue };
        judged += 1;
        let as_expected = match &answer {
            Ok(()) => case["FailAt"].is_null(),
            Err(error) => !case["FailAt"].is_null() || grammatical(error.kind),
        };
        let exception = EXCEPTIONS.iter().any(|(known, _)| *known == input);
        if as_expected == exception {
            wrong.push(format!("{rule}: {input}: {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {judged}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged > 250, "only {judged} cases were judged");
}

fn grammatical(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotSupported | ErrorKind::Type | ErrorKind::Overflow)
}

/// What this crate says to a case, or nothing if the rule is none of its business.
fn answer(model: &Model, constraints: &Json, rule: &str, input: &str) -> Option<Result<(), Error>> {
    let products = |query: &str| parse(model, "Products", Some(query)).map(drop);
    Some(match rule {
        "filter" | "orderby" | "orderBy" | "select" | "queryOptions" | "systemQueryOption" | "compute"
        | "expand" | "search" | "skiptoken" | "customQueryOption" => products(input),
        "boolCommonExpr" | "boolcommonExpr" | "notExpr" | "boolean" | "booleanValue" => {
            products(&format!("$filter={input}"))
        }
        "commonExpr"
        | "firstMemberExpr"
        | "propertyPathExpr"
        | "isofExpr"
        | "primitiveLiteral"
        | "stringLiteral"
        | "enumLiteral"
        | "binaryLiteral"
        | "null"
        | "dateTimeOffsetLiteral"
        | "durationLiteral"
        | "timeOfDayLiteral"
        | "doubleLiteral"
        | "sbyteLiteral"
        | "int16Literal"
        | "int32Literal"
        | "int64Literal" => products(&format!("$orderby={input}")),
        "anyExpr" => products(&format!("$filter=Products/{input}")),
        "date" | "dateValue" => literal::date(input).map(drop),
        "dateTimeOffsetValue" => literal::date_time_offset(input).map(drop),
        "timeOfDayValue" => literal::time_of_day(input).map(drop),
        "durationValue" => literal::duration(input).map(drop),
        "decimalValue" | "doubleValue" | "singleValue" => literal::number(input).map(drop),
        "guid" => literal::guid(input).map(drop),
        "odataRelativeUri" | "resourcePath" if !begins_with_import(constraints, input) => {
            let (path, query) =
                input.split_once('?').map_or((input, None), |(path, query)| (path, Some(query)));
            parse(model, path, query).map(drop)
        }
        _ => return None,
    })
}

/// Imports of functions and actions, and singletons: nothing a [`Model`] of this crate has.
fn begins_with_import(constraints: &Json, input: &str) -> bool {
    let end = input.find(['(', '/', '?']).unwrap_or(input.len());
    let kinds = constraints.as_object().expect("an object").iter();
    let mut imports = kinds.filter(|(kind, _)| kind.ends_with("Import") || *kind == "singletonEntity");
    imports.any(|(_, names)| names.as_array().expect("a list").iter().any(|name| name == &input[..end]))
}

/// One entity type with every property and navigation property of the cases, for every entity set.
fn model(constraints: &Json) -> Model {
    let names = |kind: &str| -> Vec<String> {
        let names = constraints[kind].as_array().unwrap_or_else(|| panic!("no {kind}"));
        names.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
    };
    let mut builder = Model::builder("Model", "Container");
    let street = Property::new("Street", Primitive::String);
    let address = builder.complex_type(ComplexType { name: "Address".into(), properties: vec![street] });
    let mut thing = EntityType::new("Thing");
    for name in names("primitiveKeyProperty").into_iter().chain(names("primitiveNonKeyProperty")) {
        let property = Property::new(&name, primitive(&name));
        thing.properties.push(if name == "ID" { property.required() } else { property });
    }
    let complex = names("complexProperty").into_iter().chain(names("streamProperty"));
    thing.properties.extend(complex.map(|name| Property::new(name, Type::Complex(address))));
    let collections = names("complexColProperty").into_iter().chain(names("primitiveColProperty"));
    let texts = Type::Collection(Box::new(Primitive::String.into()));
    thing.properties.extend(collections.map(|name| Property::new(name, texts.clone())));
    let id = builder.entity_type(thing.keyed_by(&["ID"]));
    let single = names("entityNavigationProperty").into_iter().map(|name| (name, false));
    let many = names("entityColNavigationProperty").into_iter().map(|name| (name, true));
    for (name, collection) in single.chain(many) {
        let navigation = NavigationProperty {
            name,
            target: id,
            collection,
            nullable: true,
            partner: None,
            constraints: Vec::new(),
            label: None,
            description: None,
        };
        builder.entity_type_mut(id).expect("just added").navigation.push(navigation);
    }
    for name in names("entitySetName") {
        builder.entity_set(EntitySet::new(name, id));
    }
    builder.build().expect("the names of the cases make a model")
}

/// The grammar knows no types; these let as many cases as possible be checked to the end.
fn primitive(name: &str) -> Primitive {
    match name {
        "ID" | "Age" | "Rating" | "Population" | "Size" | "Quantity" | "X" => Primitive::Int32,
        "Price" | "Amount" | "Cost" | "Revenue" | "TaxRate" | "SumAmount" => Primitive::Decimal,
        "BirthDate" | "ReleaseDate" | "Date" => Primitive::DateTimeOffset,
        "LifeTime" => Primitive::Duration,
        "Completed" => Primitive::Boolean,
        _ => Primitive::String,
    }
}
