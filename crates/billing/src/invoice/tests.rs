//! An invoice takes what is due and not a cent more.

#![allow(clippy::unwrap_used)]

use kernel::{Currency, DomainEvent, Id, Money};

use super::{Invoice, InvoiceDraft, SettleRefusal, Settlement, printed_number};

fn kes(minor: i64) -> Money {
    let currency: Currency = "KES".parse().unwrap();
    Money::from_minor(minor, currency)
}

fn id<K>() -> Id<K> {
    Id::from_uuid("00000000-0000-7000-8000-000000000001".parse().unwrap())
}

/// Issued over 10.00 and saved.
fn issued() -> Invoice {
    let draft = InvoiceDraft {
        fees: Vec::new(),
        id: id(),
        account: id(),
        entity: id(),
        lines: Vec::new(),
        figures: None,
        total: kes(1_000),
        issued_on: "2026-11-01".parse().unwrap(),
        due_on: "2026-11-08".parse().unwrap(),
    };
    let mut invoice = Invoice::issue(draft, "INV", 7);
    assert_eq!(invoice.take_events()[0].name(), "billing.invoice_issued");
    invoice.saved_as(1);
    invoice
}

#[test]
fn a_new_invoice_is_due_in_full() {
    let invoice = issued();
    assert_eq!(invoice.due().unwrap(), kes(1_000));
    assert!(!invoice.is_changed());
    assert_eq!(
        Invoice::restore(invoice.snapshot()).snapshot(),
        invoice.snapshot()
    );
}

#[test]
fn parts_add_up_until_it_is_paid() {
    let mut invoice = issued();
    invoice.settle(kes(999)).unwrap();
    assert!(invoice.is_changed() && invoice.take_events().is_empty());
    invoice.settle(kes(1)).unwrap();
    assert_eq!(invoice.take_events()[0].name(), "billing.invoice_paid");
    assert_eq!(invoice.due().unwrap(), kes(0));
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let mut invoice = issued();
    let before = invoice.snapshot();
    let due = kes(1_000);
    assert_eq!(
        invoice.settle(kes(1_001)),
        Err(SettleRefusal::TooMuch { due })
    );
    assert_eq!(invoice.settle(kes(0)), Err(SettleRefusal::NotPositive));
    assert_eq!(invoice.settle(kes(-1)), Err(SettleRefusal::NotPositive));
    let foreign = Money::from_minor(1, "UGX".parse().unwrap());
    assert!(matches!(
        invoice.settle(foreign),
        Err(SettleRefusal::Money(_))
    ));
    assert_eq!(invoice.snapshot(), before);
    assert!(!invoice.is_changed());
}

#[test]
fn settlement_follows_from_the_amounts() {
    for (allocated, expected) in [
        (0, Settlement::Open),
        (1, Settlement::Partly),
        (999, Settlement::Partly),
        (1_000, Settlement::Paid),
    ] {
        assert_eq!(Settlement::of(1_000, allocated), expected);
    }
}

#[test]
fn numbers_are_printed_with_six_digits_or_more() {
    assert_eq!(printed_number("INV", 7), "INV-000007");
    assert_eq!(printed_number("A-B", 1_234_567), "A-B-1234567");
}
