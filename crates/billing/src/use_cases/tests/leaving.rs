//! Cancelled: what has begun stays charged, nothing new begins.

use kernel::CreditNoteId;

use super::{Desk, Sold, day, line, lines, told};
use crate::subscription::{At, Ending, SubscriptionRefusal};
use crate::use_cases::SubscriptionError;
use crate::use_cases::cancel_subscription::{CancelSubscription, cancel_subscription};
use crate::use_cases::subscribe::Subscribe;

impl Desk {
    pub(super) async fn cancel(&self, sold: Sold, when: At) {
        self.try_cancel(sold, when).await.unwrap();
    }

    /// Ends it some way; returns the notes over what is given back.
    pub(super) async fn end(&self, sold: Sold, ending: Ending) -> Vec<CreditNoteId> {
        let command = CancelSubscription {
            subscription: sold.id,
            ending,
        };
        let (store, clock, scope) = (&self.store, &self.clock, &self.scope);
        let done = cancel_subscription(store, self.ids(), clock, scope, command).await;
        done.unwrap().notes
    }

    pub(super) async fn try_cancel(&self, sold: Sold, when: At) -> Result<(), SubscriptionError> {
        let command = CancelSubscription {
            subscription: sold.id,
            ending: Ending::at(when),
        };
        let (store, clock, scope) = (&self.store, &self.clock, &self.scope);
        let done = cancel_subscription(store, self.ids(), clock, scope, command).await;
        done.map(drop)
    }
}

#[tokio::test]
async fn cancelling_now_ends_access_and_takes_nothing_back() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-11");
    desk.cancel(sold, At::Now).await;
    assert_eq!(desk.told(sold), [told("ended", 2)]);
    let view = desk.subscription(sold).await;
    assert_eq!(
        (view.status, view.ends_on),
        ("ended", Some(day("2026-11-11")))
    );
    assert_eq!(view.next_bill_on, None);
    for today in ["2026-11-12", "2026-12-01", "2027-01-01"] {
        assert_eq!(desk.morning(today, sold.account).await, None);
    }
}

#[tokio::test]
async fn a_period_that_had_begun_is_charged_at_the_end_if_it_was_not_before() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.go_to("2026-11-11");
    desk.cancel(sold, At::Now).await;
    let invoice = &desk.invoices(sold.account).await[0];
    assert_eq!(lines(invoice), [line("2026-11-01", "2026-12-01", 300_000)]);
    desk.go_to("2026-12-20");
    assert_eq!(desk.bill(sold.account).await, None);
}

#[tokio::test]
async fn cancelling_at_the_end_of_the_period_lets_it_run_until_then() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-11");
    desk.cancel(sold, At::PeriodEnd).await;
    assert!(desk.told(sold).is_empty());
    let view = desk.subscription(sold).await;
    assert_eq!(
        (view.status, view.ends_on),
        ("active", Some(day("2026-12-01")))
    );
    desk.pay(sold.account, 300_000).await;
    assert_eq!(desk.morning("2026-11-30", sold.account).await, None);
    assert!(desk.told(sold).is_empty());
    assert_eq!(desk.morning("2026-12-01", sold.account).await, None);
    assert_eq!(desk.told(sold), [told("ended", 2)]);
}

#[tokio::test]
async fn the_day_of_the_end_begins_no_new_period() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-12-01");
    desk.cancel(sold, At::Now).await;
    assert_eq!(desk.bill(sold.account).await, None);
    let unbilled = desk.sell(300_000).await;
    desk.cancel(unbilled, At::Now).await;
    assert_eq!(desk.bill(unbilled.account).await, None, "it had no day");
}

#[tokio::test]
async fn what_is_billed_on_the_day_of_the_end_stays_billed() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.cancel(sold, At::Now).await;
    assert_eq!(desk.morning("2026-12-01", sold.account).await, None);
    assert_eq!(desk.invoices(sold.account).await.len(), 1);
}

#[tokio::test]
async fn ending_while_suspended_charges_nothing_more() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.suspend(sold).await;
    desk.morning("2026-12-11", sold.account).await;
    desk.cancel(sold, At::Now).await;
    for today in ["2026-12-11", "2027-01-01"] {
        assert_eq!(desk.morning(today, sold.account).await, None);
    }
}

#[tokio::test]
async fn cancelling_twice_is_one_decision_and_now_overrides_later() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.cancel(sold, At::PeriodEnd).await;
    desk.cancel(sold, At::PeriodEnd).await;
    assert_eq!(desk.events_named("billing.subscription_cancelled").len(), 1);
    desk.go_to("2026-11-11");
    desk.cancel(sold, At::Now).await;
    assert_eq!(
        desk.subscription(sold).await.ends_on,
        Some(day("2026-11-11"))
    );
    let heard = desk.heard();
    desk.cancel(sold, At::Now).await;
    assert_eq!(desk.heard(), heard);
}

#[tokio::test]
async fn cancelling_before_the_first_day_costs_nothing() {
    let desk = Desk::opened("2026-11-01").await;
    let plan = desk.plan(300_000).await;
    let order = Subscribe {
        starts_on: Some(day("2026-11-20")),
        ..desk.order(plan)
    };
    let sold = desk.sell_as(order).await;
    desk.cancel(sold, At::PeriodEnd).await;
    assert_eq!(desk.told(sold), [told("ended", 2)]);
    for today in ["2026-11-20", "2026-12-20"] {
        assert_eq!(desk.morning(today, sold.account).await, None);
    }
}

#[tokio::test]
async fn a_cancelled_subscription_takes_no_other_decision() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.cancel(sold, At::PeriodEnd).await;
    let dearer = desk.plan(600_000).await;
    let changed = desk.change(sold, dearer, None).await;
    assert!(matches!(
        changed,
        Err(SubscriptionError::Refused(
            SubscriptionRefusal::Cancelled { .. }
        ))
    ));
    desk.cancel(sold, At::Now).await;
    let resumed = desk.try_resume(sold).await;
    assert!(matches!(
        resumed,
        Err(SubscriptionError::Refused(
            SubscriptionRefusal::Cancelled { .. }
        ))
    ));
}

#[tokio::test]
async fn cancelling_drops_a_scheduled_change() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    let cheaper = desk.plan(100_000).await;
    desk.change(sold, cheaper, None).await.unwrap();
    desk.cancel(sold, At::PeriodEnd).await;
    assert_eq!(desk.subscription(sold).await.scheduled, None);
    assert_eq!(desk.morning("2026-12-01", sold.account).await, None);
}

#[tokio::test]
async fn a_suspended_subscription_can_be_cancelled() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.suspend(sold).await;
    desk.cancel(sold, At::PeriodEnd).await;
    desk.morning("2026-12-01", sold.account).await;
    assert_eq!(desk.told(sold), [told("suspended", 2), told("ended", 3)]);
    assert_eq!(desk.invoices(sold.account).await.len(), 1);
}
