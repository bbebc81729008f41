//! The model the tests of the writers share.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::Shape;
use crate::edm::{
    ComplexType, EntitySet, EntityType, EnumMember, EnumType, Model, NavigationProperty, Primitive, Property,
    Type,
};
use crate::http::Format;
use crate::value::{Row, Value};

pub(super) const ROOT: &str = "https://host/odata/";

/// `contacts` has a property of every sort, `links` a key of several properties.
pub(super) fn model() -> Model {
    let mut builder = Model::builder("Crm", "Feed");
    let member = |name: &str, value| EnumMember { name: name.into(), value };
    let stage = Type::Enum(builder.enum_type(EnumType {
        name: "stage".into(),
        underlying: Primitive::Int32,
        is_flags: false,
        members: vec![member("open", 0), member("won", 1)],
    }));
    let address = Type::Complex(builder.complex_type(ComplexType {
        name: "address".into(),
        properties: vec![Property::new("city", Primitive::String), Property::new("zip", Primitive::Int32)],
    }));
    let company = builder.entity_type(
        EntityType::new("company")
            .property(Property::new("id", Primitive::Int64).required())
            .property(Property::new("name", Primitive::String))
            .keyed_by(&["id"]),
    );
    let contact = builder.entity_type(
        EntityType::new("contact")
            .property(Property::new("id", Primitive::Int64).required())
            .property(Property::new("email", Primitive::String))
            .property(Property::new("score", Primitive::Decimal))
            .property(Property::new("active", Primitive::Boolean))
            .property(Property::new("created", Primitive::DateTimeOffset))
            .property(Property::new("stage", stage.clone()))
            .property(Property::new("tags", Type::Collection(Box::new(Primitive::String.into()))))
            .property(Property::new("address", address))
            .property(Property::new("age", Primitive::Int32))
            .navigation(NavigationProperty::to_one("company", company))
            .keyed_by(&["id"]),
    );
    let staff = NavigationProperty::to_many("staff", contact);
    builder.entity_type_mut(company).unwrap().navigation.push(staff);
    let link = builder.entity_type(
        EntityType::new("link")
            .property(Property::new("from_id", Primitive::Int64).required())
            .property(Property::new("to", Primitive::String).required())
            .property(Property::new("state", stage).required())
            .keyed_by(&["from_id", "to", "state"]),
    );
    builder.entity_set(EntitySet::new("contacts", contact));
    builder.entity_set(EntitySet::new("companies", company));
    builder.entity_set(EntitySet::new("links", link));
    builder.build().unwrap()
}

/// All of `contacts`, in the default format.
pub(super) fn shape(model: &Model) -> Shape<'_> {
    Shape::new(model, model.set_id("contacts").unwrap(), ROOT, Format::default())
}

/// A contact with every property.
pub(super) fn ada() -> Row {
    let address: Arc<[(Arc<str>, Value)]> =
        Arc::new([("zip".into(), Value::Int64(10115)), ("city".into(), Value::string("Berlin"))]);
    vec![
        Value::Int64(1),
        Value::string("ada@example.com"),
        Value::Decimal(Decimal::new(12_340, 3)),
        Value::Boolean(true),
        Value::DateTimeOffset(Timestamp::constant(1_704_067_200, 123_000_000)),
        Value::Enum("won".into()),
        Value::Collection(Arc::new([Value::string("a"), Value::string("b")])),
        Value::Complex(address),
        Value::Int64(36),
    ]
}

/// A contact of whom only the key is known.
pub(super) fn nobody() -> Row {
    let mut row = vec![Value::Null; 9];
    row[0] = Value::Int64(2);
    row
}
