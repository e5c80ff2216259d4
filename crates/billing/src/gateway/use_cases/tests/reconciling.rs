//! What is on one side only or differs is found, whichever side it is, and asking again mends what can be mended.

use chrono::Duration;
use kernel::{LocalDate, PaymentId, ReconciliationId};

use super::{World, begin, rupiah};
use crate::gateway::use_cases::follow_link::Followed;
use crate::gateway::use_cases::open_link::PaymentLinkError;
use crate::gateway::use_cases::reconcile::{
    AskReconciliation, ReconciliationError, ask_reconciliation, reconcile_gateway,
};
use crate::gateway::{
    BadDays, DifferenceKind, GatewayStore, ReconciliationSnapshot, ReconciliationStatus,
    RefundOrder,
};
use crate::payment::PaymentMethod;
use crate::use_cases::record_payment::{RecordPayment, record_payment};

fn the_day() -> LocalDate {
    begin().utc().date_naive()
}

impl World {
    async fn asked(&self, account: kernel::GatewayAccountId) -> ReconciliationId {
        let command = AskReconciliation {
            id: self.next(),
            gateway_account: account,
            first_on: the_day(),
            last_on: the_day(),
        };
        for _ in 0..2 {
            ask_reconciliation(self.desk(), &self.scope, command)
                .await
                .unwrap();
        }
        command.id
    }

    async fn run(&self, id: ReconciliationId) -> Result<(), PaymentLinkError> {
        reconcile_gateway(self.desk(), &self.store, &self.scope, id).await
    }

    async fn found(&self, id: ReconciliationId) -> ReconciliationSnapshot {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let found = tx.reconciliations().find(id).await.unwrap().unwrap();
        found.snapshot().clone()
    }

    /// What differs now: the kinds, and the links that they are about.
    async fn differences(
        &self,
        account: kernel::GatewayAccountId,
    ) -> Vec<(DifferenceKind, Option<PaymentId>)> {
        let id = self.asked(account).await;
        self.run(id).await.unwrap();
        let found = self.found(id).await;
        assert_eq!(found.status, ReconciliationStatus::Done);
        assert!(found.is_complete);
        let differences = found.differences.into_iter();
        differences.map(|it| (it.kind, it.link)).collect()
    }

    async fn paid_link(&self, account: kernel::GatewayAccountId) -> PaymentId {
        let id = self.open(account).await;
        let reference = self.reference(id).await;
        assert!(self.sandbox.pay(&reference, rupiah(15_000_000)));
        id
    }
}

#[tokio::test]
async fn money_that_nobody_told_of_is_missing_here_until_it_is_asked_about() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let known = world.paid_link(account).await;
    assert_eq!(world.follow(known).await, Followed::Paid);
    let untold = world.paid_link(account).await;
    world.clock.advance(Duration::days(1));
    let missing = [(DifferenceKind::MissingHere, Some(untold))];
    assert_eq!(world.differences(account).await, missing);
    assert_eq!(world.follow(untold).await, Followed::Paid);
    assert_eq!(world.differences(account).await, []);
}

#[tokio::test]
async fn refunds_and_disputes_that_were_not_read_differ() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let refunded = world.paid_link(account).await;
    let disputed = world.paid_link(account).await;
    for id in [refunded, disputed] {
        assert_eq!(world.follow(id).await, Followed::Paid);
    }
    let there = RefundOrder {
        id: world.next(),
        payment: world.reference(refunded).await,
        amount: rupiah(5),
        reason: "in the dashboard".to_owned(),
    };
    assert!(world.sandbox.refund_there(&there));
    assert!(world.sandbox.charge_back(&world.reference(disputed).await));
    world.clock.advance(Duration::days(1));
    let mut differences = world.differences(account).await;
    differences.sort_unstable();
    let expected = [
        (DifferenceKind::RefundedDiffers, Some(refunded)),
        (DifferenceKind::StatusDiffers, Some(disputed)),
    ];
    assert_eq!(differences, expected);
    for id in [refunded, disputed] {
        world.follow(id).await;
    }
    world.work().await;
    assert_eq!(world.differences(account).await, []);
}

#[tokio::test]
async fn what_the_provider_has_forgotten_is_missing_there() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.paid_link(account).await;
    assert_eq!(world.follow(id).await, Followed::Paid);
    assert!(world.sandbox.forget(&world.reference(id).await));
    world.clock.advance(Duration::days(1));
    let missing = [(DifferenceKind::MissingThere, Some(id))];
    assert_eq!(world.differences(account).await, missing);
}

#[tokio::test]
async fn a_wrong_amount_that_a_cashier_typed_in_differs() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.paid_link(account).await;
    let typed = RecordPayment {
        id: world.next(),
        account: world.account,
        amount: rupiah(14_999_999),
        method: PaymentMethod::Card,
        reference: Some(format!("sandbox-{id}")),
        received_at: None,
    };
    record_payment(&world.billing, &world.clock, &world.scope, typed)
        .await
        .unwrap();
    world.clock.advance(Duration::days(1));
    let differs = [(DifferenceKind::AmountDiffers, Some(id))];
    assert_eq!(world.differences(account).await, differs);
}

#[tokio::test]
async fn a_link_that_ended_there_and_not_here_differs() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let id = world.open(account).await;
    assert!(world.sandbox.expire(&world.reference(id).await));
    world.clock.advance(Duration::days(1));
    let differs = [(DifferenceKind::StatusDiffers, Some(id))];
    assert_eq!(world.differences(account).await, differs);
    world.follow(id).await;
    assert_eq!(world.differences(account).await, []);
}

#[tokio::test]
async fn a_provider_that_is_away_is_waited_for_and_one_that_refuses_ends_it() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    world.clock.advance(Duration::days(1));
    let id = world.asked(account).await;
    world.sandbox.go_away();
    assert!(world.run(id).await.unwrap_err().is_transient());
    assert_eq!(world.found(id).await.status, ReconciliationStatus::Waiting);
    world.sandbox.come_back();
    for _ in 0..2 {
        world.run(id).await.unwrap();
    }
    assert_eq!(world.found(id).await.status, ReconciliationStatus::Done);
    let before = world.store.events().len();
    world.run(id).await.unwrap();
    assert_eq!(world.store.events().len(), before, "it is compared once");
}

#[tokio::test]
async fn only_days_that_are_over_are_compared() {
    let world = World::new().await;
    let (account, _) = world.add().await;
    let ask = |first: i64, last: i64| {
        let day = |days| begin().plus(Duration::days(days)).utc().date_naive();
        let command = AskReconciliation {
            id: world.next(),
            gateway_account: account,
            first_on: day(first),
            last_on: day(last),
        };
        ask_reconciliation(world.desk(), &world.scope, command)
    };
    for (first, last, refusal) in [
        (0, 0, BadDays::NotOver),
        (-1, 0, BadDays::NotOver),
        (-1, -2, BadDays::Count),
        (-32, -1, BadDays::Count),
    ] {
        let refused = ask(first, last).await;
        let is_refused = matches!(refused, Err(ReconciliationError::Days(it)) if it == refusal);
        assert!(is_refused, "{first} to {last}");
    }
    ask(-31, -1).await.unwrap();
}
