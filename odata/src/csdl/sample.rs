//! The model the tests of both documents share: one of everything that can be described.

use crate::edm::{
    Binding, ComplexType, Conformance, EntitySet, EntityType, EnumMember, EnumType, Facets, Model,
    NavigationProperty, Primitive, Property, ReferentialConstraint, Scale, ServiceCapabilities,
    SetCapabilities, Singleton, Type, TypeId,
};

pub(super) fn model() -> Model {
    let mut builder = Model::builder("Acme.Crm", "Feed");
    let member = |name: &str, value| EnumMember { name: name.into(), value };
    let stage = builder.enum_type(EnumType {
        name: "stage".into(),
        underlying: Primitive::Int16,
        is_flags: true,
        members: vec![member("open", 1), member("won", 2)],
    });
    let address = builder.complex_type(ComplexType {
        name: "address".into(),
        properties: vec![Property::new("city", Primitive::String)],
    });
    let company = builder.entity_type(company(Type::Complex(address)));
    let contact = builder.entity_type(contact(company, Type::Enum(stage)));
    let employees =
        NavigationProperty { collection: true, partner: Some("company".into()), ..way("employees", contact) };
    builder.entity_type_mut(company).unwrap().navigation.push(employees);
    let companies = builder.entity_set(EntitySet::new("companies", company));
    let mut contacts = EntitySet::new("contacts", contact);
    contacts.bindings = vec![Binding { path: "company".into(), target: companies }];
    contacts.description = Some("People".into());
    contacts.capabilities = SetCapabilities { skip: false, countable: false, ..SetCapabilities::default() };
    let contacts = builder.entity_set(contacts);
    let set = builder.entity_set_mut(companies).unwrap();
    set.bindings.push(Binding { path: "employees".into(), target: contacts });
    let description = Some("Ourselves".into());
    builder.singleton(Singleton {
        name: "me".into(),
        entity_type: contact,
        bindings: Vec::new(),
        description,
    });
    let conformance = Some(Conformance::Intermediate);
    builder.capabilities(ServiceCapabilities { conformance, ..ServiceCapabilities::default() });
    builder.build().unwrap()
}

fn company(address: Type) -> EntityType {
    let mut revenue = Property::new("revenue", Primitive::Decimal);
    revenue.facets = Facets { precision: Some(20), scale: Some(Scale::Fixed(2)), max_length: None };
    EntityType::new("company")
        .property(Property::new("id", Primitive::Int64).required())
        .property(Property::new("revenue", Primitive::Decimal))
        .property(Property { name: "budget".into(), ..revenue })
        .property(Property::new("address", address))
        .keyed_by(&["id"])
}

fn contact(company: TypeId, stage: Type) -> EntityType {
    let mut email = Property::new("email", Primitive::String);
    email.facets.max_length = Some(254);
    email.label = Some("E-Mail <\"work\" & 'home'>\u{1}\u{fffe}\tof\u{7f}é😀".into());
    email.description = Some("Line 1\r\nLine 2".into());
    (email.filterable, email.sortable) = (false, false);
    let mut created = Property::new("created", Primitive::DateTimeOffset);
    created.facets.precision = Some(3);
    let company = NavigationProperty {
        nullable: false,
        partner: Some("employees".into()),
        constraints: vec![ReferentialConstraint { property: 1, referenced: 0 }],
        label: Some("Works for".into()),
        ..way("company", company)
    };
    EntityType::new("contact")
        .property(Property::new("id", Primitive::Int64).required())
        .property(Property::new("company_id", Primitive::Int64).required())
        .property(email)
        .property(created)
        .property(Property::new("stage", stage))
        .property(Property::new("tags", Type::Collection(Box::new(Primitive::String.into()))).required())
        .navigation(company)
        .keyed_by(&["id"])
}

fn way(name: &str, target: TypeId) -> NavigationProperty {
    NavigationProperty {
        name: name.into(),
        target,
        collection: false,
        nullable: true,
        partner: None,
        constraints: Vec::new(),
        label: None,
        description: None,
    }
}
