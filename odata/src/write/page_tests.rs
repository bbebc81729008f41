//! Tests of pages; serde_json reads them as an independent reader.

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::super::sample;
use super::*;
use crate::http::{Format, MetadataLevel, Version};
use crate::value::Row;

fn page(shape: Shape<'_>, rows: &[Row], count: Option<u64>, next: Option<&str>) -> String {
    let mut writer = PageWriter::new(shape);
    for row in rows {
        writer.push(row);
    }
    assert_eq!(writer.rows(), rows.len());
    String::from_utf8(writer.finish(count, next)).unwrap()
}

fn format(metadata: MetadataLevel, ieee754: bool) -> Format {
    Format { metadata, ieee754, streaming: false, version: Version::V4_0 }
}

#[test]
fn a_page_is_context_count_rows_and_link_in_this_order() {
    let model = sample::model();
    let shape = Shape { select: Some(&[0, 1]), ..sample::shape(&model) };
    let rows = [sample::ada(), sample::nobody()];
    insta::assert_snapshot!(page(shape, &rows, Some(2), Some("https://host/odata/contacts?$skiptoken=x&y=\"z\"")), @r#"{"@odata.context":"https://host/odata/$metadata#contacts(id,email)","@odata.count":2,"value":[{"id":1,"email":"ada@example.com"},{"id":2,"email":null}],"@odata.nextLink":"https://host/odata/contacts?$skiptoken=x&y=\"z\""}"#);
}

#[test]
fn a_page_without_rows_has_an_empty_array() {
    let model = sample::model();
    insta::assert_snapshot!(page(sample::shape(&model), &[], None, None), @r#"{"@odata.context":"https://host/odata/$metadata#contacts","value":[]}"#);
}

#[test]
fn without_metadata_count_and_link_remain() {
    let model = sample::model();
    let shape =
        Shape { select: Some(&[0]), format: format(MetadataLevel::None, false), ..sample::shape(&model) };
    insta::assert_snapshot!(page(shape, &[sample::ada()], Some(1), Some("https://host/next")), @r#"{"@odata.count":1,"value":[{"id":1}],"@odata.nextLink":"https://host/next"}"#);
    assert_eq!(page(shape, &[], None, None), r#"{"value":[]}"#);
}

#[test]
fn the_count_is_a_string_for_clients_that_read_numbers_as_doubles() {
    let model = sample::model();
    let shape = Shape { format: format(MetadataLevel::None, true), ..sample::shape(&model) };
    assert_eq!(
        page(shape, &[], Some(u64::MAX), None),
        r#"{"@odata.count":"18446744073709551615","value":[]}"#
    );
}

#[test]
fn full_metadata_says_the_context_once_and_the_id_of_every_row() {
    let model = sample::model();
    let shape =
        Shape { format: format(MetadataLevel::Full, false), select: Some(&[0]), ..sample::shape(&model) };
    insta::assert_snapshot!(page(shape, &[sample::nobody()], None, None), @r##"{"@odata.context":"https://host/odata/$metadata#contacts(id)","value":[{"@odata.type":"#Crm.contact","@odata.id":"https://host/odata/contacts(2)","@odata.readLink":"https://host/odata/contacts(2)","id@odata.type":"#Int64","id":2}]}"##);
}

#[test]
fn a_row_of_nothing_but_omitted_nulls_is_an_empty_object() {
    let model = sample::model();
    let shape = Shape {
        select: Some(&[1]),
        format: format(MetadataLevel::None, false),
        omit_nulls: true,
        ..sample::shape(&model)
    };
    assert!(page(shape, &[sample::nobody(), sample::nobody()], None, None).ends_with(r#""value":[{},{}]}"#));
}

#[test]
fn the_length_is_what_was_written() {
    let model = sample::model();
    let mut writer = PageWriter::new(sample::shape(&model));
    assert!(writer.is_empty());
    let before = writer.len();
    writer.push(&sample::ada());
    assert!(writer.len() > before + 100 && !writer.is_empty());
    let length = writer.len();
    assert_eq!(writer.finish(None, None).len(), length + 2);
}

prop_compose! {
    fn contact()(
        id in any::<i64>(),
        email in proptest::option::of(any::<String>()),
        score in proptest::option::of((any::<i64>(), 0_u32..=28)),
        active in proptest::option::of(any::<bool>()),
        tags in proptest::option::of(proptest::collection::vec(any::<String>(), 0..4)),
        age in proptest::option::of(any::<i32>()),
    ) -> Row {
        let mut row = sample::nobody();
        row[0] = Value::Int64(id);
        row[1] = email.map_or(Value::Null, Value::string);
        row[2] = score.map_or(Value::Null, |(number, scale)| Value::Decimal(Decimal::new(number, scale)));
        row[3] = active.map_or(Value::Null, Value::Boolean);
        row[6] = tags.map_or(Value::Null, |tags| Value::Collection(tags.into_iter().map(Value::string).collect()));
        row[8] = age.map_or(Value::Null, |age| Value::Int64(age.into()));
        row
    }
}

/// What a reader of JSON should find for a value.
fn expected(value: &Value, ieee754: bool, large: bool) -> Json {
    match value {
        Value::Boolean(value) => (*value).into(),
        Value::Int64(value) if ieee754 && large => value.to_string().into(),
        Value::Int64(value) => (*value).into(),
        Value::Decimal(value) if ieee754 => value.to_string().into(),
        Value::Decimal(value) => serde_json::from_str(&value.to_string()).unwrap(),
        Value::String(text) => text.as_ref().into(),
        Value::Collection(items) => items.iter().map(|item| expected(item, ieee754, large)).collect(),
        _ => Json::Null,
    }
}

proptest! {
    #[test]
    fn a_page_is_read_back_as_the_same_rows(
        rows in proptest::collection::vec(contact(), 0..5),
        ieee754: bool,
        omit_nulls: bool,
        full: bool,
        count in proptest::option::of(any::<u64>()),
    ) {
        let model = sample::model();
        let level = if full { MetadataLevel::Full } else { MetadataLevel::Minimal };
        let shape = Shape { format: format(level, ieee754), omit_nulls, ..sample::shape(&model) };
        let read: Json = serde_json::from_str(&page(shape, &rows, count, None)).unwrap();
        let found = read["value"].as_array().unwrap();
        prop_assert_eq!(found.len(), rows.len());
        prop_assert_eq!(read.get("@odata.count").is_some(), count.is_some());
        for (object, row) in found.iter().zip(&rows) {
            for (property, value) in model.entity_types()[1].properties.iter().zip(row) {
                let member = object.get(&property.name);
                prop_assert_eq!(member.is_none(), omit_nulls && value.is_null());
                let wanted = expected(value, ieee754, property.name == "id");
                prop_assert_eq!(member.unwrap_or(&Json::Null), &wanted);
            }
        }
    }
}
