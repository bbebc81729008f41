//! The answer: findings as sentences for people, as values for programs.

use serde::Serialize;

use super::examine::{Finding, Severity, works};
use super::facts::Facts;
use crate::failure::Failure;
use crate::output::{Answer, harmless, instant};

/// What programs get.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    /// Whether nothing fails and nothing is about to.
    pub(crate) healthy: bool,
    /// What was found, the worst first.
    pub(crate) findings: &'a [Finding],
    /// What works, in sentences.
    pub(crate) works: Vec<String>,
}

/// The answer to `findings`: exit code 1 when one of them is more than a note.
pub(crate) fn report(facts: &Facts, findings: &[Finding]) -> Result<Answer, Failure> {
    let healthy = findings.iter().all(|finding| finding.severity == Severity::Note);
    let report = Report { healthy, findings, works: works(facts) };
    Ok(Answer::new(&report, told(&report))?.alarming(!healthy))
}

fn told(report: &Report<'_>) -> String {
    let mut text = String::new();
    for finding in report.findings {
        let word = match finding.severity {
            Severity::Error => "FAILS",
            Severity::Warning => "WARNING",
            Severity::Note => "NOTE",
        };
        let since = finding.since.map(|at| format!(" Since {}.", instant(at))).unwrap_or_default();
        let (sentence, remedy) = (harmless(&finding.sentence), harmless(&finding.remedy));
        // What the table of errors says ends like a sentence.
        let remedy = remedy.trim_end_matches('.');
        let who = harmless(&finding.who);
        text.push_str(&format!("{word} [{}] {sentence}{since}\n  → {who}: {remedy}.\n\n", finding.code));
    }
    if !report.works.is_empty() {
        text.push_str("What works:\n");
        report.works.iter().for_each(|line| text.push_str(&format!("  {}\n", harmless(line))));
        text.push('\n');
    }
    text.push_str(match (report.healthy, report.findings.is_empty()) {
        (true, true) => "Healthy: nothing was found.",
        (true, false) => "Healthy: nothing fails.",
        (false, _) => "Not healthy.",
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_fails_since_when_and_who_must_do_what() {
        let finding = Finding {
            severity: Severity::Error,
            code: "TenantSuspended",
            sentence: "The tenant acme is suspended.".into(),
            since: Some("2026-01-01T08:00:00Z".parse().unwrap()),
            who: "operator".into(),
            remedy: "run `feedgate-admin tenant resume acme`.".into(),
            token_id: None,
            user: None,
            data_source: None,
            connection: None,
        };
        let findings = [finding];
        let report = Report { healthy: false, findings: &findings, works: vec!["The store works.".into()] };
        insta::assert_snapshot!(told(&report), @"
        FAILS [TenantSuspended] The tenant acme is suspended. Since 2026-01-01T08:00:00Z.
          → operator: run `feedgate-admin tenant resume acme`.

        What works:
          The store works.

        Not healthy.
        ");
    }
}
