//! The context URLs of the OASIS test cases, written for requests that have them.

use odata::edm::{
    ComplexType, EntitySet, EntityType, Model, NavigationProperty, Primitive, Property, Singleton, Type,
};
use odata::http::Format;
use odata::url::{Part, ResourcePath, parse};
use odata::write::{self, PageWriter, PropertyAnswer, Shape};
use odata::{Row, Value};

/// Customers whose orders, and orders whose items, are members of no set.
fn model() -> Model {
    let mut builder = Model::builder("Model", "Container");
    let properties =
        vec![Property::new("Country", Primitive::String), Property::new("City", Primitive::String)];
    let address = Type::Complex(builder.complex_type(ComplexType { name: "Address".into(), properties }));
    let numbered = |name: &str| {
        let id = Property::new("ID", Primitive::Int32).required();
        EntityType::new(name)
            .property(id)
            .property(Property::new("Name", Primitive::String))
            .keyed_by(&["ID"])
    };
    let item = builder.entity_type(numbered("Item"));
    let order = builder.entity_type(numbered("Order").navigation(NavigationProperty::to_many("Items", item)));
    let customer = builder.entity_type(
        EntityType::new("Customer")
            .property(Property::new("ID", Primitive::String).required())
            .property(Property::new("Address", address.clone()))
            .property(Property::new("Addresses", Type::Collection(Box::new(address))))
            .navigation(NavigationProperty::to_many("Orders", order))
            .keyed_by(&["ID"]),
    );
    builder.entity_set(EntitySet::new("Customers", customer));
    let bindings = Vec::new();
    let name = "SingletonEntity".into();
    builder.singleton(Singleton { name, entity_type: customer, bindings, description: None });
    builder.build().expect("a model")
}

/// The fragment of the context URL that answers a request.
fn fragment(path: &str, query: &str) -> String {
    let model = model();
    let request = parse(&model, path, Some(query)).unwrap_or_else(|error| panic!("{path}?{query}: {error}"));
    let path: ResourcePath = request.resource.path().expect("data");
    let shape = Shape::of_path(&model, &path, "r", Format::default()).asking(&request.options);
    let row: Row = vec![Value::string("ALFKI")];
    let body = match &path.part {
        Part::Property(property) => {
            let value = Value::Collection([].into());
            write::property_at(&shape, &row, &PropertyAnswer::of(property, &value)).expect("a value")
        }
        Part::References => PageWriter::references(shape).finish(None, None),
        _ if path.is_collection() => PageWriter::new(shape).finish(None, None),
        _ => write::entity(&shape, &row),
    };
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let context = body["@odata.context"].as_str().expect("a context");
    context.strip_prefix("r/$metadata").expect("the root").to_owned()
}

#[test]
fn contexts_are_those_of_the_oasis_cases() {
    for (path, query, expected) in [
        ("Customers", "$select=Address/Country", "#Customers(Address/Country)"),
        ("Customers('ALFKI')", "", "#Customers/$entity"),
        ("SingletonEntity/Orders", "", "#SingletonEntity/Orders"),
        ("Customers('ALFKI')/Orders", "", "#Customers('ALFKI')/Orders"),
        ("Customers('ALFKI')/Orders(1)/Items", "", "#Customers('ALFKI')/Orders(1)/Items"),
        ("Customers('ALFKI')", "$select=Address,Orders", "#Customers(Address,Orders)/$entity"),
        ("Customers('ALFKI')/Addresses", "", "#Customers('ALFKI')/Addresses"),
        ("Customers/$ref", "", "#Collection($ref)"),
        ("Customers", "$expand=Orders($select=ID)", "#Customers(*,Orders(ID))"),
        ("Customers('ALFKI')", "$expand=Orders($select=ID)", "#Customers(*,Orders(ID))/$entity"),
    ] {
        assert_eq!(fragment(path, query), expected, "{path}?{query}");
    }
}
