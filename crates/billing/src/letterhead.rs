//! What stands at the head and the foot of an entity's documents, and from which day on.
//!
//! A document shows what was in force on the day it was issued, however late it is printed: an invoice does not change when its
//! seller moves (`billing.md`, invariant 23).

use kernel::{LocalDate, Locale, Name, Phone};
use serde::{Deserialize, Serialize};

/// Where the number of an invoice goes in the address that it is paid at.
pub const PAY_URL_INVOICE: &str = "{invoice}";

/// A letterhead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letterhead {
    /// What the seller is called in law.
    pub name: Name,
    /// Where the seller is: 1 to 6 lines, 300 characters in all.
    pub address: String,
    /// The country, as two capital letters of ISO 3166-1.
    pub country: String,
    /// What the tax office knows the seller by: 1 to 40 characters.
    pub tax_id: Option<String>,
    /// Where to call.
    pub phone: Option<Phone>,
    /// Where to write: 3 to 254 characters with an `@`.
    pub email: Option<String>,
    /// What stands at the foot: a bank account, opening hours; 1 to 500 characters.
    pub note: Option<String>,
    /// Where invoices are paid: an https address of at most 300 characters with [`PAY_URL_INVOICE`] in it, or without.
    pub pay_url: Option<String>,
    /// The language of its documents.
    pub locale: Locale,
}

/// A letterhead and the first day it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedLetterhead {
    /// The first day.
    pub from: LocalDate,
    /// What counts from then on.
    pub letterhead: Letterhead,
}

/// Why a letterhead cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLetterhead {
    /// No usable address.
    #[error("the address must be 1 to 6 lines of 300 characters in all")]
    Address,
    /// Not a country.
    #[error("the country must be two capital letters of ISO 3166-1")]
    Country,
    /// No usable tax id.
    #[error("the tax id must be 1 to 40 characters on one line")]
    TaxId,
    /// Not an e-mail address.
    #[error("the e-mail address must be 3 to 254 characters with an @")]
    Email,
    /// No usable note.
    #[error("the note must be 1 to 500 characters")]
    Note,
    /// No address that customers should be sent to.
    #[error("the address to pay at must be an https address of at most 300 characters")]
    PayUrl,
}

impl Letterhead {
    /// Refuses what could not be printed.
    ///
    /// # Errors
    /// [`BadLetterhead`] names what is wrong.
    pub fn check(&self) -> Result<(), BadLetterhead> {
        let lines = (1..=6).contains(&self.address.lines().count());
        if !lines || !is_text(&self.address, 300, Lines::Many) {
            return Err(BadLetterhead::Address);
        }
        let capital = |it: u8| it.is_ascii_uppercase();
        if self.country.len() != 2 || !self.country.bytes().all(capital) {
            return Err(BadLetterhead::Country);
        }
        let fits = |it: &Option<String>, most, lines| {
            it.as_ref().is_none_or(|it| is_text(it, most, lines))
        };
        if !fits(&self.tax_id, 40, Lines::One) {
            return Err(BadLetterhead::TaxId);
        }
        let reached = self
            .email
            .as_ref()
            .is_none_or(|it| it.contains('@') && it.len() >= 3);
        if !reached || !fits(&self.email, 254, Lines::One) {
            return Err(BadLetterhead::Email);
        }
        if !fits(&self.note, 500, Lines::Many) {
            return Err(BadLetterhead::Note);
        }
        match self.pay_url.as_ref().is_none_or(|it| is_pay_url(it)) {
            true => Ok(()),
            false => Err(BadLetterhead::PayUrl),
        }
    }

    /// Where an invoice is paid.
    #[must_use]
    pub fn pay_link(&self, invoice: &str) -> Option<String> {
        let url = self.pay_url.as_ref();
        url.map(|it| it.replace(PAY_URL_INVOICE, invoice))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Many,
}

fn is_text(text: &str, most: usize, lines: Lines) -> bool {
    let control = |it: char| it.is_control() && !(it == '\n' && lines == Lines::Many);
    (1..=most).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(control)
}

fn is_pay_url(text: &str) -> bool {
    let host = text.strip_prefix("https://").unwrap_or_default();
    let plain = |it: u8| it.is_ascii_graphic();
    !host.is_empty() && !host.starts_with('/') && text.len() <= 300 && text.bytes().all(plain)
}

/// The letterhead that a document of a day shows: the last one from that day or before, or the first one there ever was.
#[must_use]
pub fn letterhead_on(dated: &[DatedLetterhead], day: LocalDate) -> Option<&DatedLetterhead> {
    let before = dated.iter().filter(|it| it.from <= day);
    let found = before.max_by_key(|it| it.from);
    found.or_else(|| dated.iter().min_by_key(|it| it.from))
}

#[cfg(test)]
mod tests {
    //! What may be printed, and which letterhead a day has.

    use kernel::{LocalDate, Locale};

    use super::{BadLetterhead, DatedLetterhead, Letterhead, letterhead_on};

    fn head() -> Letterhead {
        Letterhead {
            name: "Savanna Networks Ltd".parse().unwrap(),
            address: "14 Moi Avenue\n00100 Nairobi".to_owned(),
            country: "KE".to_owned(),
            tax_id: Some("P051234567X".to_owned()),
            phone: Some("+254201234567".parse().unwrap()),
            email: Some("billing@example.net".to_owned()),
            note: Some("Paybill 400200".to_owned()),
            pay_url: Some("https://pay.example.net/{invoice}".to_owned()),
            locale: Locale::Sw,
        }
    }

    #[test]
    fn what_cannot_be_printed_is_named() {
        assert_eq!(head().check(), Ok(()));
        let check = |change: fn(&mut Letterhead)| {
            let mut it = head();
            change(&mut it);
            it.check()
        };
        assert_eq!(check(|it| it.address.clear()), Err(BadLetterhead::Address));
        assert_eq!(
            check(|it| it.address = "a\nb\nc\nd\ne\nf\ng".to_owned()),
            Err(BadLetterhead::Address)
        );
        assert_eq!(
            check(|it| it.address = "x".repeat(301)),
            Err(BadLetterhead::Address)
        );
        for country in ["", "ke", "KEN", "K1"] {
            let mut it = head();
            it.country = country.to_owned();
            assert_eq!(it.check(), Err(BadLetterhead::Country), "{country}");
        }
        assert_eq!(
            check(|it| it.tax_id = Some(" ".to_owned())),
            Err(BadLetterhead::TaxId)
        );
        assert_eq!(
            check(|it| it.email = Some("nobody".to_owned())),
            Err(BadLetterhead::Email)
        );
        assert_eq!(
            check(|it| it.note = Some("a\u{0}b".to_owned())),
            Err(BadLetterhead::Note)
        );
        for url in [
            "http://pay.example.net",
            "https://",
            "https:///x",
            "javascript:alert(1)",
            "https://a b",
        ] {
            let mut it = head();
            it.pay_url = Some(url.to_owned());
            assert_eq!(it.check(), Err(BadLetterhead::PayUrl), "{url}");
        }
        assert_eq!(check(|it| it.pay_url = None), Ok(()));
    }

    #[test]
    fn the_number_goes_into_the_address() {
        let link = head().pay_link("INV-000042");
        assert_eq!(link.as_deref(), Some("https://pay.example.net/INV-000042"));
    }

    #[test]
    fn a_day_has_the_last_letterhead_before_it_or_the_first_of_all() {
        let day = |it: &str| it.parse::<LocalDate>().unwrap();
        // An entity that goes back to what it had before has the same head from two days on.
        let dated = ["2026-03-01", "2026-01-01"].map(|from| DatedLetterhead {
            from: day(from),
            letterhead: head(),
        });
        for (on, from) in [
            ("2025-12-31", "2026-01-01"),
            ("2026-02-28", "2026-01-01"),
            ("2026-03-01", "2026-03-01"),
            ("2030-01-01", "2026-03-01"),
        ] {
            let found = letterhead_on(&dated, day(on)).unwrap();
            assert_eq!(found.from, day(from), "{on}");
        }
        assert_eq!(letterhead_on(&[], day("2026-01-01")), None);
    }
}
