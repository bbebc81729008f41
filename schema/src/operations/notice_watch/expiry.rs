//! Tokens that end: 30, 14, 7 and 1 days before, and when they have ended.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::error::StoreError;
use crate::habit::Habit;
use crate::id::TenantId;
use crate::notice::{NoticeKind, Severity, id_of};
use crate::operations::habit_list;
use crate::operations::notice_raise::Occasion;
use crate::records::token_columns;
use crate::store::{Read, Row, params};
use crate::token::{TokenId, TokenRecord};

/// Days before the end at which people are told when a refresh depends on the token.
const DEPENDED_ON: [i64; 5] = [30, 14, 7, 1, 0];
/// When none does: once to decide, once to know.
const UNUSED: [i64; 2] = [7, 0];
/// When an overlap ends (it lasts 30 days at most) while the old token is used.
const OVERLAP: [i64; 3] = [7, 1, 0];
/// An end that is longer ago is history: nobody looked while no server ran.
const TOLD_LATE: SignedDuration = SignedDuration::from_hours(48);

/// What is due at `now`.
pub(super) async fn occasions(
    tx: &mut Read,
    tenant: TenantId,
    now: Timestamp,
) -> Result<Vec<Occasion>, StoreError> {
    const SQL: &str = concat!(
        "SELECT",
        token_columns!(),
        ", u.name FROM tokens k JOIN users u ON u.id = k.user_id \
         WHERE k.tenant_id = ?1 AND k.revoked_at IS NULL AND (k.expires_at <= ?2 OR k.max_idle IS NOT NULL) \
         AND (k.expired_at IS NULL OR k.expired_at >= ?3) AND u.disabled_at IS NULL AND u.removed_at IS NULL \
         ORDER BY k.created_at, k.id"
    );
    let horizon = later(now, SignedDuration::from_hours(24 * DEPENDED_ON[0]));
    let since = later(now, -TOLD_LATE);
    let pair = |row: &mut Row| Ok((TokenRecord::from_row(row)?, row.take::<String>()?));
    let tokens = tx.list(SQL, params![tenant, horizon, since], pair).await?;
    let tokens: Vec<_> = tokens.into_iter().filter_map(|(token, user)| due(token, user, now)).collect();
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    let habits = habit_list::habits(tx, tenant, &habit_list::Request::default(), None, now).await?;
    let occasions = tokens.into_iter().filter_map(|ending| ending.occasion(&habits, now));
    Ok(occasions.collect())
}

/// A token that ends within thirty days, or has just ended.
struct Ending {
    token: TokenRecord,
    user: String,
    end: Timestamp,
}

fn due(token: TokenRecord, user: String, now: Timestamp) -> Option<Ending> {
    let end = token.ends_at()?;
    let left = end.duration_since(now);
    let near = left <= SignedDuration::from_hours(24 * DEPENDED_ON[0]) && left >= -TOLD_LATE;
    near.then_some(Ending { token, user, end })
}

impl Ending {
    fn occasion(&self, habits: &[Habit], now: Timestamp) -> Option<Occasion> {
        let Ending { token, user, end } = self;
        let refreshes: Vec<&Habit> = habits.iter().filter(|habit| habit.token_id == token.id).collect();
        let retiring = token.retiring_at;
        let used_since = retiring.is_some_and(|since| token.last_used_at.is_some_and(|used| used > since));
        let (kind, steps): (_, &[i64]) = match retiring {
            Some(_) if used_since => (NoticeKind::OverlapEnds, &OVERLAP),
            // Its successor does its work: nothing breaks.
            Some(_) => return None,
            None if refreshes.is_empty() => (NoticeKind::TokenExpires, &UNUSED),
            None => (NoticeKind::TokenExpires, &DEPENDED_ON),
        };
        let days = step(steps, *end, retiring.unwrap_or(token.created_at), now)?;
        let depended_on = !refreshes.is_empty() || used_since;
        Some(Occasion {
            id: id_of(token.tenant, kind, &[token.id.as_str(), &end.to_string(), &days.to_string()]),
            tenant: token.tenant,
            kind,
            severity: severity(days, depended_on),
            token: Some(token.id.clone()),
            user: Some(user.clone()),
            data_source: None,
            details: json!({
                "label": token.label,
                "expires_at": end,
                "days": days,
                "idle": token.expires_at != Some(*end),
                "refreshes": refreshes,
                "rotated_to": token.rotated_to.as_ref().map(TokenId::as_str),
                "last_used_at": token.last_used_at,
                "last_used_address": token.last_used_address,
            }),
        })
    }
}

/// The step that was reached last; none for a step that was reached before there was a token.
fn step(steps: &[i64], end: Timestamp, since: Timestamp, now: Timestamp) -> Option<i64> {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let left = end.duration_since(now);
    let reached = steps.iter().copied().filter(|step| left <= days(*step)).min()?;
    (end.duration_since(since) > days(reached)).then_some(reached)
}

fn severity(days: i64, depended_on: bool) -> Severity {
    match (days, depended_on) {
        (_, false) => Severity::Info,
        (0 | 1, true) => Severity::Urgent,
        (_, true) => Severity::Warning,
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    #[test]
    fn each_step_is_told_when_it_is_reached() {
        let told: Vec<_> = (0..=90).map(|day| step(&DEPENDED_ON, at(90), at(0), at(day))).collect();
        assert_eq!(told[59], None);
        assert_eq!((told[60], told[75], told[76]), (Some(30), Some(30), Some(14)));
        assert_eq!((told[83], told[89], told[90]), (Some(7), Some(1), Some(0)));
    }

    #[test]
    fn a_token_is_not_announced_at_its_birth() {
        assert_eq!(step(&DEPENDED_ON, at(7), at(0), at(0)), None);
        assert_eq!(step(&DEPENDED_ON, at(7), at(0), at(6)), Some(1));
        assert_eq!(step(&DEPENDED_ON, at(20), at(0), at(6)), Some(14));
    }
}
