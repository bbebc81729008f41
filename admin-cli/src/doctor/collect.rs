//! Gathers the facts: from the store by its operations, which know what the actor may see, and from the network.

use std::collections::BTreeMap;
use std::path::Path;

use feedgate::model::StoredModel;
use feedgate::powerbi::Reads;
use jiff::{SignedDuration, Timestamp};
use schema::operations::refusal_summary::Refused;
use schema::operations::request_summary::Answered;
use schema::operations::source_access::Outcome as Access;
use schema::operations::source_show::SourceView;
use schema::operations::{
    connection_list, history_list, key_use, meta_get, policy_set::Reached, policy_show, refresh_list,
    refusal_summary, request_summary, source_access, source_list, source_show, store_check, token_list,
    token_show, user_list,
};
use schema::refresh::{Refresh, RefreshOutcome};
use schema::{
    Actor, ConnectionRecord, ConnectionStatus, Context, DataSourceId, HistoryKind, KeysError, Schedule,
    TenantRecord, TokenId, lookup,
};

use super::facts::{Connected, Facts, Focus, Machine, NotFound, Served, Server};
use super::probe::{self, Reach};
use crate::failure::Failure;

/// Five weeks: a weekly schedule shows itself in them, and what is older says nothing about today.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 35);

/// The requests of five weeks make fewer refreshes than this, or the newest of them.
const REFRESHES: u32 = 20_000;

/// The word for a data source that is not there for a token.
const NOT_FOUND: &str = "DataSourceNotFound";

/// Gathers what `focus` asks about.
///
/// # Errors
/// When what it names does not exist or is not the actor's to see, and when the store cannot be read.
pub(crate) async fn collect(
    ctx: &Context,
    tenant: TenantRecord,
    focus: Focus,
    reach: &Reach,
) -> Result<Facts, Failure> {
    let now = ctx.now();
    let since = now.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
    let scope = Scope::of(ctx, &focus).await?;
    let users = user_list::run(ctx, user_list::Request::default()).await?;
    let answered = request_summary::run(ctx, request_summary::Request { since }).await?;
    let refused = refusal_summary::run(ctx, refusal_summary::Request { since }).await?;
    let refreshes = refreshes(ctx, &focus, since).await?;
    let answered: Vec<Answered> =
        answered.into_iter().filter(|sum| scope.has(&sum.token_id, &sum.data_source)).collect();
    let tokens = scope.tokens(ctx, &answered, &refused).await?;
    let sources = scope.sources(ctx, &answered).await?;
    let known = |id: &TokenId| tokens.iter().any(|token| token.id == *id);
    let refused = refused
        .into_iter()
        .filter(|sum| {
            let here = sum.data_source == scope.source;
            let elsewhere = scope.source.is_some() && sum.data_source.is_some() && !here;
            let nobodys = || scope.is_everything() || (here && scope.is_one_source());
            !elsewhere && sum.token_id.as_ref().map_or_else(nobodys, &known)
        })
        .collect();
    let connections = connections(ctx, &sources, reach).await?;
    let server = server(ctx, reach).await?;
    let wanted = |reads: &Reads| match reads {
        Reads::Feed(id) => sources.iter().any(|source| source.id == *id),
        Reads::Whole => scope.is_everything(),
    };
    let power_bi = probe::power_bi(reach, server.public_url.as_deref(), wanted).await;
    let facts = Facts {
        now,
        tenant,
        policy: policy_show::run(ctx, policy_show::Request::default()).await?,
        not_found: not_found(ctx, &answered).await?,
        users,
        tokens,
        sources,
        connections,
        answered,
        refused,
        served: served(refreshes, &scope),
        machine: machine(ctx, reach, since).await?,
        server,
        power_bi,
        focus,
    };
    Ok(facts)
}

/// What belongs to what was asked about.
struct Scope {
    token: Option<TokenId>,
    source: Option<DataSourceId>,
    user: Option<String>,
    /// The tokens of the user.
    of_user: Vec<TokenId>,
}

impl Scope {
    /// Fails for what does not exist or is not the actor's to see.
    async fn of(ctx: &Context, focus: &Focus) -> Result<Scope, Failure> {
        if let Some(id) = &focus.token {
            token_show::run(ctx, token_show::Request { id: id.clone() }).await?;
        }
        if let Some(id) = &focus.data_source {
            source_show::run(ctx, source_show::Request { id: id.clone() }).await?;
        }
        let mut of_user = Vec::new();
        if focus.user.is_some() {
            let request = token_list::Request { user: focus.user.clone(), ..token_list::Request::default() };
            of_user = token_list::run(ctx, request).await?.into_iter().map(|token| token.id).collect();
        }
        let Focus { data_source, user, token } = focus.clone();
        Ok(Scope { token, source: data_source, user, of_user })
    }

    fn is_everything(&self) -> bool {
        self.token.is_none() && self.source.is_none() && self.user.is_none()
    }

    fn is_one_source(&self) -> bool {
        self.token.is_none() && self.user.is_none() && self.source.is_some()
    }

    fn has_token(&self, id: &TokenId) -> bool {
        self.token.as_ref().is_none_or(|own| own == id) && (self.user.is_none() || self.of_user.contains(id))
    }

    fn has(&self, token: &TokenId, source: &DataSourceId) -> bool {
        self.has_token(token) && self.source.as_ref().is_none_or(|own| own == source)
    }

    /// With a data source: the tokens that asked for it, and those of whoever may read it that are limited to it.
    async fn tokens(
        &self,
        ctx: &Context,
        answered: &[Answered],
        refused: &[Refused],
    ) -> Result<Vec<token_show::TokenView>, Failure> {
        let mut tokens = token_list::run(ctx, token_list::Request::default()).await?;
        tokens.retain(|token| self.has_token(&token.id));
        if let Some(source) = &self.source {
            let owner = source_show::run(ctx, source_show::Request { id: source.clone() }).await?.owner;
            tokens.retain(|token| {
                let tried = |sum: &Refused| {
                    sum.data_source == self.source && sum.token_id.as_ref() == Some(&token.id)
                };
                answered.iter().any(|sum| sum.token_id == token.id)
                    || refused.iter().any(tried)
                    || token.data_sources.as_ref().map_or(token.user == owner, |own| own.contains(source))
            });
        }
        Ok(tokens)
    }

    /// With a token or a user: what they asked for, own, or are limited to.
    async fn sources(&self, ctx: &Context, answered: &[Answered]) -> Result<Vec<SourceView>, Failure> {
        let mut sources = source_list::run(ctx, source_list::Request::default()).await?;
        if let Some(source) = &self.source {
            sources.retain(|own| own.id == *source);
        } else if !self.is_everything() {
            sources.retain(|own| {
                self.user.as_ref() == Some(&own.owner)
                    || answered.iter().any(|sum| sum.data_source == own.id && self.has_token(&sum.token_id))
            });
        }
        Ok(sources)
    }
}

async fn refreshes(ctx: &Context, focus: &Focus, since: Timestamp) -> Result<Vec<Refresh>, Failure> {
    let request = refresh_list::Request {
        token: focus.token.clone(),
        data_source: focus.data_source.clone(),
        since: Some(since),
        limit: REFRESHES,
        ..refresh_list::Request::default()
    };
    Ok(refresh_list::run(ctx, request).await?)
}

/// The refreshes, which come newest first, by token and data source.
fn served(refreshes: Vec<Refresh>, scope: &Scope) -> Vec<Served> {
    let mut groups: BTreeMap<(TokenId, DataSourceId), Vec<Refresh>> = BTreeMap::new();
    for refresh in refreshes.into_iter().filter(|one| scope.has(&one.token_id, &one.data_source)) {
        groups.entry((refresh.token_id.clone(), refresh.data_source.clone())).or_default().push(refresh);
    }
    let sum = |((token, source), refreshes): ((TokenId, DataSourceId), Vec<Refresh>)| {
        let starts: Vec<Timestamp> = refreshes.iter().map(|refresh| refresh.started_at).collect();
        let fine = |refresh: &&Refresh| refresh.outcome == RefreshOutcome::Succeeded;
        let last_success = refreshes.iter().find(fine).map(|refresh| refresh.ended_at);
        let last = refreshes.into_iter().next()?;
        Some(Served { token, source, schedule: Schedule::of(&starts), last, last_success })
    };
    groups.into_iter().filter_map(sum).collect()
}

/// Why tokens did not find data sources, unless they have found them since.
async fn not_found(ctx: &Context, answered: &[Answered]) -> Result<Vec<NotFound>, Failure> {
    let mut found = Vec::new();
    for asked in answered.iter().filter(|sum| sum.error_code.as_deref() == Some(NOT_FOUND)) {
        let request =
            source_access::Request { token: asked.token_id.clone(), data_source: asked.data_source.clone() };
        let access = source_access::run(ctx, request).await?;
        if access == Access::Readable {
            continue;
        }
        let token = token_show::run(ctx, token_show::Request { id: asked.token_id.clone() }).await?;
        let mut scope = Vec::new();
        for id in token.data_sources.unwrap_or_default() {
            // One that is gone still stands in the scope.
            let name = source_show::run(ctx, source_show::Request { id: id.clone() }).await;
            scope.push(Reached { name: name.map(|source| source.name).unwrap_or_default(), id });
        }
        found.push(NotFound { asked: asked.clone(), access, scope });
    }
    Ok(found)
}

/// The connections that the data sources read through.
async fn connections(
    ctx: &Context,
    sources: &[SourceView],
    reach: &Reach,
) -> Result<Vec<Connected>, Failure> {
    let mut connected = Vec::new();
    for record in connection_list::run(ctx, connection_list::Request::default()).await? {
        let own: Vec<&SourceView> = sources.iter().filter(|one| one.connection == record.name).collect();
        if own.is_empty() && !matches!(ctx.actor, Actor::Operator { .. }) {
            continue;
        }
        let credential = ctx.keys.as_deref().map(|keys| lookup::open_credential(keys, &record));
        let (sealed, asked) = match credential {
            Some(Ok(credential)) => {
                let models = models(ctx, &own).await?;
                (None, probe::portal(reach, &record, &credential, &models).await)
            }
            Some(Err(problem)) => (Some(problem.to_string()), None),
            None => (Some(KeysError::Missing.to_string()), None),
        };
        connected.push(Connected { since: status_since(ctx, &record).await?, record, sealed, asked });
    }
    Ok(connected)
}

/// The current model of each data source that has one this program can read.
async fn models(ctx: &Context, sources: &[&SourceView]) -> Result<Vec<(DataSourceId, StoredModel)>, Failure> {
    let mut models = Vec::new();
    for source in sources {
        let Some(version) = source.model_version else { continue };
        let text = schema::data_source_model(&ctx.store, &source.id, version).await?;
        let model = text.and_then(|text| StoredModel::from_json(&text).ok());
        models.extend(model.map(|model| (source.id.clone(), model)));
    }
    Ok(models)
}

/// When a connection's status became what it is. Whoever may not see that sees when the row was changed last.
async fn status_since(ctx: &Context, record: &ConnectionRecord) -> Result<Option<Timestamp>, Failure> {
    if record.status == ConnectionStatus::Unknown {
        return Ok(None);
    }
    let wanted = history_list::Request {
        kind: Some(HistoryKind::Connection),
        limit: 1_000,
        ..history_list::Request::default()
    };
    let entries = history_list::run(ctx, wanted).await?;
    let own = entries.iter().find(|entry| {
        entry.details["connection"] == record.name.as_str()
            && entry.details["after"] == record.status.as_str()
    });
    Ok(Some(own.map_or(record.updated_at, |entry| entry.at)))
}

async fn machine(ctx: &Context, reach: &Reach, since: Timestamp) -> Result<Option<Machine>, Failure> {
    if matches!(ctx.actor, Actor::User { .. }) {
        return Ok(None);
    }
    let used_keys = key_use::run(ctx, key_use::Request::default()).await?;
    let used = used_keys.connections.keys().chain(used_keys.tokens.keys());
    let missing_keys = ctx.keys.as_deref().map(|keys| {
        let mut missing: Vec<String> = used.filter(|id| !keys.knows(id)).cloned().collect();
        missing.dedup();
        missing
    });
    let latest = history_list::Request { since: Some(since), limit: 1, ..history_list::Request::default() };
    let latest = history_list::run(ctx, latest).await?.first().map(|entry| entry.at);
    Ok(Some(Machine {
        store: store_check::run(ctx, store_check::Request::default()).await.map_err(|error| error.message),
        free: reach.store_file.as_deref().and_then(free),
        used_keys,
        missing_keys,
        ahead: probe::clock(reach, ctx.now()).await,
        latest,
    }))
}

/// Bytes that a file may still grow by, where it is.
fn free(file: &Path) -> Option<u64> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let free = rustix::fs::statvfs(folder).ok()?;
    Some(free.f_bavail.saturating_mul(free.f_frsize))
}

async fn server(ctx: &Context, reach: &Reach) -> Result<Server, Failure> {
    let note = async |name| meta_get::run(ctx, meta_get::Request { name }).await;
    let public_url = note(meta_get::PUBLIC_URL).await?;
    let asked = match &public_url {
        Some(url) => probe::server(reach, url).await,
        None => None,
    };
    Ok(Server { version: note(meta_get::SERVER_VERSION).await?, public_url, asked })
}
