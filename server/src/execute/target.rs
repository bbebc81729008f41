//! How many rows a page aims at.

/// A first page is small, so that a connection test and a preview come back at once.
const FIRST: u64 = 500;
/// Later pages are large: 50 list calls, some 13 s one after the other.
const LATER: u64 = 5_000;
/// What a client may ask for at most.
pub const LARGEST: u64 = 10_000;

/// The rows of the page after `pages` pages, for a client that prefers `wished`.
pub(super) fn rows(pages: u32, wished: Option<u64>) -> u64 {
    match wished {
        Some(wished) => wished.clamp(1, LARGEST),
        None if pages == 0 => FIRST,
        None => LATER,
    }
}
