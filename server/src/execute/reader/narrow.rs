//! Windows of ids, so narrow that one answer of the search holds all that a window has. Such an answer proves itself: its
//! count and its rows are of one moment. The order of its rows does not matter, so that this also reads an index that does
//! not sort by id.

use hubspot::{Record, SEARCH_PAGE, SearchPage};

use super::question::Part;
use super::search::is_whole;

/// Rows that a window aims at: a quarter less than a page, because ids are not spread evenly.
const AIM: u64 = 150;

/// A walk by windows.
pub(super) struct Narrow {
    above: u64,
    /// The end of the window; none while nothing is known about the ids.
    end: Option<u64>,
    /// Where narrow windows are no longer needed.
    until: Option<u64>,
    /// Where everything ends.
    last: Option<u64>,
}

impl Narrow {
    /// From above an id up to another, as far as known, and in no case beyond `last`.
    pub(super) fn new(above: u64, end: Option<u64>, last: Option<u64>) -> Self {
        Self { above, end, until: end, last }
    }

    /// What to ask for.
    pub(super) fn part(&self) -> Part {
        let upto = match (self.end, self.last) {
            (Some(end), Some(last)) => Some(end.min(last)),
            (end, last) => end.or(last),
        };
        Part { above: self.above, upto }
    }

    /// Whether the part is behind us for which windows had to be narrow.
    pub(super) fn is_through(&self) -> bool {
        self.until.is_none_or(|until| self.above >= until)
    }

    /// The records of the window, and goes on to the next; or why not, with a smaller window if it was too large.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub(super) fn judge(&mut self, page: &SearchPage) -> Result<Vec<Record>, &'static str> {
        let part = self.part();
        let inside = |id: u64| id > part.above && part.upto.is_none_or(|upto| id <= upto);
        let mut records = page.records.clone();
        records.sort_by_key(|record| record.id);
        if !records.iter().all(|record| inside(record.id)) {
            return Err("the search sent rows outside of what was asked for");
        }
        if records.windows(2).any(|pair| pair[0].id == pair[1].id) {
            return Err("the search sent a row twice");
        }
        if is_whole(page) {
            self.advance(part, records.len() as u64);
            return Ok(records);
        }
        if page.total > u64::from(SEARCH_PAGE) {
            self.shrink(part, page.total, &records);
            return Err("the window is too large");
        }
        Err("the search sent other rows than it counts")
    }

    /// Behind a window with so many rows; the next one is as wide as these rows suggest.
    fn advance(&mut self, part: Part, rows: u64) {
        let Some(upto) = part.upto else {
            self.above = u64::MAX;
            return;
        };
        let width = (upto - part.above).max(1);
        // Not more than four times as wide: rows come in crowds.
        let wider = width.saturating_mul(4);
        let next = (width / rows.max(1)).saturating_mul(AIM).clamp(width / 4 + 1, wider);
        self.above = upto;
        self.end = Some(upto.saturating_add(next));
    }

    fn shrink(&mut self, part: Part, total: u64, records: &[Record]) {
        let end = match part.upto {
            Some(upto) => {
                let width = u128::from(upto - part.above) * u128::from(AIM) / u128::from(total);
                part.above + u64::try_from(width).unwrap_or(u64::MAX).max(1)
            }
            // The rows at hand tell where ids are.
            None => records.last().map_or(part.above.saturating_add(1), |record| record.id),
        };
        self.end = Some(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(total: u64, ids: &[u64]) -> SearchPage {
        let record = |id: &u64| Record {
            id: *id,
            properties: std::collections::HashMap::new(),
            created_at: None,
            updated_at: None,
            archived: false,
        };
        SearchPage { total, records: ids.iter().map(record).collect(), after: None }
    }

    fn window(above: u64, upto: u64) -> Part {
        Part { above, upto: Some(upto) }
    }

    #[test]
    fn a_window_is_proven_by_an_answer_that_holds_all_it_counts_in_whatever_order() {
        let mut narrow = Narrow::new(10, Some(30), Some(1_000));
        let records = narrow.judge(&page(3, &[30, 11, 20])).unwrap();
        assert_eq!(records.iter().map(|record| record.id).collect::<Vec<_>>(), [11, 20, 30]);
        assert!(narrow.is_through());
        assert_eq!(narrow.part(), window(30, 110));
    }

    #[test]
    fn a_window_with_too_many_rows_shrinks_until_an_answer_holds_it() {
        let mut narrow = Narrow::new(0, None, None);
        assert!(narrow.judge(&page(100_000, &[9_000, 400, 70_000])).is_err());
        assert_eq!(narrow.part(), window(0, 70_000));
        assert!(narrow.judge(&page(1_500, &[1, 2])).is_err());
        assert_eq!(narrow.part(), window(0, 7_000));
    }

    #[test]
    fn an_answer_that_contradicts_the_question_or_itself_proves_nothing() {
        for wrong in [page(3, &[11, 12]), page(2, &[11, 11]), page(2, &[11, 31]), page(1, &[10])] {
            let mut narrow = Narrow::new(10, Some(30), None);
            assert!(narrow.judge(&wrong).is_err(), "{wrong:?}");
            assert_eq!(narrow.part(), window(10, 30));
        }
    }

    #[test]
    fn no_window_reaches_beyond_the_end() {
        let mut narrow = Narrow::new(10, Some(30), Some(32));
        narrow.judge(&page(0, &[])).unwrap();
        assert_eq!(narrow.part(), window(30, 32));
    }
}
