//! Whether any id is a cursor in this portal.
//!
//! Two pages were read one after the other. Asked for from an id that no record has, inside the first page, the portal
//! must send exactly the rows that follow there, over the end of the page and on into the second; and asked for from a
//! record's own id, that record first.

use super::Pages;
use super::scan::Scan;
use crate::{Error, ListPage};

/// Pages read before the probe.
pub(super) const PAGES: usize = 2;

/// Whether it is so; `None` when it cannot be said now.
pub(super) async fn check<P: Pages>(pages: &P, scan: &Scan) -> Option<bool> {
    let known = scan.ids();
    // Next to a record's id might be taken by a portal that takes nothing else: the middle of the widest gap is not.
    let widest = known.windows(2).take(known.len() / 2).enumerate();
    let (gap, pair) =
        widest.max_by_key(|(_, pair)| pair[1] - pair[0]).filter(|(_, pair)| pair[1] > pair[0] + 2)?;
    let between = pair[0] + (pair[1] - pair[0]) / 2 + 1;
    let own = known.len() / 3;
    for (cursor, expected) in [(between.min(pair[1] - 1), gap + 1), (known[own], own)] {
        match pages.page(Some(cursor.to_string())).await {
            Ok(page) if agrees(&page, &known[expected..]) => {}
            // HubSpot does not take such a cursor.
            Ok(_) | Err(Error::Rejected { .. } | Error::NotFound { .. }) => return Some(false),
            Err(_) => return None,
        }
    }
    Some(true)
}

/// Whether a page has the rows that were read before, as far as both go. A short page is no contradiction, an empty one
/// says nothing.
fn agrees(page: &ListPage, known: &[u64]) -> bool {
    let ids: Vec<u64> = page.records.iter().map(|record| record.id).collect();
    let both = ids.len().min(known.len());
    both > 0 && ids[..both] == known[..both]
}
