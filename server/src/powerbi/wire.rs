//! The shapes of Power BI's answers, as far as they are read. What is not there is not known; what is there and has
//! another type makes the answer unreadable, not wrong.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `{"value": […]}`.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) value: Vec<T>,
}

/// A workspace.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
}

/// A data set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dataset {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    pub(super) configured_by: Option<String>,
    pub(super) is_refreshable: Option<bool>,
    pub(super) is_on_prem_gateway_required: Option<bool>,
}

/// A data source of a data set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Datasource {
    datasource_type: Option<String>,
    #[serde(default)]
    pub(super) connection_details: Value,
    pub(super) datasource_id: Option<String>,
    pub(super) gateway_id: Option<String>,
}

impl Datasource {
    /// What it reads, when it reads OData: other things at the same host have credentials of their own. Of an older form of
    /// the answer the details are a text.
    pub(super) fn odata_url(&self) -> Option<String> {
        self.datasource_type.as_ref().filter(|kind| kind.eq_ignore_ascii_case("OData"))?;
        let of = |details: &Value| details["url"].as_str().map(str::to_owned);
        match &self.connection_details {
            Value::String(text) => of(&serde_json::from_str(text).ok()?),
            details => of(details),
        }
    }
}

/// A gateway, which shows itself to its administrators only.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Gateway {
    #[serde(default)]
    pub(super) public_key: Value,
}

/// When a data set is refreshed by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Whether it is.
    #[serde(default)]
    pub enabled: bool,
    /// Names of days.
    #[serde(default)]
    pub days: Vec<String>,
    /// Times such as `07:00`.
    #[serde(default)]
    pub times: Vec<String>,
    /// The zone of the times.
    #[serde(default, rename(deserialize = "localTimeZoneId"))]
    pub time_zone: Option<String>,
}

impl Schedule {
    /// Whether somebody ever set it up: switching on what is empty would invent a time.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        !self.days.is_empty()
    }
}

/// An entry of the history of refreshes.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    request_id: Option<String>,
    refresh_type: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    #[serde(default)]
    status: String,
    service_exception_json: Option<String>,
}

/// How a refresh stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Still under way, or its end is not known.
    Running,
    /// It succeeded.
    Completed,
    /// It failed.
    Failed,
    /// It was not started, because the schedule is switched off.
    Disabled,
    /// Somebody stopped it.
    Cancelled,
}

/// A refresh of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Power BI's id of it.
    pub request_id: Option<String>,
    /// What started it: `Scheduled`, `OnDemand`, `ViaApi`.
    pub kind: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it stands.
    pub status: RunStatus,
    /// Power BI's code of what went wrong.
    pub error_code: Option<String>,
    /// Power BI's words for it.
    pub error: Option<String>,
}

impl From<Entry> for Run {
    fn from(entry: Entry) -> Run {
        let at = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let exception = entry.service_exception_json.as_deref();
        let exception: Value = exception.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let text = |name: &str| exception[name].as_str().map(super::error::shortened);
        Run {
            request_id: entry.request_id,
            kind: entry.refresh_type,
            started_at: at(entry.start_time),
            ended_at: at(entry.end_time),
            status: match entry.status.to_ascii_lowercase().as_str() {
                "completed" => RunStatus::Completed,
                "failed" => RunStatus::Failed,
                "disabled" => RunStatus::Disabled,
                "cancelled" => RunStatus::Cancelled,
                // "Unknown" is their word for one that is under way.
                _ => RunStatus::Running,
            },
            error_code: text("errorCode"),
            error: text("errorDescription"),
        }
    }
}

impl Run {
    /// One word for people.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.status {
            RunStatus::Running => "running",
            RunStatus::Completed => "completed",
            RunStatus::Failed => "failed",
            RunStatus::Disabled => "disabled",
            RunStatus::Cancelled => "cancelled",
        }
    }
}
