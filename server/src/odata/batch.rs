//! `$batch`: every request in it is answered by the pipeline as if it had come alone, in its order, by the same caller.
//!
//! Promise: each request takes a place under the rates and leaves a line in log and history, like any other (its id is
//! the batch's with a number behind it); all of them together have the deadline, the memory and the running place of
//! one request. The answer is built whole before its status is sent.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use odata::ErrorKind;
use odata::batch::{Answers, Item, Limits, Progress, Request, Response, Verdict, address, parse};
use odata::http::Honoured;
use schema::Credential;
use tokio::time::Instant;

use super::headers::{Answer, Asked};
use super::links::FeedPath;

use super::place::Place;
use super::query::{self, Share, Stages, Verb, Visit};
use super::rows::{PAGE_BYTES, PAGE_TIME};
use super::{MAX_BODY, body};
use crate::access;
use crate::error::Failure;
use crate::layers::{Exchange, Recorder, longest};

/// 100 requests: more than any client that is known puts into one batch, and half of what a token may send at once.
const LIMITS: Limits = Limits { requests: 100, bytes: MAX_BODY };

/// Room for a page of a request whose forerunners have used up the batch's: some twenty wide rows, and a link to the
/// rest.
const LEAST_PAGE: usize = 16 * 1024;

/// All answers together. Pages fill the size of one page ([`PAGE_BYTES`]); documents and single rows may go beyond it.
/// At the end they are held twice, as answers and as the body made of them, which fits into one place in memory.
const MAX_ANSWER: usize = 6 * 1024 * 1024;

/// Fields of the batch that hold for its requests, unless they have their own.
const VERSIONS: [&str; 2] = ["odata-maxversion", "odata-version"];

/// A batch by one caller.
pub(super) struct Batch<'a> {
    pub(super) visit: &'a Visit<'a>,
    pub(super) exchange: &'a Exchange,
    pub(super) caller: &'a Credential,
    pub(super) head: &'a Parts,
    pub(super) path: FeedPath<'a>,
}

impl Batch<'_> {
    /// Answers every request, up to the first failure unless the client wishes otherwise.
    pub(super) async fn answer(&self, asked: &Asked, sent: Bytes) -> Result<Answer, Failure> {
        let place = Place::new(self.visit.app, self.visit.source.source.tenant, self.visit.deadline);
        let visit = Visit { place: Some(&place), ..*self.visit };
        let answer = Batch { visit: &visit, ..*self }.in_one_place(asked, sent).await;
        place.hand_over(self.exchange);
        answer
    }

    async fn in_one_place(&self, asked: &Asked, sent: Bytes) -> Result<Answer, Failure> {
        let batch = parse(body::content_type(&self.head.headers), &sent, &LIMITS).map_err(refused)?;
        drop(sent);
        self.exchange.note(|notes| notes.resource = Some("$batch".to_owned()));
        let mut progress = Progress::new(asked.preferences.continue_on_error.unwrap_or(false));
        let mut answers = Answers::new(batch.format);
        let mut used = 0;
        for (index, item) in batch.items.iter().enumerate() {
            let verdict = progress.verdict(item);
            if verdict == Verdict::Ended {
                break;
            }
            let share = self.share(used, batch.items.len() - index);
            let response = self.part(index + 1, item, verdict, share, used).await;
            used += response.body.len();
            progress.answered(item, response.status);
            answers.push(item, response);
        }
        let (content_type, body) = answers.finish();
        let mut answer = Answer { in_parts: used as u64, ..Answer::new(content_type, body) };
        let honoured = Honoured { continue_on_error: true, ..Honoured::default() };
        let applied = asked.preferences.applied(&honoured);
        answer.fields.extend(applied.map(|applied| ("preference-applied", applied)));
        Ok(answer)
    }

    /// What of time and memory the next of `left` requests may take: an even part of the time, so that a slow table does
    /// not leave the others without an answer; of the memory what the later ones do not need.
    fn share(&self, used: usize, left: usize) -> Share {
        let time = self.visit.deadline.saturating_duration_since(Instant::now());
        let even = time / u32::try_from(left).unwrap_or(u32::MAX).max(1);
        let kept = (left - 1) * LEAST_PAGE;
        let bytes = PAGE_BYTES.saturating_sub(used + kept).max(LEAST_PAGE);
        Share { bytes, time: even.min(PAGE_TIME) }
    }

    /// Answers one item, and leaves its line behind.
    async fn part(
        &self,
        number: usize,
        item: &Item,
        verdict: Verdict,
        share: Share,
        used: usize,
    ) -> Response {
        let exchange = self.exchange.part(number);
        let method = item.requests().first().map_or("", |request| request.method.as_str());
        let mut recorder =
            Recorder::new(self.visit.app.clone(), exchange.clone(), method, &self.head.headers);
        let outcome = match (verdict, item) {
            (Verdict::FailedDependency, _) => Err(Failure::FailedDependency),
            (_, Item::Group { requests, .. }) => Err(group(requests)),
            (_, Item::Request(request)) => self.single(&exchange, number, request, share).await,
        };
        let response = match outcome {
            Ok(answer) if used + answer.body.len() > MAX_ANSWER => failed(&exchange, &too_much()),
            Ok(answer) => succeeded(answer, method),
            Err(failure) => failed(&exchange, &failure),
        };
        let bytes = response.body.len() as u64;
        exchange.note(|notes| notes.bytes = bytes);
        recorder.answered(http::StatusCode::from_u16(response.status).unwrap_or_default());
        let limits = exchange.noted(|notes| notes.limits.clone());
        if !limits.is_empty() {
            self.exchange.note(|notes| notes.limits = limits);
        }
        response
    }

    async fn single(
        &self,
        exchange: &Exchange,
        number: usize,
        request: &Request,
        share: Share,
    ) -> Result<Answer, Failure> {
        // The first one has the place that the batch itself was admitted by.
        if number > 1 {
            access::rate(self.visit.app, exchange, self.caller, self.visit.deadline).await?;
        }
        if request.conditional {
            return Err(not_supported("A condition (`if`) is not supported: send the request without it."));
        }
        let address = self.address(&request.url)?;
        let path = FeedPath {
            data_source: self.path.data_source,
            resource: &address.path,
            query: address.query.as_deref(),
        };
        query::note_path(self.visit.app, exchange, &path);
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| Failure::BadRequest(format!("`{:.20}` is no method.", request.method)))?;
        let headers = headers(request, &self.head.headers);
        let asked = Asked::read(&headers)?;
        let visit = Visit { share, ..*self.visit };
        let mut stages = Stages::new(exchange);
        match Verb::of(&method, &path)? {
            Verb::Get => query::read(&visit, exchange, &mut stages, &asked, path).await,
            Verb::Query => {
                let query = path.joined(&body::options(&headers, &request.body)?);
                let path = path.of_query(&query);
                query::note_path(self.visit.app, exchange, &path);
                query::read(&visit, exchange, &mut stages, &asked, path).await
            }
            Verb::Batch => Err(not_supported("A batch inside of a batch is not supported: send two.")),
        }
    }

    /// Where a URL leads: below the public URL, or below the host that the client has sent the batch to.
    fn address(&self, url: &str) -> Result<odata::batch::Address, Failure> {
        if url.len() > longest(Some(url)) {
            return Err(Failure::UriTooLong);
        }
        let host = self.head.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let asked = format!("http://{}/odata/{}/", host.unwrap_or_default(), self.path.data_source);
        let found = address(url, &self.visit.links.root);
        Ok(found.or_else(|error| address(url, &asked).map_err(|_| error))?)
    }
}

/// A batch that cannot be read.
fn refused(error: odata::Error) -> Failure {
    match error.kind {
        ErrorKind::NotAcceptable => Failure::UnsupportedMediaType(error.message),
        _ => Failure::Odata(error.about("$batch")),
    }
}

/// What is made as one changes something; what only reads has no use for it.
fn group(requests: &[Request]) -> Failure {
    let reads = |request: &Request| matches!(request.method.as_str(), "GET" | "HEAD");
    if !requests.is_empty() && requests.iter().all(reads) {
        return not_supported(
            "Requests that succeed or fail as one are not supported: nothing is changed here. Leave out the group.",
        );
    }
    Failure::MethodNotAllowed { allow: "GET, HEAD" }
}

fn too_much() -> Failure {
    not_supported("The answers of this batch together are larger than 6 MiB: send this request by itself.")
}

fn not_supported(message: &str) -> Failure {
    Failure::NotSupported { target: Some("$batch".to_owned()), message: message.to_owned() }
}

/// The fields of a request; who reads the batch reads its parts. Its own credentials count for nothing.
fn headers(request: &Request, outer: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    if !headers.contains_key(VERSIONS[0]) {
        let outer = VERSIONS
            .iter()
            .filter_map(|name| Some((HeaderName::from_static(name), outer.get(*name)?.clone())));
        headers.extend(outer);
    }
    headers
}

fn succeeded(answer: Answer, method: &str) -> Response {
    let headers = answer.described().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let body = if method == "HEAD" { Vec::new() } else { answer.body };
    Response { status: answer.status.as_u16(), headers, body }
}

fn failed(exchange: &Exchange, failure: &Failure) -> Response {
    let answer = exchange.answer(failure);
    let text = |value: HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = answer.fields().into_iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    Response { status: answer.status.as_u16(), headers, body: answer.body() }
}
