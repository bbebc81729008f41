//! The OASIS test cases of the grammar, where they are at hand.
//!
//! A positive case must be accepted or answered with "not supported"; a type error counts as accepted too, because the
//! grammar knows no types. A negative case must be refused. What differs stands in [`EXCEPTIONS`] with its reason.

use std::path::Path;

use odata::edm::{
    ComplexType, EntitySet, EntityType, EnumMember, EnumType, Model, NavigationProperty, Primitive, Property,
    Singleton, Type,
};
use odata::http::{Preferences, negotiate_version, preferences};
use odata::url::{literal, parse};
use odata::{Error, ErrorKind};
use serde_json::Value as Json;

/// Cases with another verdict than the grammar's.
const EXCEPTIONS: [(&str, &str); 10] = [
    ("$filter= true", "people type blanks; they cannot mean anything else"),
    ("Categories(KeyAlias=1)", "a model has no aliases for its keys"),
    (
        "TheMostPopularName()/$value",
        "a model has no functions, and the cases do not list this one as an import",
    ),
    ("lambda/Name eq $it/Name", "a lambda variable outside of a lambda is an unknown name"),
    ("$metadata#Customers(Address,Orders)", "a client keeps the fragment of a URL to itself"),
    ("Products?$expand=BestSellingProduct/Sales", UNQUALIFIED),
    ("$select=Address/AddressWithLocation/Location", UNQUALIFIED),
    ("$select=AddressWithLocation/Location", UNQUALIFIED),
    ("Address/AddressWithLocation/Location", UNQUALIFIED),
    ("$expand=Manager($search=a%3Bb)", "Power Query encodes the semicolons that separate options, too"),
];

const UNQUALIFIED: &str = "without derived types, the name of one without its namespace is an unknown name";

/// Rules of which cases are not judged. Beside these, only paths that begin with an import of a function or action are
/// left out, because a model has none.
const LEFT_OUT: [(&str, &str); 6] = [
    (
        "context",
        "what is written, not read: `contexts` writes those that a service without inheritance can have",
    ),
    ("header", "of these, those of answers and of changes"),
    ("preference", "of these, `callback` and `omit-values=defaults`: wishes that are passed over"),
    ("prefer", "`allow-entityreferences` is passed over, and `maxpagesize` is judged by its own rule"),
    ("primitiveValue", "the texts of values in payloads; the rules of each type are judged"),
    ("request-id", "an id of a part of a batch may be any text"),
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
        let Some(answer) = answer(&model, &cases["Constraints"], rule, input) else {
            let own = ROOTS.iter().find_map(|root| input.strip_prefix(root)).unwrap_or(input);
            let known = LEFT_OUT.iter().any(|(name, _)| *name == rule);
            assert!(known || begins_with_import(&cases["Constraints"], own), "{rule}: {input} is not judged");
            continue;
        };
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
    assert!(judged > 360, "only {judged} cases were judged");
}

fn grammatical(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotSupported | ErrorKind::Type | ErrorKind::Overflow)
}

/// What this crate says to a case, or nothing if the rule is none of its business.
fn answer(model: &Model, constraints: &Json, rule: &str, input: &str) -> Option<Result<(), Error>> {
    let products = |query: &str| parse(model, "Products", Some(query)).map(drop);
    let relative = |input: &str| {
        let (path, query) = input.split_once('?').map_or((input, None), |(path, query)| (path, Some(query)));
        parse(model, path, query).map(drop)
    };
    Some(match rule {
        "filter" | "orderby" | "orderBy" | "select" | "queryOptions" | "systemQueryOption" | "compute"
        | "expand" | "search" | "skiptoken" | "customQueryOption" => products(input),
        "boolCommonExpr" | "boolcommonExpr" | "notExpr" | "boolean" | "booleanValue" => {
            products(&format!("$filter={input}"))
        }
        _ if EXPRESSIONS.contains(&rule) => products(&format!("$orderby={input}")),
        "anyExpr" => products(&format!("$filter=Products/{input}")),
        "enumValue" => products(&format!("$filter=style eq Sales.Pattern'{input}'")),
        "date" | "dateValue" => literal::date(input).map(drop),
        "dateTimeOffsetValue" => literal::date_time_offset(input).map(drop),
        "timeOfDayValue" => literal::time_of_day(input).map(drop),
        "durationValue" => literal::duration(input).map(drop),
        "decimalValue" | "doubleValue" | "singleValue" => literal::number(input).map(drop),
        "guid" => literal::guid(input).map(drop),
        "odataIdentifier" => identifier(input),
        "header" | "prefer" | "preference" | "maxpagesizePreference" | "includeAnnotationsPreference" => {
            return header(input);
        }
        "odataRelativeUri" | "resourcePath" if !begins_with_import(constraints, input) => relative(input),
        "odataUri" => {
            let own = ROOTS.iter().find_map(|root| input.strip_prefix(root)).expect("a known root");
            return (!begins_with_import(constraints, own)).then(|| relative(own));
        }
        _ => return None,
    })
}

/// Rules of which every case is an expression.
const EXPRESSIONS: [&str; 26] = [
    "commonExpr",
    "firstMemberExpr",
    "propertyPathExpr",
    "isofExpr",
    "primitiveLiteral",
    "stringLiteral",
    "enumLiteral",
    "binaryLiteral",
    "null",
    "dateTimeOffsetLiteral",
    "durationLiteral",
    "timeOfDayLiteral",
    "doubleLiteral",
    "sbyteLiteral",
    "int16Literal",
    "int32Literal",
    "int64Literal",
    "geographyLineString",
    "geographyMultiPoint",
    "geographyMultiPolygon",
    "geographyPoint",
    "geographyPolygon",
    "geometryLineString",
    "geometryMultiPoint",
    "geometryMultiPolygon",
    "geometryPolygon",
];

/// The services of the cases that are whole URLs.
const ROOTS: [&str; 5] = [
    "http://127.0.0.1:8080/MyService/",
    "https://[v7.0]/MyService/",
    "http://host/service/",
    "http://services.odata.org/OData/OData.svc/",
    "http://serviceRoot/",
];

fn identifier(name: &str) -> Result<(), Error> {
    let id = Property::new("id", Primitive::Int64).required();
    let mut builder = Model::builder("Model", "Container");
    builder.entity_type(EntityType::new(name).property(id).keyed_by(&["id"]));
    builder.build().map(drop).map_err(|error| Error::syntax(error.to_string()))
}

/// Request headers that mean something to a service that only reads; a preference that says nothing counts as refused.
fn header(input: &str) -> Option<Result<(), Error>> {
    const OF_OTHERS: [&str; 6] = [
        "AsyncResult",
        "odata-entityid",
        "odata-isolation",
        "callback",
        "omit-values=defaults",
        "Prefer: allow",
    ];
    let lower = input.to_lowercase();
    if OF_OTHERS.iter().any(|name| lower.contains(&name.to_lowercase())) {
        return None;
    }
    let version = |name: &str| lower.strip_prefix(name).map(str::trim);
    if let Some(version) = version("odata-maxversion:") {
        return Some(negotiate_version(Some(version), None).map(drop));
    }
    if let Some(version) = version("odata-version:") {
        return Some(negotiate_version(None, Some(version)).map(drop));
    }
    let understood = preferences([input].into_iter()) != Preferences::default();
    Some(if understood { Ok(()) } else { Err(Error::syntax("a wish that is passed over")) })
}

/// Imports of functions and actions: nothing a [`Model`] of this crate has.
fn begins_with_import(constraints: &Json, input: &str) -> bool {
    let end = input.find(['(', '/', '?']).unwrap_or(input.len());
    let mut imports =
        constraints.as_object().expect("an object").iter().filter(|(kind, _)| kind.ends_with("Import"));
    imports.any(|(_, names)| names.as_array().expect("a list").iter().any(|name| name == &input[..end]))
}

/// One entity type with every property and navigation property of the cases, for every entity set.
fn model(constraints: &Json) -> Model {
    let names = |kind: &str| -> Vec<String> {
        let names = constraints[kind].as_array().unwrap_or_else(|| panic!("no {kind}"));
        names.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
    };
    let mut builder = Model::builder("Model", "Container");
    let member = |name: &str, value| EnumMember { name: name.into(), value };
    let pattern = Type::Enum(builder.enum_type(EnumType {
        name: "Pattern".into(),
        underlying: Primitive::Int32,
        is_flags: true,
        members: vec![member("Solid", 1), member("Yellow", 2)],
    }));
    let primitives: Vec<Property> = names("primitiveNonKeyProperty")
        .into_iter()
        .map(|name| {
            if name == "style" {
                Property::new(name, pattern.clone())
            } else {
                Property::new(&name, primitive(&name))
            }
        })
        .collect();
    // A complex type has no navigation here; properties of these names let the cases be read to the end.
    let ways = ["Country", "Products"].map(|name| Property::new(name, Primitive::String));
    let properties = primitives.iter().cloned().chain(ways).collect();
    let address = Type::Complex(builder.complex_type(ComplexType { name: "Address".into(), properties }));
    let mut thing = EntityType::new("Thing");
    for name in names("primitiveKeyProperty") {
        let property = Property::new(&name, primitive(&name));
        thing.properties.push(if name == "ID" { property.required() } else { property });
    }
    thing.properties.extend(primitives);
    let complex = names("complexProperty").into_iter().chain(names("streamProperty"));
    thing.properties.extend(complex.map(|name| Property::new(name, address.clone())));
    let of = |item: Type| move |name: String| Property::new(name, Type::Collection(Box::new(item.clone())));
    thing.properties.extend(names("complexColProperty").into_iter().map(of(address)));
    thing.properties.extend(names("primitiveColProperty").into_iter().map(of(Primitive::String.into())));
    let id = builder.entity_type(thing.keyed_by(&["ID"]));
    let single =
        names("entityNavigationProperty").into_iter().map(|name| NavigationProperty::to_one(name, id));
    let many =
        names("entityColNavigationProperty").into_iter().map(|name| NavigationProperty::to_many(name, id));
    let ways: Vec<NavigationProperty> = single.chain(many).collect();
    builder.entity_type_mut(id).expect("just added").navigation = ways;
    for name in names("entitySetName") {
        builder.entity_set(EntitySet::new(name, id));
    }
    for name in names("singletonEntity") {
        builder.singleton(Singleton { name, entity_type: id, bindings: Vec::new(), description: None });
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
