//! What is stored says everything, and what was stored before decisions were kept is still understood.

use super::{day, id, kes, plan, sold};
use crate::subscription::{
    Agreement, At, Decisions, ImpossibleSubscription, Subscription, SubscriptionSnapshot,
};
use crate::timeline::{Component, PausePolicy, Phase, Timeline};

fn agreement(from: &str, number: u64, minor: i64) -> Agreement {
    Agreement {
        from: day(from),
        plan: id(number),
        price: kes(minor),
        profile: id(number),
        quantity: 1,
    }
}

#[test]
fn decisions_read_back_as_they_were_written() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    it.change_plan(&plan(2, 400_000), At::PeriodEnd, today)
        .unwrap();
    it.change_quantity(0, 2, At::Now, today).unwrap();
    it.pause(At::PeriodEnd, None, PausePolicy::CreditDays, today)
        .unwrap();
    it.change_bill_day(9.try_into().unwrap(), At::PeriodEnd, today)
        .unwrap();
    it.cancel_scheduled_change(today).unwrap();
    let kept = it.snapshot().decisions;
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Decisions>(&text).unwrap(), kept);
    for broken in ["\"bill_day\":9", "\"quantity\":2"] {
        let (name, _) = broken.split_once(':').unwrap();
        let worse = text.replace(broken, &format!("{name}:0"));
        let decisions = serde_json::from_str::<Decisions>(&worse);
        let restored = decisions.map(|decisions| {
            Subscription::restore(SubscriptionSnapshot {
                decisions,
                ..it.snapshot()
            })
        });
        assert!(!matches!(restored, Ok(Ok(_))), "{worse}");
    }
}

/// A row of before: two agreements, the second on the day of the first, and a change that was scheduled.
#[test]
fn what_was_agreed_before_decisions_were_kept_is_billed_as_it_was() {
    let agreed = [
        agreement("2026-11-01", 1, 300_000),
        agreement("2026-11-11", 2, 400_000),
    ];
    let scheduled = agreement("2026-12-01", 1, 300_000);
    let snapshot = SubscriptionSnapshot {
        decisions: Decisions::of_agreements(&agreed, Some(scheduled)),
        ..sold("2026-11-01").snapshot()
    };
    let mut it = Subscription::restore(snapshot).unwrap();
    let phase = |it: &Agreement| Phase::of(it.from, it.plan, it.price);
    let phases = agreed.iter().chain([&scheduled]).map(phase).collect();
    let schedule = it.schedule();
    assert_eq!(it.timeline(), Timeline::of_plan(schedule, phases));
    assert_eq!(it.agreement(), Some(agreed[1]));
    assert_eq!(it.scheduled(), Some(scheduled));
    assert_eq!(it.next_change_on(), Some(day("2026-12-01")));
    it.catch_up(day("2026-12-01"));
    assert_eq!(it.agreement(), Some(scheduled));
    it.change_plan(&plan(2, 400_000), At::Now, day("2026-12-05"))
        .unwrap();
    assert_eq!(it.timeline().components[0].number, Component::BASE);
}

#[test]
fn a_stored_subscription_has_an_agreement_and_a_profile() {
    let it = sold("2026-11-01").snapshot();
    assert_eq!(Subscription::restore(it.clone()).unwrap().snapshot(), it);
    let mut without = it.clone();
    without.decisions = Decisions::of_agreements(&[], None);
    let refused = Subscription::restore(without);
    assert_eq!(refused, Err(ImpossibleSubscription::NoAgreement));
    let mut without = it;
    without.decisions.profiles.clear();
    let plan = id(1);
    let refused = Subscription::restore(without);
    assert_eq!(refused, Err(ImpossibleSubscription::NoProfile { plan }));
}
