//! How a data source is shown.

use feedgate::model::{Changes, Dates, Definition, Labels, ObjectChoice};
use jiff::Timestamp;
use schema::operations::meta_get;
use schema::operations::source_show::SourceView;
use schema::{Context, DataSourceId};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Card, Table, count, instant};

/// Where the server says it is reached; none before one has run on this store.
pub(in crate::commands) struct PublicUrl(Option<String>);

impl PublicUrl {
    pub(in crate::commands) async fn of(ctx: &Context) -> Result<PublicUrl, Failure> {
        let name = meta_get::PUBLIC_URL;
        Ok(PublicUrl(meta_get::run(ctx, meta_get::Request { name }).await?))
    }

    /// The URL of a data source.
    fn feed(&self, id: &DataSourceId) -> Option<String> {
        Some(format!("{}/odata/{id}/", self.0.as_ref()?.trim_end_matches('/')))
    }

    /// The same where there is no use without it.
    pub(super) fn required(&self, id: &DataSourceId) -> Result<String, Failure> {
        self.feed(id).ok_or_else(unknown)
    }

    /// The URL itself, where there is no use without it.
    pub(in crate::commands) fn root(&self) -> Result<&str, Failure> {
        self.0.as_deref().ok_or_else(unknown)
    }
}

fn unknown() -> Failure {
    let message = "no server has run on this store yet, so its URL is unknown: start `feedgate serve` first";
    Failure::failed("PublicUrlUnknown", message)
}

/// A data source as programs see it.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    id: &'a DataSourceId,
    name: &'a str,
    /// None before a server has run on this store.
    url: Option<String>,
    owner: &'a str,
    connection: &'a str,
    objects: Vec<ObjectChoice>,
    labels: Labels,
    dates: Dates,
    shared_with: &'a [String],
    version: i64,
    model_version: Option<i64>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

pub(super) fn shown<'a>(source: &'a SourceView, url: &PublicUrl) -> Shown<'a> {
    // A definition of a newer version that this program cannot read is shown without its objects.
    let Definition { objects, labels, dates } =
        Definition::from_json(&source.definition.to_string()).unwrap_or_default();
    Shown {
        id: &source.id,
        name: &source.name,
        url: url.feed(&source.id),
        owner: &source.owner,
        connection: &source.connection,
        objects,
        labels,
        dates,
        shared_with: &source.shared_with,
        version: source.version,
        model_version: source.model_version,
        created_at: source.created_at,
        updated_at: source.updated_at,
    }
}

/// What became of the columns, each kind in a sentence with a blank before it; empty when nothing did.
pub(super) fn told(changes: &Changes) -> String {
    let list = |what: &str, columns: &[String]| match columns {
        [] => String::new(),
        columns => format!(" {} {what}: {}.", count(columns.len(), "column"), columns.join(", ")),
    };
    let sets = |what: &str, sets: &[String]| match sets {
        [] => String::new(),
        sets => format!(" {what}: {}.", sets.join(", ")),
    };
    [
        list("added", &changes.added),
        list("no longer at HubSpot and stay empty", &changes.vanished),
        list("back at HubSpot", &changes.returned),
        list(
            "of another type at HubSpot now, which keep theirs (--adopt-types changes it)",
            &changes.retyped,
        ),
        list("no longer shown", &changes.removed),
        sets("Left out, because the credential lacks a scope", &changes.left_out),
        sets("Readable again", &changes.readable),
    ]
    .concat()
}

/// What is said where the URL is not known.
const NO_URL: &str = "unknown until a server has run on this store";

pub(super) fn table(sources: &[Shown<'_>]) -> String {
    let header = ["ID", "NAME", "OWNER", "CONNECTION", "OBJECTS", "SHARED WITH", "URL"];
    let mut table = Table::new(&header, "There is no such data source.");
    for source in sources {
        let objects: Vec<&str> = source.objects.iter().map(|choice| choice.object.as_str()).collect();
        table.row([
            source.id.to_string(),
            source.name.to_owned(),
            source.owner.to_owned(),
            source.connection.to_owned(),
            objects.join(", "),
            source.shared_with.join(", "),
            source.url.clone().unwrap_or_else(|| NO_URL.to_owned()),
        ]);
    }
    table.render()
}

pub(super) fn card(source: &Shown<'_>) -> String {
    let labels = match source.labels {
        Labels::Values => None,
        Labels::Labels => Some("labels"),
        Labels::Both => Some("values and labels"),
    };
    let head = Card::new()
        .line("Id", source.id.as_str())
        .line("Name", source.name)
        .line("URL", source.url.as_deref().unwrap_or(NO_URL))
        .line("Owner", source.owner)
        .line("Connection", source.connection)
        .line(
            "Shared with",
            if source.shared_with.is_empty() { "nobody".to_owned() } else { source.shared_with.join(", ") },
        )
        .line_if("Choices show", labels)
        .line_if("Days show", (source.dates == Dates::DateTime).then_some("their first instant"))
        .line("Created", instant(source.created_at))
        .line("Changed", instant(source.updated_at));
    let mut objects = Table::new(&["OBJECT", "PROPERTIES", "FILTER", "BESIDE"], "");
    for choice in &source.objects {
        let properties =
            choice.properties.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(", "));
        objects.row([
            choice.object.clone(),
            properties,
            choice.filter.clone().unwrap_or_default(),
            beside(choice),
        ]);
    }
    format!("{}\n\n{}", head.render(), objects.render())
}

/// What is shown of an object beside its living records.
fn beside(choice: &ObjectChoice) -> String {
    let history = (!choice.history.is_empty()).then(|| format!("history of {}", choice.history.join(", ")));
    let deleted = choice.archived.then(|| "deleted records".to_owned());
    deleted.into_iter().chain(history).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(id: &DataSourceId) -> Shown<'_> {
        Shown {
            id,
            name: "Sales",
            url: PublicUrl(Some("https://feeds.example.org/".into())).feed(id),
            owner: "anna",
            connection: "hub",
            objects: vec![ObjectChoice {
                filter: Some("id gt 5".into()),
                archived: true,
                ..ObjectChoice::all_of("contacts")
            }],
            labels: Labels::Values,
            dates: Dates::Date,
            shared_with: &[],
            version: 1,
            model_version: Some(1),
            created_at: "2026-01-01T08:00:00Z".parse().unwrap(),
            updated_at: "2026-01-01T08:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_data_source_is_a_card_a_row_and_a_value() {
        let id = DataSourceId::parse("k7m2q9x4tb").unwrap();
        let source = example(&id);
        insta::assert_snapshot!(card(&source), @"
        Id           k7m2q9x4tb
        Name         Sales
        URL          https://feeds.example.org/odata/k7m2q9x4tb/
        Owner        anna
        Connection   hub
        Shared with  nobody
        Created      2026-01-01T08:00:00Z
        Changed      2026-01-01T08:00:00Z

        OBJECT    PROPERTIES  FILTER   BESIDE
        contacts  all         id gt 5  deleted records
        ");
        insta::assert_snapshot!(table(&[example(&id)]), @"
        ID          NAME   OWNER  CONNECTION  OBJECTS   SHARED WITH  URL
        k7m2q9x4tb  Sales  anna   hub         contacts               https://feeds.example.org/odata/k7m2q9x4tb/
        ");
        insta::assert_snapshot!(serde_json::to_string(&source).unwrap(), @r#"{"id":"k7m2q9x4tb","name":"Sales","url":"https://feeds.example.org/odata/k7m2q9x4tb/","owner":"anna","connection":"hub","objects":[{"object":"contacts","properties":null,"filter":"id gt 5","archived":true}],"labels":"values","dates":"date","shared_with":[],"version":1,"model_version":1,"created_at":"2026-01-01T08:00:00Z","updated_at":"2026-01-01T08:00:00Z"}"#);
    }

    #[test]
    fn without_a_server_the_url_is_unknown() {
        let id = DataSourceId::parse("k7m2q9x4tb").unwrap();
        assert_eq!(PublicUrl(None).required(&id).unwrap_err().code, "PublicUrlUnknown");
    }
}
