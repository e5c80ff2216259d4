//! Changes of plan: what is taken back, what is charged, and when.

use super::{Desk, kes, line, lines, told};
use crate::invoice::Settlement;
use crate::overdue::Level;
use crate::plan::{Charging, NewPlan, SoldAs};
use crate::subscription::{At, SubscriptionRefusal};
use crate::timeline::Timing;
use crate::use_cases::SubscriptionError;
use crate::use_cases::change_plan::PlanChange;
use crate::use_cases::define_plan::retire_plan;
use crate::use_cases::subscribe::Subscribe;

use super::day;

fn refusal(changed: Result<PlanChange, SubscriptionError>) -> SubscriptionRefusal {
    match changed {
        Err(SubscriptionError::Refused(refusal)) => refusal,
        other => panic!("refused, not {other:?}"),
    }
}

#[tokio::test]
async fn an_upgrade_takes_the_unused_rest_back_and_charges_the_rest_of_the_new_plan() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-11");
    let dearer = desk.plan(600_000).await;
    let change = desk.change(sold, dearer, None).await.unwrap();
    assert_eq!(change.when, At::Now);
    let invoice = desk.invoice(change.issued.invoice.unwrap()).await;
    let expected = [
        line("2026-11-11", "2026-12-01", -200_000),
        line("2026-11-11", "2026-12-01", 400_000),
    ];
    assert_eq!(lines(&invoice), expected);
    assert!(invoice.lines[0].repairs && !invoice.lines[1].repairs);
    assert_eq!(invoice.total, kes(200_000));
    assert_eq!(desk.bill(sold.account).await, None);
    desk.pay(sold.account, 200_000).await;
    desk.go_to("2026-12-01");
    let next = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&next), [line("2026-12-01", "2027-01-01", 600_000)]);
}

#[tokio::test]
async fn an_upgrade_changes_the_speed_in_the_same_transaction() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    let new = desk.new_plan(600_000);
    let profile = new.profile;
    let dearer = desk.offer(new).await;
    desk.change(sold, dearer, None).await.unwrap();
    assert_eq!(desk.told(sold), [told("active", 2)]);
    let event = &desk.events_named("billing.access_desired")[0];
    assert_eq!(event.body["profile"], profile.to_string());
    assert_eq!(desk.events_named("billing.plan_changed").len(), 1);
}

#[tokio::test]
async fn two_changes_on_one_day_leave_only_the_last_one() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-16");
    let (second, third) = (desk.plan(400_000).await, desk.plan(500_000).await);
    desk.change(sold, second, None).await.unwrap();
    let last = desk.change(sold, third, None).await.unwrap();
    let invoice = desk.invoice(last.issued.invoice.unwrap()).await;
    let expected = [
        line("2026-11-16", "2026-12-01", -200_000),
        line("2026-11-16", "2026-12-01", 250_000),
    ];
    assert_eq!(lines(&invoice), expected);
    assert_eq!(desk.account(sold.account).await.due, kes(100_000));
}

#[tokio::test]
async fn a_change_before_the_first_bill_charges_both_parts() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.go_to("2026-11-11");
    let dearer = desk.plan(600_000).await;
    let change = desk.change(sold, dearer, None).await.unwrap();
    let invoice = desk.invoice(change.issued.invoice.unwrap()).await;
    let expected = [
        line("2026-11-01", "2026-11-11", 100_000),
        line("2026-11-11", "2026-12-01", 400_000),
    ];
    assert_eq!(lines(&invoice), expected);
}

#[tokio::test]
async fn a_change_on_the_first_day_before_the_bill_charges_the_new_plan_only() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    let dearer = desk.plan(600_000).await;
    let change = desk.change(sold, dearer, None).await.unwrap();
    let invoice = desk.invoice(change.issued.invoice.unwrap()).await;
    assert_eq!(lines(&invoice), [line("2026-11-01", "2026-12-01", 600_000)]);
}

#[tokio::test]
async fn a_change_in_a_stub_counts_in_the_days_of_the_aligned_cycle() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell_on(300_000, 5).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-26");
    let dearer = desk.plan(600_000).await;
    let change = desk.change(sold, dearer, None).await.unwrap();
    let invoice = desk.invoice(change.issued.invoice.unwrap()).await;
    let expected = [
        line("2026-11-26", "2026-12-05", -90_000),
        line("2026-11-26", "2026-12-05", 180_000),
    ];
    assert_eq!(lines(&invoice), expected);
}

#[tokio::test]
async fn a_change_between_equal_prices_costs_nothing_and_is_on_paper() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-08");
    let other = desk.plan(300_000).await;
    let change = desk.change(sold, other, None).await.unwrap();
    let paper = desk.invoice(change.issued.invoice.unwrap()).await;
    assert_eq!((change.when, paper.total), (At::Now, kes(0)));
    assert_eq!(paper.settlement, Settlement::Paid);
    let expected = [
        line("2026-11-08", "2026-12-01", -230_000),
        line("2026-11-08", "2026-12-01", 230_000),
    ];
    assert_eq!(lines(&paper), expected);
    assert_eq!(desk.told(sold), [told("active", 2)]);
    let dearer = desk.plan(600_000).await;
    desk.go_to("2026-11-16");
    let change = desk.change(sold, dearer, None).await.unwrap();
    let invoice = desk.invoice(change.issued.invoice.unwrap()).await;
    assert_eq!(
        invoice.total,
        kes(150_000),
        "the rest of the plan that stands on paper is taken back"
    );
    assert_eq!(desk.account(sold.account).await.due, kes(150_000));
}

#[tokio::test]
async fn a_downgrade_waits_for_the_end_of_the_period() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    desk.go_to("2026-11-11");
    let cheaper = desk.plan(100_000).await;
    let change = desk.change(sold, cheaper, None).await.unwrap();
    assert_eq!((change.when, change.issued.invoice), (At::PeriodEnd, None));
    let scheduled = desk.subscription(sold).await.scheduled.unwrap();
    assert_eq!(
        (scheduled.plan, scheduled.from),
        (cheaper, day("2026-12-01"))
    );
    assert!(desk.told(sold).is_empty());
    let next = desk.morning("2026-12-01", sold.account).await.unwrap();
    assert_eq!(lines(&next), [line("2026-12-01", "2027-01-01", 100_000)]);
    assert_eq!(desk.told(sold), [told("active", 2)]);
    assert_eq!(desk.subscription(sold).await.scheduled, None);
}

#[tokio::test]
async fn a_scheduled_change_that_was_swept_late_took_effect_on_its_day() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    let (cheaper, dearer) = (desk.plan(100_000).await, desk.plan(600_000).await);
    desk.change(sold, cheaper, None).await.unwrap();
    desk.go_to("2026-12-17");
    let change = desk.change(sold, dearer, None).await.unwrap();
    let invoice = desk.invoice(change.issued.invoice.unwrap()).await;
    assert_eq!(lines(&invoice)[0].0, "2026-12-01");
    assert_eq!(invoice.lines[0].plan, cheaper, "the first sixteen days");
    assert_eq!(invoice.lines[1].plan, dearer, "the other fifteen");
}

#[tokio::test]
async fn a_downgrade_at_once_gives_the_difference_back_by_credit_note() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    let first = desk.bill(sold.account).await.unwrap().id;
    desk.pay(sold.account, 300_000).await;
    desk.go_to("2026-11-16");
    let cheaper = desk.plan(100_000).await;
    let change = desk.change(sold, cheaper, Some(At::Now)).await.unwrap();
    let [note] = change.issued.notes[..] else {
        panic!("one note, not {:?}", change.issued);
    };
    let shown = desk.notes(Some(first)).await;
    assert_eq!((shown[0].id, shown[0].total), (note, kes(150_000)));
    let charged = desk.invoice(change.issued.invoice.unwrap()).await;
    assert_eq!(lines(&charged), [line("2026-11-16", "2026-12-01", 50_000)]);
    assert_eq!(charged.due, kes(0), "paid with what is given back");
    let account = desk.account(sold.account).await;
    assert_eq!((account.due, account.credit), (kes(0), kes(100_000)));
    assert_eq!(desk.bill(sold.account).await, None);
    let next = desk.morning("2026-12-01", sold.account).await.unwrap();
    assert_eq!((next.total, next.due), (kes(100_000), kes(0)));
}

#[tokio::test]
async fn a_downgrade_of_what_is_not_paid_lowers_the_debt() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    let first = desk.bill(sold.account).await.unwrap().id;
    desk.morning("2026-11-20", sold.account).await;
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    let cheaper = desk.plan(100).await;
    desk.change(sold, cheaper, Some(At::On(day("2026-11-01"))))
        .await
        .unwrap();
    assert_eq!(desk.invoice(first).await.due, kes(0));
    let account = desk.account(sold.account).await;
    assert_eq!((account.due, account.credit), (kes(100), kes(0)));
    assert_eq!(account.level, Level::Clear, "what is due now is new");
    assert_eq!(desk.told(sold).last(), Some(&told("active", 4)));
}

#[tokio::test]
async fn an_upgrade_may_wait_for_the_end_of_the_period() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill_and_pay(sold).await;
    let dearer = desk.plan(600_000).await;
    let change = desk.change(sold, dearer, Some(At::PeriodEnd)).await;
    assert_eq!(change.unwrap().issued.invoice, None);
    let next = desk.morning("2026-12-01", sold.account).await.unwrap();
    assert_eq!(next.total, kes(600_000));
}

#[tokio::test]
async fn choosing_the_current_plan_drops_the_scheduled_change() {
    let desk = Desk::opened("2026-11-01").await;
    let plan = desk.plan(300_000).await;
    let sold = desk.sell_as(desk.order(plan)).await;
    desk.bill_and_pay(sold).await;
    let cheaper = desk.plan(100_000).await;
    desk.change(sold, cheaper, None).await.unwrap();
    desk.change(sold, plan, None).await.unwrap();
    assert_eq!(desk.events_named("billing.change_dropped").len(), 1);
    assert!(desk.events_named("billing.plan_changed").is_empty());
    let next = desk.morning("2026-12-01", sold.account).await.unwrap();
    assert_eq!(next.total, kes(300_000));
    assert_eq!(
        refusal(desk.change(sold, plan, None).await),
        SubscriptionRefusal::SameTerms
    );
}

#[tokio::test]
async fn only_plans_that_fit_can_be_changed_to() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    let late = NewPlan {
        charging: Charging {
            timing: Timing::InArrear,
            ..Charging::AHEAD
        },
        ..desk.new_plan(600_000)
    };
    let late = desk.offer(late).await;
    let timing = Timing::InAdvance;
    assert_eq!(
        refusal(desk.change(sold, late, None).await),
        SubscriptionRefusal::OtherTiming { timing }
    );
    let voucher = NewPlan {
        sold_as: SoldAs::Voucher,
        ..desk.new_plan(600_000)
    };
    let voucher = desk.offer(voucher).await;
    assert_eq!(
        refusal(desk.change(sold, voucher, None).await),
        SubscriptionRefusal::PlanNotOffered { plan: voucher }
    );
    let retired = desk.plan(600_000).await;
    retire_plan(&desk.store, &desk.scope, retired)
        .await
        .unwrap();
    assert_eq!(
        refusal(desk.change(sold, retired, None).await),
        SubscriptionRefusal::PlanNotOffered { plan: retired }
    );
    let unknown = desk.ids().next();
    let changed = desk.change(sold, unknown, None).await;
    assert!(matches!(changed, Err(SubscriptionError::NoPlan(id)) if id == unknown));
    let nobody = super::Sold {
        id: desk.ids().next(),
        ..sold
    };
    let changed = desk.change(nobody, late, None).await;
    assert!(matches!(changed, Err(SubscriptionError::NotFound(id)) if id == nobody.id));
}

#[tokio::test]
async fn what_has_not_begun_keeps_its_plan() {
    let desk = Desk::opened("2026-11-01").await;
    let plan = desk.plan(300_000).await;
    let order = Subscribe {
        starts_on: Some(day("2026-11-02")),
        ..desk.order(plan)
    };
    let sold = desk.sell_as(order).await;
    let dearer = desk.plan(600_000).await;
    assert_eq!(
        refusal(desk.change(sold, dearer, None).await),
        SubscriptionRefusal::NotBegun {
            from: day("2026-11-01"),
            starts_on: day("2026-11-02"),
        }
    );
}
