//! What each verb does, refuses and records.

use super::{day, id, kes, new, plan, sold, terms};
use crate::events::{Access, BillingEvent};
use crate::interval::{Interval, IntervalUnit};
use crate::overdue::Level;
use crate::plan::{NewPlan, Plan, SoldAs};
use crate::subscription::{At, Ending, Subscription, SubscriptionRefusal, SubscriptionStatus};
use crate::timeline::{Pause, PausePolicy};

fn named(events: &[BillingEvent]) -> Vec<&'static str> {
    events.iter().map(kernel::DomainEvent::name).collect()
}

#[test]
fn a_sale_begins_active_or_waits_for_its_first_day() {
    let today = day("2026-11-01");
    for (starts_on, access) in [
        ("2026-10-15", Access::Active),
        ("2026-11-01", Access::Active),
        ("2026-11-02", Access::Suspended),
    ] {
        let order = new(day(starts_on), None);
        let mut it = Subscription::start(order, &plan(1, 100), today).unwrap();
        assert_eq!(it.access(), (access, 1), "{starts_on}");
        assert_eq!(named(&it.take_events()), ["billing.subscribed"]);
        let change = (access == Access::Suspended).then(|| day(starts_on));
        assert_eq!(it.next_change_on(), change);
        assert_eq!(it.next_bill_on(), Some(day(starts_on)));
    }
}

#[test]
fn a_sale_needs_an_offered_plan_for_subscriptions() {
    let today = day("2026-11-01");
    let mut retired = plan(1, 100);
    retired.retire();
    let voucher = Plan::define(NewPlan {
        sold_as: SoldAs::Voucher,
        ..terms(1, 100)
    });
    for it in [retired, voucher.unwrap()] {
        let refused = Subscription::start(new(today, None), &it, today);
        let plan = id(1);
        assert_eq!(refused, Err(SubscriptionRefusal::PlanNotOffered { plan }));
    }
    let weekly = NewPlan {
        interval: Interval::new(IntervalUnit::Weeks, 1).unwrap(),
        ..terms(1, 100)
    };
    let weekly = Plan::define(weekly).unwrap();
    let refused = Subscription::start(new(today, Some(5)), &weekly, today);
    let interval = Interval::WEEK;
    assert_eq!(refused, Err(SubscriptionRefusal::BillDay { interval }));
}

#[test]
fn a_dearer_plan_begins_today_and_a_cheaper_one_with_the_next_period() {
    let it = sold("2026-11-01");
    for (minor, when) in [
        (299_999, At::PeriodEnd),
        (300_000, At::Now),
        (300_001, At::Now),
    ] {
        assert_eq!(it.usual_time_for(&plan(2, minor)), Ok(when));
    }
}

#[test]
fn a_change_now_is_agreed_from_today_and_waits_to_be_billed() {
    let mut it = sold("2026-11-01");
    it.billed(day("2026-11-01"));
    let today = day("2026-11-11");
    it.change_plan(&plan(2, 400_000), At::Now, today).unwrap();
    let agreed = it.agreement().unwrap();
    assert_eq!((agreed.from, agreed.price), (today, kes(400_000)));
    let first = it.agreement_on(day("2026-11-10")).unwrap();
    assert_eq!(first.price, kes(300_000));
    assert_eq!(it.next_bill_on(), Some(today));
    assert_eq!(named(&it.take_events()), ["billing.plan_changed"]);
    it.billed(today);
    assert_eq!(it.next_bill_on(), Some(day("2026-12-01")));
}

#[test]
fn the_last_of_several_changes_on_one_day_stands() {
    let mut it = sold("2026-11-01");
    let today = day("2026-11-11");
    for (number, minor) in [(2, 400_000), (3, 500_000)] {
        it.change_plan(&plan(number, minor), At::Now, today)
            .unwrap();
    }
    let plan_on = |it: &Subscription, on: &str| it.agreement_on(day(on)).unwrap().plan;
    assert_eq!(plan_on(&it, "2026-11-10"), id(1));
    assert_eq!(plan_on(&it, "2026-11-11"), id(3));
    let mut first_day = sold("2026-11-01");
    first_day
        .change_plan(&plan(2, 400_000), At::Now, day("2026-11-01"))
        .unwrap();
    assert_eq!(plan_on(&first_day, "2026-11-01"), id(2));
}

#[test]
fn a_later_decision_replaces_the_scheduled_one() {
    let mut it = sold("2026-11-01");
    let today = day("2026-11-11");
    for number in [2, 3] {
        it.change_plan(&plan(number, 100), At::PeriodEnd, today)
            .unwrap();
    }
    let scheduled = it.scheduled().unwrap();
    assert_eq!((scheduled.plan, scheduled.from), (id(3), day("2026-12-01")));
    assert_eq!(it.next_change_on(), Some(day("2026-12-01")));
    it.change_plan(&plan(4, 300_001), At::Now, today).unwrap();
    assert_eq!(it.scheduled(), None);
}

#[test]
fn a_scheduled_change_takes_effect_on_its_day_however_late_it_is_noticed() {
    let mut it = sold("2026-11-01");
    it.change_plan(&plan(2, 100), At::PeriodEnd, day("2026-11-11"))
        .unwrap();
    it.catch_up(day("2026-11-30"));
    assert_eq!(it.agreement().unwrap().plan, id(1));
    it.take_events();
    it.catch_up(day("2027-02-03"));
    assert_eq!(it.agreement().unwrap().from, day("2026-12-01"));
    assert_eq!(named(&it.take_events()), ["billing.plan_changed"]);
    it.saved_as(1);
    it.catch_up(day("2027-02-03"));
    assert!(!it.has_news());
}

#[test]
fn changes_are_refused_for_a_reason() {
    let today = day("2026-11-11");
    let fresh = || sold("2026-11-01");
    let refused = |mut it: Subscription, plan: &Plan, when| it.change_plan(plan, when, today);
    let now = |it, plan: &Plan| refused(it, plan, At::Now).unwrap_err();
    assert_eq!(
        now(fresh(), &plan(1, 300_000)),
        SubscriptionRefusal::SameTerms
    );
    let mut suspended = fresh();
    suspended.suspend("x", today).unwrap();
    assert_eq!(
        now(suspended, &plan(2, 400_000)),
        SubscriptionRefusal::Suspended { since: today }
    );
    for (when, ends_on) in [(At::Now, today), (At::PeriodEnd, day("2026-12-01"))] {
        let mut cancelled = fresh();
        cancelled.cancel(Ending::at(when), today).unwrap();
        assert_eq!(
            now(cancelled, &plan(2, 400_000)),
            SubscriptionRefusal::Cancelled { ends_on }
        );
    }
    let starts_on = day("2026-11-12");
    let later = Subscription::start(new(starts_on, None), &plan(1, 1), today).unwrap();
    let not_begun = SubscriptionRefusal::NotBegun {
        from: today,
        starts_on,
    };
    assert_eq!(now(later, &plan(2, 400_000)), not_begun);
}

#[test]
fn suspending_and_resuming_open_and_close_a_pause() {
    let mut it = sold("2026-11-01");
    it.billed(day("2026-11-01"));
    it.suspend(" travels ", day("2026-11-20")).unwrap();
    let SubscriptionStatus::Suspended { since, reason } = it.snapshot().status else {
        panic!("suspended");
    };
    assert_eq!((since, reason.as_str()), (day("2026-11-20"), "travels"));
    assert!(it.derive_access(Level::Clear, day("2026-11-20")));
    let pause = |until| Pause {
        from: day("2026-12-01"),
        until,
        policy: PausePolicy::NoNewPeriod,
    };
    assert_eq!(it.snapshot().pauses, [pause(None)], "after what is billed");
    assert_eq!(it.next_bill_on(), None);
    it.resume(At::Now, day("2026-12-11")).unwrap();
    assert!(it.derive_access(Level::Clear, day("2026-12-11")));
    assert_eq!(it.snapshot().pauses, [pause(Some(day("2026-12-11")))]);
    assert_eq!(it.next_bill_on(), Some(day("2026-12-11")));
}

#[test]
fn a_pause_within_what_is_billed_leaves_no_trace() {
    let mut it = sold("2026-11-01");
    it.billed(day("2026-11-01"));
    for (level, today) in [
        (Level::Suspended, "2026-11-16"),
        (Level::Clear, "2026-11-20"),
    ] {
        assert!(it.derive_access(level, day(today)));
    }
    assert_eq!(it.snapshot().pauses, []);
    assert_eq!(it.next_bill_on(), Some(day("2026-12-01")));
}

#[test]
fn a_pause_goes_on_until_nothing_suspends_any_more() {
    let mut it = sold("2026-11-01");
    it.billed(day("2026-11-01"));
    it.suspend("x", day("2026-11-10")).unwrap();
    it.derive_access(Level::Suspended, day("2026-11-16"));
    it.resume(At::Now, day("2026-12-05")).unwrap();
    it.derive_access(Level::Suspended, day("2026-12-05"));
    assert_eq!(it.next_bill_on(), None);
    it.derive_access(Level::Restricted, day("2026-12-11"));
    assert_eq!(it.access().0, Access::Restricted);
    assert_eq!(it.next_bill_on(), Some(day("2026-12-11")));
}

#[test]
fn a_pause_is_news_even_if_access_stays_as_it_is() {
    let today = day("2026-11-01");
    let mut it = Subscription::start(new(day("2026-11-10"), None), &plan(1, 100), today).unwrap();
    it.take_events();
    assert!(!it.derive_access(Level::Suspended, today));
    assert!(it.has_news(), "no period may begin on its first day");
    it.saved_as(1);
    assert!(!it.has_news());
    it.derive_access(Level::Suspended, day("2026-11-10"));
    assert_eq!(it.next_bill_on(), None);
}

#[test]
fn an_end_stays_charged_up_to_the_end_of_the_period_it_falls_into() {
    for (when, today, billed_on, ends_on, charged_until) in [
        (
            At::Now,
            "2026-11-11",
            Some("2026-11-01"),
            "2026-11-11",
            "2026-12-01",
        ),
        (
            At::PeriodEnd,
            "2026-11-11",
            Some("2026-11-01"),
            "2026-12-01",
            "2026-12-01",
        ),
        (At::Now, "2026-11-11", None, "2026-11-11", "2026-12-01"),
        (
            At::Now,
            "2026-12-01",
            Some("2026-11-01"),
            "2026-12-01",
            "2026-12-01",
        ),
        (
            At::Now,
            "2026-12-01",
            Some("2026-12-01"),
            "2026-12-01",
            "2027-01-01",
        ),
        (
            At::PeriodEnd,
            "2026-12-01",
            Some("2026-11-01"),
            "2027-01-01",
            "2027-01-01",
        ),
        (At::Now, "2026-11-01", None, "2026-11-01", "2026-11-01"),
        (
            At::Now,
            "2026-11-01",
            Some("2026-11-01"),
            "2026-11-01",
            "2026-12-01",
        ),
    ] {
        let mut it = sold("2026-11-01");
        if let Some(billed_on) = billed_on {
            it.billed(day(billed_on));
        }
        it.cancel(Ending::at(when), day(today)).unwrap();
        let state = it.snapshot();
        let ends = (state.ends_on, state.charged_until);
        let expected = (Some(day(ends_on)), Some(day(charged_until)));
        assert_eq!(
            ends, expected,
            "{when:?} on {today}, billed on {billed_on:?}"
        );
    }
}

#[test]
fn cancelling_before_the_first_day_ends_it_today() {
    let today = day("2026-11-01");
    for when in [At::Now, At::PeriodEnd] {
        let order = new(day("2026-11-10"), None);
        let mut it = Subscription::start(order, &plan(1, 100), today).unwrap();
        it.cancel(Ending::at(when), today).unwrap();
        assert_eq!(it.snapshot().ends_on, Some(today));
        assert_eq!(it.next_bill_on(), None);
        it.catch_up(today);
        assert_eq!(
            it.snapshot().status,
            SubscriptionStatus::Ended { on: today }
        );
        assert_eq!(it.next_change_on(), None);
    }
}

#[test]
fn the_earlier_end_stands() {
    let mut it = sold("2026-11-01");
    it.cancel(Ending::at(At::Now), day("2026-11-11")).unwrap();
    it.take_events();
    it.cancel(Ending::at(At::PeriodEnd), day("2026-11-11"))
        .unwrap();
    assert_eq!(it.snapshot().ends_on, Some(day("2026-11-11")));
    assert_eq!(named(&it.take_events()), ["billing.subscription_ended"]);
    it.cancel(Ending::at(At::Now), day("2026-11-20")).unwrap();
    assert!(!it.has_news());
}

#[test]
fn what_is_over_does_not_come_back() {
    let mut it = sold("2026-11-01");
    let today = day("2026-11-11");
    it.cancel(Ending::at(At::Now), today).unwrap();
    let ends_on = today;
    let cancelled = SubscriptionRefusal::Cancelled { ends_on };
    assert_eq!(it.resume(At::Now, today), Err(cancelled.clone()));
    assert_eq!(it.suspend("x", today), Err(cancelled));
    for level in Level::ALL {
        it.derive_access(level, today);
        assert_eq!(it.access(), (Access::Ended, 2));
    }
}

#[test]
fn access_follows_status_and_level() {
    let today = day("2026-11-11");
    for (level, active) in [
        (Level::Clear, Access::Active),
        (Level::Overdue, Access::Active),
        (Level::Restricted, Access::Restricted),
        (Level::Suspended, Access::Suspended),
    ] {
        let mut it = sold("2026-11-01");
        let is_news = it.derive_access(level, today);
        assert_eq!(it.access().0, active);
        assert_eq!(is_news, active != Access::Active);
        assert!(!it.derive_access(level, today), "twice is no news");
        it.suspend("x", today).unwrap();
        it.derive_access(level, today);
        assert_eq!(it.access().0, Access::Suspended);
    }
}

#[test]
fn every_decision_about_access_has_the_next_number() {
    let mut it = sold("2026-11-01");
    it.derive_access(Level::Restricted, day("2026-11-12"));
    it.derive_access(Level::Suspended, day("2026-11-16"));
    it.change_plan(&plan(2, 400_000), At::Now, day("2026-11-16"))
        .unwrap();
    it.derive_access(Level::Suspended, day("2026-11-16"));
    it.derive_access(Level::Clear, day("2026-11-17"));
    let versions: Vec<_> = it
        .take_events()
        .iter()
        .filter_map(|it| match it {
            BillingEvent::AccessDesired {
                version, reason, ..
            } => Some((*version, *reason)),
            _ => None,
        })
        .collect();
    let expected = [(2, "overdue"), (3, "overdue"), (4, "overdue"), (5, "paid")];
    assert_eq!(versions, expected);
}
