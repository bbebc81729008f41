//! What `source edit` and `source apply` have in common: a changed choice is checked against the portal and the filters
//! against its columns before anything is stored.

use feedgate::model::{Changes, Definition, ObjectChoice, StoredModel, edited, rediscover, settle};
use hubspot::Call;
use schema::Context;
use schema::operations::source_edit::{self, Basis};
use schema::operations::source_share::Grantee;
use schema::operations::source_show::SourceView;
use serde::Serialize;
use serde_json::{Map, Value};

use super::client;
use super::create::check_filters;
use super::refresh::stored_model;
use super::view::{PublicUrl, Shown, card, shown, told};
use crate::failure::Failure;
use crate::output::Answer;
use crate::portal::PATIENCE;
use crate::print;
use crate::session::Session;

/// What a data source shall be.
pub(super) struct Wanted {
    pub(super) name: Option<String>,
    pub(super) definition: Definition,
    /// With these and nobody else; none: as it is.
    pub(super) shared_with: Option<Vec<Grantee>>,
    pub(super) dry_run: bool,
}

/// A data source with what was done to it.
#[derive(Serialize)]
pub(super) struct Saved<'a> {
    #[serde(flatten)]
    pub(super) source: Shown<'a>,
    pub(super) created: bool,
    pub(super) dry_run: bool,
    pub(super) before: Map<String, Value>,
    pub(super) after: Map<String, Value>,
    pub(super) columns: Changes,
}

/// Makes `source` what is wanted.
pub(super) async fn save(
    session: &Session,
    ctx: &Context,
    source: &SourceView,
    wanted: Wanted,
) -> Result<Answer, Failure> {
    let then = Definition::from_json(&source.definition.to_string())?;
    let before = stored_model(ctx, source).await?;
    let (definition, (model, columns)) = match before {
        Some(before) if same_columns(&then, &wanted.definition) => {
            (wanted.definition, (before, Changes::default()))
        }
        before => {
            let client = client(session, ctx, &source.connection).await?;
            print::progress("Asking HubSpot which properties there are …");
            let call = Call::within(PATIENCE);
            let definition = settle(&client, &call, &wanted.definition, before.as_ref()).await?;
            let found = rediscover(&client, &call, &definition, before.as_ref()).await?;
            let changed = changed(before, (&then, &definition), found);
            (definition, changed)
        }
    };
    check_filters(&definition, &model)?;
    let request = source_edit::Request {
        id: source.id.clone(),
        based_on: Basis::of(source),
        name: wanted.name,
        definition: (then != definition).then(|| definition.to_json()),
        model: Some(model.to_json()),
        withdraws: !columns.removed.is_empty(),
        drift: columns.drift(),
        shared_with: wanted.shared_with,
        dry_run: wanted.dry_run,
    };
    let source_edit::Outcome { view, before, after } = source_edit::run(ctx, request).await?;
    let source = shown(&view, &PublicUrl::of(ctx).await?);
    let text = text(&source, (&before, &after), &columns, wanted.dry_run);
    Answer::new(&Saved { source, created: false, dry_run: wanted.dry_run, before, after, columns }, text)
}

fn changed(
    before: Option<StoredModel>,
    definitions: (&Definition, &Definition),
    found: StoredModel,
) -> (StoredModel, Changes) {
    match before {
        Some(before) => edited(&before, definitions, found),
        None => (found, Changes::default()),
    }
}

/// Whether the choice of columns is the same: filters do not ask HubSpot.
fn same_columns(one: &Definition, other: &Definition) -> bool {
    let unfiltered = |choice: &ObjectChoice| ObjectChoice { filter: None, ..choice.clone() };
    let columns = |definition: &Definition| -> Vec<ObjectChoice> {
        definition.objects.iter().map(unfiltered).collect()
    };
    one.labels == other.labels && one.dates == other.dates && columns(one) == columns(other)
}

fn text(
    source: &Shown<'_>,
    (before, after): (&Map<String, Value>, &Map<String, Value>),
    columns: &Changes,
    dry_run: bool,
) -> String {
    let parts: Vec<&str> = after
        .keys()
        .map(|key| match key.as_str() {
            "definition" => "what it shows",
            "model_version" => "its columns",
            "shared_with" => "with whom it is shared",
            key => key,
        })
        .collect();
    let sentence = match (parts.as_slice(), dry_run) {
        ([], _) => "Nothing is different: nothing was changed.".to_owned(),
        (parts, true) => format!("This would change {}.", parts.join(", ")),
        (parts, false) => format!("Changed: {}.", parts.join(", ")),
    };
    debug_assert_eq!(before.len(), after.len());
    let end = if dry_run && !parts.is_empty() { "\n\nThis was a dry run: nothing was changed." } else { "" };
    format!("{sentence}{}\n\n{}{end}", told(columns), card(source))
}
