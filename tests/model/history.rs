//! Random histories: what admins, analysts and clocks may do, in any order.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::rules::Wish;

/// Users of a history; the last is an admin.
pub(crate) const USERS: usize = 3;
/// Data sources at the beginning of a history, the first of the first user and so on.
pub(crate) const SOURCES: usize = 3;
/// The addresses requests come from, and the networks a policy can name.
pub(crate) const ADDRESSES: [(&str, &str); 2] =
    [("192.0.2.7", "192.0.2.0/24"), ("2001:db8::7", "2001:db8::/32")];
const DAY: i64 = 86_400;

/// One thing that happens. Tokens and data sources are named by a number that is taken modulo how many there are.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Mint {
        user: usize,
        wish: Wish,
        scope: Option<BTreeSet<usize>>,
    },
    Rotate {
        token: usize,
        overlap: i64,
    },
    Revoke(usize),
    RevokeLeaked {
        token: usize,
        right: bool,
    },
    RevokeAll(usize),
    Policy(Policy),
    Disable(usize),
    Enable(usize),
    Remove(usize),
    Add(usize),
    /// With a user, or with the group.
    Share {
        source: usize,
        with: Option<usize>,
        shared: bool,
    },
    Join(usize),
    Leave(usize),
    Dissolve,
    Transfer {
        source: usize,
        to: usize,
    },
    TransferAll {
        from: usize,
        to: usize,
    },
    Clone {
        source: usize,
        by: usize,
    },
    Delete(usize),
    Suspend,
    Resume,
    /// Also backwards.
    Clock(i64),
    /// To the very instant a token expires, or to the second before.
    ClockToEndOf {
        token: usize,
        before: i64,
    },
    Request {
        token: usize,
        source: usize,
        presented: Presented,
        from: usize,
    },
}

/// A change of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) lifetime: Option<Wish>,
    pub(crate) idle: Option<Wish>,
    pub(crate) max_active: Option<u32>,
    /// From everywhere, or from one of the networks.
    pub(crate) only_from: Option<Option<usize>>,
    pub(crate) clamp: Option<i64>,
    pub(crate) dry_run: bool,
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
    let other = dice.random_range(0..USERS);
    let source = dice.random_range(0..1_000);
    let token = dice.random_range(0..1_000);
    let with = dice.random_bool(0.6).then_some(user);
    match dice.random_range(0..120) {
        0..12 => Step::Mint { user, wish: wish(dice), scope: scope(dice) },
        12..17 => Step::Rotate { token, overlap: overlap(dice) },
        17..20 => Step::Revoke(token),
        20..22 => Step::RevokeLeaked { token, right: dice.random_bool(0.7) },
        22..23 => Step::RevokeAll(user),
        23..30 => Step::Policy(policy(dice)),
        30..33 => Step::Disable(user),
        33..38 => Step::Enable(user),
        38..40 => Step::Remove(user),
        40..43 => Step::Add(user),
        43..48 => Step::Share { source, with, shared: true },
        48..51 => Step::Share { source, with, shared: false },
        51..54 => Step::Join(user),
        54..55 => Step::Leave(user),
        55..56 => Step::Dissolve,
        56..59 => Step::Transfer { source, to: user },
        59..61 => Step::TransferAll { from: user, to: other },
        61..63 => Step::Clone { source, by: user },
        63..64 => Step::Delete(source),
        64..66 => Step::Suspend,
        66..70 => Step::Resume,
        70..75 => Step::Clock(dice.random_range(-80..200)),
        75..77 => Step::Clock(dice.random_range(-DAY..2 * DAY)),
        77..83 => Step::ClockToEndOf { token, before: dice.random_range(0..2) },
        _ => Step::Request {
            token,
            source,
            presented: presented(dice),
            from: usize::from(dice.random_bool(0.3)),
        },
    }
}

fn policy(dice: &mut StdRng) -> Policy {
    Policy {
        lifetime: dice.random_bool(0.5).then(|| wish(dice).at_least(60)),
        idle: dice.random_bool(0.4).then(|| match dice.random_range(0..3) {
            0 => Wish::Endless,
            _ => Wish::Seconds(dice.random_range(DAY..3 * DAY)),
        }),
        max_active: dice.random_bool(0.4).then(|| dice.random_range(1..6)),
        only_from: dice.random_bool(0.4).then(|| dice.random_bool(0.4).then(|| dice.random_range(0..2))),
        clamp: dice.random_bool(0.5).then(|| dice.random_range(0..200)),
        dry_run: dice.random_bool(0.2),
    }
}

fn overlap(dice: &mut StdRng) -> i64 {
    if dice.random_bool(0.3) { 0 } else { dice.random_range(1..300) }
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
