//! Fees of dunning: on the next bill once, taxed, taken away by a note, back by a void, let off by a person.

use kernel::testing::CountingIds;
use kernel::{AccountId, Ids, InvoiceId};

use super::procedures::{afternoons, invoiced, until};
use super::{Desk, Sold, kes};
use crate::DunningQueries;
use crate::account::{ChargeReason, WaiveRefusal};
use crate::credit_note::{CreditPart, CreditRequest};
use crate::dunning::{BadProcedure, NewProcedure, StepKind};
use crate::dunning_ports::ChargeView;
use crate::entity::{LegalEntity, NewEntity};
use crate::overdue::{DunningPolicy, Level};
use crate::use_cases::waive_fee::{WaiveFee, WaiveFeeError, waive_fee};
use crate::views::InvoiceView;

/// A monthly subscription, its first invoice due on 8 November and five days late: a fee of 5.00 waits.
async fn late() -> (Desk, Sold, InvoiceView) {
    let (desk, sold) = invoiced(afternoons()).await;
    let first = desk.invoices(sold.account).await.remove(0);
    until(&desk, sold.account, "2026-11-11T09:00").await;
    assert_eq!(waiting(&desk, sold.account).await, 1);
    (desk, sold, first)
}

/// The same suspended since the 16th.
async fn suspended() -> (Desk, Sold, InvoiceView) {
    let (desk, sold, first) = late().await;
    until(&desk, sold.account, "2026-11-17T09:00").await;
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    (desk, sold, first)
}

async fn charges(desk: &Desk, account: AccountId) -> Vec<ChargeView> {
    let charges = desk.store.dunning_charges(desk.scope.tenant, account).await;
    charges.unwrap()
}

async fn waiting(desk: &Desk, account: AccountId) -> usize {
    let charges = charges(desk, account).await;
    charges.iter().filter(|it| it.waits()).count()
}

async fn reconnections(desk: &Desk, account: AccountId) -> usize {
    let charges = charges(desk, account).await;
    let is_one = |it: &&ChargeView| it.reason == ChargeReason::Reconnection;
    charges.iter().filter(is_one).count()
}

fn all_of(line: usize) -> Vec<CreditRequest> {
    vec![(line, CreditPart::Whole).into()]
}

#[tokio::test]
async fn the_next_bill_carries_a_fee_once_after_its_lines() {
    let (desk, sold, _) = late().await;
    let owed = desk.owed();
    desk.go_to("2026-12-01");
    desk.pay(sold.account, 300_000).await;
    let bill = desk.bill(sold.account).await.unwrap();
    assert_eq!((bill.lines.len(), bill.fees.len()), (1, 1));
    assert_eq!((bill.fees[0].line, bill.fees[0].amount), (1, kes(500)));
    assert_eq!(bill.fees[0].reason, ChargeReason::LateFee);
    assert_eq!(bill.total, kes(300_500));
    assert_eq!(desk.owed(), owed - 300_000 + 300_500, "it is in the books");
    assert_eq!(charges(&desk, sold.account).await[0].invoice, Some(bill.id));
    assert!(desk.bill(sold.account).await.is_none(), "nothing is left");
}

#[tokio::test]
async fn a_bill_by_hand_carries_fees_alone() {
    let (desk, sold, _) = late().await;
    let bill = desk.bill(sold.account).await.unwrap();
    assert_eq!((bill.lines.len(), bill.total), (0, kes(500)));
    assert!(desk.bill(sold.account).await.is_none());
}

#[tokio::test]
async fn a_fee_is_taxed_as_what_has_no_category() {
    let (desk, sold, _) = late().await;
    desk.tax().await;
    let bill = desk.bill(sold.account).await.unwrap();
    assert_eq!((bill.fees[0].tax, bill.total), (kes(80), kes(580)));
    assert_eq!(bill.figures.net, kes(500));
}

#[tokio::test]
async fn a_void_brings_the_fee_back_and_the_next_bill_carries_it() {
    let (desk, sold, _) = late().await;
    let bill = desk.bill(sold.account).await.unwrap();
    desk.void(bill.id).await.unwrap();
    assert_eq!(waiting(&desk, sold.account).await, 1);
    let again = desk.bill(sold.account).await.unwrap();
    assert_eq!((again.fees.len(), again.total), (1, kes(500)));
    let first = desk.invoice(bill.id).await;
    assert_eq!(
        (first.fees.len(), first.due),
        (1, kes(0)),
        "as it was issued"
    );
}

#[tokio::test]
async fn a_note_takes_a_fee_away_for_good() {
    let (desk, sold, _) = late().await;
    desk.go_to("2026-12-01");
    desk.pay(sold.account, 300_000).await;
    let bill = desk.bill(sold.account).await.unwrap();
    let order = desk.credit_order(bill.id, all_of(1));
    desk.credit(order).await.unwrap();
    assert_eq!(desk.invoice(bill.id).await.due, kes(300_000));
    let notes = desk.notes(Some(bill.id)).await;
    assert_eq!((notes[0].total, notes[0].lines[0].line), (kes(500), 1));
    desk.void(bill.id).await.unwrap();
    assert_eq!(waiting(&desk, sold.account).await, 0, "it was taken away");
    let again = desk.bill(sold.account).await.unwrap();
    assert_eq!((again.fees.len(), again.total), (0, kes(300_000)));
}

#[tokio::test]
async fn what_a_note_left_of_a_fee_survives_the_void() {
    let (desk, sold, _) = late().await;
    let bill = desk.bill(sold.account).await.unwrap();
    let part = vec![(0, CreditPart::Amount(kes(200))).into()];
    let order = desk.credit_order(bill.id, part);
    desk.credit(order).await.unwrap();
    desk.void(bill.id).await.unwrap();
    let charged = &charges(&desk, sold.account).await[0];
    assert_eq!((charged.amount, charged.credited), (kes(500), kes(200)));
    let again = desk.bill(sold.account).await.unwrap();
    assert_eq!((again.fees.len(), again.total), (1, kes(300)));
    desk.void(again.id).await.unwrap();
    let third = desk.bill(sold.account).await.unwrap();
    assert_eq!(third.total, kes(300), "no part is given back twice");
}

#[tokio::test]
async fn access_given_back_for_payment_costs_the_fee_of_it() {
    let (desk, sold, _) = suspended().await;
    desk.pay(sold.account, 300_000).await;
    assert_eq!(desk.level(sold.account).await, Level::Clear, "at once");
    assert_eq!(reconnections(&desk, sold.account).await, 1);
    let bill = desk.bill(sold.account).await.unwrap();
    assert_eq!((bill.fees.len(), bill.total), (2, kes(1_200)));
    desk.pay(sold.account, 1_200).await;
    assert_eq!(
        reconnections(&desk, sold.account).await,
        1,
        "for one debt one"
    );
}

#[tokio::test]
async fn a_debt_that_ends_without_payment_costs_no_fee() {
    let (desk, sold, first) = suspended().await;
    desk.write_off(first.id).await.unwrap();
    assert_eq!(desk.level(sold.account).await, Level::Clear);
    assert_eq!(reconnections(&desk, sold.account).await, 0, "given up");

    let (desk, sold, first) = suspended().await;
    desk.void(first.id).await.unwrap();
    assert_eq!(desk.level(sold.account).await, Level::Clear);
    assert_eq!(reconnections(&desk, sold.account).await, 0, "voided");

    let (desk, sold, first) = suspended().await;
    let order = desk.credit_order(first.id, all_of(0));
    desk.credit(order).await.unwrap();
    assert_eq!(desk.level(sold.account).await, Level::Clear);
    assert_eq!(reconnections(&desk, sold.account).await, 0, "credited");
}

#[tokio::test]
async fn a_subscription_that_was_ended_does_not_come_back_for_a_fee() {
    let (desk, sold, _) = suspended().await;
    until(&desk, sold.account, "2026-12-20T09:00").await;
    desk.pay(sold.account, 300_000).await;
    assert_eq!(reconnections(&desk, sold.account).await, 0);
}

#[tokio::test]
async fn a_fee_on_an_invoice_is_credited_not_let_off() {
    let (desk, sold, _) = late().await;
    let fee = charges(&desk, sold.account).await.remove(0);
    let order = |reason: &str| WaiveFee {
        account: sold.account,
        episode: fee.episode,
        step: fee.step,
        reason: reason.to_owned(),
    };
    let waive = |reason: &str| {
        let order = order(reason);
        let (store, scope) = (desk.store.clone(), desk.scope.clone());
        async move { waive_fee(&store, &scope, order).await }
    };
    let refused = waive(" \n ").await.unwrap_err();
    assert!(matches!(
        refused,
        WaiveFeeError::Refused(WaiveRefusal::Reason(0))
    ));
    let bill: InvoiceId = desk.bill(sold.account).await.unwrap().id;
    let refused = waive("a storm").await.unwrap_err();
    let WaiveFeeError::Refused(WaiveRefusal::Billed { invoice }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(invoice, bill);
    desk.void(bill).await.unwrap();
    waive(" a storm ").await.unwrap();
    waive("a storm").await.unwrap();
    assert_eq!(desk.events_named("billing.fee_waived").len(), 1);
    assert!(desk.bill(sold.account).await.is_none());
}

#[tokio::test]
async fn a_fee_that_no_invoice_could_carry_is_refused_beforehand() {
    let ids = CountingIds::from(1);
    let founded = NewEntity {
        id: (&ids as &dyn Ids).next(),
        name: "Harbour Net".parse().unwrap(),
        currency: kes(0).currency(),
        zone: "Africa/Nairobi".parse().unwrap(),
        scale_digits: 0,
        series: "INV".to_owned(),
        terms_days: 7,
        dunning: DunningPolicy::STANDARD,
    };
    let mut entity = LegalEntity::found(founded).unwrap();
    let with = |late: i64, reconnection_fee_minor: i64| {
        let mut new = afternoons();
        new.steps[2].kind = StepKind::Fee { minor: late };
        NewProcedure {
            reconnection_fee_minor,
            ..new
        }
    };
    for (late, reconnection, minor) in [(550, 700, 550), (500, 701, 701)] {
        let step = 100;
        let refused = entity.define_procedure(with(late, reconnection));
        assert_eq!(refused, Err(BadProcedure::OffScale { minor, step }));
    }
    assert_eq!(entity.define_procedure(with(500, 0)), Ok(true));
}
