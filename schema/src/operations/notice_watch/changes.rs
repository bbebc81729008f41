//! What the history says that people should be told: connections, vanished properties, shortened tokens.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::error::StoreError;
use crate::history::{HistoryEntry, HistoryKind};
use crate::id::TenantId;
use crate::notice::{NoticeKind, Severity, id_of};
use crate::operations::notice_raise::Occasion;
use crate::store::{Read, Row, params};

/// So far back is looked: nobody looked while no server ran. What is older is in the history.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(48);

/// What was changed and is to be told.
pub(super) async fn occasions(
    tx: &mut Read,
    tenant: TenantId,
    now: Timestamp,
) -> Result<Vec<Occasion>, StoreError> {
    const SQL: &str = "SELECT at, kind, action, actor, token_id, user_name, data_source_id, outcome, reason, \
         request_id, details, id FROM history WHERE tenant_id = ?1 AND at >= ?2 \
         AND ((kind = 'connection' AND action = 'status') OR (kind = 'policy' AND action = 'edit') \
              OR (kind = 'source' AND action IN ('property_vanished', 'property_retyped'))) ORDER BY id";
    let since = now.saturating_add(-LOOK_BACK).unwrap_or(now);
    let entry = |row: &mut Row| Ok((HistoryEntry::from_row(row)?, row.take::<i64>()?));
    let entries = tx.list(SQL, params![tenant, since], entry).await?;
    Ok(entries.iter().filter_map(|(entry, id)| occasion(tenant, entry, *id)).collect())
}

fn occasion(tenant: TenantId, entry: &HistoryEntry, id: i64) -> Option<Occasion> {
    let (kind, severity) = told(entry)?;
    let mut details = entry.details.clone();
    if let Value::Object(details) = &mut details {
        details.insert("reason".to_owned(), entry.reason.clone().into());
        details.insert("actor".to_owned(), entry.actor.clone().into());
    }
    Some(Occasion {
        id: id_of(tenant, kind, &[&id.to_string()]),
        tenant,
        kind,
        severity,
        token: entry.token_id.clone(),
        user: None,
        data_source: entry.data_source.clone(),
        details,
    })
}

fn told(entry: &HistoryEntry) -> Option<(NoticeKind, Severity)> {
    let (before, after) = (&entry.details["before"], &entry.details["after"]);
    match entry.kind {
        // `reconnect` as well as `rejected`: whatever is not working any more.
        HistoryKind::Connection if after == "working" => {
            (before != "unknown").then_some((NoticeKind::ConnectionWorking, Severity::Info))
        }
        HistoryKind::Connection => {
            (after != "unknown").then_some((NoticeKind::ConnectionRejected, Severity::Urgent))
        }
        HistoryKind::Policy => {
            let clamped = entry.details["clamped_tokens"].as_u64().unwrap_or_default();
            (clamped > 0).then_some((NoticeKind::TokensClamped, Severity::Warning))
        }
        HistoryKind::Source => Some((NoticeKind::PropertyVanished, Severity::Warning)),
        _ => None,
    }
}
