//! A small model with a property of every type, and one row of it.

use jiff::civil::{date, time};
use jiff::{SignedDuration, Timestamp};
use odata::edm::{
    ComplexType, EntitySet, EntityType, EnumMember, EnumType, Model, NavigationProperty, Primitive, Property,
    Singleton, Step, Type,
};
use odata::eval::{Context, Related};
use odata::expr::Expr;
use odata::url::{Request, parse};
use odata::{Error, Row, Value};
use rust_decimal::Decimal;

pub(crate) fn model() -> Model {
    let mut builder = Model::builder("Crm", "Feed");
    let stage = builder.enum_type(enumeration("stage", false, &[("Lead", 0), ("Customer", 1)]));
    let colors = builder.enum_type(enumeration("colors", true, &[("Red", 1), ("Blue", 2), ("Green", 4)]));
    let geo = ComplexType { name: "geo".into(), properties: vec![Property::new("lat", Primitive::Double)] };
    let geo = Type::Complex(builder.complex_type(geo));
    let address = Type::Complex(builder.complex_type(ComplexType {
        name: "address".into(),
        properties: vec![
            Property::new("city", Primitive::String),
            Property::new("geo", geo),
            Property::new("lines", Type::Collection(Box::new(Primitive::String.into()))),
        ],
    }));
    let company = builder.entity_type(
        EntityType::new("company")
            .property(Property::new("id", Primitive::Int64).required())
            .property(Property::new("name", Primitive::String))
            .property(Property::new("size", Primitive::Int32))
            .keyed_by(&["id"]),
    );
    let contact = builder.entity_type(
        contact([Type::Enum(stage), Type::Enum(colors), address])
            .navigation(NavigationProperty::to_many("companies", company))
            .navigation(NavigationProperty::to_one("company", company)),
    );
    let employees = NavigationProperty::to_many("employees", contact);
    let parent = NavigationProperty::to_one("parent", company);
    if let Some(company) = builder.entity_type_mut(company) {
        company.navigation = vec![employees, parent];
    }
    let keyed = |name: &str, keys: &[&str]| {
        let required = |name: &&str| Property::new(*name, Primitive::String).required();
        keys.iter().map(required).fold(EntityType::new(name), EntityType::property).keyed_by(keys)
    };
    let owner = builder.entity_type(keyed("owner", &["id"]));
    let pipeline = builder.entity_type(keyed("pipeline", &["object_type", "id"]));
    for (name, entity_type) in
        [("contacts", contact), ("companies", company), ("owners", owner), ("pipelines", pipeline)]
    {
        builder.entity_set(EntitySet::new(name, entity_type));
    }
    builder.singleton(Singleton {
        name: "me".into(),
        entity_type: contact,
        bindings: Vec::new(),
        description: None,
    });
    builder.build().expect("the test model is valid")
}

fn enumeration(name: &str, is_flags: bool, members: &[(&str, i64)]) -> EnumType {
    let members = members.iter().map(|(name, value)| EnumMember { name: (*name).into(), value: *value });
    EnumType { name: name.into(), underlying: Primitive::Int32, is_flags, members: members.collect() }
}

fn contact([stage, colors, address]: [Type; 3]) -> EntityType {
    let properties: [(&str, Type); 19] = [
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
        ("colors", colors),
        ("address", address.clone()),
        ("tags", Type::Collection(Box::new(Primitive::String.into()))),
        ("homes", Type::Collection(Box::new(address))),
    ];
    let keyed = EntityType::new("contact").property(Property::new("id", Primitive::Int64).required());
    properties
        .into_iter()
        .fold(keyed, |contact, (name, ty)| contact.property(Property::new(name, ty)))
        .keyed_by(&["id"])
}

fn texts(texts: &[&str]) -> Value {
    Value::Collection(texts.iter().map(|text| Value::string(*text)).collect())
}

fn address(city: &str, lines: &[&str]) -> Value {
    let geo = Value::Complex([("lat".into(), Value::Double(52.5))].into());
    Value::Complex(
        [("city".into(), Value::string(city)), ("geo".into(), geo), ("lines".into(), texts(lines))].into(),
    )
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
        Value::Enum("Red,Green".into()),
        address("Berlin", &["Main Street 1", "c/o Ada"]),
        texts(&["a", "b"]),
        Value::Collection([address("Berlin", &[]), address("Paris", &["x"])].into()),
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

/// Companies by what leads to them: `companies` to two, `company` to the first, the first has a parent, and
/// `employees` leads back.
pub(crate) struct Companies(Vec<Row>, Vec<Row>);

impl Companies {
    pub(crate) fn new() -> Self {
        let company = |id, name: &str, size| vec![Value::Int64(id), Value::string(name), size];
        let companies = [company(10, "Acme", Value::Int64(5)), company(11, "Beta", Value::Null)];
        Self(companies.to_vec(), vec![row()])
    }
}

impl Related for Companies {
    fn related<'a>(&'a self, step: &Step, row: &[Value]) -> Result<Vec<&'a [Value]>, Error> {
        let model = model();
        let rows: Vec<&[Value]> = self.0.iter().map(Vec::as_slice).collect();
        Ok(match (model.way(step).name.as_str(), &row[0]) {
            ("companies", Value::Int64(1)) => rows,
            ("company", Value::Int64(1)) => vec![rows[0]],
            ("parent", Value::Int64(10)) => vec![rows[1]],
            ("employees", Value::Int64(10)) => vec![&self.1[0]],
            _ => Vec::new(),
        })
    }
}
