//! The same facts bring the same bill, once; a reference model that counts single days agrees with it.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use kernel::{Id, InvoiceId, LocalDate, Money, PlanId};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{Facts, Limits, Proposal, Stopped, SubscriptionFacts, generate, preview};
use crate::difference::{Inconsistent, standing};
use crate::interval::{Interval, IntervalUnit};
use crate::rounding::InvoiceScale;
use crate::schedule::{BillDay, Schedule};
use crate::segment::ChargeKind;
use crate::timeline::{Component, Pause, PausePolicy, Phase, Reschedule, Timeline, Timing};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

pub(crate) fn usd(minor: i64) -> Money {
    Money::from_minor(minor, "USD".parse().unwrap())
}

fn id<K>(number: u64) -> Id<K> {
    let text = format!("00000000-0000-7000-8000-{number:012x}");
    Id::from_uuid(text.parse().unwrap())
}

fn account(timelines: Vec<Timeline>) -> Facts {
    let subscriptions = (1_u64..)
        .zip(timelines)
        .map(|(number, it)| SubscriptionFacts::new(id(number), it));
    let currency = usd(0).currency();
    Facts {
        currency,
        scale: InvoiceScale::new(2, currency).unwrap(),
        limits: Limits::STANDARD,
        subscriptions: subscriptions.collect(),
    }
}

fn monthly(start: &str, minor: i64) -> Timeline {
    let schedule = Schedule::new(day(start), Interval::MONTH, None);
    Timeline::of_plan(schedule, vec![Phase::of(day(start), id(1), usd(minor))])
}

/// An account that was billed USD 599.95 for May and goes to USD 9.95 on the 7th: the invoice, and what is due then.
pub(crate) fn changed_account() -> (InvoiceId, Proposal) {
    let mut facts = account(vec![monthly("2012-05-01", 59_995)]);
    let first = generate(&facts, day("2012-05-01")).unwrap().unwrap();
    facts.issue(&first, id(9)).unwrap();
    let phases = &mut facts.subscriptions[0].timeline.components[0].phases;
    phases.push(Phase::of(day("2012-05-07"), id(2), usd(995)));
    let proposal = generate(&facts, day("2012-05-07")).unwrap().unwrap();
    (id(9), proposal)
}

#[test]
fn nothing_to_bill_is_no_invoice() {
    assert_eq!(generate(&account(Vec::new()), day("2012-05-01")), Ok(None));
    let facts = account(vec![monthly("2012-05-01", 1_000)]);
    assert_eq!(generate(&facts, day("2012-04-30")), Ok(None));
}

#[test]
fn more_may_be_given_back_than_charged() {
    let (_, proposal) = changed_account();
    assert_eq!(proposal.total, usd(802 - 48_383));
}

#[test]
fn a_held_subscription_is_left_alone() {
    let mut facts = account(vec![
        monthly("2012-05-01", 1_000),
        monthly("2012-05-01", 700),
    ]);
    facts.subscriptions[0].held = true;
    let proposal = generate(&facts, day("2012-05-01")).unwrap().unwrap();
    assert_eq!(proposal.total, usd(700));
}

#[test]
fn dates_far_ahead_are_refused() {
    let facts = account(vec![monthly("2012-05-01", 1_000)]);
    let today = day("2012-05-01");
    assert!(preview(&facts, today, day("2015-05-01")).is_ok());
    let refused = preview(&facts, today, day("2015-05-02"));
    assert_eq!(
        refused,
        Err(Stopped::TooFarAhead {
            through: day("2015-05-02"),
            today,
            months_ahead: 36,
        })
    );
}

#[test]
fn too_many_lines_stop_the_run_and_none_is_cut_off() {
    let mut facts = account(vec![monthly("2012-01-01", 1_000)]);
    facts.limits.lines_a_day = 12;
    assert!(generate(&facts, day("2012-12-31")).is_ok());
    facts.subscriptions[0].lines_today = 1;
    let refused = generate(&facts, day("2012-12-31"));
    assert!(
        matches!(
            refused,
            Err(Stopped::TooManyLines {
                lines: 13,
                most: 12,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[test]
fn books_that_contradict_themselves_stop_the_run() {
    let mut facts = account(vec![monthly("2012-05-01", 1_000)]);
    let first = generate(&facts, day("2012-05-01")).unwrap().unwrap();
    facts.issue(&first, id(1)).unwrap();
    facts.issue(&first, id(2)).unwrap();
    let refused = generate(&facts, day("2012-05-01"));
    let Err(Stopped::Inconsistent { reason, .. }) = refused else {
        panic!("stopped, not {refused:?}");
    };
    assert!(matches!(reason, Inconsistent::BilledTwice { .. }));
}

const EPOCH: &str = "2026-01-01";

fn nth(number: u64) -> LocalDate {
    day(EPOCH) + Days::new(number)
}

fn any_interval() -> impl Strategy<Value = Interval> {
    proptest::sample::select(vec![
        (IntervalUnit::Days, 30),
        (IntervalUnit::Days, 7),
        (IntervalUnit::Weeks, 2),
        (IntervalUnit::Months, 1),
        (IntervalUnit::Months, 3),
    ])
    .prop_map(|(unit, count)| Interval::new(unit, count).unwrap())
}

fn any_phases(last_day: u64) -> impl Strategy<Value = Vec<Phase>> {
    let phase = (
        0..last_day,
        1_u64..4,
        1_u32..3,
        any::<bool>(),
        any::<bool>(),
    );
    proptest::collection::vec(phase, 1..4).prop_map(|mut phases| {
        phases.sort_by_key(|it| it.0);
        phases
            .into_iter()
            .map(|(from, plan, quantity, free, fee)| {
                let minor = i64::try_from(plan).unwrap() * 31_337;
                let phase = match free && plan == 3 {
                    true => Phase::free(nth(from), id(plan)),
                    false => Phase::of(nth(from), id(plan), usd(minor)).times(quantity),
                };
                if fee {
                    phase.with_fee(usd(5_000))
                } else {
                    phase
                }
            })
            .collect()
    })
}

fn any_pauses() -> impl Strategy<Value = Vec<Pause>> {
    let policies = vec![
        PausePolicy::CreditDays,
        PausePolicy::NoNewPeriod,
        PausePolicy::Keep,
    ];
    let pause = (1_u64..60, 1_u64..40, proptest::sample::select(policies));
    proptest::collection::vec(pause, 0..3).prop_map(|pauses| {
        let mut at = 0;
        let mut all = Vec::new();
        for (gap, days, policy) in pauses {
            let (from, until) = (at + gap, at + gap + days);
            at = until;
            all.push(Pause {
                from: nth(from),
                until: Some(nth(until)),
                policy,
            });
        }
        all
    })
}

fn any_timeline() -> impl Strategy<Value = Timeline> {
    let timing = proptest::sample::select(vec![Timing::InAdvance, Timing::InArrear]);
    let bill_day = proptest::option::of(1_u8..=31);
    let turn = proptest::option::of((20_u64..90, 1_u8..=31));
    let end = proptest::option::of(1_u64..150);
    let calendar = (any_interval(), bill_day, turn, timing, end);
    let sold = (
        any_phases(90),
        any_phases(90),
        proptest::option::of(30_u64..120),
    );
    (calendar, sold, any_pauses()).prop_map(|(calendar, (base, add_on, gone), pauses)| {
        let (interval, bill_day, turn, timing, end) = calendar;
        let schedule = |start, on: Option<u8>| {
            Schedule::new(start, interval, on.map(|it| BillDay::new(it).unwrap()))
        };
        let reschedules = turn.map(|(from, on)| Reschedule {
            from: nth(from),
            schedule: schedule(nth(from), Some(on)),
        });
        let add_on = Component {
            ends_on: gone.map(nth),
            ..Component::new(1, add_on)
        };
        Timeline {
            schedule: schedule(nth(0), bill_day),
            reschedules: reschedules.into_iter().collect(),
            timing,
            components: vec![Component::new(0, base), add_on],
            pauses,
            charged_until: end.map(nth),
        }
    })
}

/// What a subscriber has on a day, found by walking the phases: the reference that knows no periods.
fn sold_on(component: &Component, date: LocalDate) -> Option<(PlanId, Money, u32)> {
    let gone = component.ends_on.is_some_and(|it| it <= date);
    let phase = component.phases.iter().rev().find(|it| it.from <= date);
    let phase = phase.filter(|_| !gone)?;
    phase.price.map(|it| (phase.plan, it, phase.quantity))
}

/// Whether a day costs, found day by day. With no-new-period pauses this depends on where its cycle began.
fn is_charged(timeline: &Timeline, date: LocalDate) -> bool {
    let over = timeline.charged_until.is_some_and(|it| it <= date);
    let turned = timeline.reschedules.iter().rev().find(|it| it.from <= date);
    let schedule = turned.map_or(timeline.schedule, |it| it.schedule);
    let Some(cycle) = schedule.containing(date) else {
        return false;
    };
    let begun = turned.map_or(cycle.part.start, |it| cycle.part.start.max(it.from));
    let rests = |policy: PausePolicy, on: LocalDate| {
        let mut pauses = timeline.pauses.iter().filter(move |it| it.policy == policy);
        pauses.any(|it| it.from <= on && it.until.is_none_or(|until| on < until))
    };
    // A cycle that would begin while it rests begins on the first day it does not.
    let mut start = begun;
    while rests(PausePolicy::NoNewPeriod, start) {
        start = start + Days::new(1);
    }
    !over && start <= date && !rests(PausePolicy::CreditDays, date)
}

type ByDay = BTreeMap<(u16, NaiveDate), (PlanId, Money, u32)>;

fn by_day(facts: &Facts) -> ByDay {
    let mut days = ByDay::new();
    let all = standing(&facts.subscriptions[0].billed, facts.scale).unwrap();
    for it in all
        .iter()
        .filter(|it| it.terms.kind == ChargeKind::Recurring)
    {
        let dates = it
            .period
            .start
            .iter_days()
            .take_while(|on| *on < it.period.end);
        for date in dates {
            let sold = (it.terms.plan, it.terms.rate, it.terms.quantity);
            let twice = days.insert((it.terms.component, date), sold);
            assert_eq!(twice, None, "never twice");
        }
    }
    days
}

/// Bills on every one of some days and writes each invoice down.
fn run(facts: &mut Facts, days: impl Iterator<Item = u64>) {
    for number in days {
        if let Some(proposal) = generate(facts, nth(number)).unwrap() {
            facts.issue(&proposal, id(number + 1)).unwrap();
            for it in &mut facts.subscriptions {
                it.lines_today = 0;
            }
        }
    }
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

    #[test]
    fn every_day_of_every_component_is_billed_once_at_the_price_of_that_day(timeline in any_timeline()) {
        let mut facts = account(vec![timeline.clone()]);
        run(&mut facts, [200].into_iter());
        let billed = by_day(&facts);
        // Days whose cycle is over by then, whatever the timing.
        for number in 0..100 {
            let date = nth(number);
            for component in &timeline.components {
                let wanted = sold_on(component, date).filter(|_| is_charged(&timeline, date));
                let found = billed.get(&(component.number, date)).copied();
                prop_assert_eq!(found, wanted, "component {} on {}", component.number, date);
            }
        }
    }

    #[test]
    fn a_second_run_bills_nothing_for_the_same_or_any_earlier_day(timeline in any_timeline(), earlier in 0_u64..150) {
        let mut facts = account(vec![timeline]);
        run(&mut facts, [150].into_iter());
        prop_assert_eq!(generate(&facts, nth(150)), Ok(None));
        prop_assert_eq!(generate(&facts, nth(earlier)), Ok(None));
    }

    #[test]
    fn catching_up_bills_the_same_days_as_going_step_by_step(timeline in any_timeline()) {
        let (mut late, mut daily) = (account(vec![timeline.clone()]), account(vec![timeline]));
        run(&mut late, [150].into_iter());
        run(&mut daily, 0..=150);
        prop_assert_eq!(by_day(&late), by_day(&daily));
        prop_assert_eq!(generate(&daily, nth(150)), Ok(None));
    }

    #[test]
    fn the_order_of_subscriptions_does_not_matter(
        (sorted, turned) in proptest::collection::vec(any_timeline(), 1..4).prop_flat_map(|timelines| {
            let facts = account(timelines);
            let turned = Just(facts.subscriptions.clone()).prop_shuffle();
            (Just(facts), turned)
        }),
    ) {
        let in_order = generate(&sorted, nth(120));
        let turned = Facts { subscriptions: turned, ..sorted };
        prop_assert_eq!(in_order, generate(&turned, nth(120)));
    }

    #[test]
    fn a_backdated_decision_only_adds_lines(timeline in any_timeline(), from in 0_u64..150, minor in 100_i64..90_000) {
        let mut facts = account(vec![timeline]);
        run(&mut facts, [100, 150].into_iter());
        let before = facts.subscriptions[0].billed.clone();
        let phases = &mut facts.subscriptions[0].timeline.components[0].phases;
        phases.push(Phase::of(nth(from), id(7), usd(minor)));
        phases.sort_by_key(|it| it.from);
        run(&mut facts, [150].into_iter());
        for (old, new) in before.iter().zip(&facts.subscriptions[0].billed) {
            prop_assert_eq!((old.line, old.amount, old.period), (new.line, new.amount, new.period), "issued is issued");
            prop_assert!(new.repaired.starts_with(&old.repaired), "only more is taken back");
        }
    }
}
