//! The pipeline of a feed: a function whose lines are the stages.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use odata::service::Call;
use odata::url::Resource;
use schema::{Credential, DataSourceAccess};
use tokio::time::Instant;

use super::batch::Batch;
use super::headers::{Answer, Asked};
use super::links::{FeedPath, Links};
use super::place::Place;
use super::rows::{Feed, PAGE_BYTES, PAGE_TIME};
use super::{body, documents, place, rows, shape};
use crate::access;
use crate::app::App;
use crate::error::Failure;
use crate::layers::Exchange;
use crate::status;

/// Answers everything below `/odata/{data source}`.
pub(crate) async fn feed(
    State(app): State<Arc<App>>,
    Extension(exchange): Extension<Arc<Exchange>>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    match pipeline(&app, &exchange, &head, body).await {
        Ok(mut response) => {
            write_fields(&exchange, response.headers_mut());
            response
        }
        Err(failure) => exchange.refuse(&failure),
    }
}

/// Answers what is no feed at all.
pub(crate) async fn no_feed(Extension(exchange): Extension<Arc<Exchange>>) -> Response {
    exchange.refuse(&Failure::PathNotFound)
}

async fn pipeline(
    app: &Arc<App>,
    exchange: &Exchange,
    head: &Parts,
    body: Body,
) -> Result<Response, Failure> {
    let deadline = exchange.started + app.config.request_deadline;
    let mut stages = Stages::new(exchange);
    let path = FeedPath::read(&head.uri)?;
    note_path(app, exchange, &path);
    let verb = Verb::of(&head.method, &path)?;

    let caller = access::authenticate(app, exchange, &head.headers, deadline).await?;
    stages.done("authenticate");
    if path.data_source == status::NAME {
        return health(app, exchange, &caller, head, body, path, stages).await;
    }
    let source = match access::authorise(app, &caller, path.data_source).await {
        Ok(source) => source,
        Err(Failure::DataSourceNotFound) => {
            // Trying names costs as much as reading.
            access::rate(app, exchange, &caller, deadline).await?;
            return Err(Failure::DataSourceNotFound);
        }
        Err(other) => return Err(other),
    };
    stages.done("authorise");
    exchange.hold(access::limit(app, exchange, &caller, deadline).await?);
    stages.done("limit");
    let asked = Asked::read(&head.headers)?;
    let links = Links::new(&app.config.public_url, path.data_source);
    let visit = Visit { app, source: &source, links: &links, deadline, share: Share::WHOLE, place: None };
    let answer = match verb {
        Verb::Get => read(&visit, exchange, &mut stages, &asked, path).await?,
        Verb::Query => {
            let sent = body::read(body, deadline).await?;
            let query = path.joined(&body::options(&head.headers, &sent)?);
            stages.done("body");
            let path = path.of_query(&query);
            note_path(app, exchange, &path);
            read(&visit, exchange, &mut stages, &asked, path).await?
        }
        Verb::Batch => {
            let sent = body::read(body, deadline).await?;
            stages.done("body");
            let batch = Batch { visit: &visit, exchange, caller: &caller, head, path };
            let answer = batch.answer(&asked, sent).await?;
            stages.done("batch");
            answer
        }
    };
    let response = into_response(exchange, answer, asked.gzip).await?;
    stages.done("write");
    Ok(response)
}

/// The status feed: the same stages, with rows of this service's own.
async fn health(
    app: &Arc<App>,
    exchange: &Exchange,
    caller: &Credential,
    head: &Parts,
    body: Body,
    path: FeedPath<'_>,
    mut stages: Stages<'_>,
) -> Result<Response, Failure> {
    let deadline = exchange.started + app.config.request_deadline;
    status::authorise(caller)?;
    stages.done("authorise");
    exchange.hold(access::limit(app, exchange, caller, deadline).await?);
    stages.done("limit");
    let asked = Asked::read(&head.headers)?;
    let query = match Verb::of(&head.method, &path)? {
        Verb::Get => path.query.map(str::to_owned),
        Verb::Batch => {
            return Err(Failure::NotSupported {
                target: Some("$batch".to_owned()),
                message: "The status feed answers no batches; send each query as a GET request.".to_owned(),
            });
        }
        Verb::Query => {
            let sent = body::read(body, deadline).await?;
            Some(path.joined(&body::options(&head.headers, &sent)?))
        }
    };
    let resource = path.of_query("").resource;
    let (edm, links) = (status::edm()?, Links::new(&app.config.public_url, status::NAME));
    let request = odata::url::parse_at(edm, Some(&links.root), resource, query.as_deref())?;
    exchange.note(|notes| {
        shape::note(notes, edm, &request);
        notes.resource = notes.resource.take().map(|resource| format!("status/{resource}"));
    });
    stages.done("parse");
    place::take_now(app, exchange, caller.tenant.id, deadline).await?;
    let fields = head.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let fields: Vec<(&str, &str)> = fields.collect();
    let call = Call {
        method: "GET",
        path: resource,
        query: query.as_deref(),
        body: b"",
        fields: &fields,
        root: &links.root,
        now: app.context.now(),
    };
    let answered = status::answer(app, caller, &request, &call, asked.preferences.max_page_size).await?;
    exchange.note(|notes| {
        notes.rows = answered.rows;
        notes.more = answered.more;
    });
    stages.done("execute");
    let response = into_response(exchange, Answer::of_service(answered.answer), asked.gzip).await?;
    stages.done("write");
    Ok(response)
}

/// What is asked for, before anything can fail: also a refused credential was meant for a data source.
pub(super) fn note_path(app: &App, exchange: &Exchange, path: &FeedPath<'_>) {
    // A made-up name may be of any length; the longest id is shorter.
    let source = path.data_source.chars().take(64).collect();
    let chain = app.config.keys.fingerprint("chain", &path.chain());
    exchange.note(|notes| {
        notes.data_source = Some(source);
        notes.chain = Some(chain);
    });
}

/// Who is admitted to what: the same for a request and for every part of a batch.
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) app: &'a Arc<App>,
    pub(super) source: &'a DataSourceAccess,
    pub(super) links: &'a Links,
    pub(super) deadline: Instant,
    /// What of time and memory is this read's.
    pub(super) share: Share,
    /// The place in memory that this read shares with others.
    pub(super) place: Option<&'a Arc<Place>>,
}

/// What one read may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// Bytes at which a page ends.
    pub(super) bytes: usize,
    /// The time after which a page that has rows ends.
    pub(super) time: Duration,
}

impl Share {
    /// A request by itself.
    pub(super) const WHOLE: Self = Self { bytes: PAGE_BYTES, time: PAGE_TIME };
}

/// Answers one admitted read: parse, plan, execute, write.
pub(super) async fn read(
    visit: &Visit<'_>,
    exchange: &Exchange,
    stages: &mut Stages<'_>,
    asked: &Asked,
    path: FeedPath<'_>,
) -> Result<Answer, Failure> {
    let opened = rows::open(visit.app, visit.source, &path).await?;
    let request = odata::url::parse_at(&opened.model.edm, Some(&visit.links.root), path.resource, path.query)
        .map_err(|error| opened.model.unless_left_out(path.resource, error))?;
    exchange.note(|notes| shape::note(notes, &opened.model.edm, &request));
    stages.done("parse");
    let answer = match &request.resource {
        Resource::ServiceDocument => documents::service(&opened.model.edm, visit.links, asked, &request)?,
        // The document is one of CSDL 4.0 for everybody.
        Resource::Metadata => return documents::metadata(&opened.model.edm, asked, &request),
        _ => Feed { visit, exchange, opened: &opened, asked, path }.answer(stages, &request).await?,
    };
    Ok(Answer { version: asked.version, ..answer })
}

/// What a method asks of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    /// The query options are in the body.
    Query,
    /// Many requests are in the body.
    Batch,
}

impl Verb {
    /// Feeds are read-only. What POST asks for is only read as well.
    pub(super) fn of(method: &Method, path: &FeedPath<'_>) -> Result<Self, Failure> {
        let posted = match path {
            path if path.is_query() => Some(Self::Query),
            path if path.is_batch() => Some(Self::Batch),
            _ => None,
        };
        match (method, posted) {
            (&Method::GET | &Method::HEAD, None) => Ok(Self::Get),
            (&Method::POST, Some(verb)) => Ok(verb),
            (_, Some(_)) => Err(Failure::MethodNotAllowed { allow: "POST" }),
            (_, None) => Err(Failure::MethodNotAllowed { allow: "GET, HEAD" }),
        }
    }
}

async fn into_response(exchange: &Exchange, answer: Answer, gzip: bool) -> Result<Response, Failure> {
    let bytes = (answer.body.len() as u64).saturating_sub(answer.in_parts);
    exchange.note(|notes| notes.bytes = bytes);
    answer.into_response(gzip).await
}

/// What every success tells beside its body.
fn write_fields(exchange: &Exchange, headers: &mut HeaderMap) {
    let (expires, stages) = exchange.noted(|notes| (notes.expires, notes.stages.clone()));
    let timing: Vec<String> =
        stages.iter().map(|(name, time)| format!("{name};dur={:.1}", time.as_secs_f64() * 1000.0)).collect();
    let mut set = |name: &'static str, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    set("server-timing", timing.join(", "));
    if let Some(expires) = expires {
        set("feedgate-token-expires", expires.to_string());
    }
}

/// Times the stages into the notes.
pub(super) struct Stages<'a> {
    exchange: &'a Exchange,
    since: Instant,
}

impl<'a> Stages<'a> {
    pub(super) fn new(exchange: &'a Exchange) -> Self {
        Self { exchange, since: exchange.started }
    }

    /// Ends the stage `name`; the next begins.
    pub(super) fn done(&mut self, name: &'static str) {
        let now = Instant::now();
        let time = now - self.since;
        self.exchange.note(|notes| notes.stages.push((name, time)));
        self.since = now;
    }
}
