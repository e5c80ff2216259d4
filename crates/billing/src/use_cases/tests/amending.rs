//! Quantities, add-ons, pauses and looks ahead, with their invoices.

use super::{Desk, Sold, day, kes, lines};
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
    let invoice = desk.invoice(added.invoice.unwrap()).await;
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
    let gives_back = refusal(desk.amend(sold, remove(At::Now)).await);
    let SubscriptionRefusal::GivesBack { amount, .. } = gives_back else {
        panic!("{gives_back:?}");
    };
    assert_eq!(amount, kes(104_516), "27 of 31 days");
    desk.amend(sold, remove(At::PeriodEnd)).await.unwrap();
    let january = desk.morning("2027-01-01", sold.account).await.unwrap();
    assert_eq!(january.total, kes(300_000));
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
    let invoice = desk.invoice(more.invoice.unwrap()).await;
    assert_eq!(invoice.total, kes(300_000), "two more for half the month");
    desk.pay(sold.account, 300_000).await;
    let before = desk.subscription(sold).await;
    let now = desk.amend(sold, quantity(1, Some(At::Now))).await;
    let refused = refusal(now);
    assert!(matches!(refused, SubscriptionRefusal::GivesBack { .. }));
    assert_eq!(desk.subscription(sold).await, before);
    let fewer = desk.amend(sold, quantity(1, None)).await.unwrap();
    assert_eq!((fewer.from, fewer.invoice), (day("2026-12-01"), None));
    let december = desk.morning("2026-12-01", sold.account).await.unwrap();
    assert_eq!(december.total, kes(300_000));
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
    let look = preview_plan_change(store, clock, scope, command).await;
    let look = look.unwrap();
    assert_eq!(look.total, kes(150_000));
    assert_eq!(look.subscription.agreement().unwrap().plan, dearer);
    assert_eq!(
        (desk.heard(), desk.subscription(sold).await),
        (heard, before.1)
    );
    let change = change_plan(store, desk.ids(), clock, scope, command).await;
    let invoice = desk.invoice(change.unwrap().invoice.unwrap()).await;
    let looked: Vec<_> = look.lines.iter().map(crate::LineView::from).collect();
    assert_eq!(looked, invoice.lines);
    // What would be given back is shown, and refused when it is asked for.
    let cancel = CancelSubscription {
        subscription: sold.id,
        ending: Ending {
            unused: Unused::GivenBack,
            ..Ending::at(At::Now)
        },
    };
    let look = preview_cancellation(store, clock, scope, cancel).await;
    assert_eq!(look.unwrap().total, kes(-300_000));
    let refused = refusal(cancel_subscription(store, clock, scope, cancel).await);
    let gives_back = SubscriptionRefusal::GivesBack {
        amount: kes(300_000),
        on: day("2026-11-16"),
    };
    assert_eq!(refused, gives_back);
    let whole = lines(&invoice);
    assert!(whole.iter().any(|it| it.2 == 300_000), "{whole:?}");
    // At the end of the period the next whole one is shown.
    let later = ChangePlan {
        plan: desk.plan(100_000).await,
        ..command
    };
    let look = preview_plan_change(store, clock, scope, later)
        .await
        .unwrap();
    assert_eq!((look.from, look.total), (day("2026-12-01"), kes(100_000)));
    let stored = store.subscription(scope.tenant, sold.id).await.unwrap();
    assert_eq!(stored.unwrap().scheduled, None);
}
