//! How many rows a page aims at.

/// A first page is small, so that a connection test and a preview come back at once.
const FIRST: u64 = 500;
/// Later pages are large: 50 list calls, some 13 s one after the other.
const LATER: u64 = 5_000;
/// What a client may ask for at most.
pub const LARGEST: u64 = 10_000;

/// Rows of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    /// Read for so many.
    pub(super) aim: u64,
    /// With so many, no more are read: a few would cost as much of HubSpot's limit as many.
    pub(super) enough: u64,
    /// Never send more.
    pub(super) most: u64,
}

/// The target of the page after `pages` pages, for a client that prefers `wished`.
pub(super) fn rows(pages: u32, wished: Option<u64>) -> Target {
    match wished {
        Some(wished) => exactly(wished.clamp(1, LARGEST)),
        None if pages == 0 => exactly(FIRST),
        // What was read is sent: several cursors cannot stop at a row.
        None => Target { aim: LATER, enough: LATER / 4 * 3, most: LARGEST },
    }
}

fn exactly(rows: u64) -> Target {
    Target { aim: rows, enough: rows, most: rows }
}
