//! How much to read at once: enough to fill a page by several cursors, not so much that most of it is thrown away.

use hubspot::Density;
use serde::{Deserialize, Serialize};

/// What a page aims at by its size: seven eighths of where it ends, because what is read beyond that is thrown away. Nothing
/// depends on its being so: the page itself measures.
const PAGE_BYTES: u64 = 7 * 1024 * 1024 / 2;

/// Of a thousand candidates at least so many are expected to match: with less, every batch is as large as it may be anyway.
const LEAST_SHARE: u32 = 50;

/// What the pages before learned about the rows. Only an estimate: it is not needed for being right, and travels in the page
/// link so that no process has to keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Pace {
    /// How far ids lie apart.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub(super) density: Option<Density>,
    /// Bytes of a row in an answer; 0 for unknown.
    #[serde(rename = "b", default)]
    bytes: u32,
    /// Of a thousand candidates so many match; 0 for unknown.
    #[serde(rename = "m", default)]
    share: u32,
}

impl Pace {
    /// Candidates to read for so many rows.
    pub(super) fn candidates(&self, wanted: u64) -> u64 {
        let by_size = if self.bytes == 0 { u64::MAX } else { PAGE_BYTES / u64::from(self.bytes) + 1 };
        let share = if self.share == 0 { 1_000 } else { self.share.max(LEAST_SHARE) };
        let candidates = wanted.min(by_size).saturating_mul(1_000) / u64::from(share);
        // What does not match is held all the same.
        candidates.min(by_size.saturating_mul(2))
    }

    /// Candidates were looked at, of which some match.
    pub(super) fn learn(&mut self, candidates: u64, matching: u64, bytes: u64) {
        if candidates == 0 {
            return;
        }
        let whole = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        self.share = whole(matching.saturating_mul(1_000) / candidates).max(1);
        self.bytes = whole(bytes / candidates);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_read_as_fills_a_page() {
        let mut pace = Pace::default();
        assert_eq!(pace.candidates(5_000), 5_000);
        // 100 bytes each, half of them match.
        pace.learn(1_000, 500, 100_000);
        assert_eq!(pace.candidates(5_000), 10_000);
        // Wide rows fill a page by their size.
        pace.learn(1_000, 1_000, 10_000_000);
        assert_eq!(pace.candidates(5_000), 368);
        pace.learn(1_000, 0, 100_000);
        assert_eq!(pace.candidates(100), 2_000);
        assert!(pace.candidates(u64::MAX) > 70_000);
    }
}
