//! One call with its repetitions: bounded answers, pauses as Power BI asks for them, no redirects.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use reqwest::RequestBuilder;
use reqwest::header::RETRY_AFTER;
use serde_json::Value;
use tokio::time::sleep;

use super::error::{Error, shortened};
use crate::outgoing;

/// No single answer takes longer: a change of credentials is tried by Power BI before it answers.
pub(super) const TIMEOUT: Duration = Duration::from_secs(120);

/// Longest answer: a list of a thousand data sets has some hundreds of KiB.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// Attempts in all.
const ATTEMPTS: u32 = 4;

/// Whoever asks for a longer pause gets none: the command ends and says so.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// A pause that nobody asked for, before the second attempt; then twice and four times that.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// What came back, whatever its status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Attempts until there is an answer that no other attempt would better. What may not happen twice is tried again only
/// when it was refused for its rate.
pub(super) async fn persist(
    whom: &'static str,
    repeatable: bool,
    request: impl Fn() -> RequestBuilder,
) -> Result<Answer, Error> {
    let mut pause = FIRST_PAUSE;
    for attempt in 1.. {
        let answer = send(whom, request()).await;
        let last = attempt == ATTEMPTS;
        let wait = match &answer {
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                let retry_after = answer.retry_after().unwrap_or(pause);
                if last || retry_after > LONGEST_PAUSE {
                    return Err(Error::Throttled { retry_after });
                }
                retry_after
            }
            Ok(answer) if answer.status.is_server_error() => answer.retry_after().unwrap_or(pause),
            Err(Error::Unavailable { .. }) => pause,
            _ => return answer,
        };
        let throttled = matches!(&answer, Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS);
        if last || wait > LONGEST_PAUSE || !(repeatable || throttled) {
            return answer;
        }
        sleep(wait).await;
        pause *= 2;
    }
    Err(Error::Unavailable { message: format!("{whom} gave no answer") })
}

async fn send(whom: &'static str, request: RequestBuilder) -> Result<Answer, Error> {
    let lost = |error: reqwest::Error| Error::Unavailable { message: outgoing::reason(whom, &error) };
    let mut response = request.send().await.map_err(lost)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(Error::Malformed { whom, what: "it is longer than 8 MiB".to_owned() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

impl Answer {
    /// In whole seconds, as Power BI sends it.
    fn retry_after(&self) -> Option<Duration> {
        self.header(RETRY_AFTER.as_str())?.trim().parse().ok().map(Duration::from_secs)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The answer, when it is a success.
    pub(super) fn success(self) -> Result<Answer, Error> {
        let (status, said) = (self.status.as_u16(), self.said());
        Err(match status {
            200..=299 => return Ok(self),
            401 => Error::NotAdmitted { said },
            403 => Error::Forbidden { said },
            404 => Error::NotFound { said },
            409 => Error::Conflict { said },
            500..=599 => {
                Error::Unavailable { message: format!("Power BI answered with status {status}: {said}") }
            }
            300..=399 => {
                let said = "a redirect, which is never followed: look at powerbi_api_url".to_owned();
                Error::Rejected { status, said }
            }
            _ => Error::Rejected { status, said },
        })
    }

    /// What Power BI says: its code, its message, and the details below them.
    fn said(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let error = &body["error"];
        let details = error["pbi.error"]["details"].as_array().into_iter().flatten();
        let details = details.filter_map(|detail| detail["detail"]["value"].as_str());
        let parts = [
            self.header("x-powerbi-error-info"),
            error["code"].as_str(),
            error["message"].as_str(),
            body["Message"].as_str().or(body["message"].as_str()),
        ];
        let mut told: Vec<&str> = Vec::new();
        for part in parts.into_iter().flatten().chain(details).filter(|part| !part.is_empty()) {
            if !told.contains(&part) {
                told.push(part);
            }
        }
        if told.is_empty() { "no reason given".to_owned() } else { shortened(&told.join(": ")) }
    }
}
