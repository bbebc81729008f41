//! The sentences of a notice: what happened, why, and who must do what.

use jiff::Timestamp;
use schema::notice::{Notice, NoticeKind};
use serde_json::Value;

use crate::error;

/// A notice for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub title: String,
    /// Paragraphs.
    pub paragraphs: Vec<String>,
}

impl Text {
    /// The paragraphs with an empty line between them.
    #[must_use]
    pub fn body(&self) -> String {
        self.paragraphs.join("\n\n")
    }
}

/// After a repair: the service may have switched the schedule off, and only says so on its own page.
const CHECK_THE_SCHEDULE: &str = "Afterwards check that the schedule is on: Power BI switches a scheduled refresh \
     off at once when a credential fails, and after four other failures in a row.";

/// Where a token is entered: each place keeps a copy of its own.
const WHERE_TO_ENTER: &str = "Enter the new token wherever the old one is used: in the settings of the semantic model \
     (Data source credentials), in the gateway's connection if there is a gateway, and in Power BI Desktop. Each keeps a copy of its own.";

/// Writes `notice` for people.
#[must_use]
pub fn text(notice: &Notice) -> Text {
    let facts = Facts { notice };
    let (title, paragraphs) = match notice.kind {
        NoticeKind::TokenExpires => expires(&facts),
        NoticeKind::OverlapEnds => overlap_ends(&facts),
        NoticeKind::RefreshFailed => failed(&facts),
        NoticeKind::RefreshRecovered => recovered(&facts),
        NoticeKind::ConnectionRejected => rejected(&facts),
        NoticeKind::ConnectionWorking => working(&facts),
        NoticeKind::PropertyVanished => vanished(&facts),
        NoticeKind::TokensClamped => clamped(&facts),
        NoticeKind::Test => test(&facts),
    };
    Text { title, paragraphs }
}

type Written = (String, Vec<String>);

/// The details, read leniently: a notice that was written by another version is still told.
struct Facts<'a> {
    notice: &'a Notice,
}

impl Facts<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.notice.details[name].as_str()
    }

    fn instant(&self, name: &str) -> Option<Timestamp> {
        self.text(name)?.parse().ok()
    }

    /// `the token "nightly" (Kx8…) of ann`
    fn token(&self) -> String {
        let label = self.text("label").map(|label| format!(" \"{label}\"")).unwrap_or_default();
        let id = self.notice.token_id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        let user = self.notice.user.as_ref().map(|user| format!(" of {user}")).unwrap_or_default();
        format!("the token{label}{id}{user}")
    }

    fn label(&self) -> String {
        self.text("label").map_or_else(|| "without a label".to_owned(), |label| format!("\"{label}\""))
    }

    fn source(&self) -> String {
        let id = self.notice.data_source.as_ref().map(ToString::to_string).unwrap_or_default();
        match self.text("data_source_name").or_else(|| self.text("name")) {
            Some(name) => format!("\"{name}\" ({id})"),
            None => id,
        }
    }

    /// What depends on the token, a sentence for each data source.
    fn dependents(&self) -> Vec<String> {
        let refreshes = self.notice.details["refreshes"].as_array().cloned().unwrap_or_default();
        refreshes.iter().filter_map(dependent).collect()
    }
}

fn dependent(habit: &Value) -> Option<String> {
    let source = habit["data_source"].as_str()?;
    // Times of day as RFC 3339 writes them, of which the seconds are not told.
    let times =
        habit["times"].as_array()?.iter().filter_map(Value::as_str).map(|time| time.get(..5).unwrap_or(time));
    let times: Vec<&str> = times.collect();
    let last = habit["last"].as_str().map(|at| format!(", last on {at}")).unwrap_or_default();
    Some(format!("{source}: refreshed at about {} UTC{last}", times.join(", ")))
}

fn day(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "an unknown time".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// `today`, `in 1 day`, `in 6 days`, counted from when it was noticed.
fn in_days(from: Timestamp, to: Option<Timestamp>) -> String {
    // A day that has begun counts as a day: whoever reads "in 7 days" has not less than six.
    let days = to.map_or(0, |to| (to.duration_since(from).as_secs() + 86_399).div_euclid(86_400));
    match days {
        ..=0 => "now".to_owned(),
        1 => "within 1 day".to_owned(),
        _ => format!("in {days} days"),
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

fn depends_on_it(facts: &Facts<'_>) -> String {
    let dependents = facts.dependents();
    if dependents.is_empty() {
        return "No refresh that runs by itself was seen to use it in the last four weeks.".to_owned();
    }
    format!("These scheduled refreshes use it and fail from then on:\n- {}", dependents.join("\n- "))
}

fn expires(facts: &Facts<'_>) -> Written {
    let (label, end) = (facts.label(), facts.instant("expires_at"));
    let idle = facts.notice.details["idle"] == Value::Bool(true);
    let why = if idle { " because it was not used for as long as the tenant's policy allows" } else { "" };
    let ended = facts.notice.details["days"] == 0;
    let (title, what) = if ended {
        (format!("The token {label} has expired"), format!("{} expired on {}{why}.", facts.token(), day(end)))
    } else {
        let left = in_days(facts.notice.at, end);
        (
            format!("The token {label} expires {left}"),
            format!("{} expires {left}, on {}{why}.", facts.token(), day(end)),
        )
    };
    let id = facts.notice.token_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let how = if ended {
        "Ask an admin for a new token (feedgate-admin token create).".to_owned()
    } else {
        format!(
            "Rotate it before: feedgate-admin token rotate {id} gives a successor while the old token still works \
             for some days."
        )
    };
    let mut paragraphs = vec![sentence(&what), depends_on_it(facts), format!("{how} {WHERE_TO_ENTER}")];
    if ended && !facts.dependents().is_empty() {
        paragraphs.push(CHECK_THE_SCHEDULE.to_owned());
    }
    (title, paragraphs)
}

fn overlap_ends(facts: &Facts<'_>) -> Written {
    let (label, end) = (facts.label(), facts.instant("expires_at"));
    let ended = facts.notice.details["days"] == 0;
    let used = day(facts.instant("last_used_at"));
    let from = facts.text("last_used_address").map(|address| format!(" from {address}")).unwrap_or_default();
    let what = format!(
        "{} was rotated and {} on {}, but it is still in use: last on {used}{from}.",
        facts.token(),
        if ended { "stopped working" } else { "stops working" },
        day(end),
    );
    let title = if ended {
        format!("The rotated token {label} has ended and was still in use")
    } else {
        format!("The rotated token {label} ends {} and is still in use", in_days(facts.notice.at, end))
    };
    let successor = facts.text("rotated_to").map(|id| format!(" Its successor is {id}.")).unwrap_or_default();
    (title, vec![sentence(&what), depends_on_it(facts), format!("{WHERE_TO_ENTER}{successor}")])
}

fn failed(facts: &Facts<'_>) -> Written {
    let code = facts.text("error_code").unwrap_or("an unknown error");
    let row = error::row(code);
    let status = row.map(|row| format!(" ({})", row.status)).unwrap_or_default();
    let what = format!(
        "The refresh of {} with {} failed on {} with {code}{status}.",
        facts.source(),
        facts.token(),
        day(facts.instant("failed_at")),
    );
    let mut paragraphs = vec![what];
    if let Some(row) = row {
        paragraphs.push(format!("Why: {}", row.meaning));
        paragraphs.push(format!("What to do. {}", row.remedy));
    }
    if category(code) == "credential" {
        paragraphs.push(WHERE_TO_ENTER.to_owned());
    }
    paragraphs.push(CHECK_THE_SCHEDULE.to_owned());
    paragraphs.push("Further failures of this refresh are not told until it has worked again.".to_owned());
    (format!("The refresh of {} fails: {code}", facts.source()), paragraphs)
}

/// What sort of trouble a code is: `credential`, `access`, `hubspot`, `limit` or `service`.
#[must_use]
pub fn category(code: &str) -> &'static str {
    match code {
        "TokenExpired" | "TokenRevoked" | "UserDisabled" | "CredentialsInvalid" | "CredentialsMissing" => {
            "credential"
        }
        "TenantSuspended" | "AddressNotAllowed" | "DataSourceNotFound" => "access",
        "TooManyRequests" | "Overloaded" => "limit",
        _ if code.starts_with("Source") => "hubspot",
        _ => "service",
    }
}

fn recovered(facts: &Facts<'_>) -> Written {
    let other = facts.notice.details["with_another_token"] == Value::Bool(true);
    let with = if other { format!(", now with {}", facts.token()) } else { String::new() };
    let what = format!(
        "The refresh of {} works again{with}: it succeeded on {}. It had failed since {}.",
        facts.source(),
        day(facts.instant("succeeded_at")),
        day(facts.instant("failing_since")),
    );
    (format!("The refresh of {} works again", facts.source()), vec![what])
}

fn connection(facts: &Facts<'_>) -> String {
    facts.text("connection").unwrap_or("without a name").to_owned()
}

fn rejected(facts: &Facts<'_>) -> Written {
    let name = connection(facts);
    let said = facts.text("reason").map(|reason| format!(" HubSpot says: {reason}")).unwrap_or_default();
    (
        format!("HubSpot refuses the credential of the connection {name}"),
        vec![
            format!("HubSpot refuses the credential of the connection {name}.{said}"),
            "Every data source of this connection answers 502 SourceCredentialsRejected until it is mended. The \
             access tokens of the reports are fine: do not change them."
                .to_owned(),
            format!(
                "Admin: create a new service key or private-app token in HubSpot and give it with feedgate-admin \
                 connection replace-credential {name}, or connect again if the connection uses OAuth. It holds from \
                 the next request on."
            ),
            CHECK_THE_SCHEDULE.to_owned(),
        ],
    )
}

fn working(facts: &Facts<'_>) -> Written {
    let name = connection(facts);
    (
        format!("The connection {name} works again"),
        vec![format!("HubSpot accepts the credential of the connection {name} again.")],
    )
}

fn vanished(facts: &Facts<'_>) -> Written {
    let source = facts.source();
    let column = facts.text("column").unwrap_or("a property");
    (
        format!("A property that {source} shows has changed in HubSpot"),
        vec![
            format!("{column}, which the data source {source} shows, was archived in HubSpot or has another type there."),
            "Its column stays, and is empty where the values cannot be read: no refresh breaks. Whoever uses the \
             column in a report should know."
                .to_owned(),
            "Owner: restore the property in HubSpot, or take it out with feedgate-admin source edit.".to_owned(),
        ],
    )
}

fn clamped(facts: &Facts<'_>) -> Written {
    let (tokens, end) = match facts.notice.details["clamped_tokens"].as_u64().unwrap_or_default() {
        1 => ("1 token".to_owned(), "ends"),
        count => (format!("{count} tokens"), "end"),
    };
    let actor = facts.text("actor").map(|actor| format!(" by {actor}")).unwrap_or_default();
    (
        format!("A change of the policy shortened the life of {tokens}"),
        vec![
            format!("The tenant's policy was changed{actor}: {tokens} {end} earlier than before."),
            "feedgate-admin token list --expiring 14d shows which end soon, feedgate-admin history --kind policy \
             what was changed."
                .to_owned(),
        ],
    )
}

fn test(facts: &Facts<'_>) -> Written {
    let actor = facts.text("actor").unwrap_or("somebody");
    (
        "A test: notices arrive".to_owned(),
        vec![format!("{actor} sent this to see whether notices arrive. They do.")],
    )
}

#[cfg(test)]
mod tests {
    use schema::notice::Severity;
    use schema::{DataSourceId, TenantId, TokenId};
    use serde_json::json;

    use super::*;

    fn notice(kind: NoticeKind, details: Value) -> Notice {
        Notice {
            id: "0".repeat(32),
            tenant: TenantId(1),
            at: "2026-03-18T00:00:00Z".parse().unwrap(),
            kind,
            severity: Severity::Warning,
            token_id: TokenId::parse("0123456789abcdef"),
            user: Some("ann".into()),
            data_source: DataSourceId::parse("k7m2q9x4tb"),
            details,
        }
    }

    #[test]
    fn an_expiry_names_the_token_the_day_and_what_breaks() {
        let details = json!({
            "label": "nightly", "expires_at": "2026-04-01T00:00:00Z", "days": 14, "idle": false,
            "refreshes": [{ "data_source": "k7m2q9x4tb", "times": ["03:00:00", "12:05:00"], "last": "2026-03-17T03:00:00Z" }],
        });
        let text = text(&notice(NoticeKind::TokenExpires, details));
        assert_eq!(text.title, "The token \"nightly\" expires in 14 days");
        assert!(text.body().starts_with(
            "The token \"nightly\" (0123456789abcdef) of ann expires in 14 days, on 2026-04-01 00:00 UTC."
        ));
        assert!(
            text.body()
                .contains("- k7m2q9x4tb: refreshed at about 03:00, 12:05 UTC, last on 2026-03-17T03:00:00Z")
        );
        assert!(text.body().contains("feedgate-admin token rotate 0123456789abcdef"));
    }

    #[test]
    fn a_failure_says_why_who_mends_it_where_and_what_to_check_afterwards() {
        let details = json!({
            "label": "nightly", "data_source_name": "sales", "error_code": "TokenExpired",
            "failed_at": "2026-03-18T03:00:00Z",
        });
        let text = text(&notice(NoticeKind::RefreshFailed, details));
        assert_eq!(text.title, "The refresh of \"sales\" (k7m2q9x4tb) fails: TokenExpired");
        for part in ["(401)", "has expired", "gateway's connection", "schedule is on", "2026-03-18 03:00 UTC"]
        {
            assert!(text.body().contains(part), "{part}: {}", text.body());
        }
        let details = json!({ "data_source_name": "sales", "error_code": "SourceScopeMissing" });
        let of_hubspot = super::text(&notice(NoticeKind::RefreshFailed, details));
        assert!(!of_hubspot.body().contains("gateway's connection"), "the token is fine");
    }

    #[test]
    fn a_property_that_vanished_is_named() {
        let details = json!({ "name": "sales", "column": "contacts/score" });
        let text = text(&notice(NoticeKind::PropertyVanished, details));
        assert!(text.title.contains("\"sales\" (k7m2q9x4tb)"), "{}", text.title);
        assert!(
            text.body().starts_with("contacts/score, which the data source \"sales\""),
            "{}",
            text.body()
        );
    }

    #[test]
    fn every_kind_is_told_whatever_its_details_are() {
        for kind in NoticeKind::ALL {
            for details in
                [json!({}), json!({ "days": 0, "expires_at": 5, "refreshes": "none", "label": null })]
            {
                let text = text(&notice(*kind, details));
                assert!(!text.title.is_empty() && !text.body().is_empty(), "{kind:?}");
            }
        }
    }

    #[test]
    fn every_code_has_a_category() {
        for row in crate::error::ROWS {
            let expected = match row.status {
                401 => "credential",
                403 => "access",
                _ => category(row.name),
            };
            assert_eq!(category(row.name), expected, "{}", row.name);
        }
        assert_eq!(category("SourceDailyLimit"), "hubspot");
    }
}
