//! Notes never exceed the invoice, the books balance after each, and what was paid for is there again.

use kernel::testing::CountingIds;
use kernel::{Ids, Money, Timestamp};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{Crediting, NotCredited, Original, Turned, credit};
use crate::allocation::Allocation;
use crate::credit_note::{CreditNoteKind, CreditPart, CreditRefusal, IssuedNote};
use crate::entity::EntityPricing;
use crate::invoice::{CorrectionRefusal, Invoice, InvoiceDraft, Line};
use crate::ledger::{LedgerAccount, Posting, check_balanced};
use crate::payment::{NewPayment, Payment, PaymentMethod};
use crate::pricing::{Discount, Priced, TaxRule, Taxable, price};
use crate::ratio::Ratio;
use crate::rounding::InvoiceScale;
use crate::schedule::Period;
use crate::segment::ChargeKind;

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T09:00:00Z".parse().unwrap())
}

/// An invoice with 16 % on each line, 10 % off, rounded to a coin.
fn taxed(ids: &dyn Ids, amounts: &[i64], inclusive: bool, coin: i64) -> Original {
    let currency = kes(0).currency();
    let vat = [TaxRule::new("VAT", "16%".parse().unwrap()).unwrap()];
    let taxable: Vec<_> = amounts
        .iter()
        .map(|it| Taxable {
            amount: kes(*it),
            taxes: &vat,
        })
        .collect();
    let pricing = EntityPricing {
        inclusive,
        coin: Some(coin),
        ..EntityPricing::PLAIN
    };
    let document = Priced {
        lines: &taxable,
        discounts: &[Discount::percent("10%".parse().unwrap()).unwrap()],
        ..Priced::default()
    };
    let terms = pricing.terms(currency, InvoiceScale::new(2, currency).unwrap());
    let totals = price(document, terms).unwrap();
    let month = Period {
        start: "2026-11-01".parse().unwrap(),
        end: "2026-12-01".parse().unwrap(),
    };
    let line = |it: &i64| Line {
        subscription: ids.next(),
        component: 0,
        kind: ChargeKind::Recurring,
        plan: ids.next(),
        quantity: 1,
        period: month,
        cycle: month,
        price: kes(*it),
        amount: kes(*it),
        repairs: None,
    };
    let draft = InvoiceDraft {
        fees: Vec::new(),
        id: ids.next(),
        account: ids.next(),
        entity: ids.next(),
        lines: amounts.iter().map(line).collect(),
        total: totals.payable,
        figures: Some(Box::new(totals)),
        issued_on: "2026-11-01".parse().unwrap(),
        due_on: "2026-11-08".parse().unwrap(),
    };
    Original {
        invoice: Invoice::issue(draft, "INV", 1),
        notes: Vec::new(),
        payers: Vec::new(),
        taken_back: Vec::new(),
    }
}

fn paid(ids: &dyn Ids, original: &mut Original, minor: i64) {
    let new = NewPayment {
        id: ids.next(),
        account: original.invoice.account(),
        amount: kes(minor),
        method: PaymentMethod::Cash,
        reference: None,
        received_at: noon(),
    };
    let mut payment = Payment::record(new, noon()).unwrap();
    let part = Allocation {
        invoice: original.invoice.id(),
        amount: kes(minor),
    };
    payment.use_for(&[part]).unwrap();
    original.invoice.settle(kes(minor)).unwrap();
    original.payers.push(payment);
}

/// Credits parts of an invoice, and takes the note down.
fn noted(
    ids: &dyn Ids,
    original: &mut Original,
    parts: &[(usize, CreditPart)],
) -> Result<(IssuedNote, Vec<Posting>), NotCredited> {
    let order = Crediting {
        id: ids.next(),
        kind: CreditNoteKind::ToAccount,
        requests: parts.iter().map(|it| (*it).into()).collect(),
        days: Vec::new(),
        turned: Turned::default(),
        reason: "goodwill".to_owned(),
        on: "2026-11-21".parse().unwrap(),
        at: noon(),
        step: 1,
    };
    let (mut invoice, mut payers) = (original.invoice.clone(), original.payers.clone());
    let mut paying: Vec<&mut Payment> = payers.iter_mut().collect();
    let (draft, postings) = credit(&mut invoice, original, &mut paying, &order)?;
    let number = u64::try_from(original.notes.len()).unwrap() + 1;
    let (note, _) = IssuedNote::issue(draft, "INV-CN", number).unwrap();
    original.notes.push(note.clone());
    (original.invoice, original.payers) = (invoice, payers);
    Ok((note, postings))
}

#[test]
fn what_was_paid_for_the_credited_part_is_there_again() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut original = taxed(ids, &[100_000, 50_000], false, 1);
    assert_eq!(original.invoice.total(), kes(156_600));
    paid(ids, &mut original, 100_000);
    paid(ids, &mut original, 50_000);
    let (note, postings) = noted(ids, &mut original, &[(1, CreditPart::Whole)]).unwrap();
    assert_eq!(note.draft.total().unwrap(), kes(52_200), "45,000 and 16 %");
    assert_eq!(note.draft.pieces.len(), 1);
    assert_eq!(note.draft.pieces[0].amount, kes(50_000), "as listed");
    assert_eq!(original.invoice.due().unwrap(), kes(0));
    let left: Vec<_> = original
        .payers
        .iter()
        .map(|it| it.unallocated().unwrap())
        .collect();
    assert_eq!(
        left,
        [kes(0), kes(45_600)],
        "6,600 were due; the latest goes first"
    );
    assert_eq!(postings.len(), 2);
    let entries = postings[0].entries().iter();
    let entries: Vec<_> = entries.map(|it| (it.account, it.amount.minor())).collect();
    let wanted = [
        (LedgerAccount::Revenue, 45_000),
        (LedgerAccount::Tax, 7_200),
        (LedgerAccount::Receivable, -52_200),
    ];
    assert_eq!(entries, wanted);
}

#[test]
fn more_than_is_left_is_refused_with_its_figures() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut original = taxed(ids, &[100_000], false, 1);
    let part = CreditPart::Amount(kes(60_000));
    noted(ids, &mut original, &[(0, part)]).unwrap();
    let refused = noted(ids, &mut original, &[(0, part)]).unwrap_err();
    let wanted = CreditRefusal::TooMuch {
        line: 0,
        asked: kes(60_000),
        left: kes(40_000),
    };
    assert_eq!(refused, NotCredited::Refused(wanted));
    noted(ids, &mut original, &[(0, CreditPart::Whole)]).unwrap();
    let refused = noted(ids, &mut original, &[]).unwrap_err();
    assert_eq!(refused, NotCredited::Refused(CreditRefusal::NothingLeft));
}

#[test]
fn what_was_written_off_is_no_loss_once_it_is_credited() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut original = taxed(ids, &[100_000], false, 1);
    paid(ids, &mut original, 10_000);
    original.invoice.write_off("gone").unwrap();
    let half = CreditPart::Amount(kes(50_000));
    let (_, postings) = noted(ids, &mut original, &[(0, half)]).unwrap();
    let entries: Vec<_> = postings[1].entries().iter().collect();
    let entries: Vec<_> = entries
        .iter()
        .map(|it| (it.account, it.amount.minor()))
        .collect();
    let wanted = [
        (LedgerAccount::Receivable, 52_200),
        (LedgerAccount::BadDebt, -52_200),
    ];
    assert_eq!(
        (postings[1].what(), entries),
        ("write_off_reversed", wanted.to_vec())
    );
    assert_eq!(postings.len(), 2, "nobody gets credit for it");
    assert_eq!(original.invoice.written_off(), kes(94_400 - 52_200));
    let (_, postings) = noted(ids, &mut original, &[]).unwrap();
    assert_eq!(
        postings.len(),
        3,
        "the rest of the loss, and what was paid beside it"
    );
    assert!(original.invoice.written_off().is_zero());
    assert_eq!(original.payers[0].unallocated(), Ok(kes(10_000)));
}

#[test]
fn a_charge_beside_what_was_taken_back_is_not_credited_beyond_the_invoice() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut original = taxed(ids, &[100_000], false, 1);
    let mut snapshot = original.invoice.snapshot();
    let mut repair = snapshot.lines[0].clone();
    repair.amount = kes(-80_000);
    snapshot.lines.push(repair);
    snapshot.figures = None;
    snapshot.total = kes(20_000);
    original.invoice = Invoice::restore(snapshot);
    let refused = noted(ids, &mut original, &[(0, CreditPart::Whole)]).unwrap_err();
    let beyond = CorrectionRefusal::BeyondInvoice {
        asked: kes(100_000),
        left: kes(20_000),
    };
    assert_eq!(refused, NotCredited::Correction(beyond));
    let part = CreditPart::Amount(kes(20_000));
    noted(ids, &mut original, &[(0, part)]).unwrap();
    assert!(original.invoice.due().unwrap().is_zero());
}

proptest! {
    #[test]
    fn notes_sum_to_the_invoice_and_every_posting_balances(
        amounts in vec(1_i64..1_000_000, 1..5),
        shares in vec((any::<usize>(), 1_i128..100), 0..8),
        inclusive in any::<bool>(),
        coin in 1_i64..200,
        paid_share in 0_i64..101,
        given_up_after in 0_usize..12,
    ) {
        let ids: &dyn Ids = &CountingIds::from(1);
        let mut original = taxed(ids, &amounts, inclusive, coin);
        let total = original.invoice.total();
        let paying = total.minor() * paid_share / 100;
        if paying > 0 {
            paid(ids, &mut original, paying);
        }
        let mut receivable = total.minor() - paying;
        let mut orders: Vec<Vec<(usize, CreditPart)>> = shares
            .iter()
            .map(|(line, share)| vec![(line % amounts.len(), CreditPart::Share(Ratio::new(*share, 100).unwrap()))])
            .collect();
        orders.push(Vec::new());
        let mut lost = 0;
        for (nth, order) in orders.into_iter().enumerate() {
            if nth == given_up_after && let Ok(due) = original.invoice.write_off("gone") {
                receivable -= due.minor();
                lost += due.minor();
            }
            let before = original.clone();
            match noted(ids, &mut original, &order) {
                Ok((note, postings)) => {
                    prop_assert!(!note.draft.total().unwrap().is_negative());
                    for posting in &postings {
                        prop_assert!(check_balanced(posting.entries()).is_ok());
                        let owed = posting.entries().iter().filter(|it| it.account == LedgerAccount::Receivable);
                        receivable += owed.map(|it| it.amount.minor()).sum::<i64>();
                        let loss = posting.entries().iter().filter(|it| it.account == LedgerAccount::BadDebt);
                        lost += loss.map(|it| it.amount.minor()).sum::<i64>();
                    }
                }
                Err(_) => original = before,
            }
            let due = original.invoice.due().unwrap();
            prop_assert_eq!(receivable, due.minor(), "the books say what the invoice says");
            prop_assert_eq!(lost, original.invoice.written_off().minor(), "and of the loss as well");
            let uses: i64 = original.payers.iter().flat_map(|it| it.uses().unwrap()).map(|it| it.amount.minor()).sum();
            prop_assert_eq!(uses, original.invoice.paid().unwrap().minor());
        }
        let given: i64 = original.notes.iter().map(|it| it.draft.total().unwrap().minor()).sum();
        prop_assert_eq!(given, total.minor(), "the last one takes what is left, with the rounding");
        let credit: i64 = original.payers.iter().map(|it| it.unallocated().unwrap().minor()).sum();
        prop_assert_eq!((credit, lost), (paying, 0), "credit is what was paid, and nothing is lost of nothing");
    }
}
