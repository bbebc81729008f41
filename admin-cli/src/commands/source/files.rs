//! `source pbids`, `source odc` and `source m`: what opens a feed in Power BI and Excel. They hold a URL and names, never
//! a credential.

use feedgate::model::{Kind, StoredModel, StoredSet};
use schema::Context;
use serde_json::{Value, json};

use super::found;
use super::preview::known_set;
use super::refresh::current_model;
use super::view::PublicUrl;
use crate::args::EntitySetOf;
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;

/// The file that opens Power BI Desktop on the data source. It is the same for people and programs: it is redirected
/// into a file.
pub(super) async fn pbids(session: &Session, id: &str) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let source = found(&ctx, id).await?;
    let file = pbids_file(&PublicUrl::of(&ctx).await?.required(&source.id)?);
    let text =
        serde_json::to_string_pretty(&file).map_err(|error| Failure::failed("Output", error.to_string()))?;
    Answer::new(&file, text)
}

fn pbids_file(url: &str) -> Value {
    let connection = json!({"details": {"protocol": "odata", "address": {"url": url}}, "mode": "Import"});
    json!({"version": "0.1", "connections": [connection]})
}

/// The file that opens Excel on one entity set.
pub(super) async fn odc(session: &Session, request: &EntitySetOf) -> Result<Answer, Failure> {
    let (url, stored) = opened(&session.context().await?, request).await?;
    let set = set(&stored, request)?;
    let file = odc_file(&set.name, &plain_query(&url, &set.name));
    Answer::new(&json!({"entity_set": set.name, "odc": file}), file)
}

/// The query for Power Query's Advanced Editor.
pub(super) async fn m(session: &Session, request: &EntitySetOf) -> Result<Answer, Failure> {
    let (url, stored) = opened(&session.context().await?, request).await?;
    let set = set(&stored, request)?;
    let query = match created_column(set) {
        Some(column) => incremental_query(&url, &set.name, column),
        None => plain_query(&url, &set.name),
    };
    Answer::new(&json!({"entity_set": set.name, "m": query}), query)
}

async fn opened(ctx: &Context, request: &EntitySetOf) -> Result<(String, StoredModel), Failure> {
    let source = found(ctx, &request.id).await?;
    let stored = current_model(ctx, &source).await?;
    Ok((PublicUrl::of(ctx).await?.required(&source.id)?, stored))
}

fn set<'a>(stored: &'a StoredModel, request: &EntitySetOf) -> Result<&'a StoredSet, Failure> {
    known_set(stored, &request.entity_set).map(|id| &stored.sets[id.0])
}

/// The instant a row was created: it never changes, so that no row moves from one partition to another.
fn created_column(set: &StoredSet) -> Option<&str> {
    let known = |name: &&&str| {
        set.properties.iter().any(|column| column.name == **name && column.kind == Kind::DateTime)
    };
    ["createdate", "hs_createdate", "created_at"].iter().find(known).copied()
}

fn plain_query(url: &str, set: &str) -> String {
    let name = step(set);
    format!(
        "let\n    Source = OData.Feed({}, null, [Implementation = \"2.0\"]),\n    \
         {name} = Source{{[Name = {}, Signature = \"table\"]}}[Data]\nin\n    {name}",
        text(url),
        text(set)
    )
}

/// The parameters are brought to the type of the column, in UTC, before the column is compared with them: a conversion
/// of the column would have to be computed for every row, and the filter would not reach the feed.
fn incremental_query(url: &str, set: &str, column: &str) -> String {
    let name = step(set);
    format!(
        "// Needs two parameters of type Date/Time, RangeStart and RangeEnd (Manage parameters).\n\
         // After pasting, set the incremental refresh policy of the table. A partition is read by when its rows were\n\
         // created; a second time column, if the table has one, can detect later changes in the policy.\n\
         let\n    Source = OData.Feed({}, null, [Implementation = \"2.0\"]),\n    \
         {name} = Source{{[Name = {}, Signature = \"table\"]}}[Data],\n    \
         First = DateTime.AddZone(RangeStart, 0),\n    \
         End = DateTime.AddZone(RangeEnd, 0),\n    \
         Partition = Table.SelectRows({name}, each [{column}] >= First and [{column}] < End)\nin\n    Partition",
        text(url),
        text(set)
    )
}

/// A text of M.
fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A name of M that may also be a word of the language.
fn step(name: &str) -> String {
    format!("#{}", text(name))
}

/// A web page that only Excel looks at: the query stands in it as an XML document within the XML of a connection.
fn odc_file(set: &str, query: &str) -> String {
    let mashup = format!(
        "<Mashup xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns=\"http://schemas.microsoft.com/DataMashup\"><Client>EXCEL</Client><Version>2.83.5894.761</Version>\
         <MinVersion>2.21.0.0</MinVersion><Culture>en-US</Culture><SafeCombine>true</SafeCombine><Items>\
         <Query Name=\"{0}\"><Formula>{1}</Formula><IsParameterQuery xsi:nil=\"true\" />\
         <IsDirectQuery xsi:nil=\"true\" /></Query></Items></Mashup>",
        escaped(set),
        escaped(query)
    );
    let (name, mashup) = (escaped(set), escaped(&mashup));
    format!(
        r#"<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns="http://www.w3.org/TR/REC-html40">
<head>
<meta http-equiv=Content-Type content="text/x-ms-odc; charset=utf-8">
<meta name=ProgId content=ODC.Database>
<meta name=SourceType content=OLEDB>
<title>Query - {name}</title>
<xml id=docprops><o:DocumentProperties xmlns:o="urn:schemas-microsoft-com:office:office" xmlns="http://www.w3.org/TR/REC-html40"><o:Description>The entity set {name} of a Feedgate data source.</o:Description><o:Name>Query - {name}</o:Name></o:DocumentProperties></xml>
<xml id=msodc><odc:OfficeDataConnection xmlns:odc="urn:schemas-microsoft-com:office:odc" xmlns="http://www.w3.org/TR/REC-html40"><odc:PowerQueryConnection odc:Type="OLEDB"><odc:ConnectionString>Provider=Microsoft.Mashup.OleDb.1;Data Source=$Workbook$;Location={name}</odc:ConnectionString><odc:CommandType>SQL</odc:CommandType><odc:CommandText>SELECT * FROM [{name}]</odc:CommandText></odc:PowerQueryConnection><odc:PowerQueryMashupData>{mashup}</odc:PowerQueryMashupData></odc:OfficeDataConnection></xml>
</head>
</html>"#
    )
}

/// Text within XML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://feeds.example.org/odata/k7m2q9x4tb/";

    #[test]
    fn a_query_converts_the_parameters_and_never_the_column() {
        insta::assert_snapshot!(incremental_query(URL, "contacts", "createdate"), @r#"
        // Needs two parameters of type Date/Time, RangeStart and RangeEnd (Manage parameters).
        // After pasting, set the incremental refresh policy of the table. A partition is read by when its rows were
        // created; a second time column, if the table has one, can detect later changes in the policy.
        let
            Source = OData.Feed("https://feeds.example.org/odata/k7m2q9x4tb/", null, [Implementation = "2.0"]),
            #"contacts" = Source{[Name = "contacts", Signature = "table"]}[Data],
            First = DateTime.AddZone(RangeStart, 0),
            End = DateTime.AddZone(RangeEnd, 0),
            Partition = Table.SelectRows(#"contacts", each [createdate] >= First and [createdate] < End)
        in
            Partition
        "#);
        insta::assert_snapshot!(plain_query(URL, "contacts_companies"), @r#"
        let
            Source = OData.Feed("https://feeds.example.org/odata/k7m2q9x4tb/", null, [Implementation = "2.0"]),
            #"contacts_companies" = Source{[Name = "contacts_companies", Signature = "table"]}[Data]
        in
            #"contacts_companies"
        "#);
    }

    #[test]
    fn an_odc_file_holds_the_query_escaped_twice() {
        let file = odc_file("contacts", &plain_query(URL, "contacts"));
        assert!(file.contains("Location=contacts</odc:ConnectionString>"));
        assert!(file.contains("&lt;Query Name=&quot;contacts&quot;&gt;"));
        assert!(
            file.contains("OData.Feed(&amp;quot;https://feeds.example.org/odata/k7m2q9x4tb/&amp;quot;"),
            "{file}"
        );
        assert!(!file.contains("<Mashup"));
    }

    #[test]
    fn quotes_within_texts_are_doubled() {
        assert_eq!(text(r#"a"b"#), r#""a""b""#);
        assert_eq!(step("let"), "#\"let\"");
    }
}
