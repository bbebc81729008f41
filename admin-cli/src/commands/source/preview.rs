//! `source preview`: the first rows of an entity set, planned, read and written by what serves the feed.

use feedgate::execute::{self, ExecuteError, Position};
use feedgate::model::{Definition, StoredModel, edm};
use feedgate::plan::{self, Abilities, OwnFilters};
use hubspot::Call;
use odata::edm::{Model, SetId};
use odata::http::{Format, MetadataLevel};
use odata::write::{PageWriter, Shape};
use odata::{Row, Value};
use tokio::time::Instant;

use super::refresh::current_model;
use super::{client, found};
use crate::args::Preview;
use crate::failure::Failure;
use crate::output::{Answer, Table};
use crate::portal::PATIENCE;
use crate::print;
use crate::session::Session;

/// As many columns as a wide terminal shows; programs get all.
const COLUMNS: usize = 8;
/// Longer values are cut for people.
const WIDEST: usize = 40;

pub(super) async fn run(session: &Session, request: Preview) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let source = found(&ctx, &request.id).await?;
    let stored = current_model(&ctx, &source).await?;
    let definition = Definition::from_json(&source.definition.to_string())?;
    let client = client(session, &ctx, &source.connection).await?;
    let model = edm(&stored).map_err(|error| Failure::failed("Model", error.to_string()))?;
    let set = known_set(&stored, &request.entity_set)?;
    print::progress(&format!("Reading the first rows of {} …", request.entity_set));
    let call = Call::within(PATIENCE);
    let context = execute::Context {
        client: &client,
        call: &call,
        page_until: call.deadline.min(Instant::now() + PATIENCE / 2),
        now: session.now(),
        model: &stored,
        model_version: source.model_version.unwrap_or_default(),
        max_page_size: Some(request.top.into()),
    };
    let rows = first_rows(&context, &model, &definition, &request).await?;
    let json = written(&model, set, &rows)?;
    Ok(Answer::written(json, table(&model, set, &rows)))
}

pub(super) fn known_set(stored: &StoredModel, name: &str) -> Result<SetId, Failure> {
    let known = stored.set(name).map(|(index, _)| SetId(index));
    known.ok_or_else(|| {
        let names: Vec<&str> = stored.sets.iter().map(|set| set.name.as_str()).collect();
        let message = format!("the data source has no entity set \"{name}\": it has {}", names.join(", "));
        Failure::not_found("EntitySetNotFound", message)
    })
}

/// Reads pages until there are enough rows: a page may be short without being the last.
async fn first_rows(
    context: &execute::Context<'_>,
    model: &Model,
    definition: &Definition,
    request: &Preview,
) -> Result<Vec<Row>, Failure> {
    let set = request.entity_set.as_str();
    let own = OwnFilters::read(context.model, model, definition).map_err(failed)?;
    let query = format!("$top={}", request.top);
    let parsed = odata::url::parse(model, set, Some(&query)).map_err(failed)?;
    let plan = plan::plan_with(context.model, model, &parsed, &own, Abilities::default()).map_err(failed)?;
    let mut rows = Vec::new();
    let mut position = Some(Position::start(context, &plan));
    while let Some(from) = position {
        position = execute::page(context, &plan, from, &mut rows).await.map_err(failed)?.next;
    }
    Ok(rows)
}

fn failed(error: impl Into<ExecuteError>) -> Failure {
    match error.into() {
        ExecuteError::Hubspot(error) => error.into(),
        ExecuteError::Odata(error) => Failure::failed("Query", error.message),
        error @ ExecuteError::SourceChanged { .. } => Failure::failed("SourceChanged", error.to_string()),
        error => Failure::failed("NotSupported", error.to_string()),
    }
}

/// The rows as the feed would send them, without metadata.
fn written(model: &Model, set: SetId, rows: &[Row]) -> Result<String, Failure> {
    let format = Format { metadata: MetadataLevel::None, ..Format::default() };
    let mut writer = PageWriter::new(Shape::new(model, set, "", format));
    for row in rows {
        writer.push(row);
    }
    String::from_utf8(writer.finish(None, None)).map_err(|error| Failure::failed("Output", error.to_string()))
}

/// The first columns in which any row has a value.
fn table(model: &Model, set: SetId, rows: &[Row]) -> String {
    let properties = &model.type_of_set(set).properties;
    let filled =
        |index: &usize| rows.iter().any(|row| row.get(*index).is_some_and(|value| *value != Value::Null));
    let columns: Vec<usize> = (0..properties.len()).filter(filled).take(COLUMNS).collect();
    let header: Vec<&str> = columns.iter().map(|index| properties[*index].name.as_str()).collect();
    let mut table = Table::new(&header, "The entity set is empty.");
    for row in rows {
        table.row(columns.iter().map(|index| cell(row.get(*index))));
    }
    let hidden = properties.len() - columns.len();
    if hidden == 0 || rows.is_empty() {
        return table.render();
    }
    format!(
        "{}\n\n{hidden} of {} columns are not shown: --output json has all.",
        table.render(),
        properties.len()
    )
}

fn cell(value: Option<&Value>) -> String {
    let bytes = value.and_then(odata::write::raw_value).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
