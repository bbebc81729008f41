//! What a tenant decided about its tokens and its load. A policy is read with each request, beside the token; what it
//! says about lifetimes is written into the tokens when they are made or clamped, never computed later.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::later;
use crate::duration::{Rate, Span};

/// The rules of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// The longest a new token may live; none: until it is revoked.
    pub max_lifetime: Span,
    /// How many tokens of one user may be active at a time.
    pub max_active_tokens: u32,
    /// A token that is not used for so long expires; none: never by this rule.
    pub max_idle: Span,
    /// Requests a minute of one token.
    pub rate_token: Rate,
    /// Requests a minute of one user.
    pub rate_user: Rate,
    /// Requests a minute of the tenant.
    pub rate_tenant: Rate,
    /// Requests of the tenant at the same time.
    pub concurrent: u32,
    /// Networks (CIDR) that requests may come from; empty: from everywhere.
    pub allow_addresses: Vec<String>,
}

impl Default for Policy {
    /// 90 days and five tokens; rates that a refresh of a million rows over ten streams does not reach.
    fn default() -> Policy {
        Policy {
            max_lifetime: Span::days(90),
            max_active_tokens: 5,
            max_idle: Span::NONE,
            rate_token: Rate { per_minute: 1_200 },
            rate_user: Rate { per_minute: 2_400 },
            rate_tenant: Rate { per_minute: 6_000 },
            concurrent: 32,
            allow_addresses: Vec::new(),
        }
    }
}

impl Policy {
    /// Whether requests may come from `address`. A network that cannot be read admits nothing.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let within = |text: &String| network(text).is_some_and(|network| network.contains(&address));
        self.allow_addresses.is_empty() || self.allow_addresses.iter().any(within)
    }
}

/// Reads `203.0.113.0/24`, `2001:db8::/32`, or one address.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// What happens at a change of the policy to the tokens that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// They keep what they were given.
    #[default]
    Keep,
    /// Their expiry becomes the earlier of its own and now + lifetime, but not earlier than now + `grace`.
    Clamp {
        /// How long every token still works at least.
        grace: Duration,
    },
}

/// The lifetime a new token gets under `limit` when `wish` is asked for; `Err` when the wish is for more.
///
/// `wish` is `None` for no wish (the policy's longest), `Some(Span::NONE)` for no end.
pub(crate) fn lifetime(limit: Span, wish: Option<Span>) -> Result<Span, ()> {
    match (limit.0, wish) {
        (_, None) => Ok(limit),
        (None, Some(wish)) => Ok(wish),
        (Some(_), Some(Span(None))) => Err(()),
        (Some(limit), Some(Span(Some(wish)))) if wish > limit => Err(()),
        (Some(_), Some(wish)) => Ok(wish),
    }
}

/// When a token of `expires_at` expires after a clamp to `limit` with `grace`; `None` when it is not changed.
pub(crate) fn clamped(
    expires_at: Option<Timestamp>,
    limit: Span,
    grace: Duration,
    now: Timestamp,
) -> Option<Timestamp> {
    let earliest = later(now, limit.0?.max(grace));
    match expires_at {
        Some(current) if current <= earliest => None,
        _ => Some(earliest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: u64) -> Span {
        Span(Some(Duration::from_secs(hours * 3_600)))
    }

    #[test]
    fn a_wish_for_less_is_honoured_and_for_more_refused() {
        for (limit, wish, outcome) in [
            (Span::days(90), None, Ok(Span::days(90))),
            (Span::days(90), Some(Span::days(30)), Ok(Span::days(30))),
            (Span::days(90), Some(Span::days(90)), Ok(Span::days(90))),
            (Span::days(90), Some(Span::days(91)), Err(())),
            (Span::days(90), Some(Span::NONE), Err(())),
            (Span::NONE, None, Ok(Span::NONE)),
            (Span::NONE, Some(Span::days(1)), Ok(Span::days(1))),
            (Span::NONE, Some(Span::NONE), Ok(Span::NONE)),
        ] {
            assert_eq!(lifetime(limit, wish), outcome, "{limit} {wish:?}");
        }
    }

    #[test]
    fn a_list_of_networks_admits_what_lies_within() {
        let admits = |networks: &[&str], address: &str| {
            let allow_addresses = networks.iter().map(|network| (*network).to_owned()).collect();
            Policy { allow_addresses, ..Policy::default() }.admits(address.parse().unwrap())
        };
        for (networks, address, admitted) in [
            (&[][..], "192.0.2.1", true),
            (&["192.0.2.0/24"], "192.0.2.255", true),
            (&["192.0.2.77/24"], "192.0.2.1", true),
            (&["192.0.2.0/24"], "192.0.3.0", false),
            (&["192.0.2.0/24"], "::ffff:192.0.2.9", true),
            (&["192.0.2.0/24"], "2001:db8::1", false),
            (&["192.0.2.7"], "192.0.2.7", true),
            (&["192.0.2.7"], "192.0.2.6", false),
            (&["0.0.0.0/0"], "203.0.113.9", true),
            (&["0.0.0.0/0"], "2001:db8::1", false),
            (&["2001:db8::/32"], "2001:db8:ffff::1", true),
            (&["2001:db8::/32"], "2001:db9::1", false),
            (&["::/0"], "2001:db9::1", true),
            (&["10.0.0.0/8", "2001:db8::1"], "2001:db8::1", true),
            (&["no network"], "192.0.2.1", false),
        ] {
            assert_eq!(admits(networks, address), admitted, "{networks:?} {address}");
        }
        for text in ["", "/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "::/129", "example.org"] {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn a_clamp_only_shortens_and_leaves_the_grace() {
        let now = Timestamp::UNIX_EPOCH;
        let at = |hours: u64| later(now, Duration::from_secs(hours * 3_600));
        let grace = Duration::from_secs(3 * 3_600);
        for (current, limit, outcome) in [
            (None, hours(10), Some(at(10))),
            (Some(at(20)), hours(10), Some(at(10))),
            (Some(at(10)), hours(10), None),
            (Some(at(5)), hours(10), None),
            (Some(at(20)), hours(1), Some(at(3))),
            (Some(at(2)), hours(1), None),
            (Some(at(20)), Span::NONE, None),
            (None, Span::NONE, None),
        ] {
            assert_eq!(clamped(current, limit, grace, now), outcome, "{current:?} {limit}");
        }
    }
}
