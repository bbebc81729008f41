//! Random histories: what admins, analysts and clocks may do, in any order.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::rules::Wish;

/// Users of a history; the last is an admin.
pub(crate) const USERS: usize = 3;
/// Data sources of a history, the first of the first user and so on.
pub(crate) const SOURCES: usize = 3;

/// One thing that happens. Tokens are named by a number that is taken modulo how many there are.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Mint {
        user: usize,
        wish: Wish,
        scope: Option<BTreeSet<usize>>,
    },
    Revoke(usize),
    RevokeAll(usize),
    Policy {
        lifetime: Option<Wish>,
        max_active: Option<u32>,
        clamp: Option<i64>,
        dry_run: bool,
    },
    Disable(usize),
    Enable(usize),
    Share {
        source: usize,
        with: usize,
    },
    Unshare {
        source: usize,
        with: usize,
    },
    Delete(usize),
    Suspend,
    Resume,
    /// Also backwards.
    Clock(i64),
    /// To the very instant a token expires, or to the second before.
    ClockToExpiryOf {
        token: usize,
        before: i64,
    },
    Request {
        token: usize,
        source: usize,
        presented: Presented,
    },
}

/// What a request presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented {
    Right,
    OtherUser,
    OtherSecret,
    UnknownToken,
    Garbage,
    Nothing,
}

/// One step; requests and tokens are the most frequent.
pub(crate) fn step(dice: &mut StdRng) -> Step {
    let user = dice.random_range(0..USERS);
    let source = dice.random_range(0..SOURCES);
    let token = dice.random_range(0..1_000);
    match dice.random_range(0..100) {
        0..15 => Step::Mint { user, wish: wish(dice), scope: scope(dice) },
        15..20 => Step::Revoke(token),
        20..21 => Step::RevokeAll(user),
        21..27 => Step::Policy {
            lifetime: dice.random_bool(0.7).then(|| wish(dice).at_least(60)),
            max_active: dice.random_bool(0.5).then(|| dice.random_range(1..6)),
            clamp: dice.random_bool(0.5).then(|| dice.random_range(0..200)),
            dry_run: dice.random_bool(0.2),
        },
        27..30 => Step::Disable(user),
        30..34 => Step::Enable(user),
        34..38 => Step::Share { source, with: user },
        38..41 => Step::Unshare { source, with: user },
        41..42 => Step::Delete(source),
        42..44 => Step::Suspend,
        44..48 => Step::Resume,
        48..54 => Step::Clock(dice.random_range(-80..200)),
        54..60 => Step::ClockToExpiryOf { token, before: dice.random_range(0..2) },
        // One more than there are: a data source nobody made.
        _ => Step::Request { token, source: dice.random_range(0..=SOURCES), presented: presented(dice) },
    }
}

fn wish(dice: &mut StdRng) -> Wish {
    match dice.random_range(0..6) {
        0 => Wish::Endless,
        1 | 2 => Wish::Longest,
        _ => Wish::Seconds(dice.random_range(1..300)),
    }
}

impl Wish {
    /// A policy's lifetime has a least.
    fn at_least(self, least: i64) -> Wish {
        match self {
            Wish::Seconds(seconds) => Wish::Seconds(seconds.max(least)),
            other => other,
        }
    }
}

fn scope(dice: &mut StdRng) -> Option<BTreeSet<usize>> {
    let sources = (0..dice.random_range(1..SOURCES)).map(|_| dice.random_range(0..SOURCES));
    let sources: BTreeSet<usize> = sources.collect();
    dice.random_bool(0.3).then_some(sources)
}

fn presented(dice: &mut StdRng) -> Presented {
    match dice.random_range(0..20) {
        0 => Presented::OtherUser,
        1 => Presented::OtherSecret,
        2 => Presented::UnknownToken,
        3 => Presented::Garbage,
        4 => Presented::Nothing,
        _ => Presented::Right,
    }
}
