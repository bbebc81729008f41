//! Rotates tokens and puts their successors into the data sets that held them.
//!
//! Promise: a token is rotated only after it is known where its successor goes, and while the old one still works
//! everywhere. What cannot be put there is told, with the successor, so that nothing is lost.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schema::operations::token_show::TokenView;
use schema::operations::{powerbi_holders, request_summary, token_list, token_reach, token_rotate};
use schema::{Context, DataSourceId, OperationError, PlainToken, TokenId, TokenStatus};

use super::api::Client;
use super::choice::{Chosen, Known, Left, Wanted, Why};
use super::delivery::{self, Delivery, Orders, Parcel};
use super::error::Error;
use super::reads::Feeds;
use super::sets::{self, DataSet, Hidden, Place};

/// Who read a feed so long ago reads it no more: a weekly schedule shows itself in five weeks.
const LATELY: SignedDuration = SignedDuration::from_hours(24 * 35);

/// What Power BI and the store know.
pub struct Overview {
    /// The data sets that read a feed.
    pub sets: Vec<DataSet>,
    /// What could not be looked at.
    pub hidden: Vec<Hidden>,
    /// The tenant's tokens.
    pub known: Known,
}

/// A token that is to be rotated, and where its successor goes.
pub struct Plan {
    /// The token.
    pub token: TokenView,
    /// Data sets with the places that get the successor.
    pub sets: Vec<DataSet>,
    /// Places that are left alone.
    pub left: Vec<Left>,
}

/// What was done.
pub struct Rotated {
    /// The successor.
    pub fresh: token_rotate::Outcome,
    /// What became of the data sets.
    pub deliveries: Vec<Delivery>,
    /// Places that were left alone.
    pub left: Vec<Left>,
}

/// Why there is no overview.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Power BI.
    #[error(transparent)]
    PowerBi(#[from] Error),
    /// The store, or a rule.
    #[error(transparent)]
    Operation(#[from] OperationError),
}

impl Overview {
    /// Asks both.
    ///
    /// # Errors
    /// When one of them has no answer, or the actor may not know.
    pub async fn look(ctx: &Context, client: &Client, feeds: &Feeds) -> Result<Overview, Trouble> {
        let known = known(ctx).await?;
        let found = sets::find(client, feeds).await?;
        Ok(Overview { sets: found.sets, hidden: found.hidden, known })
    }

    /// Where a token goes that somebody names.
    ///
    /// # Errors
    /// When there is no such token.
    pub async fn plan(&self, ctx: &Context, id: &TokenId, only: &[String]) -> Result<Plan, OperationError> {
        let request = schema::operations::token_show::Request { id: id.clone() };
        let token = schema::operations::token_show::run(ctx, request).await?;
        let chosen = self.choose(ctx, &token, only, false).await?;
        Ok(Plan { token, sets: chosen.sets, left: chosen.left })
    }

    /// The tokens that are due: they, or those before them that a data set still holds, end within this time. What was not
    /// delivered the last time is due again by that, also where it is only inferred who reads there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn due(
        &self,
        ctx: &Context,
        within: Duration,
        only: &[String],
    ) -> Result<Vec<Plan>, OperationError> {
        let request = token_list::Request { expiring_within: Some(within), ..token_list::Request::default() };
        let ending: HashSet<TokenId> =
            token_list::run(ctx, request).await?.into_iter().map(|token| token.id).collect();
        let mut plans = Vec::new();
        for token in self.known.tokens.iter().filter(|token| token.status == TokenStatus::Active) {
            let mut chosen = self.choose(ctx, token, only, true).await?;
            // What holds another token is in order.
            chosen.left.retain(|left| left.why == Why::Unclear);
            plans.extend(self.due_of(token, chosen, &ending));
        }
        Ok(plans)
    }

    /// A place that is left alone is a reason to tell it, not to rotate: it would be one every day.
    fn due_of(&self, token: &TokenView, chosen: Chosen, ending: &HashSet<TokenId>) -> Option<Plan> {
        let Chosen { mut sets, left } = chosen;
        let family = self.known.family(&token.id);
        let held =
            |place: &Place| self.known.held(place, &family).into_iter().any(|held| self.ends(held, ending));
        let ends = ending.contains(&token.id);
        if !ends && !sets.iter().flat_map(|set| &set.places).any(held) {
            sets.clear();
        }
        let told = ends || left.iter().any(|left| held(&left.place));
        let due = !sets.is_empty() || (told && !left.is_empty());
        due.then(|| Plan { token: token.clone(), sets, left })
    }

    fn ends(&self, holder: &TokenId, ending: &HashSet<TokenId>) -> bool {
        ending.contains(holder) || !self.known.works(holder)
    }

    async fn choose(
        &self,
        ctx: &Context,
        token: &TokenView,
        only: &[String],
        unattended: bool,
    ) -> Result<Chosen, OperationError> {
        let reach = token_reach::run(ctx, token_reach::Request { id: token.id.clone() }).await?;
        let reach: HashSet<DataSourceId> = reach.into_iter().map(|source| source.id).collect();
        Ok(self.known.choose(&self.sets, &Wanted { token, reach: &reach, only, unattended }))
    }
}

impl Plan {
    /// Whether a place of it can be reached by the API at all.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.sets.iter().flat_map(|set| &set.places).any(|place| !place.on_premises)
    }
}

impl Rotated {
    /// Whether somebody has to enter the successor by hand.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.deliveries.iter().any(|delivery| !delivery.holds())
    }

    /// Whether anything failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.deliveries.iter().any(Delivery::failed)
    }
}

/// Rotates the token of a plan. Its successor is nowhere yet but here.
///
/// # Errors
/// When the token cannot be rotated: then nothing was changed anywhere.
pub async fn rotate(
    ctx: &Context,
    plan: &Plan,
    overlap: Duration,
) -> Result<token_rotate::Outcome, OperationError> {
    token_rotate::run(ctx, token_rotate::Request { id: plan.token.id.clone(), overlap }).await
}

/// Delivers the successor of a plan's token. It is never lost by an error: when its delivery cannot be written down, it comes
/// with what there is.
pub async fn carry_out(
    ctx: &Context,
    client: &Client,
    feeds: &Feeds,
    (plan, fresh): (Plan, token_rotate::Outcome),
    orders: Orders,
    progress: &dyn Fn(&str),
) -> Rotated {
    let deliveries =
        put(ctx, client, feeds, (&fresh.view.user, &fresh.token), &plan.sets, orders, progress).await;
    let deliveries = deliveries
        .unwrap_or_else(|error| plan.sets.iter().map(|set| Delivery::lost(set, &error.message)).collect());
    Rotated { fresh, deliveries, left: plan.left }
}

/// Puts a token of `user` into data sets.
///
/// # Errors
/// When the store cannot be written.
pub async fn put(
    ctx: &Context,
    client: &Client,
    feeds: &Feeds,
    (user, token): (&str, &PlainToken),
    sets: &[DataSet],
    orders: Orders,
    progress: &dyn Fn(&str),
) -> Result<Vec<Delivery>, OperationError> {
    let parcel = Parcel { ctx, user, token, feeds };
    delivery::deliver(client, &parcel, sets, orders, progress).await
}

async fn known(ctx: &Context) -> Result<Known, OperationError> {
    let holders = powerbi_holders::run(ctx, powerbi_holders::Request {}).await?;
    let tokens = token_list::run(ctx, token_list::Request::default()).await?;
    let since = ctx.now().checked_sub(LATELY).unwrap_or(Timestamp::MIN);
    let mut known = Known { tokens, holders, readers: HashMap::new() };
    for answered in request_summary::run(ctx, request_summary::Request { since }).await? {
        if answered.error_code.is_none() && known.goes_on(&answered.token_id) {
            known.readers.entry(answered.data_source).or_default().insert(answered.token_id);
        }
    }
    Ok(known)
}
