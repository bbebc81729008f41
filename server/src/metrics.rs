//! Metrics in Prometheus's text form.
//!
//! Labels are bounded: codes and stages come from fixed tables; nothing a client chooses becomes a label.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::event::Event;

/// The labels of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    status: u16,
    outcome: &'static str,
}

/// The label of an unproven credential.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: String,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<Outcome, Counter>,
    seconds: Histogram,
    rows: Counter,
    bytes: Counter,
    hubspot_calls: Counter,
    nulled: Counter,
    unproven: Family<Reason, Counter>,
    in_flight: Gauge,
    /// Request entries that could not be written to the history.
    pub unrecorded: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        // 1 ms (a refusal) to 65 s (past the deadline), doubling.
        let seconds = Histogram::new(exponential_buckets(0.001, 2.0, 17));
        let mut metrics = Self {
            registry: Registry::with_prefix("feedgate"),
            requests: Family::default(),
            seconds,
            rows: Counter::default(),
            bytes: Counter::default(),
            hubspot_calls: Counter::default(),
            nulled: Counter::default(),
            unproven: Family::default(),
            in_flight: Gauge::default(),
            unrecorded: Counter::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("requests", "Requests by status and outcome", self.requests.clone());
        r.register_with_unit(
            "request",
            "Time from request head to answer",
            Unit::Seconds,
            self.seconds.clone(),
        );
        r.register("rows", "Rows sent", self.rows.clone());
        r.register_with_unit("answer", "Bytes of answers", Unit::Bytes, self.bytes.clone());
        r.register("hubspot_calls", "Calls made to HubSpot", self.hubspot_calls.clone());
        r.register("nulled_values", "Values that did not parse and became null", self.nulled.clone());
        r.register("unproven_credentials", "Refused credentials by reason", self.unproven.clone());
        r.register("requests_in_flight", "Requests running now", self.in_flight.clone());
        r.register(
            "unrecorded_requests",
            "Request entries the history could not take",
            self.unrecorded.clone(),
        );
    }

    /// Counts one request.
    pub fn count(&self, event: &Event) {
        let outcome = Outcome { status: event.status.unwrap_or(499), outcome: event.outcome() };
        self.requests.get_or_create(&outcome).inc();
        self.seconds.observe(event.elapsed.as_secs_f64());
        self.rows.inc_by(event.notes.rows);
        self.bytes.inc_by(event.notes.bytes);
        self.hubspot_calls.inc_by(event.notes.calls.into());
        self.nulled.inc_by(event.notes.nulled);
        if event.status == Some(401)
            && let Some(reason) = &event.notes.reason
        {
            self.unproven.get_or_create(&Reason { reason: reason.clone() }).inc();
        }
    }

    /// The text a scraper reads.
    #[must_use]
    pub fn text(&self, in_flight: usize) -> String {
        self.in_flight.set(i64::try_from(in_flight).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
