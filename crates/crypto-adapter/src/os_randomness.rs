//! Unpredictable bytes, seeded by the operating system.

use kernel::Randomness;
use rand::Rng;

/// A ChaCha generator of each thread's own, seeded by the operating system and again after every 64 KiB.
///
/// Drawing costs nanoseconds, no system call and no lock, so that 20,000 nonces cost nothing that matters. The
/// generator ends the thread if the operating system has no randomness to seed it with: nothing sound could follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OsRandomness;

impl Randomness for OsRandomness {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that draws randomness"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        rand::rng().fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ_and_every_byte_is_drawn() {
        let mut seen = [0_u8; 64];
        for _ in 0..32 {
            let mut drawn = [0_u8; 64];
            OsRandomness.fill(&mut drawn);
            assert_ne!(drawn, [0; 64]);
            seen.iter_mut()
                .zip(drawn)
                .for_each(|(all, one)| *all |= one);
        }
        assert!(
            seen.iter().all(|it| *it != 0),
            "a byte stayed zero in 32 draws"
        );
    }

    #[test]
    fn every_number_below_a_bound_is_drawn() {
        let port: &dyn Randomness = &OsRandomness;
        let mut counts = [0_u32; 31];
        for _ in 0..31_000 {
            counts[usize::try_from(port.below(31)).unwrap()] += 1;
        }
        assert!(
            counts.iter().all(|it| (750..1_250).contains(it)),
            "{counts:?}"
        );
    }
}
