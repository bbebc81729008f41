//! The frame of a table: ids and instants of its rows, before they get values.
//!
//! Ids look like a real portal's: large, strictly ascending, with gaps small and large, a range for each object type,
//! and (contacts) crossing from eleven to twelve digits, so that sorting them as text shows.

use crate::dice::Dice;
use crate::instant::DAY_MS;

/// One row to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) id: u64,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) archived: Option<i64>,
}

/// The rows of a portal spread over three years.
const SPREAD_MS: i64 = 3 * 365 * DAY_MS;

/// Where the ids of an object type start, by its place in the registry.
fn first_id(kind: usize) -> u64 {
    match kind {
        0 => 99_999_960_000, // crosses 100,000,000,000 near the 100th contact
        1 => 15_600_320_101,
        2 => 19_700_500_331,
        3 => 3_100_044_218,
        4 => 2_200_710_005,
        5 => 7_400_120_977,
        6 => 12_010_400_113,
        7 => 31_800_210_447,
        8 => 42_300_118_206,
        9 => 35_700_450_901,
        10 => 38_900_010_338,
        11 => 45_100_777_020,
        12 => 310_400_101,
        13 => 9_300_661_745,
        14 => 6_100_200_555,
        _ => 50_000_000_019 + kind as u64 * 100_000_000,
    }
}

/// `live` rows that live, and about one per cent more that are archived, in the order of their ids.
pub(super) fn frames(seed: u64, kind: usize, live: u32, now: i64) -> Vec<Frame> {
    let mut dice = Dice::new(seed, 100 + kind as u64, 0);
    let mut frames = Vec::with_capacity(live as usize + live as usize / 90);
    let mut id = first_id(kind);
    let mut alive = 0;
    let step = SPREAD_MS / i64::from(live.max(1));
    let mut created = now - SPREAD_MS;
    while alive < live {
        let batch = if dice.chance(20) { 5 + dice.below(40) } else { 1 }; // an import: one millisecond, ids in a row
        created = (now - SPREAD_MS + i64::from(alive) * step + dice.between(0, step)).max(created);
        for _ in 0..batch {
            if alive == live {
                break;
            }
            id += gap(&mut dice, batch > 1);
            let frame = frame(&mut dice, id, created.min(now), now);
            alive += u32::from(frame.archived.is_none());
            frames.push(frame);
        }
    }
    late_birthdays(&mut frames, &mut dice);
    frames
}

fn gap(dice: &mut Dice, import: bool) -> u64 {
    let gap = match dice.below(20) {
        _ if import => 1,
        0 => dice.between(1_000, 6_000),
        1..=6 => dice.between(50, 400),
        _ => dice.between(1, 50),
    };
    gap.unsigned_abs()
}

fn frame(dice: &mut Dice, id: u64, created: i64, now: i64) -> Frame {
    let updated = match dice.below(10) {
        0 | 1 => created + dice.between(200, 4_000),
        2 => (now - 40 * DAY_MS + 391).max(created), // a bulk edit: many rows in one millisecond
        _ => created + dice.between(0, now - created),
    };
    let archived = dice.chance(10).then(|| (updated + dice.between(1_000, 30 * DAY_MS)).min(now));
    Frame { id, created, updated: updated.min(now), archived }
}

/// Ids are handed out in blocks, so that a few rows are older than rows with smaller ids.
fn late_birthdays(frames: &mut [Frame], dice: &mut Dice) {
    for at in 1..frames.len() {
        if dice.chance(60) {
            let earlier = frames[at - 1].created - dice.between(1, 90_000);
            frames[at].created = earlier.min(frames[at].created);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_793_498_400_000;

    #[test]
    fn ids_ascend_strictly_and_as_many_rows_live_as_asked_for() {
        let rows = frames(1, 0, 5_000, NOW);
        assert!(rows.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(rows.iter().filter(|row| row.archived.is_none()).count(), 5_000);
        assert!(rows.len() > 5_010);
        assert!(rows[0].id < 100_000_000_000 && rows[rows.len() - 1].id > 100_000_000_000);
    }

    #[test]
    fn no_row_is_younger_than_the_reference_instant() {
        for row in frames(3, 2, 500, NOW) {
            assert!(row.created <= row.updated && row.updated <= NOW, "{row:?}");
            assert!(row.created >= NOW - SPREAD_MS - DAY_MS);
            assert!(row.archived.is_none_or(|at| at <= NOW));
        }
    }

    #[test]
    fn an_empty_table_is_possible() {
        assert!(frames(1, 1, 0, NOW).is_empty());
    }
}
