//! What each command does to the books.

use kernel::Money;

use super::super::{
    Application, BookStatus, BooksRefusal, Claim, Fund, ParentItem, Refund, RefundRefusal,
    Returned, SettledPayment, left_of_child, refund_amount,
};
use super::{Desk, currency, kes, settled};
use crate::ledger::LedgerAccount;
use crate::ratio::Ratio;

#[test]
fn an_invoice_is_owed_earned_and_collected_for_the_state() {
    let mut desk = Desk::open();
    let invoice = desk.invoice(1_000, 160);
    assert_eq!(desk.due(invoice), 1_160);
    let [posted] = desk.books.journal() else {
        panic!("one move, not {:?}", desk.books.journal());
    };
    let sides: Vec<_> = posted
        .entries
        .iter()
        .map(|it| (it.account, it.amount.minor()))
        .collect();
    let expected = [
        (LedgerAccount::Receivable, 1_160),
        (LedgerAccount::Revenue, -1_000),
        (LedgerAccount::Tax, -160),
    ];
    assert_eq!(sides, expected);
}

#[test]
fn a_draft_is_no_debt_until_it_is_issued() {
    let mut desk = Desk::open();
    desk.grant(50);
    let bill = desk.bill(100, 0);
    desk.books.draft(bill).unwrap();
    assert_eq!((desk.balance(), desk.credit()), (-50, 50));
    assert!(desk.books.debts(currency()).unwrap().is_empty());
    desk.books.issue(bill).unwrap();
    assert_eq!((desk.balance(), desk.credit()), (50, 0));
    desk.books.issue(bill).unwrap();
    assert_eq!(desk.balance(), 50, "issuing twice is issuing once");
    let mut other = bill;
    other.net = kes(101);
    assert_eq!(desk.books.issue(other), Err(BooksRefusal::OtherContent));
}

#[test]
fn money_pays_what_it_is_meant_for_and_then_the_oldest() {
    let mut desk = Desk::open();
    let (first, second) = (desk.invoice(100, 0), desk.invoice(100, 0));
    let payment = desk.id();
    let meant = SettledPayment {
        meant_for: Some(second),
        ..settled(payment, 130)
    };
    desk.books.settle(meant).unwrap();
    assert_eq!((desk.due(first), desk.due(second)), (70, 0));
    desk.books.settle(meant).unwrap();
    assert_eq!(desk.balance(), 70, "settling twice is settling once");
    let other = desk.books.settle(settled(payment, 130));
    assert_eq!(other, Err(BooksRefusal::OtherContent));
}

#[test]
fn an_overpayment_is_credit_and_pays_the_next_invoice() {
    let mut desk = Desk::open();
    let payment = desk.payment(150);
    assert_eq!((desk.balance(), desk.credit()), (-150, 150));
    let invoice = desk.invoice(100, 0);
    assert_eq!((desk.due(invoice), desk.credit()), (0, 50));
    assert_eq!(desk.used(Fund::Payment(payment)), 100);
}

#[test]
fn a_foreign_settlement_keeps_both_amounts() {
    let mut desk = Desk::open();
    let invoice = desk.invoice(24_995, 0);
    let euros = Money::from_minor(22_544, "EUR".parse().unwrap());
    let payment = desk.id();
    let foreign = SettledPayment {
        settled_as: Some(euros),
        ..settled(payment, 24_995)
    };
    desk.books.settle(foreign).unwrap();
    assert_eq!(desk.due(invoice), 0);
    let both = desk.books.both_amounts(payment).unwrap();
    assert_eq!(both, (kes(24_995), Some(euros)));
    assert!(desk.books.balance(euros.currency()).unwrap().is_zero());
}

#[test]
fn credit_in_another_currency_stays_where_it_is() {
    let mut desk = Desk::open();
    let credit = desk.id();
    let shillings = Money::from_minor(900, "UGX".parse().unwrap());
    desk.books.grant(credit, shillings).unwrap();
    let invoice = desk.invoice(100, 0);
    assert_eq!(desk.due(invoice), 100);
    let asked = desk
        .books
        .allocate(Fund::Credit(credit), invoice, shillings);
    assert!(matches!(asked, Err(BooksRefusal::Money(_))), "{asked:?}");
}

#[test]
fn a_refund_opens_the_debt_again_unless_it_adjusts() {
    let mut desk = Desk::open();
    let invoice = desk.invoice(1_000, 160);
    let payment = desk.payment(1_160);
    desk.books
        .refund(payment, Some(kes(116)), Refund::Reopening)
        .unwrap();
    assert_eq!(desk.due(invoice), 116);
    desk.books
        .refund(payment, Some(kes(58)), Refund::Adjusting)
        .unwrap();
    assert_eq!(desk.due(invoice), 116);
    let tax = desk.books.standing(LedgerAccount::Tax, currency()).unwrap();
    assert_eq!(tax, kes(-152), "the state gets less as well");
    let rest = desk.books.refund(payment, None, Refund::Reopening).unwrap();
    assert_eq!((rest, desk.due(invoice)), (kes(986), 1_102));
    let more = desk.books.refund(payment, Some(kes(1)), Refund::Reopening);
    let refused = RefundRefusal::TooLarge {
        asked: kes(1),
        refundable: kes(0),
    };
    assert_eq!(more, Err(refused.into()));
}

#[test]
fn a_refund_takes_what_pays_nothing_first() {
    let mut desk = Desk::open();
    let invoice = desk.invoice(100, 0);
    let payment = desk.payment(130);
    desk.books
        .refund(payment, Some(kes(30)), Refund::Reopening)
        .unwrap();
    assert_eq!((desk.due(invoice), desk.credit()), (0, 0));
    desk.books
        .refund(payment, Some(kes(40)), Refund::Reopening)
        .unwrap();
    assert_eq!(desk.due(invoice), 40);
}

#[test]
fn the_part_paid_with_credit_goes_back_to_credit() {
    let mut desk = Desk::open();
    desk.grant(400);
    let invoice = desk.invoice(1_000, 0);
    let payment = desk.payment(600);
    let returned = desk.books.return_invoice(invoice).unwrap();
    let expected = Returned {
        money: kes(600),
        credit: kes(400),
    };
    assert_eq!(returned, expected);
    assert_eq!(
        (desk.due(invoice), desk.credit(), desk.balance()),
        (0, 400, -400)
    );
    assert!(desk.books.received(payment).unwrap().is_zero());
}

#[test]
fn a_chargeback_opens_what_was_paid_and_winning_it_closes_it() {
    let mut desk = Desk::open();
    let (first, second) = (desk.invoice(100, 0), desk.invoice(100, 0));
    let payment = desk.payment(150);
    assert_eq!(desk.books.reverse(payment).unwrap(), kes(150));
    assert_eq!((desk.due(first), desk.due(second)), (100, 100));
    assert_eq!(desk.books.reverse(payment), Err(BooksRefusal::Reversed));
    let refund = desk.books.refund(payment, None, Refund::Reopening);
    assert_eq!(refund, Err(BooksRefusal::Reversed));
    desk.books.undo_reversal(payment).unwrap();
    assert_eq!((desk.due(first), desk.due(second)), (0, 50));
    assert_eq!(
        desk.books.undo_reversal(payment),
        Err(BooksRefusal::NotReversed)
    );
    desk.books.reverse(payment).unwrap();
    assert_eq!(desk.balance(), 200, "a dispute may be lost after all");
}

#[test]
fn a_chargeback_after_a_refund_takes_the_rest_only() {
    let mut desk = Desk::open();
    desk.invoice(100, 0);
    let payment = desk.payment(100);
    desk.books
        .refund(payment, Some(kes(30)), Refund::Reopening)
        .unwrap();
    assert_eq!(desk.books.reverse(payment).unwrap(), kes(70));
    assert_eq!(desk.balance(), 100);
    desk.books.undo_reversal(payment).unwrap();
    assert_eq!(desk.balance(), 30);
}

#[test]
fn credit_that_is_taken_back_opens_what_it_paid() {
    let mut desk = Desk::open();
    let credit = desk.grant(100);
    let (first, second) = (desk.invoice(60, 0), desk.invoice(60, 0));
    assert_eq!((desk.due(first), desk.due(second)), (0, 20));
    assert_eq!(desk.books.take_back(credit).unwrap(), kes(100));
    assert_eq!((desk.due(first), desk.due(second)), (60, 60));
    assert_eq!(desk.books.take_back(credit).unwrap(), kes(0));
}

#[test]
fn a_credit_note_takes_debt_first_and_gives_credit_for_what_was_paid() {
    let mut desk = Desk::open();
    let invoice = desk.invoice(100, 10);
    desk.payment(80);
    assert_eq!(desk.note(invoice, 50, 5).unwrap(), kes(25));
    assert_eq!((desk.due(invoice), desk.credit()), (0, 25));
    let beyond = BooksRefusal::BeyondInvoice {
        remaining: kes(50),
        asked: kes(51),
    };
    assert_eq!(desk.note(invoice, 51, 0), Err(beyond));
    let beyond = BooksRefusal::BeyondInvoice {
        remaining: kes(5),
        asked: kes(6),
    };
    assert_eq!(desk.note(invoice, 1, 6), Err(beyond));
    assert_eq!(desk.note(invoice, 50, 5).unwrap(), kes(55));
    assert_eq!(desk.balance(), -80);
}

#[test]
fn only_credit_given_for_nothing_is_taken_back() {
    let mut desk = Desk::open();
    let invoice = desk.invoice(100, 0);
    desk.payment(100);
    let note = desk.id();
    let parts = (kes(40), kes(0));
    desk.books.credit_note(note, invoice, parts).unwrap();
    desk.books.credit_note(note, invoice, parts).unwrap();
    assert_eq!(desk.credit(), 40, "the same note again changes nothing");
    assert_eq!(desk.books.take_back(note), Err(BooksRefusal::NotGiven));
}

#[test]
fn what_is_written_off_is_no_debt_and_no_revenue_lost_twice() {
    let mut desk = Desk::open();
    let invoice = desk.invoice(100, 0);
    desk.payment(30);
    assert_eq!(desk.books.write_off(invoice).unwrap(), kes(70));
    assert_eq!((desk.due(invoice), desk.balance()), (0, 0));
    let lost = desk
        .books
        .standing(LedgerAccount::BadDebt, currency())
        .unwrap();
    assert_eq!(lost, kes(70));
    let again = desk.books.write_off(invoice);
    assert_eq!(again, Err(BooksRefusal::NotPositive { amount: kes(0) }));
}

#[test]
fn what_was_written_off_is_credited_before_what_was_paid() {
    let mut desk = Desk::open();
    let invoice = desk.invoice(100, 0);
    desk.payment(30);
    desk.books.write_off(invoice).unwrap();
    let lost = |desk: &Desk| {
        let lost = desk.books.standing(LedgerAccount::BadDebt, currency());
        lost.unwrap().minor()
    };
    desk.note(invoice, 50, 0).unwrap();
    assert_eq!((lost(&desk), desk.credit()), (20, 0));
    desk.note(invoice, 50, 0).unwrap();
    assert_eq!((lost(&desk), desk.credit()), (0, 30));
}

#[test]
fn voiding_gives_back_what_paid() {
    let mut desk = Desk::open();
    let (first, second) = (desk.invoice(100, 16), desk.invoice(100, 0));
    desk.payment(116);
    desk.books.void(first).unwrap();
    assert_eq!(desk.books.status(first).unwrap(), BookStatus::Voided);
    assert_eq!(
        (desk.due(first), desk.due(second), desk.credit()),
        (0, 0, 16)
    );
    assert_eq!(desk.books.void(first), Err(BooksRefusal::NotIssued(first)));
    let credited = desk.invoice(100, 0);
    desk.note(credited, 50, 0).unwrap();
    assert!(desk.books.void(credited).is_err());
    let paid_for = desk.invoice(100, 0);
    desk.payment(100);
    desk.note(paid_for, 50, 0).unwrap();
    assert!(
        desk.books.void(paid_for).is_err(),
        "nothing goes back twice"
    );
}

#[test]
fn by_hand_nothing_moves_by_itself_and_nothing_twice() {
    let mut desk = Desk::with(Application::ByHand);
    let invoice = desk.invoice(100, 0);
    let fund = Fund::Payment(desk.payment(80));
    assert_eq!((desk.due(invoice), desk.credit()), (100, 80));
    let too_much = desk.books.allocate(fund, invoice, kes(81));
    let refused = BooksRefusal::OverAllocated {
        left: kes(80),
        asked: kes(81),
    };
    assert_eq!(too_much, Err(refused));
    desk.books.allocate(fund, invoice, kes(50)).unwrap();
    let again = desk.books.allocate(fund, invoice, kes(10));
    assert_eq!(again, Err(BooksRefusal::AlreadyApplied(invoice)));
    let other = Fund::Payment(desk.payment(80));
    let beyond = desk.books.allocate(other, invoice, kes(51));
    let refused = BooksRefusal::BeyondDue {
        due: kes(50),
        asked: kes(51),
    };
    assert_eq!(beyond, Err(refused));
    let nothing = desk.books.allocate(other, invoice, kes(0));
    assert_eq!(nothing, Err(BooksRefusal::NotPositive { amount: kes(0) }));
}

#[test]
fn what_is_not_there_is_named() {
    let mut desk = Desk::open();
    let (invoice, payment) = (desk.id(), desk.id());
    let unknown = desk.books.due(invoice);
    assert_eq!(unknown, Err(BooksRefusal::UnknownInvoice(invoice)));
    let fund = Fund::Payment(payment);
    let unknown = desk.books.reverse(payment);
    assert_eq!(unknown, Err(BooksRefusal::UnknownFund(fund)));
    let bill = desk.bill(-1, 0);
    let negative = BooksRefusal::NotPositive { amount: kes(-1) };
    assert_eq!(desk.books.issue(bill), Err(negative));
}

#[test]
fn a_refund_is_what_was_asked_or_adjusted_or_all() {
    let items = [kes(1), kes(10)];
    assert_eq!(refund_amount(kes(20), None, &[]), Ok(kes(20)));
    assert_eq!(refund_amount(kes(20), None, &items), Ok(kes(11)));
    assert_eq!(refund_amount(kes(20), Some(kes(11)), &items), Ok(kes(11)));
    let mismatch = RefundRefusal::Mismatch {
        asked: kes(10),
        adjusted: kes(11),
    };
    assert_eq!(refund_amount(kes(20), Some(kes(10)), &items), Err(mismatch));
    let none = RefundRefusal::NotPositive { asked: kes(0) };
    assert_eq!(refund_amount(kes(20), Some(kes(0)), &[]), Err(none));
    assert_eq!(refund_amount(kes(0), None, &[]), Err(none));
}

#[test]
fn a_parent_takes_over_from_each_child_apart() {
    let desk = Desk::open();
    let (child, sibling) = (desk.id(), desk.id());
    let item = |child, minor| ParentItem {
        child,
        amount: kes(minor),
    };
    let items = [item(child, 30), item(sibling, 500), item(child, -10)];
    assert_eq!(left_of_child(child, kes(100), &items), Ok(kes(80)));
}

#[test]
fn a_claim_is_discounted_before_tax() {
    let tenth = Ratio::new(1, 10).unwrap();
    let claim = Claim::of(&[kes(50), kes(25)], kes(10), tenth).unwrap();
    let parts = (claim.subtotal, claim.tax, claim.total);
    assert_eq!(parts, (kes(65), kes(7), kes(72)));
    assert!(Claim::of(&[kes(50)], kes(51), tenth).is_err());
    assert!(Claim::of(&[kes(50)], kes(-1), tenth).is_err());
    assert!(Claim::of(&[kes(50)], kes(0), Ratio::whole(-1)).is_err());
}
