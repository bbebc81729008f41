//! Tables, counts and single entities: plan, execute, write.

use std::sync::Arc;
use std::time::Duration;

use hubspot::Call;
use odata::http::{Format, Honoured, TEXT_CONTENT_TYPE};
use odata::url::{Part, Request, ResourcePath};
use odata::write::Shape;
use schema::{DataSourceAccess, Keys};
use tokio::time::Instant;

use super::headers::{Answer, Asked};
use super::links::FeedPath;
use super::place::Place;
use super::query::{Stages, Visit};
use super::written::{self, Buffer};
use crate::app::App;
use crate::drift;
use crate::error::Failure;
use crate::execute::{self, Context, ExecuteError, Position, skiptoken};
use crate::layers::{Exchange, MAX_LINK};
use crate::model::{Converted, Definition};
use crate::models::LoadedModel;
use crate::plan::{self, Abilities, OwnFilters, Plan};

/// A page that has rows ends after this time, so that its successor has as much again before the deadline.
pub(super) const PAGE_TIME: Duration = Duration::from_secs(20);

/// A page ends at this size: large enough that its round trip does not count, small enough to hold whole.
pub(super) const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Purpose of the keys that page links are sealed with.
const SKIPTOKEN: &str = "skiptoken";

/// A request for rows with all that answers it.
pub(super) struct Feed<'a> {
    pub(super) visit: &'a Visit<'a>,
    pub(super) exchange: &'a Exchange,
    pub(super) opened: &'a Opened,
    pub(super) asked: &'a Asked,
    pub(super) path: FeedPath<'a>,
}

/// The model of a request, and where its chain of pages stands.
pub(super) struct Opened {
    pub(super) model: Arc<LoadedModel>,
    position: Option<Position>,
}

/// Opens the model: the current version, or the one a page link names.
pub(super) async fn open(
    app: &App,
    source: &DataSourceAccess,
    path: &FeedPath<'_>,
) -> Result<Opened, Failure> {
    let id = &source.source.id;
    let position = match path.skiptoken() {
        None => None,
        Some(token) => {
            let keys = page_keys(&app.config.keys);
            let keys: Vec<_> = keys.iter().map(|(id, secret)| skiptoken::Key { id, secret }).collect();
            Some(skiptoken::open(&keys, id.as_str(), token)?)
        }
    };
    let missing = || Failure::Internal(format!("data source {} has no model", id.as_str()));
    let current = source.model_version.ok_or_else(missing)?;
    let version = position.as_ref().map_or(current, |position| position.model_version);
    let model = app.models.get(&app.context.store, id, version, current).await?;
    let gone = || if position.is_some() { Failure::PageExpired } else { missing() };
    Ok(Opened { model: model.ok_or_else(gone)?, position })
}

fn page_keys(keys: &Keys) -> Vec<(String, schema::keys::KeyBytes)> {
    keys.derive_all(SKIPTOKEN)
}

impl Feed<'_> {
    /// Answers a request for rows, their number, or one entity.
    pub(super) async fn answer(&self, stages: &mut Stages<'_>, request: &Request) -> Result<Answer, Failure> {
        let own = self.own_filters()?;
        let model = &self.opened.model;
        let plan = plan::plan_with(&model.stored, &model.edm, request, &own, Abilities::default())?;
        stages.done("plan");
        let (app, deadline) = (self.visit.app, self.visit.deadline);
        let client = app.portals.client(&app.config.keys, &self.visit.source.connection, &app.tasks)?;
        let own = Place::new(app, self.visit.source.source.tenant, deadline);
        let place = self.visit.place.unwrap_or(&own);
        let call = Call::new(deadline)
            .named(self.visit.source.source.id.as_str())
            .admitted_by(Arc::clone(place) as _);
        let context = Context {
            client: &client,
            call: &call,
            page_until: deadline.min(Instant::now() + self.visit.share.time),
            now: app.context.now(),
            model: &model.stored,
            model_version: model.version,
            max_page_size: self.asked.preferences.max_page_size,
        };
        let answer = self.executed(&context, plan, request).await;
        own.hand_over(self.exchange);
        self.exchange.note(|notes| notes.calls = call.calls());
        app.portals.heard(&self.visit.source.connection, &answer, &app.tasks);
        if answer.is_ok() {
            drift::look(app, self.visit.source, model, &client);
        }
        stages.done("execute");
        answer
    }

    async fn executed(
        &self,
        context: &Context<'_>,
        plan: Plan,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let Some(path) = request.resource.path() else { return Err(Failure::PathNotFound) };
        let to_one = path.steps.last().is_some_and(|last| !last.step.collection);
        let absent = || match path.part {
            Part::Entities | Part::References => Ok(Answer::no_content()),
            _ => Err(ExecuteError::no_such_entity().into()),
        };
        let Some(plan) = execute::reach(context, plan).await? else { return absent() };
        match &path.part {
            Part::Count => count(context, &plan).await,
            _ if path.is_collection() => self.page(context, &plan, request, &path).await,
            _ => match execute::entity(context, &plan).await {
                Ok(found) => self.one(context, &plan, request, &path, found).await,
                // What a row names may be gone.
                Err(error) if to_one && error.is_absence() => absent(),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// The filters that the owner gave.
    fn own_filters(&self) -> Result<OwnFilters, Failure> {
        let unreadable = |error: String| Failure::Internal(format!("the definition cannot be read: {error}"));
        let definition = Definition::from_json(&self.visit.source.source.definition)
            .map_err(|error| unreadable(error.to_string()))?;
        let model = &self.opened.model;
        OwnFilters::read(&model.stored, &model.edm, &definition)
            .map_err(|error| unreadable(error.to_string()))
    }

    async fn page(
        &self,
        context: &Context<'_>,
        plan: &Plan,
        request: &Request,
        path: &ResourcePath,
    ) -> Result<Answer, Failure> {
        let format = self.format(request)?;
        let mut sink = Buffer::new(self.shape(request, path, format), &path.part, self.visit.share.bytes);
        let position = self.opened.position.clone().unwrap_or_else(|| Position::start(context, plan));
        let page = execute::page(context, plan, position, &mut sink).await?;
        let next = page.next.as_ref().map(|next| self.next_link(request, next)).transpose()?;
        self.exchange.note(|notes| {
            notes.rows = page.rows;
            notes.nulled = page.nulled.total();
            notes.more = page.next.is_some();
        });
        let mut answer = Answer::new(format.content_type(), sink.finish(page.count, next.as_deref()));
        answer.fields.extend(self.applied());
        Ok(answer)
    }

    async fn one(
        &self,
        context: &Context<'_>,
        plan: &Plan,
        request: &Request,
        path: &ResourcePath,
        found: Converted,
    ) -> Result<Answer, Failure> {
        let format = self.format(request)?;
        let nulled = found.nulled.len() as u64;
        let entity = execute::with_expanded(context, plan, found).await?;
        self.exchange.note(|notes| {
            notes.rows = 1;
            notes.nulled = nulled;
        });
        let mut answer = written::one(&self.shape(request, path, format), &path.part, &entity);
        answer.fields.extend(self.applied());
        Ok(answer)
    }

    fn format(&self, request: &Request) -> Result<Format, Failure> {
        self.asked.format(request.options.format.as_deref())
    }

    fn shape<'s>(&'s self, request: &'s Request, path: &'s ResourcePath, format: Format) -> Shape<'s> {
        let edm = &self.opened.model.edm;
        let shape = Shape::of_path(edm, path, &self.visit.links.root, format).asking(&request.options);
        Shape { omit_nulls: self.asked.preferences.omit_nulls, ..shape }
    }

    fn next_link(&self, request: &Request, next: &Position) -> Result<String, Failure> {
        let app = self.visit.app;
        let keys = &app.config.keys;
        let secret = keys.derive(SKIPTOKEN);
        let key = skiptoken::Key { id: keys.active_id(), secret: &secret };
        let mut nonce = [0; skiptoken::NONCE];
        app.context.random.fill(&mut nonce);
        let token = skiptoken::seal(key, self.visit.source.source.id.as_str(), next, nonce)?;
        let link = self.visit.links.next(self.path.resource, &request.options, &token);
        // The options came in a body, and a link has none: a client could not follow it.
        if link.len() > MAX_LINK {
            return Err(Failure::NotSupported {
                target: Some("$query".to_owned()),
                message:
                    "The answer has more than one page, and the link to the next one would be longer than \
                          48 KiB. Ask for fewer columns or a shorter filter."
                        .to_owned(),
            });
        }
        Ok(link)
    }

    fn applied(&self) -> Option<(&'static str, String)> {
        let preferences = &self.asked.preferences;
        let honoured = Honoured {
            max_page_size: preferences.max_page_size.map(|rows| rows.clamp(1, execute::LARGEST)),
            omit_nulls: preferences.omit_nulls,
            ..Honoured::default()
        };
        Some(("preference-applied", preferences.applied(&honoured)?))
    }
}

async fn count(context: &Context<'_>, plan: &Plan) -> Result<Answer, Failure> {
    let count = execute::count(context, plan).await?;
    Ok(Answer::new(TEXT_CONTENT_TYPE, count.to_string()))
}
