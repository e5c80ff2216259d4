//! What is invoiced, when, and only once.

use kernel::{AccountId, Ids, Money};

use super::{Desk, day, kes, line, lines, noon};
use crate::interval::{Interval, IntervalUnit};
use crate::plan::NewPlan;
use crate::use_cases::bill_account::{BillAccountError, bill_account};
use crate::use_cases::define_plan::define_plan;
use crate::use_cases::found_entity::found_entity;
use crate::use_cases::subscribe::Subscribe;
use crate::{BillingQueries, LedgerAccount, NewEntity, Settlement};

#[tokio::test]
async fn the_first_day_invoices_the_period_that_begins() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(300_000).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2026-11-21", "2026-12-21", 300_000)]);
    assert_eq!((invoice.total, invoice.due), (kes(300_000), kes(300_000)));
    assert_eq!(invoice.number, "INV-000001");
    assert_eq!(invoice.settlement, Settlement::Open);
    assert_eq!(
        (invoice.issued_on, invoice.due_on),
        (day("2026-11-21"), day("2026-11-28"))
    );
    let view = desk.subscription(sold).await;
    assert_eq!(view.billed_through, Some(day("2026-12-21")));
    assert_eq!(view.next_bill_on, Some(day("2026-12-21")));
}

#[tokio::test]
async fn an_invoice_is_earned_and_owed_at_once() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(300_000).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    let postings = desk.store.postings(desk.scope.tenant);
    let [posting] = postings.as_slice() else {
        panic!("one posting, not {postings:?}");
    };
    assert_eq!(posting.source(), invoice.id.to_string());
    let [debit, credit] = posting.entries() else {
        panic!("two sides, not {posting:?}");
    };
    assert_eq!(
        (debit.account, debit.amount),
        (LedgerAccount::Receivable, kes(300_000))
    );
    assert_eq!(
        (credit.account, credit.amount),
        (LedgerAccount::Revenue, kes(-300_000))
    );
}

#[tokio::test]
async fn billing_again_the_same_day_emits_nothing() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    let heard = desk.heard();
    assert_eq!(desk.bill(sold.account).await, None);
    assert_eq!(desk.heard(), heard);
}

#[tokio::test]
async fn nothing_is_due_in_the_middle_of_a_period() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    desk.pay(sold.account, 300_000).await;
    desk.go_to("2026-12-20");
    assert_eq!(desk.bill(sold.account).await, None);
    desk.go_to("2026-12-21");
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2026-12-21", "2027-01-21", 300_000)]);
}

#[tokio::test]
async fn a_fixed_bill_day_begins_with_a_stub_of_the_aligned_cycle() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell_on(300_000, 5).await;
    let stub = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&stub), [line("2026-11-21", "2026-12-05", 140_000)]);
    desk.pay(sold.account, 140_000).await;
    desk.go_to("2026-12-05");
    let whole = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&whole), [line("2026-12-05", "2027-01-05", 300_000)]);
}

#[tokio::test]
async fn a_stub_is_rounded_half_away_from_zero_once() {
    let desk = Desk::opened("2026-11-20").await;
    let sold = desk.sell_on(333, 5).await;
    let stub = desk.bill(sold.account).await.unwrap();
    assert_eq!(stub.total, kes(167), "15 of 30 days of 3.33 are 1.665");
}

#[tokio::test]
async fn the_end_of_the_month_comes_back_after_february() {
    let desk = Desk::opened("2027-01-31").await;
    let sold = desk.sell(300_000).await;
    let mut periods = Vec::new();
    for today in ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"] {
        desk.go_to(today);
        periods.extend(lines(&desk.bill(sold.account).await.unwrap()));
        desk.pay(sold.account, 300_000).await;
    }
    let expected = [
        line("2027-01-31", "2027-02-28", 300_000),
        line("2027-02-28", "2027-03-31", 300_000),
        line("2027-03-31", "2027-04-30", 300_000),
        line("2027-04-30", "2027-05-31", 300_000),
    ];
    assert_eq!(periods, expected);
}

#[tokio::test]
async fn a_subscription_that_begins_later_is_billed_on_its_first_day() {
    let desk = Desk::opened("2026-11-21").await;
    let plan = desk.plan(300_000).await;
    let starts_on = Some(day("2026-12-01"));
    let sold = desk
        .sell_as(Subscribe {
            starts_on,
            ..desk.order(plan)
        })
        .await;
    assert_eq!(desk.bill(sold.account).await, None);
    desk.go_to("2026-12-01");
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2026-12-01", "2027-01-01", 300_000)]);
}

#[tokio::test]
async fn the_day_is_the_one_in_the_zone_of_the_entity() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    desk.pay(sold.account, 300_000).await;
    desk.go_to("2026-12-20");
    desk.clock.advance(chrono::Duration::hours(12));
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(invoice.issued_on, day("2026-12-21"), "00:00 in Nairobi");
}

#[tokio::test]
async fn weeks_and_days_are_periods_too() {
    let desk = Desk::opened("2026-11-21").await;
    let plan = NewPlan {
        interval: Interval::new(IntervalUnit::Weeks, 2).unwrap(),
        ..desk.new_plan(70_000)
    };
    let plan = desk.offer(plan).await;
    let sold = desk.sell_as(desk.order(plan)).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2026-11-21", "2026-12-05", 70_000)]);
}

#[tokio::test]
async fn a_late_run_bills_every_period_that_was_missed() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(300_000).await;
    desk.go_to("2027-01-25");
    let invoice = desk.bill(sold.account).await.unwrap();
    let expected = [
        line("2026-11-21", "2026-12-21", 300_000),
        line("2026-12-21", "2027-01-21", 300_000),
        line("2027-01-21", "2027-02-21", 300_000),
    ];
    assert_eq!(lines(&invoice), expected);
    assert_eq!(
        invoice.issued_on,
        day("2027-01-25"),
        "never dated into the past"
    );
}

#[tokio::test]
async fn subscriptions_of_one_account_share_an_invoice() {
    let desk = Desk::opened("2026-11-21").await;
    let first = desk.sell(300_000).await;
    let plan = desk.plan(50_000).await;
    let customer = first.customer;
    let second = desk
        .sell_as(Subscribe {
            customer,
            ..desk.order(plan)
        })
        .await;
    assert_eq!(first.account, second.account);
    let invoice = desk.bill(first.account).await.unwrap();
    assert_eq!((invoice.lines.len(), invoice.total), (2, kes(350_000)));
}

#[tokio::test]
async fn an_invoice_keeps_to_the_scale_of_its_entity() {
    let desk = Desk::empty("2026-11-21");
    let idr = "IDR".parse().unwrap();
    let entity = NewEntity {
        currency: idr,
        scale_digits: 0,
        ..desk.new_entity()
    };
    found_entity(&desk.store, &desk.scope, entity)
        .await
        .unwrap();
    let plan = NewPlan {
        price: Money::from_minor(15_000_100, idr),
        ..desk.new_plan(1)
    };
    let id = plan.id;
    define_plan(&desk.store, &desk.scope, plan).await.unwrap();
    let bill_day = Some(crate::BillDay::new(5).unwrap());
    let sold = desk
        .sell_as(Subscribe {
            bill_day,
            ..desk.order(id)
        })
        .await;
    let stub = desk.bill(sold.account).await.unwrap();
    assert_eq!(
        stub.total.minor(),
        7_000_000,
        "14 of 30 days of IDR 150,001 are IDR 70,000.47, and nobody pays sen"
    );
}

#[tokio::test]
async fn what_does_not_exist_is_not_billed() {
    let desk = Desk::opened("2026-11-21").await;
    let nobody: AccountId = (&desk.ids as &dyn Ids).next();
    let billed = bill_account(&desk.store, desk.ids(), &desk.clock, &desk.scope, nobody).await;
    assert!(matches!(billed, Err(BillAccountError::NotFound(id)) if id == nobody));
}

#[tokio::test]
async fn numbers_run_on_without_gaps_over_all_accounts() {
    let desk = Desk::opened("2026-11-21").await;
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let sold = desk.sell(100).await;
        numbers.push(desk.bill(sold.account).await.unwrap().number);
    }
    assert_eq!(numbers, ["INV-000001", "INV-000002", "INV-000003"]);
    let account = desk.store.accounts_to_bill(
        desk.scope.tenant,
        desk.store.entities(desk.scope.tenant).await.unwrap()[0].id,
        crate::SweepPage {
            today: day("2026-11-21"),
            after: None,
            limit: 10,
        },
    );
    assert!(account.await.unwrap().is_empty());
    assert_eq!(noon("2026-11-21"), kernel::Clock::now(&desk.clock));
}
