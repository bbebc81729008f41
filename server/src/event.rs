//! What happened to one request: the one source of its log line, its metrics and its history entry.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

use crate::layers::Notes;

/// One finished (or abandoned) request.
#[derive(Debug, Clone)]
pub struct Event {
    /// When it ended.
    pub at: Timestamp,
    /// Its id, as in the answer.
    pub request_id: String,
    /// Who asked.
    pub address: IpAddr,
    /// HTTP method.
    pub method: String,
    /// `User-Agent`, at most 200 characters.
    pub agent: Option<String>,
    /// Status of the answer; none when the client hung up first.
    pub status: Option<u16>,
    /// From the last byte of the head to the answer.
    pub elapsed: Duration,
    /// What the stages noted.
    pub notes: Notes,
}

impl Event {
    /// `ok`, the error code, or `abandoned`.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match (self.notes.code, self.status) {
            (Some(code), _) => code.name(),
            (None, Some(_)) => "ok",
            (None, None) => "abandoned",
        }
    }

    /// Writes the request's log line.
    pub fn log(&self) {
        let notes = &self.notes;
        tracing::info!(
            target: "feedgate::request",
            request_id = %self.request_id,
            method = %self.method,
            status = self.status,
            outcome = self.outcome(),
            reason = notes.reason.as_deref(),
            tenant = notes.tenant.map(|tenant| tenant.0),
            user = notes.user.as_deref(),
            token = notes.token_id.as_deref(),
            label = notes.label.as_deref(),
            data_source = notes.data_source.as_deref(),
            resource = notes.resource.as_deref(),
            query = notes.query.as_deref(),
            rows = notes.rows,
            bytes = notes.bytes,
            hubspot_calls = notes.calls,
            nulled = notes.nulled,
            milliseconds = u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            address = %self.address,
            agent = self.agent.as_deref(),
            "request"
        );
    }
}
