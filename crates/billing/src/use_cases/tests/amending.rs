//! Quantities, add-ons, pauses and looks ahead, with their invoices.

use super::{Desk, Sold, day, kes};
use crate::events::Access;
use crate::plan::{Charging, NewPlan, SoldAs};
use crate::ports::BillingQueries;
use crate::segment::ChargeKind;
use crate::subscription::{At, Ending, SubscriptionRefusal, Unused};
use crate::timeline::PausePolicy;
use crate::use_cases::SubscriptionError;
use crate::use_cases::amend_subscription::{
    AmendSubscription, Amended, Amendment, amend_subscription,
};
use crate::use_cases::bill_account::Issued;
use crate::use_cases::cancel_subscription::{
    CancelSubscription, cancel_subscription, preview_cancellation,
};
use crate::use_cases::change_plan::{ChangePlan, change_plan, preview_plan_change};

impl Desk {
    async fn amend(&self, sold: Sold, what: Amendment) -> Result<Amended, SubscriptionError> {
        let command = AmendSubscription {
            subscription: sold.id,
            what,
        };
        amend_subscription(&self.store, self.ids(), &self.clock, &self.scope, command).await
    }
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, SubscriptionError>) -> SubscriptionRefusal {
    match answer {
        Err(SubscriptionError::Refused(refusal)) => refusal,
        other => panic!("refused, not {other:?}"),
    }
}

#[tokio::test]
async fn an_add_on_is_invoiced_at_once_with_its_fee_and_then_every_month() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-16");
    let defined = NewPlan {
        sold_as: SoldAs::AddOn,
        charging: Charging {
            fee: Some(kes(20_000)),
            ..Charging::AHEAD
        },
        ..desk.new_plan(60_000)
    };
    let plan = desk.offer(defined).await;
    let add = Amendment::Add {
        plan,
        quantity: 2,
        when: At::Now,
    };
    let added = desk.amend(sold, add).await.unwrap();
    assert_eq!((added.component, added.from), (Some(1), day("2026-11-16")));
    let invoice = desk.invoice(added.issued.invoice.unwrap()).await;
    assert_eq!(invoice.total, kes(80_000), "15 of 30 days twice, and once");
    let kinds: Vec<_> = invoice
        .lines
        .iter()
        .map(|it| (it.component, it.kind, it.quantity))
        .collect();
    let (recurring, once) = (ChargeKind::Recurring, ChargeKind::Once);
    assert!(kinds.contains(&(1, recurring, 2)) && kinds.contains(&(1, once, 1)));
    desk.pay(sold.account, 80_000).await;
    let december = desk.morning("2026-12-01", sold.account).await.unwrap();
    assert_eq!(december.total, kes(420_000));
    desk.pay(sold.account, 420_000).await;
    desk.go_to("2026-12-05");
    let remove = |when| Amendment::Remove { component: 1, when };
    let removed = desk.amend(sold, remove(At::Now)).await.unwrap();
    assert_eq!(
        (removed.issued.invoice, removed.issued.notes.len()),
        (None, 1)
    );
    let credit = desk.account(sold.account).await.credit;
    assert_eq!(credit, kes(104_516), "27 of 31 days");
    let january = desk.morning("2027-01-01", sold.account).await.unwrap();
    assert_eq!((january.total, january.due), (kes(300_000), kes(195_484)));
}

#[tokio::test]
async fn more_units_begin_now_and_fewer_with_the_next_period() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-16");
    let quantity = |quantity, when| Amendment::Quantity {
        component: 0,
        quantity,
        when,
    };
    let more = desk.amend(sold, quantity(3, None)).await.unwrap();
    let invoice = desk.invoice(more.issued.invoice.unwrap()).await;
    assert_eq!(invoice.total, kes(300_000), "two more for half the month");
    desk.pay(sold.account, 300_000).await;
    let one_less = quantity(2, Some(At::Now));
    let one_less = desk.amend(sold, one_less).await.unwrap();
    let view = desk.invoice(one_less.issued.invoice.unwrap()).await;
    assert_eq!(
        (view.total, view.due),
        (kes(300_000), kes(0)),
        "two for half the month"
    );
    let credit = desk.account(sold.account).await.credit;
    assert_eq!(credit, kes(150_000), "one of three");
    let fewer = desk.amend(sold, quantity(1, None)).await.unwrap();
    assert_eq!(fewer.from, day("2026-12-01"));
    assert_eq!(fewer.issued, Issued::default());
    let december = desk.morning("2026-12-01", sold.account).await.unwrap();
    assert_eq!((december.total, december.due), (kes(300_000), kes(150_000)));
}

#[tokio::test]
async fn a_pause_takes_access_for_its_days_and_is_refused_on_top_of_another() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    let pause = |from: &str| Amendment::Pause {
        when: At::On(day(from)),
        until: Some(day("2026-12-20")),
        policy: PausePolicy::NoNewPeriod,
    };
    desk.amend(sold, pause("2026-11-25")).await.unwrap();
    let again = refusal(desk.amend(sold, pause("2026-12-01")).await);
    assert!(matches!(again, SubscriptionRefusal::Contradiction(_)));
    assert_eq!(desk.morning("2026-12-01", sold.account).await, None);
    assert_eq!(desk.subscription(sold).await.access, Access::Suspended);
    let rest = desk.morning("2026-12-20", sold.account).await.unwrap();
    assert_eq!(rest.total, kes(116_129), "12 of 31 days");
    assert_eq!(desk.subscription(sold).await.access, Access::Active);
}

#[tokio::test]
async fn a_look_ahead_shows_what_the_change_then_bills_and_changes_nothing() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-16");
    let (store, clock, scope) = (&desk.store, &desk.clock, &desk.scope);
    let before = (desk.heard(), desk.subscription(sold).await);
    let dearer = desk.plan(600_000).await;
    let heard = desk.heard();
    let command = ChangePlan {
        subscription: sold.id,
        plan: dearer,
        when: None,
    };
    let look = preview_plan_change(store, desk.ids(), clock, scope, command).await;
    let look = look.unwrap();
    let draft = look.bill.unwrap().draft.unwrap();
    assert_eq!(draft.total, kes(150_000));
    assert_eq!(look.subscription.agreement().unwrap().plan, dearer);
    assert_eq!(
        (desk.heard(), desk.subscription(sold).await),
        (heard, before.1)
    );
    let change = change_plan(store, desk.ids(), clock, scope, command).await;
    let invoice = desk.invoice(change.unwrap().issued.invoice.unwrap()).await;
    let looked: Vec<_> = draft.lines.iter().map(crate::LineView::from).collect();
    assert_eq!(looked, invoice.lines);
    // At the end of the period the next whole one is shown.
    let later = ChangePlan {
        plan: desk.plan(100_000).await,
        ..command
    };
    let look = preview_plan_change(store, desk.ids(), clock, scope, later)
        .await
        .unwrap();
    let total = look.bill.unwrap().draft.unwrap().total;
    assert_eq!((look.from, total), (day("2026-12-01"), kes(100_000)));
    let stored = store.subscription(scope.tenant, sold.id).await.unwrap();
    assert_eq!(stored.unwrap().scheduled, None);
}

#[tokio::test]
async fn a_look_at_the_end_shows_the_notes_and_the_credit_that_it_then_brings() {
    let desk = Desk::opened("2026-11-01").await;
    desk.tax().await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-16");
    let (store, clock, scope) = (&desk.store, &desk.clock, &desk.scope);
    let cancel = CancelSubscription {
        subscription: sold.id,
        ending: Ending {
            unused: Unused::GivenBack,
            ..Ending::at(At::Now)
        },
    };
    let heard = desk.heard();
    let look = preview_cancellation(store, desk.ids(), clock, scope, cancel).await;
    let look = look.unwrap();
    assert_eq!(desk.heard(), heard);
    let bill = look.bill.unwrap();
    assert_eq!((&bill.draft, bill.notes.len()), (&None, 1));
    assert_eq!(
        bill.notes[0].total(),
        Ok(kes(174_000)),
        "half, with its tax"
    );
    assert_eq!(look.credit, kes(174_000));
    let issued = cancel_subscription(store, desk.ids(), clock, scope, cancel).await;
    let issued = issued.unwrap();
    assert_eq!((issued.invoice, issued.notes.len()), (None, 1));
    let account = desk.account(sold.account).await;
    assert_eq!((account.due, account.credit), (kes(0), look.credit));
    assert_eq!(desk.subscription(sold).await.access, Access::Ended);
    let again = cancel_subscription(store, desk.ids(), clock, scope, cancel).await;
    assert_eq!(again.unwrap(), Issued::default(), "nothing goes back twice");
}
