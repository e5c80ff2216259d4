//! Notes never exceed their invoice, the last one takes what is left, and nothing is credited twice.

use kernel::{Currency, LocalDate, Money};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{
    CreditNoteKind, CreditPart, CreditRefusal, CreditRequest, CreditedInvoice, CreditedUnits,
    PaidSoFar,
};
use crate::pricing::{Discount, PriceTerms, Priced, TaxBase, TaxRule, Taxable, price};
use crate::ratio::Ratio;
use crate::rounding::InvoiceScale;

fn kes() -> Currency {
    "KES".parse().unwrap()
}

fn money(minor: i64) -> Money {
    Money::from_minor(minor, kes())
}

fn day() -> LocalDate {
    "2026-11-21".parse().unwrap()
}

fn rules() -> Vec<Vec<TaxRule>> {
    let tax = |name: &str, rate: &str| TaxRule::new(name, rate.parse().unwrap()).unwrap();
    vec![
        vec![],
        vec![tax("VAT", "16%")],
        vec![
            tax("excise", "15%"),
            tax("VAT", "16%").on(TaxBase::NetAndEarlier),
        ],
    ]
}

fn invoice(lines: &[(i64, usize)], off: i64, inclusive: bool) -> CreditedInvoice {
    let rules = rules();
    let lines = lines.iter().map(|(minor, list)| Taxable {
        amount: money(*minor),
        taxes: &rules[*list],
    });
    let lines: Vec<Taxable<'_>> = lines.collect();
    let document = Priced {
        lines: &lines,
        discounts: &[Discount::fixed(money(off)).unwrap()],
        ..Priced::default()
    };
    let scale = InvoiceScale::new(2, kes()).unwrap();
    let terms = PriceTerms {
        inclusive,
        ..PriceTerms::of(kes(), scale)
    };
    CreditedInvoice::of(price(document, terms).unwrap())
}

fn amount(line: usize, minor: i64) -> CreditRequest {
    (line, CreditPart::Amount(money(minor))).into()
}

#[test]
fn what_cannot_be_given_back_is_named() {
    let mut invoice = invoice(&[(1000, 1), (500, 1)], 0, false);
    let refused = |invoice: &CreditedInvoice, of: &[CreditRequest]| {
        invoice.draft(CreditNoteKind::ToAccount, of).unwrap_err()
    };
    assert_eq!(refused(&invoice, &[]), CreditRefusal::NothingLeft);
    assert_eq!(
        refused(&invoice, &[amount(9, 1)]),
        CreditRefusal::NoSuchLine { line: 9 }
    );
    let twice = refused(&invoice, &[amount(0, 1), amount(0, 1)]);
    assert_eq!(twice, CreditRefusal::Twice { line: 0 });
    let (line, left) = (0, money(1000));
    let asked = money(1001);
    let above = refused(&invoice, &[amount(0, 1001)]);
    assert_eq!(above, CreditRefusal::TooMuch { line, asked, left });
    let asked = money(-1);
    let below = refused(&invoice, &[amount(0, -1)]);
    assert_eq!(below, CreditRefusal::NotPositive { line, asked });
    let foreign = CreditPart::Amount(Money::from_minor(1, "IDR".parse().unwrap()));
    let foreign = refused(&invoice, &[(0, foreign).into()]);
    assert!(matches!(foreign, CreditRefusal::Money(_)));

    let whole = [(0, CreditPart::Whole).into()];
    let note = invoice.draft(CreditNoteKind::ToAccount, &whole).unwrap();
    invoice.issue(note.clone(), "CN-1", day()).unwrap();
    let line = 0;
    let again = invoice.issue(note, "CN-2", day()).unwrap_err();
    assert_eq!(again, CreditRefusal::AlreadyCredited { line });
    assert_eq!(
        invoice.correct(),
        Err(CreditRefusal::NotAllCredited { left: money(580) })
    );
}

#[test]
fn a_draft_is_outdated_once_its_figures_would_change() {
    let mut invoice = invoice(&[(6833, 1), (6833, 1)], 0, false);
    let half = |line| [CreditRequest::from((line, CreditPart::Whole))];
    let first = invoice.draft(CreditNoteKind::ToAccount, &half(0)).unwrap();
    let second = invoice.draft(CreditNoteKind::ToAccount, &half(1)).unwrap();
    invoice.issue(first, "CN-1", day()).unwrap();
    let outcome = invoice.issue(second.clone(), "CN-2", day()).map(|_| ());
    assert_eq!(outcome, Err(CreditRefusal::Outdated));
    let fresh = invoice.draft(CreditNoteKind::ToAccount, &half(1)).unwrap();
    assert_eq!(second.tax(), Ok(money(1093)));
    assert_eq!(
        fresh.tax(),
        Ok(money(1094)),
        "it takes what is left of the tax of 2187"
    );
}

#[test]
fn taxes_that_round_up_never_add_up_to_more_than_the_tax() {
    let mut invoice = invoice(&[(100, 1)], 0, false);
    let mut taxes = Vec::new();
    for index in 0..20 {
        let note = invoice
            .draft(CreditNoteKind::ToAccount, &[amount(0, 5)])
            .unwrap();
        taxes.push(note.tax().unwrap().minor());
        invoice.issue(note, &format!("CN-{index}"), day()).unwrap();
    }
    let (ones, zeros) = taxes.split_at(16);
    assert!(
        ones.iter().all(|it| *it == 1),
        "0.8 of 5, rounded up: {taxes:?}"
    );
    assert!(
        zeros.iter().all(|it| *it == 0),
        "all 16 are given back: {taxes:?}"
    );
    assert_eq!(invoice.creditable(), Ok(money(0)));
}

#[test]
fn cancelled_debt_comes_back_when_the_note_is_voided() {
    let mut invoice = invoice(&[(1000, 1)], 0, false);
    let kind = CreditNoteKind::DebtCancellation;
    let note = invoice.draft_rest(kind).unwrap();
    invoice.issue(note, "CN-1", day()).unwrap();
    assert_eq!(invoice.due(), Ok(money(0)));
    invoice.void("CN-1", day()).unwrap();
    assert_eq!(invoice.due(), Ok(money(1160)));
    let number = "CN-1".to_owned();
    let again = invoice.void("CN-1", day());
    assert_eq!(again, Err(CreditRefusal::NotVoidable { number }));
    let paid = invoice.paid(PaidSoFar {
        money: money(1160),
        credit: money(0),
        refunded: money(0),
    });
    let (total, due) = (money(1160), money(0));
    assert_eq!(
        paid.draft_rest(kind),
        Err(CreditRefusal::NotOwed { total, due })
    );
}

#[test]
fn no_more_money_goes_back_than_was_paid() {
    let paid = PaidSoFar {
        money: money(800),
        credit: money(200),
        refunded: money(300),
    };
    let split = paid.split(money(700)).unwrap();
    assert_eq!((split.refunded, split.credited), (money(500), money(200)));
}

fn any_lines() -> impl Strategy<Value = Vec<(i64, usize)>> {
    vec((1_i64..200_000, 0_usize..3), 1..6)
}

proptest! {
    #[test]
    fn the_amount_of_credited_units_stays_the_truth(minor in -1_000_000_000_i64..1_000_000_000, quantity in 1_u32..100_000) {
        let units = CreditedUnits::of(money(minor), quantity).unwrap();
        prop_assert_eq!((units.quantity(), units.amount()), (quantity, Some(Ratio::whole(minor))));
        prop_assert_eq!(CreditedUnits::of(money(minor), 0), None);
    }
}

proptest! {
    /// Invariant 25: parts in any order and size, then the rest.
    #[test]
    fn notes_never_exceed_the_invoice(
        lines in any_lines(),
        off in 0_i64..50_000,
        inclusive in any::<bool>(),
        parts in vec((0_usize..6, 1_i64..=100), 0..8),
    ) {
        let mut invoice = invoice(&lines, off, inclusive);
        for (index, (line, percent)) in parts.into_iter().enumerate() {
            let part = CreditPart::Share(Ratio::percent(percent, 0).unwrap());
            if let Ok(note) = invoice.draft(CreditNoteKind::ToAccount, &[(line, part).into()]) {
                prop_assert!(note.total.minor() >= note.net.minor());
                invoice.issue(note, &format!("CN-{index}"), day()).unwrap();
            }
            prop_assert!(invoice.creditable().unwrap().minor() >= 0);
        }
        if let Ok(rest) = invoice.draft_rest(CreditNoteKind::ToAccount) {
            invoice.issue(rest, "CN-rest", day()).unwrap();
        }
        prop_assert_eq!(invoice.creditable().unwrap(), money(0), "the last one takes all that is left");
        let totals = invoice.totals();
        for (group, tax) in totals.taxes.iter().enumerate() {
            let back = invoice.notes().iter().flat_map(|it| &it.taxes).filter(|it| it.group == group);
            prop_assert_eq!(back.map(|it| it.tax.minor()).sum::<i64>(), tax.tax.minor());
        }
        for (line, entry) in totals.lines.iter().enumerate() {
            let back = || invoice.notes().iter().flat_map(|it| &it.lines).filter(|it| it.line == line);
            prop_assert_eq!(back().map(|it| it.net.minor()).sum::<i64>(), entry.net.minor());
            prop_assert!(back().all(|it| it.net.minor() >= 0 && it.discount.minor() >= 0));
        }
        prop_assert_eq!(invoice.draft_rest(CreditNoteKind::ToAccount), Err(CreditRefusal::NothingLeft));
        prop_assert_eq!(invoice.correct(), Ok(()));
        prop_assert_eq!(invoice.correct(), Err(CreditRefusal::Corrected));
    }
}
