//! Faults that tests inject: another answer, a delay, a slow body, or a connection cut in the middle of one.

mod preset;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::dice::Dice;
pub use preset::Preset;

/// A fault and the calls it hits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which calls; an empty match hits all.
    #[serde(default, rename = "match")]
    pub matching: Matching,
    /// Matching calls that pass before the first one is hit.
    #[serde(default)]
    pub after: u64,
    /// Calls that are hit; absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Of the calls that could be hit, so many in a thousand are, by the portal's seed; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_mille: Option<u32>,
    /// A known trouble, instead of one put together from what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// This answer instead of the real one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<FaultAnswer>,
    /// Waits before the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Cuts the connection after so many bytes of the body; `Content-Length` has promised all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_after_bytes: Option<usize>,
    /// The body comes a kilobyte at a time, with so long between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trickle_ms: Option<u64>,
}

/// Which calls a fault hits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// `GET`, `POST`; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A part of the path, or of path and query; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_contains: Option<String>,
    /// A part of the request's body; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_contains: Option<String>,
}

/// An invented answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultAnswer {
    /// The status code.
    pub status: u16,
    /// Headers, beside the content type.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, as text.
    #[serde(default)]
    pub body: String,
}

/// What happens to one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blow {
    pub(crate) answer: Option<FaultAnswer>,
    pub(crate) delay_ms: u64,
    pub(crate) cut_after_bytes: Option<usize>,
    pub(crate) trickle_ms: u64,
}

/// The faults in force, in the order they were injected.
#[derive(Debug)]
pub(crate) struct Faults {
    armed: Vec<Armed>,
    dice: Dice,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    seen: u64,
}

impl Fault {
    fn blow(&self, dice: &mut Dice) -> Blow {
        self.preset.map_or_else(
            || Blow {
                answer: self.answer.clone(),
                delay_ms: self.delay_ms.unwrap_or(0),
                cut_after_bytes: self.cut_after_bytes,
                trickle_ms: self.trickle_ms.unwrap_or(0),
            },
            |preset| preset.blow(dice),
        )
    }
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Faults {
        Faults { armed: Vec::new(), dice: Dice::new(seed, 72, 0) }
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.armed.push(Armed { fault, seen: 0 });
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.armed.iter().map(|armed| armed.fault.clone()).collect()
    }

    /// Counts a call against every fault it matches; the first that hits decides.
    pub(crate) fn strike(&mut self, method: &str, target: &str, body: &str) -> Blow {
        let mut blow = None;
        for armed in &mut self.armed {
            if !armed.fault.matching.covers(method, target, body) {
                continue;
            }
            let number = armed.seen;
            let end = armed.fault.times.map_or(u64::MAX, |times| armed.fault.after.saturating_add(times));
            if blow.is_some() && number >= armed.fault.after {
                continue; // not used up by a call that another fault hits
            }
            let dice = &mut self.dice;
            if armed.fault.per_mille.is_some_and(|share| !dice.chance(share as usize)) {
                continue; // spared, and not counted
            }
            armed.seen += 1;
            if number >= armed.fault.after && number < end {
                blow = Some(armed.fault.blow(dice));
            }
        }
        blow.unwrap_or_default()
    }
}

impl Matching {
    fn covers(&self, method: &str, target: &str, body: &str) -> bool {
        let part =
            |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|w| text.contains(w.as_str()));
        self.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(method))
            && part(&self.path_contains, target)
            && part(&self.body_contains, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: &str) -> Fault {
        serde_json::from_str(json).unwrap()
    }

    fn hits(faults: &mut Faults, target: &str) -> Option<u16> {
        faults.strike("GET", target, "").answer.map(|answer| answer.status)
    }

    #[test]
    fn a_fault_waits_hits_and_is_used_up() {
        let mut faults = Faults::new(1);
        faults.add(fault(r#"{"match":{"method":"get","path_contains":"/objects"},"after":1,"times":2,"answer":{"status":500}}"#));
        let hit: Vec<_> = ["/objects", "/owners", "/objects", "/objects", "/objects"]
            .iter()
            .map(|target| hits(&mut faults, target))
            .collect();
        assert_eq!(hit, [None, None, Some(500), Some(500), None]);
    }

    #[test]
    fn without_times_a_fault_hits_for_ever_and_the_first_one_decides() {
        let mut faults = Faults::new(1);
        faults.add(fault(r#"{"times":1,"answer":{"status":503,"headers":{"Retry-After":"1"},"body":"x"}}"#));
        faults.add(fault(r#"{"answer":{"status":500}}"#));
        assert_eq!(
            [hits(&mut faults, "/"), hits(&mut faults, "/"), hits(&mut faults, "/")],
            [Some(503), Some(500), Some(500)]
        );
        faults.clear();
        assert_eq!(hits(&mut faults, "/"), None);
    }

    #[test]
    fn a_share_of_the_calls_is_hit_and_the_seed_says_which() {
        let hit = |seed: u64| {
            let mut faults = Faults::new(seed);
            faults.add(fault(r#"{"per_mille":50,"preset":"passing"}"#));
            let struck = |_| {
                let blow = faults.strike("GET", "/", "");
                (blow.answer.map(|answer| answer.status), blow.cut_after_bytes, blow.trickle_ms)
            };
            (0..2_000).map(struck).collect::<Vec<_>>()
        };
        let calls = hit(1);
        let struck = calls.iter().filter(|blow| **blow != (None, None, 0)).count();
        assert!((60..150).contains(&struck), "{struck}");
        assert_eq!(calls, hit(1));
        assert_ne!(calls, hit(2));
    }

    #[test]
    fn every_preset_does_something_and_is_called_by_its_name() {
        let names = "burst_limit secondly_limit daily_limit limit_with_retry_after plain_limit locked moving uri_too_long \
                     credentials_missing token_expired scope_missing malformed_token server_error bad_gateway unavailable \
                     gateway_timeout unknown_error server_down connection_timed_out unreachable timed_out cut_at_once cut \
                     half_json empty_body html slow_body hanging passing";
        for name in names.split_whitespace() {
            let mut faults = Faults::new(1);
            faults.add(fault(&format!(r#"{{"preset":"{name}"}}"#)));
            let blow = faults.strike("GET", "/", "");
            let idle = blow.answer.is_none() && blow.cut_after_bytes.is_none();
            assert!(!idle || blow.delay_ms > 0 || blow.trickle_ms > 0, "{name}");
        }
    }

    #[test]
    fn a_misspelt_fault_is_refused() {
        assert!(serde_json::from_str::<Fault>(r#"{"mtach":{}}"#).is_err());
    }
}
