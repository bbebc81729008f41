//! A small model with a property of every type, and one row of it.

use jiff::civil::{date, time};
use jiff::{SignedDuration, Timestamp};
use odata::edm::{
    EntitySet, EntityType, EnumMember, EnumType, Model, NavigationProperty, Primitive, Property, Type,
};
use odata::eval::Context;
use odata::expr::Expr;
use odata::url::{Request, parse};
use odata::{Error, Row, Value};
use rust_decimal::Decimal;

pub(crate) fn model() -> Model {
    let mut builder = Model::builder("Crm", "Feed");
    let stage = builder.enum_type(EnumType {
        name: "stage".into(),
        underlying: Primitive::Int32,
        is_flags: false,
        members: ["Lead", "Customer"]
            .into_iter()
            .zip(0..)
            .map(|(n, value)| EnumMember { name: n.into(), value })
            .collect(),
    });
    let company = builder.entity_type(
        EntityType::new("company")
            .property(Property::new("id", Primitive::Int64).required())
            .property(Property::new("name", Primitive::String))
            .keyed_by(&["id"]),
    );
    let contact = builder.entity_type(contact(Type::Enum(stage)).navigation(NavigationProperty {
        name: "companies".into(),
        target: company,
        collection: true,
        nullable: true,
        partner: None,
        constraints: Vec::new(),
        label: None,
        description: None,
    }));
    let owner = EntityType::new("owner")
        .property(Property::new("id", Primitive::String).required())
        .keyed_by(&["id"]);
    let owner = builder.entity_type(owner);
    let pipeline = builder.entity_type(
        EntityType::new("pipeline")
            .property(Property::new("object_type", Primitive::String).required())
            .property(Property::new("id", Primitive::String).required())
            .keyed_by(&["object_type", "id"]),
    );
    for (name, entity_type) in
        [("contacts", contact), ("companies", company), ("owners", owner), ("pipelines", pipeline)]
    {
        builder.entity_set(EntitySet::new(name, entity_type));
    }
    builder.build().expect("the test model is valid")
}

fn contact(stage: Type) -> EntityType {
    let properties: [(&str, Type); 15] = [
        ("email", Primitive::String.into()),
        ("firstname", Primitive::String.into()),
        ("notes", Primitive::String.into()),
        ("amount", Primitive::Decimal.into()),
        ("score", Primitive::Int32.into()),
        ("visits", Primitive::Int64.into()),
        ("ratio", Primitive::Double.into()),
        ("active", Primitive::Boolean.into()),
        ("createdate", Primitive::DateTimeOffset.into()),
        ("birthdate", Primitive::Date.into()),
        ("alarm", Primitive::TimeOfDay.into()),
        ("span", Primitive::Duration.into()),
        ("uid", Primitive::Guid.into()),
        ("stage", stage),
        ("missing", Primitive::String.into()),
    ];
    let keyed = EntityType::new("contact").property(Property::new("id", Primitive::Int64).required());
    properties
        .into_iter()
        .fold(keyed, |contact, (name, ty)| contact.property(Property::new(name, ty)))
        .keyed_by(&["id"])
}

/// The contact the tests ask about.
pub(crate) fn row() -> Row {
    vec![
        Value::Int64(1),
        Value::string("jo@example.com"),
        Value::string("Zoë O'Neil"),
        Value::string("x"),
        Value::Decimal(Decimal::new(12345, 2)),
        Value::Int64(-7),
        Value::Int64(9_007_199_254_740_993),
        Value::Double(0.5),
        Value::Boolean(true),
        Value::DateTimeOffset(timestamp("2024-02-29T23:30:15.25Z")),
        Value::Date(date(1990, 6, 1)),
        Value::TimeOfDay(time(7, 15, 0, 0)),
        Value::Duration(SignedDuration::from_secs(90)),
        Value::Guid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128.to_be_bytes()),
        Value::Enum("Lead".into()),
        Value::Null,
    ]
}

pub(crate) fn timestamp(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

pub(crate) fn context() -> Context {
    Context { now: timestamp("2024-03-01T00:00:00Z") }
}

/// Everything but letters and digits encoded, as Power Query does.
pub(crate) fn encode(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

pub(crate) fn request(path: &str, query: &str) -> Result<Request, Error> {
    parse(&model(), path, Some(query))
}

/// Parses and checks a filter on contacts.
pub(crate) fn filter(text: &str) -> Result<Expr, Error> {
    let request = request("contacts", &format!("$filter={}", encode(text)))?;
    Ok(request.options.filter.expect("the option was given"))
}

/// Parses and checks any expression on contacts, through `$orderby`.
pub(crate) fn expression(text: &str) -> Result<Expr, Error> {
    let request = request("contacts", &format!("$orderby={}", encode(text)))?;
    Ok(request.options.orderby.into_iter().next().expect("one criterion").expr)
}
