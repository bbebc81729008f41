//! What version 4.01 writes differently.

use super::*;
use crate::Value;
use crate::http::{MetadataLevel, Version};
use crate::url::parse;

fn later(metadata: MetadataLevel) -> Format {
    Format { metadata, ..Format::default() }.in_version(Version::V4_01)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn version_4_01_has_no_prefixes_and_lists_what_is_expanded_with_parentheses() {
    let model = sample::model();
    for (query, context) in [
        ("$expand=company", "contacts(company())"),
        ("$select=email&$expand=company", "contacts(email,company())"),
        ("$select=email,company&$expand=company", "contacts(email,company,company())"),
        ("$select=email&$expand=company($select=name)", "contacts(email,company(name))"),
        ("$select=email", "contacts(email)"),
        ("", "contacts"),
    ] {
        let request = parse(&model, "contacts", Some(query)).unwrap();
        let path = request.resource.path().unwrap();
        let shape = Shape::of_path(&model, &path, "https://host", later(MetadataLevel::Minimal));
        let page = PageWriter::new(shape.asking(&request.options)).finish(Some(0), Some("https://host/next"));
        assert_eq!(
            text(page),
            format!(
                r##"{{"@context":"https://host/$metadata#{context}","@count":0,"value":[],"@nextLink":"https://host/next"}}"##
            ),
            "{query}"
        );
    }
}

#[test]
fn version_4_01_names_built_in_types_without_a_hash() {
    let model = sample::model();
    let set = model.set_id("contacts").unwrap();
    let shape = Shape::new(&model, set, "https://host/", later(MetadataLevel::Full));
    let count = model.type_of_set(set).properties.len();
    let mut row = vec![Value::Null; count];
    row[0] = Value::Int64(1);
    let body = text(entity(&shape, &row));
    assert!(body.contains(r##""@type":"#Crm.contact""##), "{body}");
    assert!(body.contains(r#""id@type":"Int64","id":1"#), "{body}");
    assert!(!body.contains("odata."), "{body}");
    let without = Shape { format: Format { version: Version::V4_0, ..shape.format }, ..shape };
    assert!(text(entity(&without, &row)).contains(r##""id@odata.type":"#Int64","id":1"##));
}

#[test]
fn the_content_type_has_the_names_of_its_version() {
    let format = Format { streaming: true, ..later(MetadataLevel::None) };
    assert_eq!(format.content_type(), "application/json;metadata=none;streaming=true;charset=utf-8");
    let before = format.in_version(Version::V4_0);
    assert_eq!(
        before.content_type(),
        "application/json;odata.metadata=none;odata.streaming=true;charset=utf-8"
    );
}
