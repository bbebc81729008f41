//! Tests of entities, properties and raw values.

use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

use super::super::{property, raw_value, sample};
use super::*;
use crate::edm::{Model, Primitive};
use crate::http::Version;

const FULL: Format =
    Format { metadata: MetadataLevel::Full, ieee754: false, streaming: false, version: Version::V4_0 };
const NONE: Format =
    Format { metadata: MetadataLevel::None, ieee754: false, streaming: false, version: Version::V4_0 };
const COMPATIBLE: Format =
    Format { metadata: MetadataLevel::Minimal, ieee754: true, streaming: false, version: Version::V4_0 };

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn entity_text(change: impl FnOnce(Shape<'static>) -> Shape<'static>, row: &[Value]) -> String {
    let model: &'static Model = Box::leak(Box::new(sample::model()));
    text(entity(&change(sample::shape(model)), row))
}

#[test]
fn an_entity_has_its_context_and_every_property() {
    insta::assert_snapshot!(entity_text(|shape| shape, &sample::ada()), @r#"{"@odata.context":"https://host/odata/$metadata#contacts/$entity","id":1,"email":"ada@example.com","score":12.340,"active":true,"created":"2024-01-01T00:00:00.123Z","stage":"won","tags":["a","b"],"address":{"city":"Berlin","zip":10115},"age":36}"#);
}

#[test]
fn a_property_that_is_null_or_was_not_read_is_written_as_null() {
    insta::assert_snapshot!(entity_text(|shape| shape, &[Value::Int64(2)]), @r#"{"@odata.context":"https://host/odata/$metadata#contacts/$entity","id":2,"email":null,"score":null,"active":null,"created":null,"stage":null,"tags":null,"address":null,"age":null}"#);
}

#[test]
fn nulls_are_left_out_on_request_also_inside_of_complex_values() {
    let mut row = sample::nobody();
    row[7] = Value::Complex([("city".into(), Value::string("Bonn")), ("zip".into(), Value::Null)].into());
    insta::assert_snapshot!(entity_text(|shape| Shape { omit_nulls: true, ..shape }, &row), @r#"{"@odata.context":"https://host/odata/$metadata#contacts/$entity","id":2,"address":{"city":"Bonn"}}"#);
}

#[test]
fn a_selection_is_written_in_its_order_and_named_in_the_context() {
    let select = |shape| Shape { select: Some(&[0, 1]), ..shape };
    insta::assert_snapshot!(entity_text(select, &sample::ada()), @r#"{"@odata.context":"https://host/odata/$metadata#contacts(id,email)/$entity","id":1,"email":"ada@example.com"}"#);
}

#[test]
fn full_metadata_adds_types_ids_and_links() {
    insta::assert_snapshot!(entity_text(|shape| Shape { format: FULL, ..shape }, &sample::ada()), @r##"{"@odata.context":"https://host/odata/$metadata#contacts/$entity","@odata.type":"#Crm.contact","@odata.id":"https://host/odata/contacts(1)","@odata.readLink":"https://host/odata/contacts(1)","id@odata.type":"#Int64","id":1,"email":"ada@example.com","score@odata.type":"#Decimal","score":12.340,"active":true,"created@odata.type":"#DateTimeOffset","created":"2024-01-01T00:00:00.123Z","stage@odata.type":"#Crm.stage","stage":"won","tags@odata.type":"#Collection(String)","tags":["a","b"],"address":{"@odata.type":"#Crm.address","city":"Berlin","zip@odata.type":"#Int32","zip":10115},"age@odata.type":"#Int32","age":36,"company@odata.associationLink":"https://host/odata/contacts(1)/company/$ref","company@odata.navigationLink":"https://host/odata/contacts(1)/company"}"##);
}

#[test]
fn full_metadata_of_an_entity_without_its_key_has_no_id() {
    let select = |shape| Shape { format: FULL, select: Some(&[1]), ..shape };
    insta::assert_snapshot!(entity_text(select, &[Value::Null, Value::string("x")]), @r##"{"@odata.context":"https://host/odata/$metadata#contacts(email)/$entity","@odata.type":"#Crm.contact","email":"x"}"##);
}

#[test]
fn an_entity_without_its_key_says_its_id() {
    let select = |shape| Shape { select: Some(&[1]), ..shape };
    insta::assert_snapshot!(entity_text(select, &sample::ada()), @r#"{"@odata.context":"https://host/odata/$metadata#contacts(email)/$entity","@odata.id":"https://host/odata/contacts(1)","email":"ada@example.com"}"#);
}

#[test]
fn without_metadata_only_the_properties_are_written() {
    let select = |shape| Shape { format: NONE, select: Some(&[0, 1]), ..shape };
    assert_eq!(entity_text(select, &sample::ada()), r#"{"id":1,"email":"ada@example.com"}"#);
    let nothing = |shape| Shape { format: NONE, select: Some(&[]), ..shape };
    assert_eq!(entity_text(nothing, &sample::ada()), "{}");
}

#[test]
fn large_numbers_are_strings_for_clients_that_ask_and_small_ones_are_not() {
    let select = |shape| Shape { format: COMPATIBLE, select: Some(&[0, 2, 8]), ..shape };
    insta::assert_snapshot!(entity_text(select, &sample::ada()), @r#"{"@odata.context":"https://host/odata/$metadata#contacts(id,score,age)/$entity","id":"1","score":"12.340","age":36}"#);
}

#[test]
fn a_property_is_wrapped_unless_it_is_complex_and_nothing_when_null() {
    let model = sample::model();
    let shape = sample::shape(&model);
    let full = Shape { format: FULL, ..shape };
    let written = |shape: &Shape<'_>, index| text(property(shape, &sample::ada(), index).unwrap());
    insta::assert_snapshot!(written(&shape, 1), @r#"{"@odata.context":"https://host/odata/$metadata#contacts(1)/email","value":"ada@example.com"}"#);
    insta::assert_snapshot!(written(&shape, 6), @r#"{"@odata.context":"https://host/odata/$metadata#contacts(1)/tags","value":["a","b"]}"#);
    insta::assert_snapshot!(written(&shape, 7), @r#"{"@odata.context":"https://host/odata/$metadata#contacts(1)/address","city":"Berlin","zip":10115}"#);
    insta::assert_snapshot!(written(&full, 2), @r##"{"@odata.context":"https://host/odata/$metadata#contacts(1)/score","@odata.type":"#Decimal","value":12.340}"##);
    insta::assert_snapshot!(written(&full, 7), @r##"{"@odata.context":"https://host/odata/$metadata#contacts(1)/address","@odata.type":"#Crm.address","city":"Berlin","zip@odata.type":"#Int32","zip":10115}"##);
    assert_eq!(written(&Shape { format: NONE, ..shape }, 1), r#"{"value":"ada@example.com"}"#);
    assert_eq!(property(&shape, &sample::nobody(), 1), None);
    assert_eq!(property(&shape, &sample::ada(), 99), None);
}

#[test]
fn every_sort_of_value_has_its_form() {
    let model = sample::model();
    let style = Style { model: &model, format: Format::default(), omit_nulls: false };
    for (primitive, value, expected) in [
        (Primitive::Boolean, Value::Boolean(false), "false"),
        (Primitive::Int64, Value::Int64(i64::MIN), "-9223372036854775808"),
        (Primitive::Decimal, Value::Decimal(Decimal::MAX), "79228162514264337593543950335"),
        (Primitive::Decimal, Value::Decimal(Decimal::new(-1, 28)), "-0.0000000000000000000000000001"),
        (Primitive::Decimal, Value::Decimal(Decimal::new(150, 2)), "1.50"),
        (Primitive::Double, Value::Double(1.5), "1.5"),
        (Primitive::Double, Value::Double(f64::INFINITY), "\"INF\""),
        (Primitive::Double, Value::Double(f64::NEG_INFINITY), "\"-INF\""),
        (Primitive::Double, Value::Double(f64::NAN), "\"NaN\""),
        (Primitive::Single, Value::Double(f64::from(0.1_f32)), "0.1"),
        (
            Primitive::String,
            Value::string("a\"\\/\u{1}\u{8}\t\n\u{c}\r\u{1f}\u{7f}\u{2028}é😀"),
            "\"a\\\"\\\\/\\u0001\\b\\t\\n\\f\\r\\u001f\u{7f}\u{2028}é😀\"",
        ),
        (Primitive::Date, Value::Date(Date::constant(2024, 1, 1)), "\"2024-01-01\""),
        (Primitive::TimeOfDay, Value::TimeOfDay(Time::constant(7, 5, 0, 0)), "\"07:05:00\""),
        (
            Primitive::DateTimeOffset,
            Value::DateTimeOffset(jiff::Timestamp::UNIX_EPOCH),
            "\"1970-01-01T00:00:00Z\"",
        ),
        (
            Primitive::Duration,
            Value::Duration(SignedDuration::new(-93_784, -500_000_000)),
            "\"-PT26H3M4.5S\"",
        ),
        (Primitive::Guid, Value::Guid([0xab; 16]), "\"abababab-abab-abab-abab-abababababab\""),
        (Primitive::Binary, Value::Binary([0xfb, 0xff].into()), "\"-_8=\""),
    ] {
        let mut out = Vec::new();
        style.part(&mut out, &primitive.into(), &value, None);
        assert_eq!(text(out), expected, "{value:?}");
    }
}

#[test]
fn raw_values_are_bare_text_or_bytes() {
    assert_eq!(raw_value(&Value::string("a\"b")).unwrap(), b"a\"b");
    assert_eq!(raw_value(&Value::Decimal(Decimal::new(150, 2))).unwrap(), b"1.50");
    assert_eq!(raw_value(&Value::Double(f64::NAN)).unwrap(), b"NaN");
    assert_eq!(raw_value(&Value::Binary([0, 255].into())).unwrap(), [0, 255]);
    assert_eq!(raw_value(&Value::Null), None);
}
