//! Statements of account: the same words and amounts on the page and in the file.

use documents::{Entry, Movement, Statement};
use kernel::Money;

use crate::pdf::texts;
use crate::sample::{COUNTRIES, Country, frame, invoice};

fn statement(country: &Country, entries: usize) -> Statement {
    let frame = frame(country, &invoice(country, 1));
    let money = |minor: i64| Money::from_minor(minor, country.currency.parse().unwrap());
    let day = |text: &str| text.parse().unwrap();
    let movements = [
        (Movement::Invoice, Some("INV-000041"), 250_000),
        (Movement::Payment, Some("MPESA QK12"), -200_000),
        (Movement::CreditNote, Some("INV-CN-000001"), -30_000),
        (Movement::Other, None, -20_000),
        (Movement::WriteOff, Some("INV-000042"), -5_000),
        (Movement::WriteOffReversed, Some("INV-CN-000002"), 5_000),
    ];
    let mut balance = 10_000;
    let entries = movements.into_iter().cycle().take(entries);
    let entries = entries.map(|(movement, number, amount)| {
        balance += amount;
        Entry {
            on: day("2026-11-03"),
            movement,
            number: number.map(str::to_owned),
            amount: money(amount),
            balance: money(balance),
        }
    });
    Statement {
        from: day("2026-11-01"),
        through: day("2026-11-30"),
        entries: entries.collect(),
        seller: frame.seller,
        buyer: frame.buyer,
        opening: money(10_000),
        closing: money(10_000),
        paper: frame.paper,
    }
}

#[test]
fn what_was_owed_what_happened_and_what_is_owed() {
    let page = statement(&COUNTRIES[0], 6).html();
    let wanted = [
        "Account statement",
        "Opening balance",
        "KES\u{a0}100.00",
        "INV-000041",
        "2,600.00",
        "MPESA QK12",
        "-2,000.00",
        "Credit note",
        "Adjustment",
        "Written off",
        "Write-off reversed",
        "INV-CN-000002",
        "Closing balance",
        "<svg",
    ];
    for wanted in wanted {
        assert!(page.contains(wanted), "no {wanted} in {page}");
    }
}

#[test]
fn a_statement_is_printed_in_every_language() {
    for (country, title) in COUNTRIES.iter().zip([
        "Account statement",
        "Rekening koran",
        "Estado de cuenta",
        "Extrato da conta",
        "Taarifa ya akaunti",
        "खाता विवरण",
    ]) {
        let pages = texts(&statement(country, 4).pdf().unwrap());
        let title: String = title.split_whitespace().collect();
        assert!(pages[0].contains(&title), "no {title} in {}", pages[0]);
        assert!(pages[0].contains("INV-000041"));
    }
}

#[test]
fn nobody_who_owes_nothing_is_sent_to_pay() {
    let mut it = statement(&COUNTRIES[0], 0);
    it.closing = Money::zero(it.closing.currency());
    assert!(!it.html().contains("<svg"));
}

#[test]
fn a_year_of_entries_takes_several_pages() {
    let pages = texts(&statement(&COUNTRIES[4], 366).pdf().unwrap());
    assert!(pages.len() > 10, "{}", pages.len());
    assert!(pages.last().unwrap().contains("Saliolamwisho"));
}
