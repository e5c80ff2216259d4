//! Random lives: decisions become known one after the other, early, late or twice, and every run keeps the invariants of
//! billing (billing.md, invariants 15 to 20 and 43).

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use billing::{
    BillDay, Billed, Change, Changed, ChargeKind, Facts, Interval, IntervalUnit, InvoiceScale,
    Limits, PausePolicy, Period, Schedule, SubscriptionFacts, Timing, generate, share, standing,
    timeline_of,
};
use chrono::{Days, NaiveDate};
use kernel::{Id, LocalDate, Money, PlanId};
use proptest::prelude::{
    Just, ProptestConfig, Strategy, TestCaseError, any, prop_assert, prop_assert_eq, prop_oneof,
    proptest,
};

/// The day of the last run: every cycle that began before day 120 is over by then, whatever the timing.
const LAST: u64 = 220;

fn nth(number: u64) -> LocalDate {
    "2026-01-01".parse::<NaiveDate>().unwrap() + Days::new(number)
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, "USD".parse().unwrap())
}

fn id<K>(number: u64) -> Id<K> {
    let text = format!("00000000-0000-7000-8000-{number:012x}");
    Id::from_uuid(text.parse().unwrap())
}

/// A subscription, its decisions in the order they were taken, and the day each became known.
#[derive(Debug, Clone)]
struct Life {
    schedule: Schedule,
    timing: Timing,
    decisions: Vec<Change>,
    known_on: Vec<u64>,
}

fn any_rhythm() -> impl Strategy<Value = (Interval, Option<BillDay>)> {
    let units = vec![
        (IntervalUnit::Months, 1),
        (IntervalUnit::Days, 30),
        (IntervalUnit::Weeks, 2),
        (IntervalUnit::Months, 3),
    ];
    let bill_day = proptest::option::of(1_u8..=31);
    (proptest::sample::select(units), bill_day).prop_map(|((unit, count), day)| {
        let day = day.filter(|_| unit == IntervalUnit::Months);
        let interval = Interval::new(unit, count).unwrap();
        (interval, day.map(|it| BillDay::new(it).unwrap()))
    })
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    any_rhythm().prop_map(|(interval, bill_day)| Schedule::new(nth(0), interval, bill_day))
}

fn rescheduled((interval, bill_day): (Interval, Option<BillDay>)) -> Changed {
    Changed::Rescheduled {
        interval: Some(interval),
        bill_day,
    }
}

const fn paused(policy: PausePolicy) -> Changed {
    Changed::Paused {
        policy,
        until: None,
    }
}

fn agreed(component: u16, plan: u64, quantity: u32, fee: bool) -> Changed {
    Changed::Agreed {
        component,
        plan: id(plan),
        // Plans 1 and 2 cost the same.
        price: Some(usd(if plan == 3 { 94_011 } else { 31_337 })),
        quantity: Some(quantity),
        fee: fee.then(|| usd(5_000)),
    }
}

/// What is decided, and how many days later something else follows of it.
fn any_decision() -> impl Strategy<Value = Vec<(u64, Changed)>> {
    let sold = (0_u16..2, 1_u64..4, 1_u32..3, any::<bool>());
    let sold = sold.prop_map(|(component, plan, quantity, fee)| {
        vec![(0, agreed(component, plan, quantity, fee))]
    });
    let policies = vec![
        PausePolicy::CreditDays,
        PausePolicy::NoNewPeriod,
        PausePolicy::Keep,
    ];
    let rests = (proptest::sample::select(policies), 1_u64..40);
    let rests = rests.prop_map(|(it, days)| vec![(0, paused(it)), (days, Changed::Resumed)]);
    prop_oneof![
        5 => sold,
        2 => rests,
        1 => any_rhythm().prop_map(|it| vec![(0, rescheduled(it))]),
        1 => Just(vec![(0, Changed::Removed { component: 1 })]),
        1 => Just(vec![(0, Changed::Ended)]),
    ]
}

fn any_life() -> impl Strategy<Value = Life> {
    // Each decision: the day it holds from, and how much later than the one before it became known.
    let from = prop_oneof![0_u64..110, proptest::sample::select(vec![0, 15, 31, 59])];
    let decision = (from, 0_u64..25, any_decision());
    let decisions = proptest::collection::vec(decision, 0..6);
    let timing = proptest::sample::select(vec![Timing::InAdvance, Timing::InArrear]);
    (any_schedule(), timing, decisions).prop_filter_map(
        "decisions that contradict each other",
        |(schedule, timing, drawn)| {
            let mut life = Life {
                schedule,
                timing,
                decisions: vec![change(1, 0, agreed(0, 1, 1, true))],
                known_on: vec![0],
            };
            let mut known = 0;
            for (from, later, parts) in drawn {
                known = (known + later).min(LAST - 1);
                for (days, what) in parts {
                    let number = u64::try_from(life.decisions.len()).unwrap() + 1;
                    life.decisions.push(change(number, from + days, what));
                    life.known_on.push(known);
                }
            }
            let known = 1..=life.decisions.len();
            let folds = |it: usize| timeline_of(schedule, timing, &life.decisions[..it]).is_ok();
            let all_fold = known.into_iter().all(folds);
            all_fold.then_some(life)
        },
    )
}

fn change(number: u64, from: u64, what: Changed) -> Change {
    let from = nth(from);
    Change { number, from, what }
}

impl Life {
    /// What is known on a day.
    fn known(&self, day: u64) -> Vec<Change> {
        let known = self.known_on.iter().filter(|it| **it <= day).count();
        self.decisions[..known].to_vec()
    }

    fn account(&self, decisions: &[Change]) -> Facts {
        let timeline = timeline_of(self.schedule, self.timing, decisions).unwrap();
        let currency = usd(0).currency();
        Facts {
            currency,
            scale: InvoiceScale::new(2, currency).unwrap(),
            limits: Limits::STANDARD,
            subscriptions: vec![SubscriptionFacts::new(id(1), timeline)],
        }
    }

    /// Bills at the last day with everything known from the beginning.
    fn at_once(&self) -> Facts {
        let mut facts = self.account(&self.decisions);
        run(&mut facts, LAST);
        facts
    }
}

/// Bills a day and writes the invoice down.
fn run(facts: &mut Facts, day: u64) {
    if let Some(proposal) = generate(facts, nth(day)).unwrap() {
        facts.issue(&proposal, id(day + 1)).unwrap();
        facts.subscriptions[0].lines_today = 0;
    }
}

/// What stands billed, day by day; fails where a day stands twice.
fn by_day(facts: &Facts) -> BTreeMap<(u16, LocalDate), (PlanId, Money, u32)> {
    let mut days = BTreeMap::new();
    let all = standing(&facts.subscriptions[0].billed, facts.scale).unwrap();
    let recurring = all
        .iter()
        .filter(|it| it.terms.kind == ChargeKind::Recurring);
    for it in recurring {
        let dates = it.period.start.iter_days();
        for date in dates.take_while(|on| *on < it.period.end) {
            let sold = (it.terms.plan, it.terms.rate, it.terms.quantity);
            let twice = days.insert((it.terms.component, date), sold);
            assert_eq!(twice, None, "{date} stands twice");
        }
    }
    days
}

/// Every repair lies inside its line and apart from the others, and no more goes back than was charged.
fn repairs_fit(billed: &[Billed]) -> Result<(), TestCaseError> {
    for item in billed {
        let mut taken: Vec<Period> = item.repaired.iter().map(|it| it.0).collect();
        taken.sort_unstable();
        prop_assert!(taken.windows(2).all(|it| it[0].end <= it[1].start));
        prop_assert!(taken.iter().all(|it| item.period.overlap(*it) == Some(*it)));
        prop_assert!(item.repaired.iter().all(|it| it.1.is_positive()));
        prop_assert!(!item.left().unwrap().is_negative());
        prop_assert!(item.terms.kind == ChargeKind::Recurring || item.repaired.is_empty());
    }
    Ok(())
}

/// Whether bill days changed. Days of a line that another schedule cut into cycles of its own do not tell any more when they
/// became due, so that only the day of the run itself is promised for them; a subscription remembers it.
fn is_cut_anew(decisions: &[Change]) -> bool {
    let cut = |it: &Change| matches!(it.what, Changed::Rescheduled { .. });
    decisions.iter().any(cut)
}

/// Days in a row of one cycle at one price cost together what the row costs, unless days at that price were taken back.
fn rows_cost_what_they_cost(billed: &[Billed]) -> Result<(), TestCaseError> {
    let mut lines: Vec<&Billed> = billed.iter().collect();
    lines.retain(|it| it.terms.kind == ChargeKind::Recurring);
    let price = |it: &Billed| {
        let units = (it.price.minor(), it.terms.quantity);
        (it.terms.component, it.cycle, units)
    };
    lines.sort_by_key(|it| (price(it), it.period));
    let goes_on = |one: &&Billed, next: &&Billed| {
        price(one) == price(next) && one.period.end == next.period.start
    };
    for row in lines.chunk_by(goes_on) {
        let alike = lines.iter().filter(|it| price(it) == price(row[0]));
        if alike.into_iter().any(|it| !it.repaired.is_empty()) {
            continue;
        }
        let days = row.iter().map(|it| it.period.days()).sum();
        let price = row[0].price.minor() * i64::from(row[0].terms.quantity);
        let charged: i64 = row.iter().map(|it| it.amount.minor()).sum();
        let cost = share(price, days, row[0].cycle.days(), 1);
        prop_assert_eq!(Some(charged), cost, "{:?}", row);
    }
    Ok(())
}

fn once(facts: &Facts) -> Vec<(u16, Period)> {
    let billed = facts.subscriptions[0].billed.iter();
    let once = billed.filter(|it| it.terms.kind == ChargeKind::Once);
    once.map(|it| (it.terms.component, it.period)).collect()
}

#[test]
fn a_pause_learnt_late_does_not_let_an_earlier_run_take_back_what_follows_it() {
    let month = Schedule::new(nth(0), Interval::MONTH, None);
    let mut life = Life {
        schedule: month,
        timing: Timing::InAdvance,
        decisions: vec![change(1, 0, agreed(0, 1, 1, false))],
        known_on: vec![0, 40, 40],
    };
    let mut facts = life.account(&life.decisions);
    run(&mut facts, 31);
    // From 11 January to 2 February: the second month begins in it and goes on after it.
    let rests = paused(PausePolicy::CreditDays);
    life.decisions
        .extend([change(2, 10, rests), change(3, 32, Changed::Resumed)]);
    facts.subscriptions[0].timeline = timeline_of(month, life.timing, &life.decisions).unwrap();
    run(&mut facts, 40);
    for earlier in 0..40 {
        assert_eq!(generate(&facts, nth(earlier)), Ok(None), "day {earlier}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_run_adds_what_was_learnt_and_nothing_twice(life in any_life(), earlier in 0..LAST) {
        let mut facts = life.account(&life.known(0));
        let mut days: Vec<u64> = life.known_on.iter().flat_map(|it| [*it, it + 9]).chain([LAST]).collect();
        days.sort_unstable();
        days.dedup();
        for day in days {
            let timeline = timeline_of(life.schedule, life.timing, &life.known(day)).unwrap();
            facts.subscriptions[0].timeline = timeline;
            let before = facts.subscriptions[0].billed.clone();
            run(&mut facts, day);
            prop_assert_eq!(generate(&facts, nth(day)), Ok(None), "again on day {}", day);
            if !is_cut_anew(&life.known(day)) {
                prop_assert_eq!(generate(&facts, nth(earlier.min(day))), Ok(None), "for an earlier day");
            }
            repairs_fit(&facts.subscriptions[0].billed)?;
            rows_cost_what_they_cost(&facts.subscriptions[0].billed)?;
            for (old, new) in before.iter().zip(&facts.subscriptions[0].billed) {
                prop_assert_eq!((old.line, old.amount, old.period), (new.line, new.amount, new.period), "issued is issued");
                prop_assert!(new.repaired.starts_with(&old.repaired), "only more is taken back");
            }
        }
        prop_assert_eq!(by_day(&facts), by_day(&life.at_once()), "step by step is at once");
    }

    #[test]
    fn what_arrives_twice_or_out_of_order_changes_nothing(
        (life, shuffled) in any_life().prop_flat_map(|life| {
            let twice = [life.decisions.clone(), life.decisions.clone()].concat();
            (Just(life), Just(twice).prop_shuffle())
        }),
    ) {
        let mut facts = life.account(&shuffled);
        run(&mut facts, LAST);
        prop_assert_eq!(facts, life.at_once());
    }

    #[test]
    fn of_several_decisions_for_a_day_only_the_last_one_charges_once(life in any_life()) {
        let mut fees = once(&life.at_once());
        let all = fees.len();
        fees.sort_unstable();
        fees.dedup();
        prop_assert_eq!(fees.len(), all);
    }
}
