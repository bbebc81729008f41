//! Owners, pipelines, stages and lists: read whole at every page, in the order of their keys.

use super::{Batch, Candidate};
use crate::execute::{Context, ExecuteError, key};
use crate::model::{Converted, StoredSet, list_row, owner_row, pipeline_row, stage_row};
use crate::plan::Source;

pub(super) struct SmallReader {
    source: Source,
}

impl SmallReader {
    pub(super) fn new(source: Source) -> Self {
        Self { source }
    }

    pub(super) async fn next(&self, context: &Context<'_>, set: &StoredSet) -> Result<Batch, ExecuteError> {
        let rows = match &self.source {
            Source::Owners => owners(context, set).await?,
            Source::Pipelines(objects) => pipelines(context, set, objects, false).await?,
            Source::Stages(objects) => pipelines(context, set, objects, true).await?,
            Source::Lists => lists(context, set).await?,
            _ => Vec::new(),
        };
        let candidate = |converted: Converted| Candidate {
            key: key::of(&set.origin, &converted.row),
            updated: None,
            converted,
        };
        let mut candidates: Vec<Candidate> = rows.into_iter().map(candidate).collect();
        // Stable: of two with the same key the first one stays.
        candidates.sort_by(|a, b| a.key.cmp(&b.key));
        candidates.dedup_by(|later, earlier| later.key == earlier.key);
        Ok(Batch { candidates, end: true, ..Batch::default() })
    }
}

/// Present owners before archived ones: one that was archived between the two calls is shown as it was.
pub(in crate::execute) async fn owners(
    context: &Context<'_>,
    set: &StoredSet,
) -> Result<Vec<Converted>, ExecuteError> {
    let mut rows = Vec::new();
    for archived in [false, true] {
        let owners = context.client.owners(context.call, archived).await?;
        rows.extend(owners.iter().map(|owner| owner_row(set, owner)));
    }
    Ok(rows)
}

async fn pipelines(
    context: &Context<'_>,
    set: &StoredSet,
    objects: &[String],
    stages: bool,
) -> Result<Vec<Converted>, ExecuteError> {
    let mut rows = Vec::new();
    for object in objects {
        let name = context.model.object_name(object);
        for pipeline in context.client.pipelines(context.call, object).await? {
            if stages {
                rows.extend(pipeline.stages.iter().map(|stage| stage_row(set, name, &pipeline, stage)));
            } else {
                rows.push(pipeline_row(set, name, &pipeline));
            }
        }
    }
    Ok(rows)
}

async fn lists(context: &Context<'_>, set: &StoredSet) -> Result<Vec<Converted>, ExecuteError> {
    let lists = context.client.lists(context.call).await?;
    Ok(lists
        .iter()
        .map(|list| list_row(set, context.model.list_object(&list.object_type_id), list))
        .collect())
}
