//! Chance that repeats: the same seed gives the same history.

use std::ops::RangeInclusive;

use kernel::Randomness;
use kernel::testing::SeededRandomness;

/// Draws for one purpose. Purposes draw apart, so that a new one does not change what the others see.
#[derive(Debug)]
pub(crate) struct Chance(SeededRandomness);

impl Chance {
    /// The draws of a seed for a purpose.
    pub(crate) fn of(seed: u64, purpose: u64) -> Self {
        // Spreads neighbouring seeds (SplitMix64, Steele et al. 2014), or their first draws would look alike.
        let mut mixed = seed
            .wrapping_add(purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(SeededRandomness::from(mixed ^ (mixed >> 31)))
    }

    fn next(&self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    /// A number of the range.
    pub(crate) fn within(&self, range: RangeInclusive<i64>) -> i64 {
        let width = range.end().abs_diff(*range.start()).saturating_add(1);
        let offset = (u128::from(self.next()) * u128::from(width)) >> 64;
        range
            .start()
            .saturating_add(i64::try_from(offset).unwrap_or(0))
    }

    /// Whether something happens that happens so many times in a thousand.
    pub(crate) fn permille(&self, times: i64) -> bool {
        self.within(0..=999) < times
    }

    /// One of them; they are never empty.
    pub(crate) fn one_of<'a, T>(&self, choices: &'a [T]) -> &'a T {
        let last = i64::try_from(choices.len()).unwrap_or(1) - 1;
        &choices[usize::try_from(self.within(0..=last)).unwrap_or(0)]
    }

    /// Puts them in another order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            let last = i64::try_from(place).unwrap_or(0);
            items.swap(place, usize::try_from(self.within(0..=last)).unwrap_or(0));
        }
    }
}

#[cfg(test)]
mod tests {
    //! Draws repeat, stay in their range and reach all of it.

    use super::Chance;

    #[test]
    fn the_same_seed_draws_the_same() {
        let draws = |seed, purpose| {
            let chance = Chance::of(seed, purpose);
            (0..20)
                .map(|_| chance.within(0..=1_000_000))
                .collect::<Vec<_>>()
        };
        assert_eq!(draws(7, 1), draws(7, 1));
        assert_ne!(draws(7, 1), draws(8, 1));
        assert_ne!(draws(7, 1), draws(7, 2));
    }

    #[test]
    fn a_range_is_reached_to_both_ends() {
        let chance = Chance::of(1, 1);
        let seen: std::collections::BTreeSet<_> = (0..500).map(|_| chance.within(-2..=2)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-2, -1, 0, 1, 2]);
    }

    #[test]
    fn another_order_keeps_everything() {
        let mut items: Vec<_> = (0..50).collect();
        Chance::of(3, 3).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
