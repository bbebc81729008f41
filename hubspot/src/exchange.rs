//! One question and its answer: leave to ask, asking, reading, understanding. Everything that goes over the wire goes
//! through [`Client::ask`].

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Body, Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use crate::budget::{Kind, Slot};
use crate::client::bearer;
use crate::failure::{self, Failure, Verdict};
use crate::posted::{Late, Posted};
use crate::{AccessToken, Call, Client, Error};

/// An error's body longer than this is not read to its end: no sentence is that long.
pub(crate) const LONGEST_ERROR: usize = 64 * 1024;

/// A question to HubSpot: always a read, so that asking again is harmless.
#[derive(Debug)]
pub(crate) struct Question {
    kind: Kind,
    /// Path and query.
    path: String,
    body: Option<Vec<u8>>,
}

impl Question {
    pub(crate) fn get(kind: Kind, path: String) -> Self {
        Self { kind, path, body: None }
    }

    pub(crate) fn post(kind: Kind, path: String, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body)
            .map_err(|why| Error::malformed(format!("our own request cannot be written: {why}")))?;
        Ok(Self { kind, path, body: Some(body) })
    }

    /// The path without the query, for the log: queries are long, bodies hold values.
    fn name(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

/// The token that HubSpot answered with a 401.
type Refused = OnceLock<Arc<AccessToken>>;

impl Client {
    /// Asks until there is an answer, inside the call's deadline.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        call: &Call,
        question: &Question,
    ) -> Result<T, Error> {
        let refused = Refused::new();
        let outcome = self.portal.retries.persist(call, || self.attempt(call, question, &refused)).await;
        let Some(token) = refused.get() else { return outcome };
        // A token may have ended before its time: one renewal, and no second one for the same call.
        if !self.replace(call, token).await? {
            return outcome;
        }
        let refused = Refused::new();
        self.portal.retries.persist(call, || self.attempt(call, question, &refused)).await
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        call: &Call,
        question: &Question,
        refused: &Refused,
    ) -> Result<T, Failure> {
        let token = self.token(call).await?;
        let slot = self.leave(call, question.kind).await?;
        call.count();
        let sent = Instant::now();
        let outcome = timeout_at(call.deadline, self.send(&slot, question, &token, refused))
            .await
            .unwrap_or(Err(Failure::Final(Error::Timeout)))
            .and_then(|body| understand(&body));
        if outcome.is_ok() && question.kind == Kind::List {
            self.portal.latency.observe(sent.elapsed());
        }
        let took_ms = sent.elapsed().as_millis();
        match &outcome {
            Ok(_) => tracing::debug!(path = question.name(), took_ms, "HubSpot answered"),
            Err(failure) => {
                tracing::debug!(
                    path = question.name(),
                    took_ms,
                    failure = failure.kind(),
                    "HubSpot did not answer"
                );
            }
        }
        outcome
    }

    /// Waits for a place in the rate limit, and then for admission.
    async fn leave(&self, call: &Call, kind: Kind) -> Result<Slot<'_>, Error> {
        loop {
            let since = Instant::now();
            if since >= call.deadline {
                return Err(Error::Timeout);
            }
            let slot = self.portal.budgets.lane(kind).start(&call.name, call.deadline).await;
            call.add_wait(since);
            let slot = slot?;
            let Some(gate) = &call.gate else { return Ok(slot) };
            if let Some(Ok(())) = gate.enter_now() {
                return Ok(slot);
            }
            slot.give_back();
            timeout_at(call.deadline, gate.enter()).await.unwrap_or(Err(Error::NoRoom))?;
        }
    }

    async fn send(
        &self,
        slot: &Slot<'_>,
        question: &Question,
        token: &Arc<AccessToken>,
        refused: &Refused,
    ) -> Result<Vec<u8>, Failure> {
        let url = format!("{}{}", self.portal.base, question.path);
        let method = if question.body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.portal.http.request(method, url).header(AUTHORIZATION, bearer(token)?);
        if let Some(body) = &question.body {
            let body = Posted::new(body, &self.portal, question.kind, slot.mark());
            request = request.header(CONTENT_TYPE, "application/json").body(Body::wrap(body));
        }
        let response = request.send().await.map_err(lost)?;
        slot.settle();
        self.learn(question.kind, response.headers());
        if response.status().is_success() {
            return read(response, self.portal.max_answer_bytes).await;
        }
        let (status, headers) = (response.status(), response.headers().clone());
        if status == StatusCode::UNAUTHORIZED {
            let _ = refused.set(Arc::clone(token));
        }
        let body = read(response, LONGEST_ERROR).await.unwrap_or_default();
        Err(self.heed(slot, failure::judge(status, &headers, &body)))
    }

    /// The limit as HubSpot states it in its headers.
    fn learn(&self, kind: Kind, headers: &HeaderMap) {
        let number =
            |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok().filter(|n| *n > 0);
        let limit = number("x-hubspot-ratelimit-max");
        let interval = number("x-hubspot-ratelimit-interval-milliseconds");
        if let (Some(limit), Some(interval)) = (limit, interval) {
            self.portal.budgets.learn(kind, limit, Duration::from_millis(interval.into()));
        }
        let left = headers.get("x-hubspot-ratelimit-daily-remaining");
        let left = left.and_then(|left| left.to_str().ok()?.trim().parse::<u64>().ok());
        if let (Some(granted), Some(left)) = (number("x-hubspot-ratelimit-daily"), left) {
            let resets_at = self.midnight_after(failure::date(headers));
            self.portal.budgets.learn_day(granted.into(), left, resets_at);
        }
    }

    /// When the day ends in which HubSpot sent an answer, if its time zone is known.
    fn midnight_after(&self, at: Option<jiff::Timestamp>) -> Option<jiff::Timestamp> {
        failure::next_midnight(at?, *self.portal.utc_offset_ms.get()?)
    }

    /// Tells the queue what HubSpot said about the rate.
    fn heed(&self, slot: &Slot<'_>, verdict: Verdict) -> Failure {
        match verdict {
            Verdict::Failed(failure) => failure,
            Verdict::TooFast { asked } => Failure::Throttled { pause: slot.refused(asked) },
            Verdict::TooManyToday { at } => {
                let resets_at = self.midnight_after(at);
                slot.refused_for_the_day(resets_at);
                Failure::Final(Error::DailyLimit { resets_at })
            }
        }
    }
}

/// Reads a body of bounded length. The bound is on the decompressed bytes: 2 MiB of gzip can hold 2 GiB.
pub(crate) async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, Failure> {
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).map_or(true, |announced| announced > most) {
        return Err(Error::TooLarge.into());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > most {
            return Err(Error::TooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// No answer, or not all of it.
pub(crate) fn lost(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    if error.is_builder() {
        return Error::configuration(told(&error)).into();
    }
    if is_late(&error) {
        // HubSpot never saw it: back into the queue.
        return Failure::Throttled { pause: Duration::ZERO };
    }
    let error = if error.is_timeout() {
        Error::Timeout
    } else {
        Error::Unavailable { retry_after: None, message: told(&error) }
    };
    Failure::Transient { error, pause: None }
}

/// Whether the call was kept back because it would have been written too late.
fn is_late(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<Late>() || error.source().is_some_and(is_late)
}

/// An error with its causes, in one line.
fn told(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    failure::shortened(&text)
}

/// Parses a success. What is no JSON was cut or came from something on the way, and may be whole next time; JSON of
/// another shape stays so. The parser's own message may quote a value, so that only the place is passed on.
pub(crate) fn understand<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|why| {
        let place = format!("line {} column {}", why.line(), why.column());
        if !why.is_data() {
            let error = Error::malformed(format!("no complete JSON ({place})"));
            return Failure::Transient { error, pause: None };
        }
        let said = why.to_string();
        let what =
            if said.starts_with("missing field") { said } else { format!("unexpected value at {place}") };
        Error::malformed(what).into()
    })
}

/// An object type as a part of a path. Standard names, custom names and type ids are made of these characters.
///
/// # Errors
/// [`Error::NotFound`]: nothing has such a name, and nobody may choose another path by it.
pub(crate) fn segment(object: &str) -> Result<&str, Error> {
    let plain = !object.is_empty() && object.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if plain {
        Ok(object)
    } else {
        Err(Error::NotFound { message: "no object type has such a name".to_owned() })
    }
}

/// Percent-encodes a value of a query.
pub(crate) fn encoded(value: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests;
