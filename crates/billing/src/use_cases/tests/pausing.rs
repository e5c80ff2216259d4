//! Suspended by an operator: no new period begins meanwhile.

use super::{Desk, Sold, day, kes, line, lines, told};
use crate::subscription::SubscriptionRefusal;
use crate::use_cases::SubscriptionError;
use crate::use_cases::resume_subscription::{ResumeSubscription, resume_subscription};
use crate::use_cases::subscribe::Subscribe;
use crate::use_cases::suspend_subscription::{SuspendSubscription, suspend_subscription};

impl Desk {
    pub(super) async fn suspend(&self, sold: Sold) {
        self.try_suspend(sold, "travels").await.unwrap();
    }

    async fn try_suspend(&self, sold: Sold, reason: &str) -> Result<(), SubscriptionError> {
        let command = SuspendSubscription {
            subscription: sold.id,
            reason: reason.to_owned(),
        };
        suspend_subscription(&self.store, &self.clock, &self.scope, command).await
    }

    pub(super) async fn resume(&self, sold: Sold) {
        self.try_resume(sold).await.unwrap();
    }

    pub(super) async fn try_resume(&self, sold: Sold) -> Result<(), SubscriptionError> {
        let command = ResumeSubscription {
            subscription: sold.id,
            when: crate::subscription::At::Now,
        };
        resume_subscription(&self.store, &self.clock, &self.scope, command).await
    }
}

#[tokio::test]
async fn suspending_cuts_access_and_resuming_gives_it_back() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.suspend(sold).await;
    assert_eq!(desk.told(sold), [told("suspended", 2)]);
    let view = desk.subscription(sold).await;
    assert_eq!(view.status, "suspended");
    assert_eq!(view.suspended_reason.as_deref(), Some("travels"));
    desk.resume(sold).await;
    assert_eq!(desk.told(sold), [told("suspended", 2), told("active", 3)]);
    assert_eq!(desk.subscription(sold).await.status, "active");
}

#[tokio::test]
async fn doing_it_twice_changes_nothing() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.resume(sold).await;
    desk.suspend(sold).await;
    let heard = desk.heard();
    desk.try_suspend(sold, "another reason").await.unwrap();
    assert_eq!(desk.heard(), heard);
    desk.resume(sold).await;
    let heard = desk.heard();
    desk.resume(sold).await;
    assert_eq!(desk.heard(), heard);
}

#[tokio::test]
async fn a_period_that_would_begin_meanwhile_begins_on_the_day_of_resuming() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(310_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-20");
    desk.suspend(sold).await;
    assert_eq!(desk.morning("2026-12-01", sold.account).await, None);
    assert_eq!(desk.subscription(sold).await.next_bill_on, None);
    desk.go_to("2026-12-11");
    desk.resume(sold).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2026-12-11", "2027-01-01", 210_000)]);
    desk.pay(sold.account, 210_000).await;
    let next = desk.morning("2027-01-01", sold.account).await.unwrap();
    assert_eq!(lines(&next), [line("2027-01-01", "2027-02-01", 310_000)]);
}

#[tokio::test]
async fn several_periods_can_pass_without_a_charge() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-20");
    desk.suspend(sold).await;
    for today in ["2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01"] {
        assert_eq!(desk.morning(today, sold.account).await, None);
    }
    desk.go_to("2027-04-01");
    desk.resume(sold).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2027-04-01", "2027-05-01", 300_000)]);
}

#[tokio::test]
async fn days_without_access_in_a_period_that_was_billed_stay_charged() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-05");
    desk.suspend(sold).await;
    desk.go_to("2026-11-20");
    desk.resume(sold).await;
    assert_eq!(desk.bill(sold.account).await, None);
    let next = desk.morning("2026-12-01", sold.account).await.unwrap();
    assert_eq!(lines(&next), [line("2026-12-01", "2027-01-01", 300_000)]);
}

#[tokio::test]
async fn suspending_on_the_bill_day_takes_nothing_back() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.suspend(sold).await;
    desk.go_to("2026-11-11");
    desk.resume(sold).await;
    assert_eq!(desk.bill(sold.account).await, None);
    desk.go_to("2026-11-16");
    let dearer = desk.plan(600_000).await;
    let change = desk.change(sold, dearer, None).await.unwrap();
    let invoice = desk.invoice(change.issued.invoice.unwrap()).await;
    assert_eq!(
        invoice.total,
        kes(150_000),
        "half a month of the difference"
    );
}

#[tokio::test]
async fn a_resumed_period_that_is_swept_late_is_still_charged() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(310_000).await;
    desk.bill_and_pay(sold).await;
    desk.suspend(sold).await;
    desk.morning("2026-12-05", sold.account).await;
    desk.go_to("2026-12-11");
    desk.resume(sold).await;
    desk.go_to("2027-01-03");
    let invoice = desk.bill(sold.account).await.unwrap();
    let expected = [
        line("2026-12-11", "2027-01-01", 210_000),
        line("2027-01-01", "2027-02-01", 310_000),
    ];
    assert_eq!(lines(&invoice), expected);
}

#[tokio::test]
async fn suspending_again_before_the_bill_runs_charges_nothing() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(310_000).await;
    desk.bill_and_pay(sold).await;
    desk.suspend(sold).await;
    desk.go_to("2026-12-11");
    desk.resume(sold).await;
    desk.suspend(sold).await;
    assert_eq!(desk.bill(sold.account).await, None);
    desk.go_to("2026-12-22");
    desk.resume(sold).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2026-12-22", "2027-01-01", 100_000)]);
}

#[tokio::test]
async fn periods_missed_before_the_suspension_are_charged_during_it() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.go_to("2026-12-10");
    desk.suspend(sold).await;
    desk.go_to("2027-01-15");
    let invoice = desk.bill(sold.account).await.unwrap();
    let expected = [
        line("2026-11-01", "2026-12-01", 300_000),
        line("2026-12-01", "2027-01-01", 300_000),
    ];
    assert_eq!(lines(&invoice), expected);
    desk.go_to("2027-01-22");
    desk.resume(sold).await;
    let rest = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&rest)[0].0, "2027-01-22");
    assert_eq!(
        desk.subscription(sold).await.billed_through,
        Some(day("2027-02-01"))
    );
}

#[tokio::test]
async fn a_suspension_needs_a_reason() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    for reason in ["", "  ", "a\nb", &"x".repeat(301)] {
        let refused = desk.try_suspend(sold, reason).await;
        assert!(matches!(
            refused,
            Err(SubscriptionError::Refused(SubscriptionRefusal::Reason))
        ));
    }
    assert_eq!(desk.subscription(sold).await.status, "active");
}

#[tokio::test]
async fn a_suspended_subscription_keeps_its_plan() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.suspend(sold).await;
    let dearer = desk.plan(600_000).await;
    let refused = desk.change(sold, dearer, None).await;
    assert!(matches!(
        refused,
        Err(SubscriptionError::Refused(
            SubscriptionRefusal::Suspended { .. }
        ))
    ));
}

#[tokio::test]
async fn what_is_suspended_before_its_first_day_is_charged_from_the_day_of_resuming() {
    let desk = Desk::opened("2026-11-01").await;
    let plan = desk.plan(310_000).await;
    let order = Subscribe {
        starts_on: Some(day("2026-12-01")),
        ..desk.order(plan)
    };
    let sold = desk.sell_as(order).await;
    desk.suspend(sold).await;
    assert_eq!(desk.morning("2026-12-01", sold.account).await, None);
    desk.go_to("2026-12-11");
    desk.resume(sold).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2026-12-11", "2027-01-01", 210_000)]);
    assert_eq!(desk.told(sold), [told("active", 2)]);
}

#[tokio::test]
async fn many_decisions_on_one_day_lose_no_day() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(310_000).await;
    desk.bill_and_pay(sold).await;
    desk.suspend(sold).await;
    desk.go_to("2026-12-11");
    desk.resume(sold).await;
    desk.suspend(sold).await;
    assert_eq!(desk.bill(sold.account).await, None);
    desk.resume(sold).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2026-12-11", "2027-01-01", 210_000)]);
}
