//! Tests of expanded rows, references, selections of parts, and the context URLs that announce them.

use super::super::{PageWriter, PropertyAnswer, entity, entity_with, property_at, reference, sample};
use super::*;
use crate::edm::{Model, NavigationProperty, Singleton};
use crate::http::{Format, MetadataLevel, Version};
use crate::url::{Request, parse};

const ROOT: &str = "https://host/odata";

fn request(path: &str, query: &str) -> Request {
    parse(&sample::model(), path, Some(query)).unwrap_or_else(|error| panic!("{path}?{query}: {error}"))
}

fn company(id: i64, name: &str) -> Vec<Value> {
    vec![Value::Int64(id), Value::string(name)]
}

/// Two companies, of which the first has two contacts.
fn page(query: &str, format: Format) -> String {
    let model = sample::model();
    let request = request("companies", query);
    let shape = Shape::new(&model, model.set_id("companies").unwrap(), ROOT, format).asking(&request.options);
    let (acme, beta) = (company(10, "Acme"), company(11, "Beta"));
    let (ada, nobody) = (sample::ada(), sample::nobody());
    let staff = |rows: &[&str]| Expanded::Many {
        entities: rows
            .iter()
            .map(|name| Entity {
                row: if *name == "ada" { &ada } else { &nobody },
                expanded: vec![Expanded::One(None)],
            })
            .collect(),
        count: request.options.expand[0].options.count.then_some(7),
        next_link: (rows.len() > 1).then(|| "https://host/next".to_owned()),
    };
    let mut writer = PageWriter::new(shape);
    if request.options.expand[0].kind == Expanding::Count {
        writer.push_entity(&Entity { row: &acme, expanded: vec![Expanded::Count(2)] });
    } else {
        writer.push_entity(&Entity { row: &acme, expanded: vec![staff(&["ada", "nobody"])] });
        writer.push_entity(&Entity { row: &beta, expanded: vec![staff(&[])] });
    }
    String::from_utf8(writer.finish(None, None)).unwrap()
}

const FULL: Format =
    Format { metadata: MetadataLevel::Full, ieee754: false, streaming: false, version: Version::V4_0 };
const NONE: Format =
    Format { metadata: MetadataLevel::None, ieee754: false, streaming: false, version: Version::V4_0 };

#[test]
fn expanded_entities_stand_behind_the_properties() {
    insta::assert_snapshot!(
        page("$expand=staff($select=id,email;$count=true)", Format::default()),
        @r##"{"@odata.context":"https://host/odata/$metadata#companies(*,staff(id,email))","value":[{"id":10,"name":"Acme","staff@odata.count":7,"staff":[{"id":1,"email":"ada@example.com"},{"id":2,"email":null}],"staff@odata.nextLink":"https://host/next"},{"id":11,"name":"Beta","staff@odata.count":7,"staff":[]}]}"##
    );
}

#[test]
fn a_single_entity_is_an_object_or_null() {
    insta::assert_snapshot!(
        page("$select=name&$expand=staff($select=id;$expand=company)", Format::default()),
        @r##"{"@odata.context":"https://host/odata/$metadata#companies(name,staff(id,company))","value":[{"@odata.id":"https://host/odata/companies(10)","name":"Acme","staff":[{"id":1,"company":null},{"id":2,"company":null}],"staff@odata.nextLink":"https://host/next"},{"@odata.id":"https://host/odata/companies(11)","name":"Beta","staff":[]}]}"##
    );
    let model = sample::model();
    let request = request("contacts(2)", "$select=id&$expand=company");
    let shape = Shape::new(&model, model.set_id("contacts").unwrap(), ROOT, Format::default())
        .asking(&request.options);
    let (row, acme) = (sample::nobody(), company(10, "Acme"));
    let one = Expanded::One(Some(Box::new(Entity::of(&acme))));
    let text = String::from_utf8(entity_with(&shape, &Entity { row: &row, expanded: vec![one] })).unwrap();
    insta::assert_snapshot!(text, @r##"{"@odata.context":"https://host/odata/$metadata#contacts(id,company)/$entity","id":2,"company":{"id":10,"name":"Acme"}}"##);
}

#[test]
fn references_and_counts_are_expanded_without_the_rest() {
    insta::assert_snapshot!(
        page("$expand=staff/$ref", Format::default()),
        @r##"{"@odata.context":"https://host/odata/$metadata#companies","value":[{"id":10,"name":"Acme","staff":[{"@odata.id":"https://host/odata/contacts(1)"},{"@odata.id":"https://host/odata/contacts(2)"}],"staff@odata.nextLink":"https://host/next"},{"id":11,"name":"Beta","staff":[]}]}"##
    );
    insta::assert_snapshot!(
        page("$expand=staff/$count", Format::default()),
        @r##"{"@odata.context":"https://host/odata/$metadata#companies","value":[{"id":10,"name":"Acme","staff@odata.count":2}]}"##
    );
}

#[test]
fn metadata_levels_hold_below_too() {
    insta::assert_snapshot!(
        page("$expand=staff($select=email)", NONE),
        @r##"{"value":[{"id":10,"name":"Acme","staff":[{"email":"ada@example.com"},{"email":null}],"staff@odata.nextLink":"https://host/next"},{"id":11,"name":"Beta","staff":[]}]}"##
    );
    let full = page("$select=name&$expand=staff($select=email)", FULL);
    let start = full.find("\"staff@odata.assoc").unwrap();
    let end = start + full[start..].find(r#","email":"ada"#).unwrap();
    insta::assert_snapshot!(
        &full[start..end],
        @r##""staff@odata.associationLink":"https://host/odata/companies(10)/staff/$ref","staff@odata.navigationLink":"https://host/odata/companies(10)/staff","staff":[{"@odata.type":"#Crm.contact","@odata.id":"https://host/odata/contacts(1)","@odata.readLink":"https://host/odata/contacts(1)""##
    );
}

#[test]
fn a_context_never_hides_properties_and_has_no_empty_brackets() {
    let model = sample::model();
    let context = |query: &str| {
        let request = request("contacts", query);
        let shape = Shape::new(&model, model.set_id("contacts").unwrap(), "", Format::default())
            .asking(&request.options);
        shape.collection_context().replace("/$metadata#", "")
    };
    for (query, expected) in [
        ("$expand=company", "contacts"),
        ("$select=*&$expand=company", "contacts"),
        ("$expand=company($select=name)", "contacts(*,company(name))"),
        ("$expand=company($expand=staff)", "contacts"),
        ("$expand=company($expand=staff($select=id))", "contacts(*,company(*,staff(id)))"),
        ("$select=id,company&$expand=company", "contacts(id,company)"),
        ("$select=id,company&$expand=company($select=id,name)", "contacts(id,company(id,name))"),
        ("$select=id&$expand=company/$ref", "contacts(id,company)"),
        ("$select=id,address/city,company", "contacts(id,address/city,company)"),
    ] {
        assert_eq!(context(query), expected, "{query}");
    }
}

/// The sample with companies in no set, and a singleton.
fn unbound() -> Model {
    let mut builder = Model::builder("Crm", "Feed");
    let id = || crate::edm::Property::new("id", crate::edm::Primitive::Int64).required();
    let part = builder.entity_type(crate::edm::EntityType::new("part").property(id()).keyed_by(&["id"]));
    let whole = crate::edm::EntityType::new("whole")
        .property(id())
        .navigation(NavigationProperty::to_many("parts", part))
        .navigation(NavigationProperty::to_one("first", part))
        .keyed_by(&["id"]);
    let whole = builder.entity_type(whole);
    builder.entity_set(crate::edm::EntitySet::new("wholes", whole));
    builder.singleton(Singleton {
        name: "all".into(),
        entity_type: whole,
        bindings: vec![],
        description: None,
    });
    builder.build().unwrap()
}

#[test]
fn entities_of_no_set_are_named_by_the_path_to_them() {
    let model = unbound();
    let row = [Value::Int64(3)];
    for (path, context, id) in [
        ("wholes(1)/parts", "wholes(1)/parts", "wholes(1)/parts(3)"),
        ("wholes(1)/parts(3)", "wholes(1)/parts/$entity", "wholes(1)/parts(3)"),
        ("wholes(1)/first", "wholes(1)/first/$entity", "wholes(1)/first"),
        ("all", "all", "all"),
        ("all/first", "all/first", "all/first"),
        ("wholes", "wholes", "wholes(3)"),
    ] {
        let path = parse(&model, path, None).unwrap().resource.path().unwrap();
        let shape = Shape::of_path(&model, &path, "r/", Format::default());
        let own = if path.is_collection() { shape.collection_context() } else { shape.entity_context() };
        assert_eq!(own, format!("r/$metadata#{context}"));
        assert_eq!(shape.entity_id(&row), Some(format!("r/{id}")));
    }
    let request = parse(&model, "wholes", Some("$expand=parts/$ref")).unwrap();
    let shape = Shape::new(&model, crate::edm::SetId(0), "r", Format::default()).asking(&request.options);
    let parts = Expanded::Many { entities: vec![Entity::of(&row)], count: None, next_link: None };
    let text =
        String::from_utf8(entity_with(&shape, &Entity { row: &[Value::Int64(1)], expanded: vec![parts] }))
            .unwrap();
    insta::assert_snapshot!(text, @r##"{"@odata.context":"r/$metadata#wholes/$entity","id":1,"parts":[{"@odata.id":"r/wholes(1)/parts(3)"}]}"##);
}

#[test]
fn references_are_answers_of_their_own() {
    let model = sample::model();
    let shape = sample::shape(&model);
    let one = String::from_utf8(reference(&shape, &sample::ada())).unwrap();
    insta::assert_snapshot!(one, @r##"{"@odata.context":"https://host/odata/$metadata#$ref","@odata.id":"https://host/odata/contacts(1)"}"##);
    let mut page = PageWriter::references(Shape { format: NONE, ..shape });
    page.push(&sample::ada());
    page.push(&sample::nobody());
    insta::assert_snapshot!(String::from_utf8(page.finish(Some(2), None)).unwrap(), @r##"{"@odata.count":2,"value":[{"@odata.id":"https://host/odata/contacts(1)"},{"@odata.id":"https://host/odata/contacts(2)"}]}"##);
}

#[test]
fn parts_of_complex_values_are_written_alone() {
    let model = sample::model();
    let request = request("contacts(1)", "$select=id,address/zip");
    let shape = sample::shape(&model).asking(&request.options);
    insta::assert_snapshot!(String::from_utf8(entity(&shape, &sample::ada())).unwrap(), @r##"{"@odata.context":"https://host/odata/$metadata#contacts(id,address/zip)/$entity","id":1,"address":{"zip":10115}}"##);
    let crate::url::Part::Property(path) =
        parse(&model, "contacts(1)/address/city", None).unwrap().resource.path().unwrap().part
    else {
        panic!("a property")
    };
    let city = Value::string("Berlin");
    let text =
        property_at(&sample::shape(&model), &sample::ada(), &PropertyAnswer::of(&path, &city)).unwrap();
    insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r##"{"@odata.context":"https://host/odata/$metadata#contacts(1)/address/city","value":"Berlin"}"##);
}
