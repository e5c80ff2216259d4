//! Who does not pay becomes slow, then is cut off; who pays has access back in the same transaction.

use super::{Desk, Sold, day, line, lines, told};
use crate::account::{Account, AccountSnapshot};
use crate::dunning::Hold;
use crate::events::Access;
use crate::overdue::Level;
use crate::use_cases::subscribe::Subscribe;

/// A subscription sold on 1 November and invoiced then, due on 8 November.
async fn invoiced(desk: &Desk) -> Sold {
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    sold
}

async fn evaluated(desk: &Desk, today: &str, sold: Sold) -> Level {
    desk.go_to(today);
    desk.evaluate(sold.account).await;
    desk.level(sold.account).await
}

#[tokio::test]
async fn levels_follow_the_days_past_due() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = invoiced(&desk).await;
    let days = [
        ("2026-11-01", Level::Clear),
        ("2026-11-08", Level::Clear),
        ("2026-11-09", Level::Overdue),
        ("2026-11-11", Level::Overdue),
        ("2026-11-12", Level::Restricted),
        ("2026-11-15", Level::Restricted),
        ("2026-11-16", Level::Suspended),
        ("2026-11-30", Level::Suspended),
    ];
    for (today, level) in days {
        assert_eq!(evaluated(&desk, today, sold).await, level, "{today}");
    }
    assert_eq!(
        desk.told(sold),
        [told("restricted", 2), told("suspended", 3)]
    );
    assert_eq!(desk.events_named("billing.level_changed").len(), 3);
}

#[tokio::test]
async fn evaluating_again_the_same_day_changes_nothing() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = invoiced(&desk).await;
    evaluated(&desk, "2026-11-16", sold).await;
    let heard = desk.heard();
    evaluated(&desk, "2026-11-16", sold).await;
    assert_eq!(desk.heard(), heard);
}

#[tokio::test]
async fn a_missed_evaluation_heals_on_the_next_one() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = invoiced(&desk).await;
    assert_eq!(evaluated(&desk, "2026-11-20", sold).await, Level::Suspended);
    assert_eq!(desk.told(sold), [told("suspended", 2)]);
}

#[tokio::test]
async fn paying_gives_access_back_with_one_decision_and_the_next_version() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = invoiced(&desk).await;
    evaluated(&desk, "2026-11-20", sold).await;
    desk.pay(sold.account, 299_999).await;
    assert_eq!(desk.told(sold), [told("suspended", 2)], "a cent is missing");
    desk.pay(sold.account, 1).await;
    assert_eq!(desk.told(sold), [told("suspended", 2), told("active", 3)]);
    assert_eq!(desk.level(sold.account).await, Level::Clear);
    let heard = desk.heard();
    desk.evaluate(sold.account).await;
    assert_eq!(desk.heard(), heard);
}

#[tokio::test]
async fn paying_the_oldest_invoice_moves_the_count_of_days_at_once() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell_weekly(100_000).await;
    for today in ["2026-11-01", "2026-11-08", "2026-11-15"] {
        desk.morning(today, sold.account).await.unwrap();
    }
    assert_eq!(evaluated(&desk, "2026-11-17", sold).await, Level::Suspended);
    desk.pay(sold.account, 100_000).await;
    assert_eq!(
        desk.level(sold.account).await,
        Level::Overdue,
        "the second invoice is two days late"
    );
    let all = [
        told("restricted", 2),
        told("suspended", 3),
        told("active", 4),
    ];
    assert_eq!(desk.told(sold), all);
}

#[tokio::test]
async fn no_new_period_begins_while_suspended_for_debt() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = invoiced(&desk).await;
    evaluated(&desk, "2026-11-16", sold).await;
    for today in ["2026-12-01", "2027-01-01"] {
        assert_eq!(desk.morning(today, sold.account).await, None);
    }
    desk.go_to("2027-01-11");
    desk.pay(sold.account, 300_000).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(lines(&invoice), [line("2027-01-11", "2027-02-01", 203_226)]);
}

#[tokio::test]
async fn no_new_period_begins_even_if_nobody_had_evaluated_yet() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = invoiced(&desk).await;
    desk.go_to("2026-12-01");
    assert_eq!(desk.bill(sold.account).await, None);
    assert_eq!(desk.told(sold), [told("suspended", 2)]);
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
}

#[tokio::test]
async fn a_restricted_account_goes_on_being_billed() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell_weekly(100_000).await;
    for today in ["2026-11-01", "2026-11-08", "2026-11-15"] {
        assert!(desk.morning(today, sold.account).await.is_some());
    }
    assert_eq!(desk.level(sold.account).await, Level::Restricted);
}

#[tokio::test]
async fn credit_clears_the_level_in_the_transaction_that_uses_it() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.pay(sold.account, 300_000).await;
    desk.bill(sold.account).await.unwrap();
    assert_eq!(evaluated(&desk, "2026-11-30", sold).await, Level::Clear);
    assert!(desk.told(sold).is_empty());
}

#[tokio::test]
async fn a_held_account_stays_clear_however_late_it_pays() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = invoiced(&desk).await;
    assert_eq!(evaluated(&desk, "2026-11-20", sold).await, Level::Suspended);
    let mut tx = desk.tx().await;
    let stored = tx.accounts().lock(sold.account).await.unwrap().unwrap();
    let mut held = Account::restore(AccountSnapshot {
        hold: Some(Hold {
            reason: "the hospital".to_owned(),
            until: None,
        }),
        ..stored.snapshot()
    });
    tx.accounts().save(&mut held).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(evaluated(&desk, "2026-11-21", sold).await, Level::Clear);
    assert_eq!(desk.told(sold), [told("suspended", 2), told("active", 3)]);
}

#[tokio::test]
async fn every_subscription_of_the_account_follows() {
    let desk = Desk::opened("2026-11-01").await;
    let first = invoiced(&desk).await;
    let plan = desk.plan(50_000).await;
    let order = Subscribe {
        customer: first.customer,
        ..desk.order(plan)
    };
    let second = desk.sell_as(order).await;
    evaluated(&desk, "2026-11-20", first).await;
    assert_eq!(desk.told(first), [told("suspended", 2)]);
    assert_eq!(desk.told(second), [told("suspended", 2)]);
    desk.pay(first.account, 350_000).await;
    assert_eq!(desk.told(first).last().unwrap(), &told("active", 3));
    assert_eq!(desk.told(second).last().unwrap(), &told("active", 3));
}

#[tokio::test]
async fn paying_does_not_lift_a_suspension_by_an_operator() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = invoiced(&desk).await;
    desk.suspend(sold).await;
    evaluated(&desk, "2026-11-20", sold).await;
    desk.pay(sold.account, 300_000).await;
    assert_eq!(desk.told(sold), [told("suspended", 2)]);
    desk.resume(sold).await;
    assert_eq!(desk.told(sold), [told("suspended", 2), told("active", 3)]);
}

#[tokio::test]
async fn resuming_gives_no_more_than_the_level_allows() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = invoiced(&desk).await;
    desk.suspend(sold).await;
    desk.go_to("2026-11-13");
    desk.resume(sold).await;
    assert_eq!(
        desk.told(sold),
        [told("suspended", 2), told("restricted", 3)]
    );
}

#[tokio::test]
async fn a_sale_to_an_account_that_is_behind_begins_where_the_account_stands() {
    let desk = Desk::opened("2026-11-01").await;
    let first = invoiced(&desk).await;
    desk.go_to("2026-11-20");
    let plan = desk.plan(50_000).await;
    let order = Subscribe {
        customer: first.customer,
        ..desk.order(plan)
    };
    let sold = desk.subscribe(order).await.unwrap();
    assert_eq!((sold.access, sold.access_version), (Access::Suspended, 2));
    assert_eq!(
        desk.told(first),
        [told("suspended", 2)],
        "the sale found out, and told everybody"
    );
}

#[tokio::test]
async fn a_subscription_that_begins_later_has_access_from_its_first_day_on() {
    let desk = Desk::opened("2026-11-01").await;
    let plan = desk.plan(300_000).await;
    let order = Subscribe {
        starts_on: Some(day("2026-11-10")),
        ..desk.order(plan)
    };
    let sold = desk.sell_as(order).await;
    let view = desk.subscription(sold).await;
    assert_eq!((view.access, view.access_version), (Access::Suspended, 1));
    evaluated(&desk, "2026-11-09", sold).await;
    assert!(desk.told(sold).is_empty());
    evaluated(&desk, "2026-11-10", sold).await;
    assert_eq!(desk.told(sold), [told("active", 2)]);
}
