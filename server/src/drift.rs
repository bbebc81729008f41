//! Notices what HubSpot did to the properties of a data source while nobody looked: a property that was deleted or given
//! another type is written into the model, and with it into the history, once.
//!
//! The definitions are read again now and then, beside a request and never for it. New properties are not shown by this:
//! `source refresh` does that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hubspot::{Call, Client};
use jiff::{SignedDuration, Timestamp};
use schema::operations::source_update_model;
use schema::{Actor, Context, DataSourceAccess, DataSourceId};

use crate::app::App;
use crate::model::{self, Changes, StoredModel};
use crate::models::LoadedModel;

/// One call for each object of the data source, with all its attempts.
const PATIENCE: Duration = Duration::from_secs(60);

/// When each data source was looked at last, by this process.
#[derive(Default)]
pub(crate) struct Looks(Mutex<HashMap<DataSourceId, Timestamp>>);

impl Looks {
    /// Whether it is time to look at a data source again; then it counts as done. What was changed a moment ago was looked
    /// at then.
    fn is_due(&self, id: &DataSourceId, changed: Timestamp, now: Timestamp, every: Duration) -> bool {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = looks.get(id).copied().unwrap_or(changed);
        let due = SignedDuration::try_from(every).is_ok_and(|every| now.duration_since(last) >= every);
        if due {
            looks.insert(id.clone(), now);
        }
        due
    }
}

/// Looks at the properties of a data source, if it is time to, in a task of its own.
pub(crate) fn look(app: &App, access: &DataSourceAccess, model: &Arc<LoadedModel>, client: &Client) {
    let Some(every) = app.config.model_check else { return };
    let source = &access.source;
    let is_current = access.model_version == Some(model.version);
    if !is_current || !app.looks.is_due(&source.id, source.updated_at, app.context.now(), every) {
        return;
    }
    let actor = Actor::System { reason: "drift" };
    let context = Context { actor, tenant: Some(source.tenant), ..app.context.clone() };
    let (id, model, client, stopping) =
        (source.id.clone(), Arc::clone(model), client.clone(), app.tasks.clone());
    app.tasks.spawn(async move {
        tokio::select! {
            () = stopping.stopping() => {}
            () = compare(&context, id, &model, &client) => {}
        }
    });
}

async fn compare(context: &Context, id: DataSourceId, model: &LoadedModel, client: &Client) {
    let (drifted, changes) = match model::drifted(client, &Call::within(PATIENCE), &model.stored).await {
        Ok(found) => found,
        // What goes wrong here goes wrong in reads as well, and is told there.
        Err(error) => return tracing::debug!(kind = error.kind(), "the properties could not be looked at"),
    };
    if changes.is_empty() {
        return;
    }
    if let Err(error) = keep(context, id, model.version, &drifted, &changes).await {
        tracing::error!(%error, "what HubSpot did to properties could not be written down");
    }
}

async fn keep(
    context: &Context,
    id: DataSourceId,
    version: i64,
    model: &StoredModel,
    changes: &Changes,
) -> Result<i64, schema::OperationError> {
    let (model, drift) = (model.to_json(), changes.drift());
    let request = source_update_model::Request { id, model, based_on: Some(version), drift };
    source_update_model::run(context, request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_due_some_time_after_the_last_one_or_after_the_last_change() {
        let looks = Looks::default();
        let id = DataSourceId::parse("k7m2q9x4tb").unwrap();
        let at = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
        let due = |minute| looks.is_due(&id, at(0), at(minute), Duration::from_secs(600));
        assert_eq!([9, 10, 11, 19, 20].map(due), [false, true, false, false, true]);
    }
}
