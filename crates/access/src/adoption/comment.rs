//! What Mikhmon writes into the comments of hotspot users.
//!
//! Before the first login: `vc-123-08.14.26-note` (`vc`: the code is user name and password, `up`: they differ; then a
//! random number, the day it was made as month.day.year, and words of the operator). From the first login on, the
//! moment it expires, in the router's own date format of the time and in the router's own zone.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime};

use super::moment::{number, read_moment, short_year};
use super::raw::Raw;

/// Whether a printed card shows one word or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserMode {
    /// `vc`: the password is the user name.
    Code,
    /// `up`: user name and password.
    NameAndPassword,
}

/// What Mikhmon says about a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MikhmonComment {
    /// Made in a batch, not used yet.
    Batch(BatchMark),
    /// Used; expires at a moment of the router's own clock.
    Expiry {
        /// When, in the router's zone.
        at: NaiveDateTime,
        /// What stands behind it.
        rest: Raw,
    },
}

/// The batch a user was made in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchMark {
    /// One word or two.
    pub mode: UserMode,
    /// The random number, 3 digits as a rule; `None` if somebody has edited it away.
    pub number: Option<u32>,
    /// When it was made; `None` if that cannot be read.
    pub made: Option<NaiveDate>,
    /// The operator's words; everything after the `vc-` if the rest cannot be read.
    pub note: Raw,
}

impl MikhmonComment {
    /// Reads a comment; `None` if Mikhmon did not write it.
    #[must_use]
    pub fn read(comment: &Raw) -> Option<Self> {
        let bytes = comment.as_bytes();
        if let Some(mode) = mode_of(bytes) {
            return Some(Self::Batch(batch(mode, bytes.get(3..).unwrap_or_default())));
        }
        expiry(bytes)
    }
}

fn mode_of(bytes: &[u8]) -> Option<UserMode> {
    match bytes.get(..3)? {
        b"vc-" => Some(UserMode::Code),
        b"up-" => Some(UserMode::NameAndPassword),
        _ => None,
    }
}

fn batch(mode: UserMode, rest: &[u8]) -> BatchMark {
    whole_mark(mode, rest).unwrap_or_else(|| BatchMark {
        mode,
        number: None,
        made: None,
        note: Raw::new(rest),
    })
}

fn whole_mark(mode: UserMode, rest: &[u8]) -> Option<BatchMark> {
    let mut parts = rest.splitn(3, |it| *it == b'-');
    let number = number(std::str::from_utf8(parts.next()?).ok()?)?;
    let made = made_on(std::str::from_utf8(parts.next()?).ok()?)?;
    Some(BatchMark {
        mode,
        number: Some(number),
        made: Some(made),
        note: Raw::new(parts.next().unwrap_or_default()),
    })
}

/// `08.14.26`: month, day, year of this century.
fn made_on(text: &str) -> Option<NaiveDate> {
    let [month, day, year] = super::moment::numbers(text, '.')?;
    let year = i32::try_from(year).ok().filter(|it| *it < 100)?;
    NaiveDate::from_ymd_opt(2_000 + year, month, day)
}

/// The moment is 19 or 20 characters long, ASCII, and stands first.
fn expiry(bytes: &[u8]) -> Option<MikhmonComment> {
    [20, 19].into_iter().find_map(|len| {
        let (head, rest) = bytes.split_at_checked(len)?;
        let at = read_moment(std::str::from_utf8(head).ok()?)?;
        let apart = rest.first().is_none_or(u8::is_ascii_whitespace);
        let rest = Raw::new(rest.trim_ascii_start());
        apart.then_some(MikhmonComment::Expiry { at, rest })
    })
}

impl fmt::Display for UserMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code => "vc",
            Self::NameAndPassword => "up",
        })
    }
}

impl fmt::Display for BatchMark {
    /// As Mikhmon writes it, without the operator's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.mode)?;
        if let Some(number) = self.number {
            write!(f, "-{number}")?;
        }
        if let Some(day) = self.made {
            let year = short_year(day.year());
            write!(f, "-{:02}.{:02}.{year:02}", day.month(), day.day())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    //! Comments in both date formats, and what people have made of them.
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::{BatchMark, MikhmonComment, Raw, UserMode};
    use chrono::NaiveDate;
    use proptest::prelude::{any, proptest};

    fn read(comment: &[u8]) -> Option<MikhmonComment> {
        MikhmonComment::read(&Raw::new(comment))
    }

    fn mark(comment: &[u8]) -> BatchMark {
        match read(comment) {
            Some(MikhmonComment::Batch(mark)) => mark,
            other => panic!("{other:?} is no batch"),
        }
    }

    #[test]
    fn a_fresh_user_names_its_batch() {
        let found = mark(b"vc-123-08.14.26-kiosk-2 Barat");
        assert_eq!(found.mode, UserMode::Code);
        assert_eq!(found.number, Some(123));
        assert_eq!(found.made, NaiveDate::from_ymd_opt(2026, 8, 14));
        assert_eq!(found.note, Raw::from("kiosk-2 Barat"));
        assert_eq!(found.to_string(), "vc-123-08.14.26");
        assert_eq!(mark(b"up-999-12.31.25-").mode, UserMode::NameAndPassword);
        assert_eq!(mark(b"vc-123-08.14.26").note, Raw::default());
    }

    #[test]
    fn a_note_in_an_old_codepage_survives() {
        assert_eq!(
            mark(b"vc-123-08.14.26-caf\xe9").note,
            Raw::new(&b"caf\xe9"[..])
        );
    }

    #[test]
    fn what_was_edited_by_hand_is_still_a_voucher() {
        for odd in [&b"vc-"[..], b"vc-for the boss", b"up-12-13.45.26-x"] {
            assert_eq!(mark(odd).made, None, "{odd:?}");
            assert_eq!(mark(odd).note.as_bytes(), &odd[3..]);
        }
    }

    #[test]
    fn a_used_one_says_when_it_expires() {
        let at = NaiveDate::from_ymd_opt(2026, 1, 2)
            .unwrap()
            .and_hms_opt(10, 11, 12)
            .unwrap();
        let said = |rest: &[u8]| {
            Some(MikhmonComment::Expiry {
                at,
                rest: Raw::new(rest),
            })
        };
        assert_eq!(read(b"jan/02/2026 10:11:12"), said(b""));
        assert_eq!(read(b"2026-01-02 10:11:12"), said(b""));
        assert_eq!(
            read(b"2026-01-02 10:11:12 extended \xe9"),
            said(b"extended \xe9")
        );
        for other in [
            &b"2026-01-02 10:11:123"[..],
            b"2026-01-02",
            b"jan/02/2026",
            b"",
            b"x",
            b"vip",
            b"VC-123",
        ] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_stop_the_reader(bytes in any::<Vec<u8>>()) {
            let _read = read(&bytes);
            let _read = read(&[b"vc-", &bytes[..]].concat());
        }

        #[test]
        fn batch_marks_come_back(
            code in any::<bool>(),
            number in 100_u32..1_000,
            days in 0_i32..36_000,
            note in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let made = NaiveDate::from_num_days_from_ce_opt(730_200 + days).unwrap();
            let mode = if code { UserMode::Code } else { UserMode::NameAndPassword };
            let written = BatchMark { mode, number: Some(number), made: Some(made), note: Raw::new(note) };
            let text = [written.to_string().as_bytes(), b"-", written.note.as_bytes()].concat();
            assert_eq!(mark(&text), written);
        }

        #[test]
        fn expiries_come_back(seconds in 0_i64..2_000_000_000, old in any::<bool>()) {
            let at = chrono::DateTime::from_timestamp(seconds + 946_684_800, 0).unwrap().naive_utc();
            let format = if old { "%b/%d/%Y %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
            let text = at.format(format).to_string().to_lowercase();
            assert_eq!(read(text.as_bytes()), Some(MikhmonComment::Expiry { at, rest: Raw::default() }));
        }
    }
}
