//! The rows of the sets that are small, as JSON.

use std::time::Duration;

use jiff::SignedDuration;
use schema::operations::{connection_list, notice_list, refresh_list, source_list, token_list};
use schema::{Context, DataSourceId, OperationError};
use serde_json::{Value, json};

use crate::app::App;
use crate::error::Failure;

/// Requests are kept for so long, and with them what is recognised in them.
const KEPT: Duration = Duration::from_secs(90 * 86_400);

/// More refreshes or notices than any reader looks through; the newest are shown.
const MOST: u32 = 100_000;

/// The rows of `set`, in an order that does not change.
pub(super) async fn of(app: &App, ctx: &Context, set: &str) -> Result<Vec<Value>, Failure> {
    let rows = match set {
        "Tokens" => tokens(ctx).await,
        "Refreshes" => refreshes(ctx).await,
        "DataSources" => sources(app, ctx).await,
        "Connections" => connections(ctx).await,
        "Notices" => notices(ctx).await,
        other => return Err(Failure::Internal(format!("the status feed has no rows of {other}"))),
    };
    rows.map_err(refused)
}

/// A user's own rights were just read: what an operation refuses now is the store's trouble or a change in between.
pub(super) fn refused(error: OperationError) -> Failure {
    Failure::StoreUnavailable(error.message)
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

async fn tokens(ctx: &Context) -> Result<Vec<Value>, OperationError> {
    let tokens = token_list::run(ctx, token_list::Request::default()).await?;
    let row = |token: schema::operations::token_show::TokenView| {
        json!({
            "Id": token.id, "Label": token.label, "User": token.user, "Status": token.status,
            "CreatedAt": token.created_at, "ExpiresAt": token.expires_at, "MaxIdle": token.max_idle.to_string(),
            "RevokedAt": token.revoked_at, "RevokeReason": token.revoke_reason,
            "LastUsedAt": token.last_used_at, "LastUsedAddress": token.last_used_address,
            "DataSources": token.data_sources.map(list::<DataSourceId>), "RotatedTo": token.rotated_to,
        })
    };
    Ok(tokens.into_iter().map(row).collect())
}

async fn refreshes(ctx: &Context) -> Result<Vec<Value>, OperationError> {
    let kept = SignedDuration::try_from(KEPT).unwrap_or_default();
    let since = ctx.now().checked_sub(kept).ok();
    let request = refresh_list::Request { since, limit: MOST, ..refresh_list::Request::default() };
    let mut refreshes = refresh_list::run(ctx, request).await?;
    // The oldest first: what comes meanwhile stands behind, and no page link is off by it.
    refreshes.reverse();
    let row = |refresh: schema::refresh::Refresh| {
        let begun = refresh.started_at.as_millisecond();
        json!({
            "Id": format!("{}-{}-{begun}", refresh.token_id, refresh.data_source),
            "StartedAt": refresh.started_at, "EndedAt": refresh.ended_at,
            "Seconds": refresh.ended_at.duration_since(refresh.started_at).as_secs(),
            "TokenId": refresh.token_id, "Label": refresh.label, "User": refresh.user,
            "DataSource": refresh.data_source, "Outcome": refresh.outcome, "ErrorCode": refresh.error_code,
            "FailedAt": refresh.failed_at, "Requests": refresh.requests, "Rows": refresh.rows,
            "Bytes": refresh.bytes, "NulledValues": refresh.nulled_values,
        })
    };
    Ok(refreshes.into_iter().map(row).collect())
}

async fn sources(app: &App, ctx: &Context) -> Result<Vec<Value>, OperationError> {
    let mut sources = source_list::run(ctx, source_list::Request::default()).await?;
    sources.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    let row = |source: schema::operations::source_show::SourceView| {
        let objects = source.definition["objects"].as_array().into_iter().flatten();
        let objects = list(objects.filter_map(|choice| choice["object"].as_str()));
        json!({
            "Id": source.id, "Name": source.name,
            "Url": format!("{}/odata/{}/", app.config.public_url, source.id),
            "Owner": source.owner, "Connection": source.connection, "Objects": objects,
            "SharedWith": list(&source.shared_with), "HasColumns": source.model_version.is_some(),
            "Version": source.version, "CreatedAt": source.created_at, "UpdatedAt": source.updated_at,
        })
    };
    Ok(sources.into_iter().map(row).collect())
}

async fn connections(ctx: &Context) -> Result<Vec<Value>, OperationError> {
    let connections = connection_list::run(ctx, connection_list::Request::default()).await?;
    let row = |connection: schema::ConnectionRecord| {
        json!({
            "Name": connection.name, "Kind": connection.kind, "PortalId": connection.portal_id,
            "Status": connection.status, "StatusMessage": connection.status_message,
            "CreatedAt": connection.created_at, "UpdatedAt": connection.updated_at,
        })
    };
    Ok(connections.into_iter().map(row).collect())
}

async fn notices(ctx: &Context) -> Result<Vec<Value>, OperationError> {
    let request = notice_list::Request { limit: MOST, ..notice_list::Request::default() };
    let mut notices = notice_list::run(ctx, request).await?;
    notices.reverse();
    let row = |told: notice_list::Told| {
        let (notice, deliveries) = (told.notice, told.deliveries);
        json!({
            "Id": notice.id, "At": notice.at, "Kind": notice.kind, "Severity": notice.severity,
            "TokenId": notice.token_id, "User": notice.user, "DataSource": notice.data_source,
            "Deliveries": deliveries.len(),
            "Delivered": deliveries.iter().filter(|one| one.delivered_at.is_some()).count(),
            "GivenUp": deliveries.iter().filter(|one| one.dead_at.is_some()).count(),
        })
    };
    Ok(notices.into_iter().map(row).collect())
}
