//! Rows and aggregates are the same thing in two forms; what cannot be is refused.
#![allow(clippy::unwrap_used)]

use billing::{
    Access, Agreement, BillDay, Interval, Pause, PausePolicy, Subscription, SubscriptionSnapshot,
    SubscriptionStatus,
};
use kernel::testing::CountingIds;
use kernel::{Id, Ids, LocalDate, Money};
use uuid::Uuid;

use super::Model;

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn fresh<K>(ids: &dyn Ids) -> Id<K> {
    ids.next()
}

fn snapshot() -> SubscriptionSnapshot {
    let ids: &dyn Ids = &CountingIds::from(1);
    let agreement = |from: &str| Agreement {
        from: day(from),
        plan: fresh(ids),
        price: Money::from_minor(150_000, "KES".parse().unwrap()),
        profile: fresh(ids),
    };
    SubscriptionSnapshot {
        id: fresh(ids),
        account: fresh(ids),
        interval: Interval::MONTH,
        bill_day: Some(BillDay::new(31).unwrap()),
        started_on: day("2026-01-31"),
        agreements: vec![agreement("2026-01-31"), agreement("2026-03-10")],
        pauses: vec![Pause {
            from: day("2026-04-01"),
            until: None,
            policy: PausePolicy::CreditDays,
        }],
        scheduled: Some(agreement("2026-05-31")),
        status: SubscriptionStatus::Suspended {
            since: day("2026-04-01"),
            reason: "away".to_owned(),
        },
        ends_on: Some(day("2026-12-31")),
        charged_until: None,
        billed_through: Some(day("2026-04-30")),
        rebill_on: None,
        access: Access::Suspended,
        access_profile: fresh(ids),
        access_version: 7,
        version: 4,
    }
}

fn row() -> Model {
    let subscription = Subscription::restore(snapshot()).unwrap();
    Model::of(Uuid::from_u128(9), &subscription).unwrap()
}

#[test]
fn a_row_survives_the_way_there_and_back() {
    let there = row();
    assert_eq!(
        there.version, 5,
        "a row has the version that it is about to have"
    );
    let back = there.into_subscription().unwrap().snapshot();
    assert_eq!(SubscriptionSnapshot { version: 4, ..back }, snapshot());
}

#[test]
fn impossible_subscriptions_are_refused() {
    let broken: [fn(&mut Model); 7] = [
        |it| it.status = "asleep".to_owned(),
        |it| it.status_reason = None,
        |it| it.access = "free".to_owned(),
        |it| it.bill_day = Some(32),
        |it| it.interval_unit = "years".to_owned(),
        |it| it.access_version = -1,
        |it| it.agreements = serde_json::json!([]),
    ];
    for break_it in broken {
        let mut row = row();
        break_it(&mut row);
        let refused = row.clone().into_subscription();
        assert!(refused.is_err(), "{row:?}");
    }
}
