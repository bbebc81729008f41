//! Records as the API writes them: which properties, in which order, and the fields around them.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Scene;
use super::associations::Embedded;
use crate::instant::{iso, parse};
use crate::portal::history::Version;
use crate::portal::record::Record;
use crate::portal::state::{Column, Table};
use crate::quirks::Quirks;

/// The properties an answer shows, alphabetically.
pub(super) struct Projection<'a> {
    columns: Vec<Shown<'a>>,
    absent_nulls: bool,
}

struct Shown<'a> {
    name: &'a str,
    column: Column,
    as_epoch: bool,
}

impl<'a> Projection<'a> {
    /// The named properties (unknown ones are ignored), or the type's defaults when none is named; three come always.
    pub(super) fn new(table: &'a Table, quirks: &Quirks, named: &[String]) -> Projection<'a> {
        let chosen = if named.is_empty() { &table.kind.defaults } else { named };
        let always = ["hs_object_id", table.kind.created.as_str(), table.kind.modified.as_str()];
        let mut columns: Vec<Shown> = chosen
            .iter()
            .map(String::as_str)
            .chain(always)
            .filter_map(|name| Shown::find(table, name, quirks.epoch_dates))
            .collect();
        columns.sort_unstable_by_key(|shown| shown.name);
        columns.dedup_by_key(|shown| shown.name);
        Projection { columns, absent_nulls: quirks.absent_nulls }
    }

    /// One record's values.
    pub(super) fn of(&self, record: &'a Record) -> PropertyMap<'_> {
        let all = self.columns.iter().map(|shown| (shown.name, shown.text(record)));
        PropertyMap(all.filter(|(_, text)| text.is_some() || !self.absent_nulls).collect())
    }
}

impl<'a> Shown<'a> {
    fn find(table: &'a Table, name: &str, epoch_dates: bool) -> Option<Shown<'a>> {
        let column = table.column(name)?;
        let definition = table.properties.get(table.properties.find(name)?)?;
        let as_epoch = epoch_dates && definition.r#type.starts_with("date");
        Some(Shown { name: &definition.name, column, as_epoch })
    }

    fn text(&self, record: &'a Record) -> Option<Cow<'a, str>> {
        let text = record.text(self.column)?;
        if self.as_epoch
            && let Some(ms) = parse(&text)
        {
            return Some(Cow::Owned(ms.to_string()));
        }
        Some(text)
    }
}

/// `{"name": "text" or null}` in the order of the projection.
pub(super) struct PropertyMap<'a>(Vec<(&'a str, Option<Cow<'a, str>>)>);

impl Serialize for PropertyMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, text) in &self.0 {
            map.serialize_entry(name, text)?;
        }
        map.end()
    }
}

/// A record in an answer.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowBody<'a> {
    id: String,
    properties: PropertyMap<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties_with_history: Option<HistoryMap<'a>>,
    created_at: String,
    updated_at: String,
    archived: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) associations: Option<Embedded>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

impl<'a> RowBody<'a> {
    pub(super) fn new(projection: &'a Projection<'a>, record: &'a Record) -> RowBody<'a> {
        RowBody {
            id: record.id.to_string(),
            properties: projection.of(record),
            properties_with_history: None,
            created_at: iso(record.created),
            updated_at: iso(record.updated),
            archived: record.archived.is_some(),
            archived_at: record.archived.map(iso),
            associations: None,
            url: None,
        }
    }

    /// With the address of the record in HubSpot's own pages.
    pub(super) fn with_url(mut self, scene: &Scene) -> RowBody<'a> {
        let (portal, kind) = (scene.world.settings.portal_id, &scene.table.kind.id);
        self.url = Some(format!("https://app.hubspot.com/contacts/{portal}/record/{kind}/{}", self.id));
        self
    }

    /// With the versions of each named property, the present one first.
    pub(super) fn with_history(
        mut self,
        table: &'a Table,
        record: &'a Record,
        names: &[String],
    ) -> RowBody<'a> {
        if !names.is_empty() {
            let mut entries: Vec<(&str, Vec<VersionBody>)> = names
                .iter()
                .filter_map(|name| {
                    let definition = table.properties.get(table.properties.find(name)?)?;
                    let versions = table.versions(record, table.column(name)?);
                    Some((&*definition.name, versions.into_iter().map(VersionBody::from).collect()))
                })
                .collect();
            entries.sort_unstable_by_key(|(name, _)| *name);
            entries.dedup_by_key(|(name, _)| *name);
            self.properties_with_history = Some(HistoryMap(entries));
        }
        self
    }
}

struct HistoryMap<'a>(Vec<(&'a str, Vec<VersionBody>)>);

impl Serialize for HistoryMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, versions)| (name, versions)))
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionBody {
    value: String,
    timestamp: String,
    source_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_by_user_id: Option<u32>,
}

impl From<Version> for VersionBody {
    fn from(version: Version) -> VersionBody {
        VersionBody {
            value: version.value,
            timestamp: iso(version.at),
            source_type: version.source,
            source_id: version.user.map(|user| format!("userId:{user}")),
            updated_by_user_id: version.user,
        }
    }
}

/// `paging` of an answer that goes on.
#[derive(Debug, serde::Serialize)]
pub(super) struct Paging {
    next: Next,
}

#[derive(Debug, serde::Serialize)]
struct Next {
    after: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl Paging {
    /// A cursor that is a number written as text, or (a quirk) a number.
    pub(super) fn number(after: u64, quirks: &Quirks, link: Option<String>) -> Paging {
        let after = if quirks.numeric_after { after.into() } else { after.to_string().into() };
        Paging { next: Next { after, link } }
    }

    /// An opaque cursor.
    pub(super) fn text(after: String, link: Option<String>) -> Paging {
        Paging { next: Next { after: after.into(), link } }
    }
}
