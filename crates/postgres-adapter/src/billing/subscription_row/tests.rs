//! Rows and aggregates are the same thing in two forms; what cannot be is refused.
#![allow(clippy::unwrap_used)]

use billing::{
    Access, Agreement, BillDay, Decisions, Interval, PaidTime, Pause, PausePolicy, Subscription,
    SubscriptionSnapshot, SubscriptionStatus, Timing,
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
        quantity: 1,
    };
    let agreed = [agreement("2026-01-31"), agreement("2026-03-10")];
    SubscriptionSnapshot {
        id: fresh(ids),
        account: fresh(ids),
        interval: Interval::MONTH,
        bill_day: Some(BillDay::new(31).unwrap()),
        started_on: day("2026-01-31"),
        timing: Timing::InArrear,
        decisions: Decisions::of_agreements(&agreed, Some(agreement("2026-05-31"))),
        pauses: vec![Pause {
            from: day("2026-04-01"),
            until: None,
            policy: PausePolicy::CreditDays,
        }],
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
        prepaid: None,
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
fn paid_time_survives_and_belongs_to_what_is_prepaid() {
    let prepaid = Some(PaidTime {
        paid_until: day("2026-05-31"),
        auto_renew: false,
        seen_on: Some(day("2026-05-28")),
        told_low: true,
    });
    let paid = SubscriptionSnapshot {
        timing: Timing::Prepaid,
        prepaid,
        ..snapshot()
    };
    let paid = Subscription::restore(paid).unwrap();
    let row = Model::of(Uuid::from_u128(9), &paid).unwrap();
    let back = row.clone().into_subscription().unwrap().snapshot();
    assert_eq!(back.prepaid, prepaid);
    let mut torn = row;
    torn.prepaid = None;
    assert!(torn.into_subscription().is_err());
}

/// Before decisions were kept one by one, a row said what was agreed and what was scheduled.
#[test]
fn a_row_of_before_is_read_through_its_agreements() {
    let now = row().into_subscription().unwrap();
    let (first, second) = ("2026-01-31", "2026-03-10");
    let agreed = [first, second].map(|it| now.agreement_on(day(it)).unwrap());
    let old = Model {
        agreements: serde_json::to_value(agreed).unwrap(),
        scheduled: Some(serde_json::to_value(now.scheduled().unwrap()).unwrap()),
        decisions: None,
        pauses: serde_json::json!([{ "from": "2026-04-01", "until": null }]),
        ..row()
    };
    let without_quantity = serde_json::to_string(&old.agreements).unwrap();
    let without_quantity = without_quantity.replace(",\"quantity\":1", "");
    let old = Model {
        agreements: serde_json::from_str(&without_quantity).unwrap(),
        ..old
    };
    let read = old.into_subscription().unwrap().snapshot();
    assert_eq!(read.decisions, now.snapshot().decisions);
    assert_eq!(read.pauses[0].policy, PausePolicy::NoNewPeriod);
    let empty = Model {
        agreements: serde_json::json!([]),
        decisions: None,
        scheduled: None,
        ..row()
    };
    assert!(empty.into_subscription().is_err());
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
        |it| it.timing = "later".to_owned(),
    ];
    for break_it in broken {
        let mut row = row();
        break_it(&mut row);
        let refused = row.clone().into_subscription();
        assert!(refused.is_err(), "{row:?}");
    }
}
