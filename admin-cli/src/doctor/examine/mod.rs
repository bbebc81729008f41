//! Facts → findings. Pure: the same facts give the same findings, in the same order, the worst first.

mod credentials;
mod hubspot;
mod powerbi;
mod server;
mod sources;
mod words;
mod works;

use jiff::Timestamp;
use schema::{DataSourceId, TokenId};
use serde::Serialize;

use super::facts::Facts;

pub(super) use works::works;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Something fails now.
    Error,
    /// Something will fail, or may.
    Warning,
    /// Good to know; it does not make anything unhealthy.
    Note,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// A stable name for programs.
    pub(crate) code: &'static str,
    /// What fails, and why.
    pub(crate) sentence: String,
    pub(crate) since: Option<Timestamp>,
    /// Who must do something: `operator`, `admin`, or the name of a user.
    pub(crate) who: String,
    /// What they must do.
    pub(crate) remedy: String,
    pub(crate) token_id: Option<TokenId>,
    pub(crate) user: Option<String>,
    pub(crate) data_source: Option<DataSourceId>,
    pub(crate) connection: Option<String>,
}

/// Judges the facts.
pub(crate) fn examine(facts: &Facts) -> Vec<Finding> {
    let all = [server::examine, credentials::examine, sources::examine, hubspot::examine, powerbi::examine];
    let mut findings: Vec<Finding> = all.iter().flat_map(|examine| examine(facts)).collect();
    findings.sort_by_key(|finding| (finding.severity, finding.since));
    findings
}

impl Finding {
    fn new(severity: Severity, code: &'static str, sentence: impl Into<String>) -> Finding {
        Finding {
            severity,
            code,
            sentence: sentence.into(),
            since: None,
            who: "operator".to_owned(),
            remedy: String::new(),
            token_id: None,
            user: None,
            data_source: None,
            connection: None,
        }
    }

    fn error(code: &'static str, sentence: impl Into<String>) -> Finding {
        Finding::new(Severity::Error, code, sentence)
    }

    fn warning(code: &'static str, sentence: impl Into<String>) -> Finding {
        Finding::new(Severity::Warning, code, sentence)
    }

    fn note(code: &'static str, sentence: impl Into<String>) -> Finding {
        Finding::new(Severity::Note, code, sentence)
    }

    fn since(self, since: impl Into<Option<Timestamp>>) -> Finding {
        Finding { since: since.into(), ..self }
    }

    /// Who must do what.
    fn mend(self, who: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { who: who.into(), remedy: remedy.into(), ..self }
    }

    fn token(self, id: &TokenId, user: &str) -> Finding {
        Finding { token_id: Some(id.clone()), user: Some(user.to_owned()), ..self }
    }

    fn user(self, user: &str) -> Finding {
        Finding { user: Some(user.to_owned()), ..self }
    }

    fn source(self, id: &DataSourceId) -> Finding {
        Finding { data_source: Some(id.clone()), ..self }
    }

    fn connection(self, name: &str) -> Finding {
        Finding { connection: Some(name.to_owned()), ..self }
    }
}
