//! Windows of ids, so narrow that one answer of the search holds all that a window has. Such an answer proves itself: its
//! count and its rows are of one moment. The order of its rows does not matter, so that this also reads an index that does
//! not sort by id.

use hubspot::{Record, SEARCH_PAGE, SearchPage};

use super::question::Part;
use super::search::is_whole;

/// Rows that a window aims at: a quarter less than a page, because ids are not spread evenly.
const AIM: u64 = 150;

/// A stride over a gap is at most so many powers of four wider than the one before: eight strides cross everything.
const WIDEST_STRIDE: u32 = 8;

/// A walk by windows.
pub(super) struct Narrow {
    above: u64,
    /// The end of the window; none while nothing is known about the ids.
    end: Option<u64>,
    /// Where narrow windows are no longer needed.
    until: Option<u64>,
    /// Where everything ends.
    last: Option<u64>,
    /// Windows without a row, one behind the other.
    empty: u32,
}

impl Narrow {
    /// From above an id up to another, as far as known, and in no case beyond `last`.
    pub(super) fn new(above: u64, end: Option<u64>, last: Option<u64>) -> Self {
        Self { above, end, until: end, last, empty: 0 }
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
        self.empty = if rows == 0 { (self.empty + 1).min(WIDEST_STRIDE) } else { 0 };
        // Not more than four times as wide: rows come in crowds. A gap may be of any width, and is crossed in strides that
        // grow.
        let wider = width.saturating_mul(4_u64.pow(self.empty.max(1)));
        let next = (width / rows.max(1)).saturating_mul(AIM).clamp(width / 4 + 1, wider);
        let next = if rows == 0 { wider } else { next };
        self.above = upto;
        // Behind an empty window without an end to come, one without an end finds whatever is left.
        let is_open = rows == 0 && self.last.is_none();
        self.end = if is_open { None } else { Some(upto.saturating_add(next)) };
    }

    fn shrink(&mut self, part: Part, total: u64, records: &[Record]) {
        let end = match part.upto {
            Some(upto) => {
                let even = part.above.saturating_add(share(upto - part.above, total));
                behind_a_gap(records, even, total).unwrap_or(even).max(part.above + 1)
            }
            // The rows at hand tell where ids are.
            None => records.last().map_or(part.above.saturating_add(1), |record| record.id),
        };
        self.end = Some(end);
    }
}

/// The part of a width in which a window's rows lie, if they are spread evenly.
fn share(width: u64, total: u64) -> u64 {
    u64::try_from(u128::from(width) * u128::from(AIM) / u128::from(total.max(1))).unwrap_or(u64::MAX)
}

/// Where a window ends that begins with the first of the rows at hand, if the others lie as far apart as these: rows behind a
/// wide gap are found at once. Nothing when rows may lie nearer.
fn behind_a_gap(records: &[Record], even: u64, total: u64) -> Option<u64> {
    let (first, last) = (records.first()?.id, records.last()?.id);
    (first > even).then(|| first.saturating_add(share(last - first, total)))
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

    /// Walks a table of ids as an index would that sorts them as texts; says how many questions that took.
    fn walk(ids: &[u64], last: u64) -> usize {
        let mut narrow = Narrow::new(0, Some(100), Some(last));
        let (mut read, mut questions) = (Vec::new(), 0);
        while narrow.part().above < last {
            let part = narrow.part();
            let inside =
                ids.iter().filter(|id| **id > part.above && part.upto.is_none_or(|upto| **id <= upto));
            let mut found: Vec<u64> = inside.copied().collect();
            found.sort_by_key(u64::to_string);
            let total = found.len() as u64;
            found.truncate(200);
            let mut answer = page(total, &found);
            answer.after = (total > 200).then(|| "200".to_owned());
            if let Ok(records) = narrow.judge(&answer) {
                read.extend(records.iter().map(|record| record.id));
            }
            questions += 1;
            assert!(questions < 1_000, "{part:?}");
        }
        assert_eq!(read, ids);
        questions
    }

    #[test]
    fn the_last_window_of_a_table_without_an_end_to_come_is_open() {
        let mut narrow = Narrow::new(10, Some(30), None);
        narrow.judge(&page(0, &[])).unwrap();
        assert_eq!(narrow.part(), Part { above: 30, upto: None });
        assert!(narrow.judge(&page(5_000, &[700_000, 710_000])).is_err());
        assert_eq!(narrow.part(), window(30, 710_000));
        narrow.judge(&page(2, &[700_000, 710_000])).unwrap();
        assert_eq!(narrow.part().above, 710_000);
    }

    #[test]
    fn wide_gaps_are_crossed_in_a_few_questions() {
        let far = 719_869_649_082;
        let crowd = |from: u64, rows: u64| (0..rows).map(move |row| from + row * 37);
        let near: Vec<u64> = crowd(1, 5).chain(crowd(far, 3_000)).collect();
        assert!(walk(&near, far + 200_000) < 50, "{}", walk(&near, far + 200_000));
        let twice: Vec<u64> = crowd(5, 700).chain(crowd(8_000_000_000, 700)).chain(crowd(far, 700)).collect();
        assert!(walk(&twice, far + 50_000) < 60, "{}", walk(&twice, far + 50_000));
        assert!(walk(&[1, 999_999_999_999_999], 1_000_000_000_000_000) < 20);
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
