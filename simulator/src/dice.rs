//! Repeatable randomness: the same seed and place give the same numbers for ever, on every machine.
//!
//! SplitMix64 (Steele, Lea, Flood 2014) in a few lines instead of a library, so that no upgrade changes a portal.

/// A stream of numbers that belongs to one place of the portal.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream of the `number`-th thing of a `kind` (any constant) under a seed.
    pub(crate) fn new(seed: u64, kind: u64, number: u64) -> Dice {
        let mut dice = Dice(seed ^ kind.rotate_left(32));
        let a = dice.next();
        let mut dice = Dice(a ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        dice.next();
        dice
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end - 1`; 0 when `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.next()) * end as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u128::from(high.abs_diff(low)) + 1;
        let step = (u128::from(self.next()) * width) >> 64;
        low.saturating_add(i64::try_from(step).unwrap_or(0))
    }

    /// True in `per_mille` of 1,000 throws.
    pub(crate) fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of the choices (which must not be empty).
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// Changes the order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_kind_and_number_alone() {
        let first = |seed, kind, number| Dice::new(seed, kind, number).next();
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
        assert_ne!(first(1, 2, 3), first(2, 2, 3));
        assert_ne!(first(1, 2, 3), first(1, 3, 3));
        assert_ne!(first(1, 2, 3), first(1, 2, 4));
    }

    #[test]
    fn throws_stay_inside_their_bounds() {
        let mut dice = Dice::new(7, 7, 7);
        for _ in 0..1_000 {
            assert!(dice.below(3) < 3);
            assert!((-5..=5).contains(&dice.between(-5, 5)));
        }
        assert_eq!(dice.below(0), 0);
        assert!(!dice.chance(0) && dice.chance(1_000));
    }
}
