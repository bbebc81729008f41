//! The table: a URL below the root and what it yields.

use serde_json::{Value, json};

use super::wire::Answer;

/// What an answer is compared by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expected {
    /// 200 with JSON and this context.
    Data(String, Value),
    /// 200 with JSON without context.
    Bare(Value),
    /// 200 with a text.
    Text(String),
    /// 204
    Nothing,
    /// A status with this `error.code`.
    Refused(u16, String),
}

impl Expected {
    pub(crate) fn of(answer: &Answer, root: &str) -> Self {
        let json = answer.field("content-type").is_some_and(|own| own.starts_with("application/json"));
        match (answer.status, json) {
            (204, _) => Self::Nothing,
            (200, false) => Self::Text(String::from_utf8_lossy(&answer.body).into_owned()),
            (200, true) => {
                // Links are compared as if the root were empty: its port is another each time.
                let text = String::from_utf8_lossy(&answer.body).replace(root, "");
                let mut body: Value = serde_json::from_str(&text).unwrap();
                match body.as_object_mut().and_then(|body| body.remove("@odata.context")) {
                    None => Self::Bare(body),
                    Some(context) => Self::Data(context.as_str().unwrap().to_owned(), body),
                }
            }
            (status, _) => {
                Self::Refused(status, answer.json()["error"]["code"].as_str().unwrap_or("none").to_owned())
            }
        }
    }
}

/// `context` is what follows `$metadata`.
fn data(context: &str, body: Value) -> Expected {
    Expected::Data(format!("$metadata{context}"), body)
}

fn refused(status: u16, code: &str) -> Expected {
    Expected::Refused(status, code.to_owned())
}

fn text(text: &str) -> Expected {
    Expected::Text(text.to_owned())
}

/// A collection of products of which only the keys were selected.
fn ids(keys: &[i64]) -> Expected {
    let rows: Vec<Value> = keys.iter().map(|key| json!({"ID": key})).collect();
    data("#Products(ID)", json!({ "value": rows }))
}

/// URLs and their answers.
pub(crate) fn urls() -> Vec<(&'static str, Expected)> {
    [documents(), entities(), properties(), options(), filters(), paths(), expansions(), refusals()].concat()
}

fn documents() -> Vec<(&'static str, Expected)> {
    let entry = |name: &str, kind: &str| json!({"name": name, "kind": kind, "url": name});
    let mut entries: Vec<Value> = ["Products", "Categories", "Customers", "Orders", "Lines"]
        .iter()
        .map(|name| entry(name, "EntitySet"))
        .collect();
    entries.push(entry("Store", "Singleton"));
    vec![
        ("", data("", json!({ "value": entries }))),
        ("?$format=application/json;odata.metadata=none", Expected::Bare(json!({ "value": entries }))),
    ]
}

fn entities() -> Vec<(&'static str, Expected)> {
    vec![
        (
            "Products(3)",
            data(
                "#Products/$entity",
                json!({
                    "ID": 3, "Name": "Inner tube 28\"", "Price": 6.5, "Weight": 0.13, "InStock": true, "Kind": "Part",
                    "SoldBy": "Counter,Phone,Web", "Tags": [], "Size": null, "Released": "2019-05-20", "Changed": null,
                    "Assembly": null, "Thumbnail": null, "CategoryCode": "parts"
                }),
            ),
        ),
        (
            "Products(ID=3)?$select=Name",
            data(
                "#Products(Name)/$entity",
                json!({
                    "@odata.id": "Products(3)", "Name": "Inner tube 28\""
                }),
            ),
        ),
        (
            "Customers(0b9ad1b5-60a3-4a54-9c52-3ad4a2dd1c11)?$select=ID,Addresses",
            data(
                "#Customers(ID,Addresses)/$entity",
                json!({
                    "ID": "0b9ad1b5-60a3-4a54-9c52-3ad4a2dd1c11",
                    "Addresses": [
                        {"Street": "Havnegade 3", "City": "Aarhus", "Country": "DK"},
                        {"Street": null, "City": "Hamburg", "Country": "DE"}
                    ]
                }),
            ),
        ),
        (
            "Categories('bikes%2Fcity')",
            data("#Categories/$entity", json!({"Code": "bikes/city", "Name": "City bicycles"})),
        ),
        (
            "Lines(Position=1,OrderNumber=9007199254740993)",
            data(
                "#Lines/$entity",
                json!({
                    "OrderNumber": 9_007_199_254_740_993_i64, "Position": 1, "Quantity": 10, "ProductID": 3
                }),
            ),
        ),
        (
            "Orders(@n)?@n=1003",
            data("#Orders/$entity", json!({"Number": 1003, "Placed": "2026-10-05T18:00:00Z"})),
        ),
    ]
}

fn properties() -> Vec<(&'static str, Expected)> {
    vec![
        ("Products(1)/Name", data("#Products(1)/Name", json!({"value": "City bike"}))),
        ("Products(1)/Name/$value", text("City bike")),
        ("Products(1)/Price/$value", text("649.00")),
        ("Products(1)/SoldBy/$value", text("Counter,Web")),
        ("Products(1)/Tags", data("#Products(1)/Tags", json!({"value": ["city", "step-through"]}))),
        ("Products(1)/Size", data("#Products(1)/Size", json!({"Width": 62, "Height": 105}))),
        ("Products(5)/Size", Expected::Nothing),
        ("Products(5)/Released/$value", Expected::Nothing),
        ("Products/$count", text("5")),
        ("Products/$count?$filter=InStock eq false", text("1")),
    ]
}

fn options() -> Vec<(&'static str, Expected)> {
    vec![
        ("Products?$select=ID", ids(&[1, 2, 3, 4, 5])),
        ("Products?$select=ID&$top=2&$skip=1", ids(&[2, 3])),
        ("Products?$select=ID&$top=0", ids(&[])),
        ("Products?$select=ID&$orderby=Price desc,ID", ids(&[2, 1, 4, 3, 5])),
        ("Products?$select=ID&$orderby=InStock,Name", ids(&[2, 4, 1, 3, 5])),
        ("Products?%24select=ID&top=1", ids(&[1])),
        (
            "Products?$select=ID&$count=true&$top=1",
            data("#Products(ID)", json!({"@odata.count": 5, "value": [{"ID": 1}]})),
        ),
        (
            "Orders?$format=application/json;metadata=none;IEEE754Compatible=true&$top=1",
            Expected::Bare(json!({"value": [{"Number": "1002", "Placed": "2026-10-04T07:30:00Z"}]})),
        ),
    ]
}

fn filters() -> Vec<(&'static str, Expected)> {
    vec![
        ("Products?$select=ID&$filter=Kind eq Shop.Kind'Bicycle'", ids(&[1, 2])),
        ("Products?$select=ID&$filter=Kind eq 'Bicycle'", ids(&[1, 2])),
        ("Products?$select=ID&$filter=Price gt 39.95 and InStock", ids(&[1])),
        ("Products?$select=ID&$filter=Price eq null", ids(&[5])),
        ("Products?$select=ID&$filter=not (Price gt 10)", ids(&[3, 5])),
        ("Products?$select=ID&$filter=ID in (1,4,9)", ids(&[1, 4])),
        ("Products?$select=ID&$filter=contains(Name,'bike') or endswith(Name,'met')", ids(&[1, 2, 4])),
        ("Products?$select=ID&$filter=Name eq 'Child''s helmet'", ids(&[4])),
        ("Products?$select=ID&$filter=year(Released) lt 2020", ids(&[3])),
        ("Products?$select=ID&$filter=Released ge @from&@from=2024-01-01", ids(&[1, 2])),
        ("Products?$select=ID&$filter=Assembly gt duration'PT1H45M'", ids(&[2])),
        ("Products?$select=ID&$filter=Changed lt 2026-10-01T00:00:00Z", ids(&[1])),
        ("Products?$select=ID&$filter=Weight mul 2 lt 1", ids(&[3, 4])),
    ]
}

fn paths() -> Vec<(&'static str, Expected)> {
    vec![
        (
            "Store",
            data(
                "#Store",
                json!({
                    "Name": "Speichen & Co.", "Opens": "09:30:00",
                    "Address": {"Street": "Lange Reihe 7", "City": "Hamburg", "Country": "DE"}
                }),
            ),
        ),
        ("Store/Address/City", data("#Store/Address/City", json!({"value": "Hamburg"}))),
        ("Store/Address/City/$value", text("Hamburg")),
        ("Store/Featured?$select=ID", ids(&[2])),
        ("Store/Featured/$count", text("1")),
        ("Products(1)/Accessories?$select=ID&$orderby=ID desc", ids(&[4, 3])),
        ("Products(1)/Accessories(3)/Price/$value", text("6.50")),
        ("Products(1)/Accessories(2)", refused(404, "EntityNotFound")),
        ("Products(9)/Accessories", refused(404, "EntityNotFound")),
        ("Products(1)/Category/Parent/Name/$value", text("Bicycles")),
        ("Products(4)/Category", Expected::Nothing),
        ("Products(4)/Category/$ref", Expected::Nothing),
        ("Products(4)/Category/Name", Expected::Nothing),
        ("Products(4)/Category/Parent", refused(404, "EntityNotFound")),
        ("Products(1)/Category/$ref", data("#$ref", json!({"@odata.id": "Categories('bikes%2Fcity')"}))),
        (
            "Products(1)/Accessories/$ref",
            data(
                "#Collection($ref)",
                json!({"value": [{"@odata.id": "Products(3)"}, {"@odata.id": "Products(4)"}]}),
            ),
        ),
        ("$entity?$id=Products(2)&$select=ID", data("#Products(ID)/$entity", json!({"ID": 2}))),
        ("Products(1)/Tags/$count", text("2")),
        (
            "Products(1)/Tags?$filter=startswith($it,'c')&$count=true",
            data(
                "#Products(1)/Tags",
                json!({
                    "@odata.count": 1, "value": ["city"]
                }),
            ),
        ),
        (
            "Products?$select=ID,Tags($filter=startswith($it,'c'))&$top=2",
            data(
                "#Products(ID,Tags)",
                json!({"value": [{"ID": 1, "Tags": ["city"]}, {"ID": 2, "Tags": ["carbon"]}]}),
            ),
        ),
        (
            "Customers?$select=Addresses/City&$top=1&$format=application/json;metadata=none",
            Expected::Bare(json!({
                "value": [{"Addresses": [{"City": "Aarhus"}, {"City": "Hamburg"}]}]
            })),
        ),
        ("Products?$select=ID&$expand=Accessories($select=Tags($top=1))", refused(501, "NotSupported")),
        ("Products?$select=ID&$filter=Category/Name eq 'Bicycles'", ids(&[2])),
        ("Products?$select=ID&$filter=Category eq null", ids(&[4, 5])),
        ("Products?$select=ID&$filter=Size/Width gt 50", ids(&[1])),
        ("Products?$select=ID&$filter=Tags/any(t:t eq 'child')", ids(&[4])),
        ("Products?$select=ID&$filter=Tags/any()", ids(&[1, 2, 4])),
        ("Products?$select=ID&$filter=Accessories/any(a:a/Price lt 10) and InStock", ids(&[1])),
        ("Products?$select=ID&$filter=Accessories/$count gt 1", ids(&[1])),
        ("Products?$select=ID&$filter=SoldBy has Shop.Channels'Web'", ids(&[1, 3, 4])),
        ("Products?$select=ID&$orderby=Kind desc,Category/Name desc,ID", ids(&[4, 3, 5, 1, 2])),
        ("Products?$select=ID&$search=bike", ids(&[1, 2])),
        ("Products?$select=ID&$search=inner OR \"child's helmet\"", ids(&[3, 4])),
        ("Products?$select=ID&$search=bike NOT gravel", ids(&[1])),
    ]
}

fn expansions() -> Vec<(&'static str, Expected)> {
    vec![
        (
            "Products(2)?$select=ID&$expand=Category($select=Code),Accessories/$ref",
            data(
                "#Products(ID,Category(Code),Accessories)/$entity",
                json!({
                    "ID": 2, "Category": {"Code": "bikes"}, "Accessories": [{"@odata.id": "Products(3)"}]
                }),
            ),
        ),
        (
            "Products?$select=ID&$top=2&$expand=Accessories($filter=Price lt 10;$count=true;$select=ID)",
            data(
                "#Products(ID,Accessories(ID))",
                json!({"value": [
                    {"ID": 1, "Accessories@odata.count": 1, "Accessories": [{"ID": 3}]},
                    {"ID": 2, "Accessories@odata.count": 1, "Accessories": [{"ID": 3}]}
                ]}),
            ),
        ),
        (
            "Products(1)?$select=ID&$expand=Accessories($orderby=Price desc;$top=1;$select=ID)",
            data("#Products(ID,Accessories(ID))/$entity", json!({"ID": 1, "Accessories": [{"ID": 4}]})),
        ),
        (
            "Products(1)?$select=ID&$expand=Accessories/$count",
            data("#Products(ID)/$entity", json!({"ID": 1, "Accessories@odata.count": 2})),
        ),
        (
            "Products(4)?$select=ID&$expand=Category",
            data("#Products(ID,Category)/$entity", json!({"ID": 4, "Category": null})),
        ),
        (
            "Store?$select=Name&$expand=Featured($select=ID;$expand=Category($select=Code;$expand=Children($select=Code)))",
            data(
                "#Store(Name,Featured(ID,Category(Code,Children(Code))))",
                json!({
                    "Name": "Speichen & Co.",
                    "Featured": [{"ID": 2, "Category": {"Code": "bikes", "Children": [{"Code": "bikes/city"}]}}]
                }),
            ),
        ),
        (
            "Categories('bikes')?$select=Code&$expand=Children($levels=2;$select=Code)",
            data(
                "#Categories(Code,Children(Code,Children(Code)))/$entity",
                json!({
                    "Code": "bikes", "Children": [{"Code": "bikes/city", "Children": []}]
                }),
            ),
        ),
    ]
}

fn refusals() -> Vec<(&'static str, Expected)> {
    vec![
        ("Product", refused(404, "EntitySetNotFound")),
        ("Products(99)", refused(404, "EntityNotFound")),
        ("Products('1')", refused(400, "QueryType")),
        ("Products(1)/Colour", refused(404, "PropertyNotFound")),
        ("Products?$filter=Colour eq 'red'", refused(400, "UnknownProperty")),
        ("Products?$filter=Name eq", refused(400, "QuerySyntax")),
        ("Products?$top=-1", refused(400, "QuerySyntax")),
        ("Products?$skiptoken=zz", refused(400, "QuerySyntax")),
        ("Products?$format=xml", refused(406, "NotAcceptable")),
        ("Products?$apply=aggregate($count as N)", refused(501, "NotSupported")),
        ("$all", refused(501, "NotSupported")),
        ("$crossjoin(Products,Orders)", refused(501, "NotSupported")),
    ]
}
