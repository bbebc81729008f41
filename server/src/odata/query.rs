//! The pipeline of a feed: a function whose lines are the stages.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, Uri};
use odata::url::Resource;
use tokio::time::Instant;

use super::headers::{Answer, Asked};
use super::links::{FeedPath, Links};
use super::rows::Feed;
use super::{documents, rows, shape};
use crate::access;
use crate::app::App;
use crate::error::Failure;
use crate::layers::Exchange;

/// Answers everything below `/odata/{data source}`.
pub(crate) async fn feed(
    State(app): State<Arc<App>>,
    Extension(exchange): Extension<Arc<Exchange>>,
    request: Request,
) -> Response {
    match pipeline(&app, &exchange, request.method(), request.uri(), request.headers()).await {
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
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let deadline = exchange.started + app.config.request_deadline;
    let mut stages = Stages::new(exchange);
    let path = FeedPath::read(uri)?;
    admit_method(method, &path)?;

    let caller = access::authenticate(app, exchange, headers).await?;
    stages.done("authenticate");
    let source = access::authorise(app, exchange, &caller, path.data_source).await?;
    stages.done("authorise");
    let _running = access::limit(app, exchange, &caller, deadline).await?;
    stages.done("limit");
    let asked = Asked::read(headers)?;
    let opened = rows::open(app, &source, &path).await?;
    let request = odata::url::parse(&opened.model.edm, path.resource, path.query)?;
    exchange.note(|notes| shape::note(notes, &opened.model.edm, &request));
    stages.done("parse");
    let links = Links::new(&app.config.public_url, path.data_source);
    let answer = match &request.resource {
        Resource::ServiceDocument => documents::service(&opened.model.edm, &links, &asked, &request)?,
        Resource::Metadata => documents::metadata(&opened.model.edm, &asked, &request)?,
        _ => {
            let (source, opened, links, asked) = (&source, &opened, &links, &asked);
            let feed = Feed { app, exchange, deadline, source, opened, links, asked, path };
            feed.answer(&mut stages, &request).await?
        }
    };
    let response = into_response(exchange, answer, asked.gzip).await?;
    stages.done("write");
    Ok(response)
}

/// Feeds are read-only; the two things OData reads with POST are understood and not built.
fn admit_method(method: &Method, path: &FeedPath<'_>) -> Result<(), Failure> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let last = path.resource.rsplit('/').next().unwrap_or_default();
    if *method == Method::POST && matches!(last, "$batch" | "$query") {
        return Err(Failure::NotSupported {
            target: Some(last.to_owned()),
            message: format!("{last} is not supported; send each query as a GET request."),
        });
    }
    Err(Failure::MethodNotAllowed)
}

async fn into_response(exchange: &Exchange, answer: Answer, gzip: bool) -> Result<Response, Failure> {
    let bytes = answer.body.len() as u64;
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
    fn new(exchange: &'a Exchange) -> Self {
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
