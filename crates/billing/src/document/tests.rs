//! What was issued stays; corrections are documents of their own; a draft is no debt.

use kernel::testing::CountingIds;
use kernel::{Currency, DomainEvent, Ids, LocalDate, Money};

use super::{DocumentOf, DocumentRefusal, DocumentState, InvoiceDocument};
use crate::credit_note::{CreditNoteKind, CreditPart, CreditRefusal, PaidSoFar};
use crate::pricing::{PriceTerms, Priced, TaxRule, Taxable};
use crate::rounding::InvoiceScale;

fn kes() -> Currency {
    "KES".parse().unwrap()
}

fn money(minor: i64) -> Money {
    Money::from_minor(minor, kes())
}

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn terms() -> PriceTerms {
    PriceTerms::of(kes(), InvoiceScale::new(2, kes()).unwrap())
}

fn of() -> DocumentOf {
    let ids: &dyn Ids = &CountingIds::from(1);
    DocumentOf {
        invoice: ids.next(),
        account: ids.next(),
        entity: ids.next(),
    }
}

fn with<T>(amounts: &[i64], then: impl FnOnce(Priced<'_>) -> T) -> T {
    let vat = [TaxRule::new("VAT", "16%".parse().unwrap()).unwrap()];
    let line = |it: &i64| Taxable {
        amount: money(*it),
        taxes: &vat,
    };
    let lines: Vec<Taxable<'_>> = amounts.iter().map(line).collect();
    then(Priced {
        lines: &lines,
        ..Priced::default()
    })
}

fn draft(amounts: &[i64]) -> Result<InvoiceDocument, DocumentRefusal> {
    with(amounts, |priced| {
        InvoiceDocument::draft(of(), priced, terms())
    })
}

fn issued(amounts: &[i64]) -> InvoiceDocument {
    let mut document = draft(amounts).unwrap();
    document
        .issue(("INV", 7), day("2026-11-21"), day("2026-11-28"))
        .unwrap();
    document
}

#[test]
fn a_draft_is_no_debt_and_can_change_until_it_has_a_number() {
    let mut document = draft(&[1000]).unwrap();
    assert_eq!(document.due(), Ok(money(0)));
    with(&[2000], |priced| document.redraft(priced, terms())).unwrap();
    document
        .issue(("INV", 7), day("2026-11-21"), day("2026-11-28"))
        .unwrap();
    assert_eq!(document.due(), Ok(money(2320)));
    let number = "INV-000007".to_owned();
    let refused = DocumentRefusal::Issued { number };
    let again = with(&[1], |priced| document.redraft(priced, terms()));
    assert_eq!(again, Err(refused.clone()));
    let again = document.issue(("INV", 8), day("2026-11-21"), day("2026-11-28"));
    assert_eq!(again, Err(refused));
    let names: Vec<_> = document
        .take_events()
        .iter()
        .map(DomainEvent::name)
        .collect();
    assert_eq!(names, ["billing.invoice_drafted", "billing.invoice_issued"]);
}

#[test]
fn what_is_no_invoice_is_refused() {
    assert_eq!(draft(&[]), Err(DocumentRefusal::Empty));
    let mut negative = draft(&[-1000]).unwrap();
    let (on, due_on) = (day("2026-11-21"), day("2026-11-28"));
    let total = money(-1160);
    let refused = negative.issue(("INV", 1), on, due_on);
    assert_eq!(refused, Err(DocumentRefusal::Negative { total }));
    let mut early = draft(&[1000]).unwrap();
    let (on, due_on) = (due_on, on);
    let refused = early.issue(("INV", 1), on, due_on);
    assert_eq!(refused, Err(DocumentRefusal::DueBefore { on, due_on }));
    assert_eq!(*early.state(), DocumentState::Draft, "nothing has changed");
    let whole = [(0, CreditPart::Whole).into()];
    let refused = early.credit(CreditNoteKind::ToAccount, &whole, "CN-1", on);
    assert_eq!(refused, Err(DocumentRefusal::Draft));
}

#[test]
fn voiding_cancels_what_is_left_once() {
    let mut document = issued(&[1000, 500]);
    document.take_events();
    let on = day("2026-11-22");
    document.adjust_line(1, money(200), "CN-1", on).unwrap();
    assert_eq!(document.due(), Ok(money(1508)), "the debt is less");
    let note = document.void("CN-2", on, "wrong customer").unwrap();
    assert_eq!((note.total, document.due()), (money(1508), Ok(money(0))));
    let names: Vec<_> = document
        .take_events()
        .iter()
        .map(DomainEvent::name)
        .collect();
    let expected = [
        "billing.credit_note_issued",
        "billing.item_adjusted",
        "billing.credit_note_issued",
        "billing.invoice_voided",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_cancelled_debt_comes_back_with_its_note() {
    let mut document = issued(&[1000]);
    let on = day("2026-11-22");
    let part = [(0, CreditPart::Amount(money(400))).into()];
    document
        .credit(CreditNoteKind::DebtCancellation, &part, "CN-1", on)
        .unwrap();
    assert_eq!(document.due(), Ok(money(696)));
    document.void_note("CN-1", on).unwrap();
    assert_eq!(document.due(), Ok(money(1160)));
}

#[test]
fn what_was_paid_for_is_not_voided() {
    let mut document = issued(&[1000]).paid(PaidSoFar {
        money: money(100),
        credit: money(0),
        refunded: money(0),
    });
    let refused = document.void("CN-1", day("2026-11-22"), "mistake");
    assert_eq!(refused, Err(DocumentRefusal::Paid { paid: money(100) }));
    assert!(document.notes().is_empty());
}

#[test]
fn a_voided_invoice_keeps_its_number_and_can_be_corrected_once() {
    let mut document = issued(&[1000]);
    let on = day("2026-11-22");
    let ids: &dyn Ids = &CountingIds::from(50);
    let early = with(&[900], |priced| {
        document.correct(ids.next(), priced, terms())
    });
    let left = money(1160);
    let refused = CreditRefusal::NotAllCredited { left };
    assert_eq!(early, Err(DocumentRefusal::Credit(refused)));
    let note = document.void("CN-1", on, "wrong price").unwrap();
    assert_eq!((note.total, document.due()), (money(1160), Ok(money(0))));
    let number = "INV-000007".to_owned();
    let again = document.void("CN-2", on, "again");
    assert_eq!(again, Err(DocumentRefusal::Voided { number, on }));
    let right = with(&[900], |priced| {
        document.correct(ids.next(), priced, terms())
    })
    .unwrap();
    assert_eq!(right.corrects(), Some(of().invoice));
    assert_eq!(right.totals().payable, money(1044));
    let second = with(&[900], |priced| {
        document.correct(ids.next(), priced, terms())
    });
    assert_eq!(
        second,
        Err(DocumentRefusal::Credit(CreditRefusal::Corrected))
    );
}
