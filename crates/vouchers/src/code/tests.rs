//! Codes are long enough, drawn fairly and never twice.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use kernel::Randomness;
use kernel::testing::SeededRandomness;
use proptest::prelude::{any, proptest};

use super::{Alphabet, BadCodeStyle, CodeStyle};

#[test]
fn the_floor_grows_with_the_batch_and_shrinks_with_the_alphabet() {
    for (alphabet, count, floor) in [
        (Alphabet::Num, 1, 8),
        (Alphabet::Num, 500, 11),
        (Alphabet::Num, 50_000, 13),
        (Alphabet::Mix, 1, 6),
        (Alphabet::Mix, 500, 8),
        (Alphabet::Mix, 50_000, 9),
        (Alphabet::Mix2, 500, 7),
        (Alphabet::Lower, 50_000, 10),
    ] {
        assert_eq!(
            CodeStyle::floor(alphabet, count),
            floor,
            "{alphabet:?} {count}"
        );
    }
}

#[test]
fn a_style_below_the_floor_is_refused_with_the_floor() {
    let style = CodeStyle::new(Alphabet::Num, 6, "").unwrap();
    assert_eq!(
        style.fits(500),
        Err(BadCodeStyle::Guessable {
            at_least: 11,
            count: 500
        })
    );
}

#[test]
fn lengths_and_prefixes_have_bounds() {
    for length in [0, 3, 17] {
        assert_eq!(
            CodeStyle::new(Alphabet::Mix, length, ""),
            Err(BadCodeStyle::Length)
        );
    }
    for prefix in ["far-too-long", "a b", "ä"] {
        assert_eq!(
            CodeStyle::new(Alphabet::Mix, 8, prefix),
            Err(BadCodeStyle::Prefix),
            "{prefix}"
        );
    }
}

#[test]
fn no_alphabet_mixes_what_is_misread() {
    for alphabet in Alphabet::ALL.into_iter().filter(|it| *it != Alphabet::Num) {
        assert!(
            !alphabet
                .characters()
                .contains(['0', 'O', 'o', '1', 'l', 'I', 'i', 'L']),
            "{alphabet:?}"
        );
    }
}

#[test]
fn every_character_comes_up_about_equally_often() {
    let style = CodeStyle::new(Alphabet::Mix, 16, "").unwrap();
    let codes = style.draw(20_000, &SeededRandomness::from(7));
    let mut counts = [0_u32; 128];
    for code in &codes {
        for byte in code.expose().bytes() {
            counts[usize::from(byte)] += 1;
        }
    }
    let expected = 20_000 * 16 / 31;
    for character in Alphabet::Mix.characters().bytes() {
        let seen = counts[usize::from(character)];
        assert!(
            seen.abs_diff(expected) < expected / 10,
            "{} {seen}",
            char::from(character)
        );
    }
}

/// Gives every byte in turn: bytes above the fair range must be thrown away, not wrapped.
struct Counting(std::sync::Mutex<u8>);

impl Randomness for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        for byte in buffer {
            *byte = *next;
            *next = next.wrapping_add(1);
        }
    }
}

#[test]
fn bytes_beyond_the_fair_range_are_thrown_away() {
    let style = CodeStyle::new(Alphabet::Num, 16, "").unwrap();
    let code = style
        .draw(1, &Counting(std::sync::Mutex::new(250)))
        .remove(0);
    assert_eq!(code.expose(), "0123456789012345");
}

proptest! {
    #[test]
    fn codes_have_their_form_and_differ(seed in any::<u64>(), length in 8_u8..=16) {
        let style = CodeStyle::new(Alphabet::Mix2, length, "vc-").unwrap();
        let codes = style.draw(50, &SeededRandomness::from(seed));
        let distinct: HashSet<_> = codes.iter().map(|it| it.expose().to_owned()).collect();
        assert_eq!(distinct.len(), 50);
        for code in distinct {
            assert_eq!(code.len(), 3 + usize::from(length));
            assert!(code[3..].chars().all(|it| Alphabet::Mix2.characters().contains(it)));
        }
    }
}
