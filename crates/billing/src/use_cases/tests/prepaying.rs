//! Prepaid: what is paid is extended from its end, debit and extension are one, and time tells what is to come.

use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

use super::{Desk, Sold, day, kes, line, lines, told};
use crate::bill::Unbillable;
use crate::events::Access;
use crate::plan::{Charging, NewPlan};
use crate::prepaid::WalletRefusal;
use crate::subscription::{At, SubscriptionRefusal};
use crate::timeline::Timing;
use crate::use_cases::SubscriptionError;
use crate::use_cases::bill_account::park_account;
use crate::use_cases::release_account::release_account;
use crate::use_cases::renew_subscription::{
    RenewError, Renewed, renew_due, renew_subscription, set_auto_renewal,
};
use crate::use_cases::subscribe::Subscribe;

const PREPAID: Charging = Charging {
    timing: Timing::Prepaid,
    ..Charging::AHEAD
};

impl Desk {
    /// Sells a prepaid monthly plan to a new customer, from today on.
    pub(super) async fn sell_prepaid(&self, minor: i64) -> Sold {
        let plan = self.prepaid_plan(minor).await;
        self.sell_as(self.order(plan)).await
    }

    async fn prepaid_plan(&self, minor: i64) -> kernel::PlanId {
        self.offer(NewPlan {
            charging: PREPAID,
            ..self.new_plan(minor)
        })
        .await
    }

    pub(super) async fn renew(&self, sold: Sold) -> Result<Renewed, RenewError> {
        renew_subscription(&self.store, self.ids(), &self.clock, &self.scope, sold.id).await
    }

    async fn renew_due(&self, sold: Sold) -> usize {
        let done = renew_due(
            &self.store,
            self.ids(),
            &self.clock,
            &self.scope,
            sold.account,
        );
        done.await.unwrap()
    }

    async fn paid_until(&self, sold: Sold) -> String {
        let view = self.subscription(sold).await;
        view.prepaid.unwrap().paid_until.to_string()
    }

    async fn may(&self, sold: Sold) -> Access {
        self.subscription(sold).await.access
    }
}

#[tokio::test]
async fn nothing_is_billed_before_it_is_paid() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell_prepaid(3_000).await;
    assert_eq!(desk.may(sold).await, Access::Restricted);
    assert!(desk.morning("2026-12-25", sold.account).await.is_none());
    let refused = desk.renew(sold).await.unwrap_err();
    let RenewError::Wallet(WalletRefusal::BelowFloor { balance, asked, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((balance, asked), (kes(0), kes(3_000)));
    assert!(desk.invoices(sold.account).await.is_empty());
    assert_eq!(desk.paid_until(sold).await, "2026-11-21");
}

#[tokio::test]
async fn a_renewal_debits_and_extends_at_once() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell_prepaid(3_000).await;
    desk.pay(sold.account, 7_000).await;
    let renewed = desk.renew(sold).await.unwrap();
    assert_eq!(renewed.price, kes(3_000));
    let invoice = desk.invoice(renewed.invoice.unwrap()).await;
    assert_eq!(lines(&invoice), [line("2026-11-21", "2026-12-21", 3_000)]);
    assert_eq!(invoice.due, kes(0), "it is paid");
    assert_eq!(desk.account(sold.account).await.credit, kes(4_000));
    assert_eq!(desk.may(sold).await, Access::Active);
    desk.renew(sold).await.unwrap();
    assert_eq!(
        desk.paid_until(sold).await,
        "2027-01-21",
        "early renewal adds to the end"
    );
    assert!(desk.renew(sold).await.is_err(), "1,000 do not reach");
    assert_eq!(desk.invoices(sold.account).await.len(), 2);
    assert_eq!(desk.events_named("billing.period_paid").len(), 2);
    assert!(
        desk.bill(sold.account).await.is_none(),
        "nothing is billed twice"
    );
}

#[tokio::test]
async fn after_a_lapse_time_begins_today_and_dead_days_are_free() {
    let desk = Desk::opened("2026-10-31").await;
    let sold = desk.sell_prepaid(3_000).await;
    desk.pay(sold.account, 9_000).await;
    set_auto_renewal(&desk.store, &desk.clock, &desk.scope, sold.id, false)
        .await
        .unwrap();
    desk.renew(sold).await.unwrap();
    assert_eq!(desk.paid_until(sold).await, "2026-11-30");
    desk.morning("2026-11-30", sold.account).await;
    assert_eq!(desk.may(sold).await, Access::Restricted);
    desk.morning("2026-12-07", sold.account).await;
    assert_eq!(desk.may(sold).await, Access::Suspended);
    desk.morning("2027-02-10", sold.account).await;
    let renewed = desk.renew(sold).await.unwrap();
    let invoice = desk.invoice(renewed.invoice.unwrap()).await;
    assert_eq!(lines(&invoice), [line("2027-02-10", "2027-03-10", 3_000)]);
    assert_eq!(desk.may(sold).await, Access::Active);
    desk.renew(sold).await.unwrap();
    assert_eq!(desk.paid_until(sold).await, "2027-04-10");
    assert!(desk.bill(sold.account).await.is_none());
    let heard: Vec<_> = desk.told(sold);
    let wanted = [
        told("active", 2),
        told("restricted", 3),
        told("suspended", 4),
        told("active", 5),
    ];
    assert_eq!(heard, wanted);
}

#[tokio::test]
async fn the_end_of_the_month_stays_the_anchor() {
    let desk = Desk::opened("2026-01-31").await;
    let sold = desk.sell_prepaid(3_000).await;
    desk.pay(sold.account, 9_000).await;
    for until in ["2026-02-28", "2026-03-31", "2026-04-30"] {
        desk.renew(sold).await.unwrap();
        assert_eq!(desk.paid_until(sold).await, until);
    }
}

#[tokio::test]
async fn the_wallet_renews_a_day_before_the_end_and_never_twice() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell_prepaid(3_000).await;
    assert_eq!(desk.renew_due(sold).await, 0, "nothing is there to pay it");
    desk.pay(sold.account, 7_500).await;
    assert_eq!(
        (desk.renew_due(sold).await, desk.renew_due(sold).await),
        (1, 0)
    );
    desk.go_to("2026-12-19");
    assert_eq!(desk.renew_due(sold).await, 0);
    desk.go_to("2026-12-20");
    assert_eq!(
        (desk.renew_due(sold).await, desk.renew_due(sold).await),
        (1, 0)
    );
    assert_eq!(desk.paid_until(sold).await, "2027-01-21");
    assert_eq!(desk.account(sold.account).await.credit, kes(1_500));
}

#[tokio::test]
async fn whoever_turns_renewal_on_is_renewed_at_once() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell_prepaid(3_000).await;
    let renews = async |on| {
        set_auto_renewal(&desk.store, &desk.clock, &desk.scope, sold.id, on)
            .await
            .unwrap();
    };
    renews(false).await;
    desk.pay(sold.account, 7_000).await;
    let asked = desk.events_named("billing.renewal_wanted").len();
    for _ in 0..2 {
        renews(true).await;
    }
    let now = desk.events_named("billing.renewal_wanted").len();
    assert_eq!(now, asked + 1, "once");
    assert_eq!(desk.renew_due(sold).await, 1);
    renews(false).await;
    renews(true).await;
    let then = desk.events_named("billing.renewal_wanted").len();
    assert_eq!(then, now, "a month is paid for: nothing is wanted");
}

#[tokio::test]
async fn a_released_account_renews_at_once() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell_prepaid(3_000).await;
    let reason = Unbillable::StandsBilled;
    park_account(&desk.store, &desk.scope, sold.account, &reason)
        .await
        .unwrap();
    desk.pay(sold.account, 3_000).await;
    assert_eq!(desk.renew_due(sold).await, 0, "billing has stopped");
    let asked = desk.events_named("billing.renewal_wanted").len();
    for _ in 0..2 {
        release_account(&desk.store, &desk.clock, &desk.scope, sold.account)
            .await
            .unwrap();
    }
    let now = desk.events_named("billing.renewal_wanted").len();
    assert_eq!(now, asked + 1, "once");
    assert_eq!(desk.renew_due(sold).await, 1);
    assert_eq!(desk.paid_until(sold).await, "2026-12-21");
}

#[tokio::test]
async fn customers_are_reminded_once_a_day_and_warned_once_a_period() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell_prepaid(3_000).await;
    desk.pay(sold.account, 4_000).await;
    desk.renew(sold).await.unwrap();
    let before = desk.events_named("billing.renewal_due").len();
    for today in [
        "2026-12-13",
        "2026-12-14",
        "2026-12-15",
        "2026-12-18",
        "2026-12-20",
        "2026-12-21",
    ] {
        desk.morning(today, sold.account).await;
        desk.evaluate(sold.account).await;
        desk.renew_due(sold).await;
    }
    let told = desk.events_named("billing.renewal_due");
    let left: Vec<_> = told[before..]
        .iter()
        .map(|it| it.body["days_left"].as_i64().unwrap())
        .collect();
    assert_eq!(left, [7, 3, 1, 0]);
    let low = desk.events_named("billing.balance_low");
    assert_eq!(low.len(), 1);
    assert_eq!(low[0].body["available"]["amount_minor"], 1_000);
    desk.pay(sold.account, 2_000).await;
    assert_eq!(desk.renew_due(sold).await, 1, "topped up after the end");
    assert_eq!(desk.paid_until(sold).await, "2027-01-21");
}

#[tokio::test]
async fn debt_is_paid_before_time_is_bought() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell_prepaid(3_000).await;
    let other = desk.plan(2_000).await;
    let order = Subscribe {
        customer: sold.customer,
        ..desk.order(other)
    };
    desk.sell_as(order).await;
    desk.pay(sold.account, 4_999).await;
    assert_eq!(desk.renew_due(sold).await, 0);
    assert_eq!(desk.account(sold.account).await.credit, kes(2_999));
    desk.pay(sold.account, 1).await;
    assert_eq!(desk.renew_due(sold).await, 1);
    let all = desk.invoices(sold.account).await;
    assert_eq!(all.len(), 2, "each on an invoice of its own");
    assert!(all.iter().all(|it| it.due.is_zero()));
}

#[tokio::test]
async fn what_is_not_prepaid_or_over_is_not_renewed() {
    let desk = Desk::opened("2026-11-21").await;
    let billed = desk.sell(3_000).await;
    let refused = desk.renew(billed).await.unwrap_err();
    assert!(matches!(
        refused,
        RenewError::Subscription(SubscriptionError::Refused(
            SubscriptionRefusal::NotPrepaid { .. }
        ))
    ));
    let sold = desk.sell_prepaid(3_000).await;
    desk.pay(sold.account, 90_000).await;
    for _ in 0..13 {
        desk.renew(sold).await.unwrap();
    }
    let refused = desk.renew(sold).await.unwrap_err();
    assert!(matches!(
        refused,
        RenewError::Subscription(SubscriptionError::Refused(
            SubscriptionRefusal::TooFarAhead { .. }
        ))
    ));
}

#[tokio::test]
async fn a_dearer_plan_counts_for_the_rest_of_what_is_paid() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell_prepaid(3_000).await;
    desk.pay(sold.account, 10_000).await;
    desk.renew(sold).await.unwrap();
    desk.go_to("2026-11-16");
    let dearer = desk.prepaid_plan(6_000).await;
    let change = desk.change(sold, dearer, Some(At::Now)).await.unwrap();
    let invoice = desk.invoice(change.issued.invoice.unwrap()).await;
    assert_eq!(
        invoice.total,
        kes(1_500),
        "half of the month, twice the price"
    );
    assert_eq!(desk.paid_until(sold).await, "2026-12-01");
    assert!(
        desk.renew(sold).await.is_err(),
        "5,500 are left of the wallet"
    );
    desk.pay(sold.account, 500).await;
    assert_eq!(desk.renew(sold).await.unwrap().price, kes(6_000));
}

#[tokio::test]
async fn days_that_are_given_cost_nothing_and_move_the_anchor() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell_prepaid(3_000).await;
    desk.pay(sold.account, 6_000).await;
    desk.renew(sold).await.unwrap();
    let mut tx = desk.tx().await;
    let mut it = tx.subscriptions().find(sold.id).await.unwrap().unwrap();
    assert_eq!(
        it.give_days(7, "voucher", day("2026-11-10")).unwrap(),
        day("2026-12-08")
    );
    assert_eq!(
        it.give_days(2, "voucher", day("2026-11-10")).unwrap(),
        day("2026-12-10")
    );
    tx.subscriptions().save(&mut it).await.unwrap();
    tx.commit().await.unwrap();
    desk.go_to("2026-11-10");
    assert!(desk.bill(sold.account).await.is_none());
    let renewed = desk.renew(sold).await.unwrap();
    let invoice = desk.invoice(renewed.invoice.unwrap()).await;
    assert_eq!(lines(&invoice), [line("2026-12-10", "2027-01-10", 3_000)]);
    desk.go_to("2026-12-31");
    assert!(desk.bill(sold.account).await.is_none());
}

proptest! {
    #[test]
    fn paid_days_are_never_lost_nor_sold_twice(gaps in proptest::collection::vec(0_u64..60, 1..8), weekly: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::opened("2026-01-31").await;
            let mut plan = NewPlan { charging: PREPAID, ..desk.new_plan(3_000) };
            if weekly {
                plan.interval = crate::Interval::new(crate::IntervalUnit::Weeks, 1).unwrap();
            }
            let plan = desk.offer(plan).await;
            let sold = desk.sell_as(desk.order(plan)).await;
            desk.pay(sold.account, 90_000).await;
            let (mut today, mut until) = (day("2026-01-31"), day("2026-01-31"));
            for gap in gaps {
                today = today + chrono::Days::new(gap);
                desk.morning(&today.to_string(), sold.account).await;
                let renewed = desk.renew(sold).await.unwrap();
                let period = renewed.period;
                prop_assert_eq!(period.start, until.max(today));
                let whole = if weekly { 7..=7 } else { 28..=31 };
                prop_assert!(whole.contains(&period.days()));
                prop_assert_eq!(renewed.price, kes(3_000));
                let invoice = desk.invoice(renewed.invoice.unwrap()).await;
                prop_assert_eq!(lines(&invoice), [line(&period.start.to_string(), &period.end.to_string(), 3_000)]);
                prop_assert!(desk.bill(sold.account).await.is_none());
                until = period.end;
            }
            Ok(())
        })?;
    }
}
