//! `token rotate --push-to-powerbi` and `powerbi rotate`.

use feedgate::powerbi::rotation::{self, Overview, Plan, Rotated};
use feedgate::powerbi::sets::Hidden;
use schema::duration;
use schema::operations::token_rotate;
use schema::operations::token_show::TokenView;
use serde::Serialize;
use serde_json::json;

use super::push::possible;
use super::report::{self, LeftAlone, Report};
use super::{Desk, orders};
use crate::args::{OrderArgs, RotateHeld, RotateToken};
use crate::commands::{ids, token};
use crate::failure::Failure;
use crate::output::{Answer, Table, count, instant_or};
use crate::print;
use crate::session::Session;

/// What programs get of a rotation.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    view: &'a TokenView,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    old: &'a TokenView,
    powerbi: Report<'a>,
}

impl<'a> Told<'a> {
    fn of(rotated: &'a Rotated, hidden: &'a [Hidden], with_token: bool) -> Told<'a> {
        let fresh = &rotated.fresh;
        Told {
            view: &fresh.view,
            token: with_token.then(|| fresh.token.expose()),
            old: &fresh.old,
            powerbi: Report::of(&rotated.deliveries, &rotated.left, hidden),
        }
    }
}

/// Rotates one token that somebody named; its successor is shown in any case, as by every rotation. People see it before
/// Power BI is waited for, so that an interruption loses nothing; programs get one value at the end.
pub(in crate::commands) async fn rotate_one(
    session: &Session,
    request: RotateToken,
) -> Result<Answer, Failure> {
    let id = ids::token(&request.id)?;
    let desk = Desk::open(session).await?;
    let overview = Overview::look(&desk.ctx, &desk.client, &desk.feeds).await?;
    let plan = overview.plan(&desk.ctx, &id, &request.orders.datasets).await?;
    possible(&overview, &plan, "nothing was rotated")?;
    let fresh = rotation::rotate(&desk.ctx, &plan, request.overlap).await?;
    // Whoever does not see it now, because standard output is broken, may at the end.
    let seen = !session.wants_json() && print::line(&shown(&fresh)).unwrap_or(false);
    let rotated = carry_out(&desk, plan, fresh, &request.orders).await;
    let told = Told::of(&rotated, &overview.hidden, true);
    let mut text = if seen { String::new() } else { shown(&rotated.fresh) + "\n" };
    if rotated.is_incomplete() {
        text.push_str(&format!("{}\n", not_everywhere(&rotated)));
    }
    let text = format!("{text}\n{}", told.powerbi.text());
    Ok(Answer::new(&told, text)?.alarming(rotated.failed()))
}

async fn carry_out(desk: &Desk, plan: Plan, fresh: token_rotate::Outcome, args: &OrderArgs) -> Rotated {
    let Desk { ctx, client, feeds } = desk;
    rotation::carry_out(ctx, client, feeds, (plan, fresh), orders(args), &print::progress).await
}

/// The successor with what is to be done with it.
fn shown(fresh: &token_rotate::Outcome) -> String {
    format!("{}\n{}", token::handed_over(&fresh.view, fresh.token.expose()), token::retired(&fresh.old))
}

/// Nothing is lost: the old token goes on working, the new one is at hand.
fn not_everywhere(rotated: &Rotated) -> String {
    let (fresh, old) = (&rotated.fresh.view, &rotated.fresh.old);
    let works = if old.status.authenticates() {
        let until = instant_or(old.expires_at, "it is revoked");
        format!("They go on with the old token, which works until {until}.")
    } else {
        "They hold the old token, which has ended: their refreshes fail until then.".to_owned()
    };
    format!(
        "Not every data set took the new token. {works} Mend what is told below, then run \
         `feedgate-admin powerbi push {}` with the token on standard input, or enter it in Power BI by hand.",
        fresh.id
    )
}

/// Rotates what ends soon and is held by data sets. Without trouble no token is shown: nobody reads along.
pub(super) async fn rotate_held(session: &Session, request: &RotateHeld) -> Result<Answer, Failure> {
    let desk = Desk::open(session).await?;
    let overview = Overview::look(&desk.ctx, &desk.client, &desk.feeds).await?;
    let plans = overview.due(&desk.ctx, request.expiring, &request.orders.datasets).await?;
    if request.dry_run {
        return planned(request, &plans, &overview.hidden);
    }
    let (mut rotated, mut undone, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for plan in plans {
        if !plan.is_possible() {
            undone.push(plan);
            continue;
        }
        match rotation::rotate(&desk.ctx, &plan, request.overlap).await {
            Ok(fresh) => rotated.push(carry_out(&desk, plan, fresh, &request.orders).await),
            // One that was revoked a moment ago does not stop the others.
            Err(error) => failures.push(json!({
                "token_id": plan.token.id, "code": error.code, "message": error.message,
            })),
        }
    }
    let alarming = rotated.iter().any(|one| one.failed() || !one.left.is_empty())
        || !undone.is_empty()
        || !failures.is_empty();
    let told: Vec<Told<'_>> = rotated.iter().map(|one| Told::of(one, &[], one.is_incomplete())).collect();
    let mut text = summary(request, &rotated, &told);
    undone.iter().for_each(|plan| text.push_str(&by_hand(plan)));
    for failure in &failures {
        text.push_str(&format!("\n{}", failure["message"].as_str().unwrap_or_default()));
    }
    text.push_str(&report::hidden(&overview.hidden));
    let undone: Vec<_> = undone.iter().map(due).collect();
    let value = json!({
        "rotated": told, "undone": undone, "failures": failures, "unreadable": overview.hidden,
    });
    Ok(Answer::new(&value, text)?.alarming(alarming))
}

fn summary(request: &RotateHeld, rotated: &[Rotated], told: &[Told<'_>]) -> String {
    let mut text = match rotated.len() {
        0 => {
            let within = duration::print(request.expiring);
            format!("No token that a data set is known to hold was rotated: none ends within {within}.")
        }
        number => format!("{} rotated.", count(number, "token")),
    };
    for (rotated, told) in rotated.iter().zip(told) {
        let (old, fresh) = (&rotated.fresh.old, &rotated.fresh.view);
        text.push_str(&format!(
            "\n\nThe token {} (\"{}\" of {}) has the successor {}, which works until {}.\n",
            old.id,
            old.label,
            old.user,
            fresh.id,
            instant_or(fresh.expires_at, "it is revoked")
        ));
        if rotated.is_incomplete() {
            text.push_str(&format!("{}\n{}\n", rotated.fresh.token.expose(), not_everywhere(rotated)));
        }
        text.push_str(&told.powerbi.text());
    }
    text
}

/// A token that is due, without what was done.
#[derive(Serialize)]
struct Due<'a> {
    #[serde(flatten)]
    token: &'a TokenView,
    datasets: Vec<&'a str>,
    left: Vec<LeftAlone<'a>>,
}

fn due(plan: &Plan) -> Due<'_> {
    Due {
        token: &plan.token,
        datasets: plan.sets.iter().map(|set| set.name.as_str()).collect(),
        left: plan.left.iter().map(report::alone).collect(),
    }
}

fn by_hand(plan: &Plan) -> String {
    let token = &plan.token;
    let end = instant_or(token.expires_at, "it is revoked");
    let why = match plan.left.first() {
        Some(left) => report::alone(left).reason,
        None => "it is read through an on-premises gateway: rotate the token and enter its successor there by hand".to_owned(),
    };
    let names: Vec<&str> = plan
        .sets
        .iter()
        .map(|set| set.name.as_str())
        .chain(plan.left.iter().map(|left| left.dataset.as_str()))
        .collect();
    format!(
        "\n\nThe token {} (\"{}\" of {}) was not rotated; it works until {end}. {}: {why}.",
        token.id,
        token.label,
        token.user,
        names.join(", ")
    )
}

fn planned(request: &RotateHeld, plans: &[Plan], hidden: &[Hidden]) -> Result<Answer, Failure> {
    let within = duration::print(request.expiring);
    let mut table = Table::new(&["TOKEN", "LABEL", "USER", "EXPIRES", "DATA SETS", "LEFT ALONE"], "");
    for plan in plans {
        let due = due(plan);
        table.row([
            plan.token.id.to_string(),
            plan.token.label.clone(),
            plan.token.user.clone(),
            instant_or(plan.token.expires_at, "never"),
            due.datasets.join(", "),
            plan.left.iter().map(|left| left.dataset.as_str()).collect::<Vec<_>>().join(", "),
        ]);
    }
    let text = match plans.len() {
        0 => format!("No token that a data set is known to hold ends within {within}."),
        _ => table.render(),
    };
    let value = json!({
        "dry_run": true, "due": plans.iter().map(due).collect::<Vec<_>>(), "unreadable": hidden,
    });
    Answer::new(&value, format!("{text}{}", report::hidden(hidden)))
}
