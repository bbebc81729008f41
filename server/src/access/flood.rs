//! Unproven attempts, throttled by address.
//!
//! Promise: only attempts that failed are counted and only failing ones are refused; a correct token is never
//! refused because of somebody else's failures (Power BI's addresses are shared by many customers).

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota};

/// An unproven attempt costs microseconds; what is bounded here is noise in the log and the history. A report with a
/// wrong token makes a handful of requests a refresh, so that no honest client comes near.
const BURST: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
/// See [`BURST`]: one is regained every 50 ms.
const REGAIN: Duration = Duration::from_millis(50);

/// Above this many addresses all further ones share one bucket: 70 bytes each, so 7 MiB.
const MAX_ADDRESSES: usize = 100_000;

/// Counts the failures of each address.
pub struct Floods {
    failures: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for Floods {
    fn default() -> Self {
        let quota =
            Quota::with_period(REGAIN).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(BURST);
        Self { failures: DefaultKeyedRateLimiter::keyed(quota) }
    }
}

impl Floods {
    /// Counts a failure; false when the address has used up its share.
    pub(crate) fn admits(&self, address: IpAddr) -> bool {
        let key = if self.failures.len() < MAX_ADDRESSES {
            network(address)
        } else {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED)
        };
        self.failures.check_key(&key).is_ok()
    }

    /// Drops addresses that are quiet again.
    pub(crate) fn forget_idle(&self) {
        self.failures.retain_recent();
        self.failures.shrink_to_fit();
    }
}

/// One IPv4 address, or the /64 that a single IPv6 subscriber has.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        IpAddr::V4(v4) => IpAddr::V4(v4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_fails_without_end_is_refused_and_others_are_not() {
        let floods = Floods::default();
        let flood: IpAddr = "192.0.2.1".parse().unwrap();
        assert!((0..5_000).any(|_| !floods.admits(flood)));
        assert!(floods.admits("192.0.2.2".parse().unwrap()));
    }

    #[test]
    fn a_subscribers_ipv6_network_is_one_address() {
        assert_eq!(network("2001:db8::1".parse().unwrap()), network("2001:db8::2:3".parse().unwrap()));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
