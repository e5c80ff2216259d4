//! Books that contradict themselves stop the billing of their account; nothing is guessed.

use super::{Desk, Sold, day, kes};
use crate::bill::Unbillable;
use crate::difference::Inconsistent;
use crate::invoice::{InvoiceDraft, Line};
use crate::ports::{BillingQueries, SweepPage};
use crate::schedule::Period;
use crate::segment::ChargeKind;
use crate::timeline::Component;
use crate::use_cases::SubscriptionError;
use crate::use_cases::bill_account::{BillAccountError, bill_account};

/// A subscription whose December stands on two lines, behind the back of the use cases.
async fn contradictory(desk: &Desk) -> Sold {
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    let mut tx = desk.tx().await;
    let entity = tx.entities().first().await.unwrap().unwrap();
    let it = tx.subscriptions().find(sold.id).await.unwrap().unwrap();
    let period = Period {
        start: day("2026-12-01"),
        end: day("2027-01-01"),
    };
    let line = Line {
        subscription: sold.id,
        component: Component::BASE,
        kind: ChargeKind::Recurring,
        plan: it.agreement().unwrap().plan,
        quantity: 1,
        period,
        cycle: period,
        price: kes(300_000),
        amount: kes(300_000),
        repairs: None,
    };
    let draft = InvoiceDraft {
        fees: Vec::new(),
        id: desk.ids().next(),
        account: sold.account,
        entity: entity.id(),
        lines: vec![line.clone(), line],
        figures: None,
        total: kes(600_000),
        issued_on: day("2026-11-30"),
        due_on: day("2026-12-07"),
    };
    tx.invoices().issue(draft, "INV").await.unwrap();
    tx.commit().await.unwrap();
    desk.go_to("2026-12-01");
    sold
}

#[tokio::test]
async fn days_that_were_billed_twice_park_the_account() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = contradictory(&desk).await;
    let (store, scope) = (&desk.store, &desk.scope);
    let billed = bill_account(store, desk.ids(), &desk.clock, scope, sold.account).await;
    let Err(BillAccountError::Parked { account, reason }) = billed else {
        panic!("parked, not {billed:?}");
    };
    assert_eq!(account, sold.account);
    assert!(
        matches!(
            reason,
            Unbillable::Inconsistent(Inconsistent::BilledTwice { .. })
        ),
        "{reason:?}"
    );
    let parked = desk.events_named("billing.account_parked");
    assert_eq!(parked.len(), 1);
    assert_eq!(desk.invoices(sold.account).await.len(), 2);
    let view = desk.account(sold.account).await;
    let reason = view.parked.unwrap();
    assert!(
        reason.starts_with("days from 2026-12-01 to 2027-01-01 were billed twice"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_parked_account_is_left_alone_but_can_pay() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = contradictory(&desk).await;
    let (store, scope) = (&desk.store, &desk.scope);
    let billed = bill_account(store, desk.ids(), &desk.clock, scope, sold.account).await;
    assert!(billed.is_err());
    desk.go_to("2026-12-02");
    let heard = desk.heard();
    assert_eq!(desk.bill(sold.account).await, None);
    assert_eq!(desk.heard(), heard);
    let page = SweepPage {
        today: day("2026-12-02"),
        after: None,
        limit: 10,
    };
    let entity = store.entities(scope.tenant).await.unwrap()[0].id;
    let due = store.accounts_to_bill(scope.tenant, entity, page).await;
    assert!(due.unwrap().is_empty());
    desk.pay(sold.account, 600_000).await;
    assert_eq!(desk.account(sold.account).await.due, kes(0));
}

#[tokio::test]
async fn a_change_of_plan_that_cannot_be_billed_changes_nothing() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = contradictory(&desk).await;
    let dearer = desk.plan(600_000).await;
    let (heard, before) = (desk.heard(), desk.subscription(sold).await);
    let changed = desk.change(sold, dearer, None).await;
    assert!(matches!(
        changed,
        Err(SubscriptionError::Billing(BillAccountError::Parked { .. }))
    ));
    assert_eq!(
        (desk.heard(), desk.subscription(sold).await),
        (heard, before)
    );
}
