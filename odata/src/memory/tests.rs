//! Tests of loading: every type, every way to say where a navigation property leads, and what is refused.

use super::*;
use crate::csdl;
use crate::edm::{EntitySet, EntityType, Model, Primitive, Property};

fn shop() -> Model {
    csdl::read(include_str!("../../examples/shop.xml")).unwrap().model
}

fn data() -> (Model, Data) {
    let model = shop();
    let data = Data::load(&model, include_str!("../../examples/shop.json")).unwrap();
    (model, data)
}

/// Where a navigation property of a set leads to, for each row.
fn links<'a>(model: &Model, data: &'a Data, set: &str, way: &str) -> &'a [Vec<usize>] {
    let id = model.set_id(set).unwrap();
    let index = model.type_of_set(id).navigation_index(way).unwrap();
    &data.tables[id.0].ways[index].links
}

#[test]
fn the_bundled_sample_says_all_it_has() {
    let document = csdl::read(include_str!("../../examples/shop.xml")).unwrap();
    assert_eq!(document.left_out, []);
    let (model, data) = data();
    assert_eq!(data.tables.iter().map(|table| table.rows.len()).collect::<Vec<_>>(), [5, 3, 2, 3, 4]);
    assert_eq!(data.singles[0].row.as_ref().map(Vec::len), Some(model.entity_types()[5].properties.len()));
}

#[test]
fn keys_constraints_partners_and_paths_say_where_a_navigation_property_leads() {
    let (model, data) = data();
    for (set, way, expected) in [
        ("Products", "Accessories", &[&[2, 3][..], &[2], &[], &[], &[]][..]),
        ("Products", "Category", &[&[1], &[0], &[2], &[], &[]]),
        ("Categories", "Products", &[&[1], &[0], &[2]]),
        ("Categories", "Parent", &[&[], &[0], &[]]),
        ("Categories", "Children", &[&[1], &[], &[]]),
        ("Customers", "Orders", &[&[0, 2], &[1]]),
        ("Orders", "Customer", &[&[0], &[1], &[0]]),
        ("Orders", "Lines", &[&[0, 1], &[2], &[3]]),
        ("Lines", "Order", &[&[0], &[0], &[1], &[2]]),
        ("Lines", "Product", &[&[0], &[2], &[3], &[2]]),
    ] {
        assert_eq!(links(&model, &data, set, way), expected, "{set}/{way}");
    }
    assert_eq!(data.singles[0].ways[0].links, [[1]]);
}

#[test]
fn a_key_of_several_properties_is_an_object() {
    let mut shop = include_str!("../../examples/shop.xml").to_owned();
    let way = r#"<NavigationProperty Name="Best" Type="Self.Line"/>"#;
    shop = shop.replace(
        r#"<NavigationProperty Name="Featured""#,
        &format!(r#"{way}<NavigationProperty Name="Featured""#),
    );
    let model = csdl::read(&shop).unwrap().model;
    let load = |best: &str| {
        let line = r#"{"OrderNumber": 1, "Position": 2, "Quantity": 1, "ProductID": 1}"#;
        Data::load(&model, &format!(r#"{{"Lines": [{line}], "Store": {{"Name": "S", "Best": {best}}}}}"#))
    };
    for best in [r#"{"OrderNumber": 1, "Position": 2}"#, r#""Lines(OrderNumber=1,Position=2)""#] {
        assert_eq!(load(best).unwrap().singles[0].ways[0].links, [[0]], "{best}");
    }
    for (best, message) in [
        ("1", "Store.Best: The key of Lines is an object of its properties."),
        (r#"{"OrderNumber": 1}"#, "Store.Best.Position: It may not be null, and has no value."),
        (r#""Orders(1)""#, "Store.Best: `Orders(1)` is neither a key nor a path to an entity of Lines."),
    ] {
        assert_eq!(load(best).unwrap_err().to_string(), message);
    }
}

/// A set `rows` with a property `p` of that type beside its key.
fn model(ty: Primitive) -> Model {
    let mut builder = Model::builder("N", "C");
    let row = EntityType::new("row")
        .property(Property::new("id", Primitive::Int32).required())
        .property(Property::new("p", ty))
        .keyed_by(&["id"]);
    let row = builder.entity_type(row);
    builder.entity_set(EntitySet::new("rows", row));
    builder.build().unwrap()
}

#[test]
fn values_of_every_type_are_read_as_ieee_numbers_or_exact_texts() {
    use Primitive as P;
    for (ty, json, literal) in [
        (P::Boolean, "true", "true"),
        (P::Byte, "255", "255"),
        (P::SByte, "-128", "-128"),
        (P::Int16, "-32768", "-32768"),
        (P::Int32, "1.0", "1"),
        (P::Int64, "9223372036854775807", "9223372036854775807"),
        (P::Int64, "\"-9223372036854775808\"", "-9223372036854775808"),
        (P::Single, "0.5", "5e-1"),
        (P::Double, "1e300", "1e300"),
        (P::Double, "\"-INF\"", "-INF"),
        (P::Decimal, "0.1", "0.1"),
        (P::Decimal, "\"1234567890123456789.0123456789\"", "1234567890123456789.0123456789"),
        (P::String, "\"it's\"", "'it''s'"),
        (P::Date, "\"2024-02-29\"", "2024-02-29"),
        (P::TimeOfDay, "\"23:59:59.5\"", "23:59:59.5"),
        (P::DateTimeOffset, "\"2024-01-01T00:00:00+01:00\"", "2023-12-31T23:00:00Z"),
        (P::Duration, "\"PT1H\"", "duration'PT1H'"),
        (P::Guid, "\"01234567-89AB-CDEF-0123-456789ABCDEF\"", "01234567-89ab-cdef-0123-456789abcdef"),
        (P::Binary, "\"AQI\"", "binary'AQI='"),
    ] {
        let data = Data::load(&model(ty), &format!(r#"{{"rows": [{{"id": 1, "p": {json}}}]}}"#)).unwrap();
        assert_eq!(data.tables[0].rows[0][1].to_string(), literal);
    }
}

#[test]
fn what_does_not_fit_the_model_is_refused_with_its_place() {
    let messages: Vec<String> = [
        "[]",
        "{",
        r#"{"Rows": []}"#,
        r#"{"rows": {}}"#,
        r#"{"rows": [1]}"#,
        r#"{"rows": [{"id": 1}, {"id": 1}]}"#,
        r#"{"rows": [{"id": null}]}"#,
        r#"{"rows": [{"id": 1, "q": 2}]}"#,
        r#"{"rows": [{"id": 1, "p": 256}]}"#,
        r#"{"rows": [{"id": 1, "p": "1 "}]}"#,
        r#"{"rows": [{"id": 1, "p": 1.5}]}"#,
        r#"{"rows": [{"id": 1, "p": true}]}"#,
        r#"{"rows": [{"id": 1, "p": []}]}"#,
    ]
    .iter()
    .map(|json| Data::load(&model(Primitive::Byte), json).unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    The data must be one JSON object.
    The data is no JSON: EOF while parsing an object at line 1 column 1.
    There is no entity set or singleton `Rows`. Names are case-sensitive: did you mean `rows`?
    rows: It is an entity set; write an array.
    rows[0]: It is an entity; write an object.
    rows[1]: Another entity before it has the same key.
    rows[0].id: It may not be null, and has no value.
    rows[0]: `q` is not a property of row. Did you mean `p`?
    rows[0].p: 256 is no Edm.Byte.
    rows[0].p: "1 " is no Edm.Byte.
    rows[0].p: 1.5 is no Edm.Byte.
    rows[0].p: true is no Edm.Byte.
    rows[0].p: [] is no Edm.Byte.
    "#);
}

#[test]
fn what_does_not_fit_in_depth_is_refused_with_its_place() {
    let model = shop();
    let product = |more: &str| {
        format!(r#"{{"Products": [{{"ID": 1, "Name": "A", "InStock": true, "Kind": "Part"{more}}}]}}"#)
    };
    let messages: Vec<String> = [
        product(r#", "Kind": "Toy""#),
        product(r#", "SoldBy": "Web,Moon""#),
        product(r#", "Tags": "a""#),
        product(r#", "Tags": ["a", null]"#),
        product(r#", "Size": 1"#),
        product(r#", "Size": {"Wdth": 1}"#),
        product(r#", "Size": {"Width": "wide"}"#),
        product(r#", "Accessories": 1"#),
        product(r#", "Accessories": [1, 2]"#),
        product(r#", "Category": "nothing""#),
        product(r#", "Nothing@odata.bind": []"#),
    ]
    .iter()
    .map(|json| Data::load(&model, json).unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    Products[0].Kind: "Toy" is no Shop.Kind.
    Products[0].SoldBy: "Web,Moon" is no Shop.Channels.
    Products[0].Tags: It is a collection; write an array.
    Products[0].Tags[1]: It may not be null, and has no value.
    Products[0].Size: It is complex; write an object.
    Products[0].Size: `Wdth` is not a property of Size. Did you mean `Width`?
    Products[0].Size.Width: "wide" is no Edm.Int32.
    Products[0].Accessories: It leads to several entities; write an array of their keys.
    Products[0].Accessories: No entity of Products has the key 2.
    Products[0].Category: No entity of Categories has the key "nothing".
    Products[0]: `Nothing` is not a property of Product.
    "#);
}

#[test]
fn what_another_service_could_do_is_not_announced() {
    let mut builder = crate::edm::Builder::from(shop());
    let conformance = Some(crate::edm::Conformance::Advanced);
    let capabilities = crate::edm::ServiceCapabilities { batch: false, asynchronous: true, conformance };
    builder.capabilities(capabilities);
    let set = builder.entity_set_mut(SetId(0)).unwrap();
    set.capabilities.searchable = true;
    set.capabilities.top = false;
    let model = Data::announce(builder.build().unwrap()).unwrap();
    let announced = model.capabilities();
    assert_eq!((announced.batch, announced.asynchronous, announced.conformance), (true, false, None));
    let can = &model.entity_sets()[0].capabilities;
    assert!(can.top && can.searchable && can.expandable && can.filterable);
    let unsortable = model.entity_types()[0].properties.iter().filter(|property| !property.sortable);
    assert_eq!(unsortable.map(|property| property.name.as_str()).collect::<Vec<_>>(), ["Tags", "Size"]);
}

/// What the writers of OData's JSON write is data again.
#[test]
fn an_answer_is_loaded_as_the_same_rows() {
    use crate::http::{Format, MetadataLevel};
    use crate::write::{PageWriter, Shape};
    let (model, data) = data();
    for (metadata, ieee754) in [(MetadataLevel::None, true), (MetadataLevel::Full, false)] {
        let format = Format { metadata, ieee754, ..Format::default() };
        let mut members = Vec::new();
        for (index, table) in data.tables.iter().enumerate() {
            let mut page = PageWriter::new(Shape::new(&model, SetId(index), "http://h/", format));
            table.rows.iter().for_each(|row| page.push(row));
            let page: serde_json::Value = serde_json::from_slice(&page.finish(None, None)).unwrap();
            members.push(format!("{:?}: {}", model.entity_sets()[index].name, page["value"]));
        }
        let again = Data::load(&model, &format!("{{{}}}", members.join(","))).unwrap();
        for (table, again) in data.tables.iter().zip(&again.tables) {
            assert_eq!(table.rows, again.rows);
        }
    }
}

#[test]
fn an_expansion_without_end_is_refused_before_it_fills_the_memory() {
    let rows: Vec<String> = (1..=100)
        .map(|id| {
            format!(
                r#"{{"ID":{id},"Name":"A","InStock":true,"Kind":"Part","Accessories":{:?}}}"#,
                (1..=100).collect::<Vec<_>>()
            )
        })
        .collect();
    let model = shop();
    let data = Data::load(&model, &format!(r#"{{"Products":[{}]}}"#, rows.join(","))).unwrap();
    let call = |query| crate::service::Call {
        method: "GET",
        path: "Products",
        query: Some(query),
        body: b"",
        fields: &[],
        root: "http://h/",
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let answer = |query| crate::service::answer(&model, &data, &call(query)).status;
    assert_eq!(answer("$select=ID&$expand=Accessories($select=ID)"), 200);
    assert_eq!(answer("$select=ID&$expand=Accessories($select=ID;$expand=Accessories($select=ID))"), 400);
}
