//! What holds after every step of every history.

use kernel::Money;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::TestCaseError;

use super::super::{BookStatus, Fund, InvoiceFact};
use super::any::{Story, histories};
use super::{currency, kes};
use crate::ledger::LedgerAccount;

/// Invariants 1, 2, 7, 28 and 33 of billing.md.
fn holds(story: &Story) -> Result<(), TestCaseError> {
    let books = &story.desk.books;
    for posted in books.journal() {
        let amounts = posted.entries.iter().map(|it| it.amount);
        prop_assert!(
            Money::sum(currency(), amounts).unwrap().is_zero(),
            "{posted:?}"
        );
    }
    let mut owed = kes(0);
    for invoice in &story.invoices {
        let due = books.due(*invoice).unwrap();
        let total = total_of(story, *invoice);
        prop_assert!(
            !due.is_negative() && due.minor() <= total.minor(),
            "{due} of {total}"
        );
        if books.status(*invoice).unwrap() == BookStatus::Voided {
            prop_assert!(due.is_zero());
        }
        owed = owed.checked_add(due).unwrap();
    }
    for payment in &story.payments {
        let fund = Fund::Payment(*payment);
        let (used, left) = (books.used(fund).unwrap(), books.left(fund).unwrap());
        prop_assert!(!used.is_negative() && !left.is_negative());
        let here = books.received(*payment).unwrap();
        prop_assert_eq!(
            used.checked_add(left).unwrap(),
            here,
            "used and left are what is here"
        );
        prop_assert!(here.minor() <= books.both_amounts(*payment).unwrap().0.minor());
    }
    let credit = books.credit(currency()).unwrap();
    prop_assert!(!credit.is_negative());
    prop_assert_eq!(
        books.balance(currency()).unwrap(),
        owed.checked_sub(credit).unwrap()
    );
    let standing = |it| books.standing(it, currency()).unwrap().minor();
    let given = standing(LedgerAccount::Cash) + standing(LedgerAccount::Goodwill);
    prop_assert!(
        credit.minor() <= given,
        "credit {} of {} that came in or was given",
        credit,
        given
    );
    prop_assert!(standing(LedgerAccount::BadDebt) >= 0);
    prop_assert!(
        credit.is_zero() || owed.is_zero(),
        "credit {} beside debt {}",
        credit,
        owed
    );
    Ok(())
}

fn total_of(story: &Story, invoice: kernel::InvoiceId) -> Money {
    let entries = story
        .desk
        .books
        .journal()
        .iter()
        .filter(|it| it.what == "invoice");
    let mut own = entries
        .flat_map(|it| &it.entries)
        .filter(|it| it.account == LedgerAccount::Receivable && it.invoice == Some(invoice));
    own.next().map_or(kes(0), |it| it.amount)
}

proptest! {
    #[test]
    fn every_step_keeps_the_books(history in histories()) {
        let mut story = Story::new();
        for what in history {
            let before = story.desk.books.clone();
            if story.happens(what).is_err() {
                prop_assert_eq!(&before, &story.desk.books, "a refusal changed something");
            }
            holds(&story)?;
        }
    }

    #[test]
    fn the_order_of_payments_does_not_change_what_is_owed(amounts in proptest::collection::vec(1_i64..400, 1..8), bills in proptest::collection::vec(1_i64..400, 1..6)) {
        let settle = |amounts: Vec<i64>| {
            let mut story = Story::new();
            for net in &bills {
                story.desk.invoice(*net, 0);
            }
            for minor in amounts {
                story.desk.payment(minor);
            }
            let open = story.desk.books.open(currency()).unwrap();
            (story.desk.balance(), open.iter().map(|it| (it.number, it.due)).collect::<Vec<_>>())
        };
        let backwards = amounts.iter().rev().copied().collect();
        prop_assert_eq!(settle(amounts), settle(backwards));
    }

    #[test]
    fn a_reversal_that_is_undone_leaves_no_trace_in_balances(bills in proptest::collection::vec(1_i64..400, 1..6), minor in 1_i64..900) {
        let mut story = Story::new();
        let invoices: Vec<_> = bills.iter().map(|net| story.desk.invoice(*net, 0)).collect();
        let payment = story.desk.payment(minor);
        let dues = |story: &Story| invoices.iter().map(|it| story.desk.due(*it)).collect::<Vec<_>>();
        let before = (dues(&story), story.desk.credit());
        story.desk.books.reverse(payment).unwrap();
        prop_assert_eq!(story.desk.balance(), bills.iter().sum::<i64>());
        story.desk.books.undo_reversal(payment).unwrap();
        prop_assert_eq!(before, (dues(&story), story.desk.credit()));
    }

    #[test]
    fn credit_notes_in_parts_end_at_the_whole(net in 1_i64..1_000, tax in 0_i64..200, cut in 0_i64..1_000) {
        let mut story = Story::new();
        let invoice = story.desk.invoice(net, tax);
        let first = (cut % (net + 1), cut % (tax + 1));
        if first != (0, 0) {
            story.desk.note(invoice, first.0, first.1).unwrap();
        }
        let rest = (net - first.0, tax - first.1);
        if rest != (0, 0) {
            story.desk.note(invoice, rest.0, rest.1).unwrap();
        }
        prop_assert!(story.desk.note(invoice, 1, 0).is_err());
        prop_assert_eq!(story.desk.balance(), 0);
        let earned = story.desk.books.standing(LedgerAccount::Revenue, currency()).unwrap();
        prop_assert!(earned.is_zero());
    }

    #[test]
    fn a_bill_is_net_and_tax(net in 0_i64..1_000, tax in 0_i64..1_000) {
        let mut story = Story::new();
        let bill: InvoiceFact = story.desk.bill(net, tax);
        prop_assert_eq!(bill.total().unwrap(), kes(net + tax));
    }
}
