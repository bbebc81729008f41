//! Random histories: what admins, analysts and clocks may do, in any order.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::rules::Wish;

/// Users of a history: analysts, a service user, and an admin, who is the last.
pub(crate) const USERS: usize = 4;
/// The service user.
pub(crate) const SERVICE: usize = 2;
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
    /// A further data source, of this user.
    Create(usize),
    Delete(usize),
    /// Who answers for the service user from now on.
    Answer(usize),
    Suspend,
    Resume,
    /// A user does it, with a user's rights; everything else is done by the operator.
    By {
        actor: usize,
        step: Box<Step>,
    },
    /// The service looks for what has expired.
    Sweep,
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

impl Step {
    /// Names only tokens and data sources that there are. False when it takes a token and there is none.
    pub(crate) fn fit(&mut self, tokens: usize, sources: usize) -> bool {
        match self {
            Step::By { step, .. } => step.fit(tokens, sources),
            Step::Rotate { token, .. }
            | Step::Revoke(token)
            | Step::RevokeLeaked { token, .. }
            | Step::ClockToEndOf { token, .. } => place(token, tokens),
            // One more than there are: a data source nobody made.
            Step::Request { token, source, .. } => place(source, sources + 1) && place(token, tokens),
            Step::Share { source, .. }
            | Step::Transfer { source, .. }
            | Step::Clone { source, .. }
            | Step::Delete(source) => place(source, sources),
            _ => true,
        }
    }
}

fn place(index: &mut usize, count: usize) -> bool {
    *index = index.checked_rem(count).unwrap_or_default();
    count > 0
}

/// One step; requests and tokens are the most frequent. A quarter of what people do they do with their own rights.
pub(crate) fn step(dice: &mut StdRng) -> Step {
    let step = any(dice);
    let nobodys = matches!(
        step,
        Step::Clone { .. } | Step::Clock(_) | Step::ClockToEndOf { .. } | Step::Request { .. } | Step::Sweep
    );
    if nobodys || dice.random_bool(0.75) {
        return step;
    }
    Step::By { actor: dice.random_range(0..USERS), step: Box::new(step) }
}

fn any(dice: &mut StdRng) -> Step {
    let user = dice.random_range(0..USERS);
    let other = dice.random_range(0..USERS);
    let source = dice.random_range(0..1_000);
    let token = dice.random_range(0..1_000);
    let with = dice.random_bool(0.6).then_some(user);
    match dice.random_range(0..140) {
        0..18 => Step::Mint { user, wish: wish(dice), scope: scope(dice) },
        18..23 => Step::Rotate { token, overlap: overlap(dice) },
        23..26 => Step::Revoke(token),
        26..28 => Step::RevokeLeaked { token, right: dice.random_bool(0.7) },
        28..29 => Step::RevokeAll(user),
        29..36 => Step::Policy(policy(dice)),
        36..39 => Step::Disable(user),
        39..44 => Step::Enable(user),
        44..46 => Step::Remove(user),
        46..49 => Step::Add(user),
        49..54 => Step::Share { source, with, shared: true },
        54..57 => Step::Share { source, with, shared: false },
        57..60 => Step::Join(user),
        60..61 => Step::Leave(user),
        61..62 => Step::Dissolve,
        62..65 => Step::Transfer { source, to: user },
        65..67 => Step::TransferAll { from: user, to: other },
        67..69 => Step::Clone { source, by: user },
        69..71 => Step::Delete(source),
        71..73 => Step::Suspend,
        73..77 => Step::Resume,
        77..82 => Step::Clock(dice.random_range(-80..200)),
        82..84 => Step::Clock(dice.random_range(-DAY..2 * DAY)),
        84..90 => Step::ClockToEndOf { token, before: dice.random_range(0..2) },
        90..92 => Step::Create(user),
        92..94 => Step::Answer(user),
        94..96 => Step::Sweep,
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
