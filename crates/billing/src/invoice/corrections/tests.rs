//! What is settled is always what was paid, credited and written off together, and never more than the invoice.

use kernel::testing::CountingIds;
use kernel::{Ids, Money};

use super::{CorrectionRefusal, Freed};
use crate::invoice::{Invoice, InvoiceDraft};

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn invoice(total: i64) -> Invoice {
    let ids: &dyn Ids = &CountingIds::from(1);
    let draft = InvoiceDraft {
        fees: Vec::new(),
        id: ids.next(),
        account: ids.next(),
        entity: ids.next(),
        lines: Vec::new(),
        figures: None,
        total: kes(total),
        issued_on: "2026-11-21".parse().unwrap(),
        due_on: "2026-11-28".parse().unwrap(),
    };
    Invoice::issue(draft, "INV", 1)
}

fn freed(written_off: i64, paid: i64) -> Result<Freed, CorrectionRefusal> {
    let (written_off, paid) = (kes(written_off), kes(paid));
    Ok(Freed { written_off, paid })
}

#[test]
fn a_credit_takes_off_the_debt_first_and_then_what_was_paid() {
    let mut it = invoice(1_000);
    it.settle(kes(700)).unwrap();
    assert_eq!(it.credit(kes(200)), freed(0, 0));
    assert_eq!(
        (it.due().unwrap(), it.paid().unwrap()),
        (kes(100), kes(700))
    );
    assert_eq!(
        it.credit(kes(500)),
        freed(0, 400),
        "100 were due, 400 were paid for"
    );
    assert_eq!((it.due().unwrap(), it.paid().unwrap()), (kes(0), kes(300)));
    let beyond = CorrectionRefusal::BeyondInvoice {
        asked: kes(301),
        left: kes(300),
    };
    assert_eq!(it.credit(kes(301)), Err(beyond));
    assert!(it.reopen(kes(301)).is_err(), "no more than was paid");
}

#[test]
fn a_credit_takes_off_what_was_given_up_before_what_was_paid() {
    let mut it = invoice(1_000);
    it.settle(kes(400)).unwrap();
    assert_eq!(it.write_off("gone"), Ok(kes(600)));
    assert_eq!((it.due().unwrap(), it.paid().unwrap()), (kes(0), kes(400)));
    assert_eq!(it.write_off("gone"), Err(CorrectionRefusal::NothingDue));
    assert_eq!(it.credit(kes(450)), freed(450, 0));
    assert_eq!(it.written_off(), kes(150), "what is a loss still");
    assert_eq!((it.due().unwrap(), it.paid().unwrap()), (kes(0), kes(400)));
    assert_eq!(it.credit(kes(200)), freed(150, 50));
    assert_eq!((it.due().unwrap(), it.paid().unwrap()), (kes(0), kes(350)));
    let beyond = CorrectionRefusal::BeyondInvoice {
        asked: kes(351),
        left: kes(350),
    };
    assert_eq!(it.credit(kes(351)), Err(beyond));
    assert_eq!(it.credit(kes(350)), freed(0, 350));
}

#[test]
fn nothing_is_done_with_a_voided_invoice() {
    let mut it = invoice(1_000);
    assert_eq!(it.credit(kes(1_000)), freed(0, 0));
    let on = "2026-11-22".parse().unwrap();
    it.void(on, "a mistake").unwrap();
    let voided = CorrectionRefusal::Voided { on };
    assert_eq!(it.void(on, "a mistake"), Err(voided.clone()));
    assert_eq!(it.credit(kes(0)), Err(voided.clone()));
    assert_eq!(it.write_off("gone"), Err(voided));
}
