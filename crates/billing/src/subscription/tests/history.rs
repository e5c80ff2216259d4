//! Whatever is decided, bills day by day end where one late bill does, and by the product's own dates.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use kernel::{LocalDate, Money, PlanId};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{day, id, kes, new, terms};
use crate::difference::{Billed, diff, standing};
use crate::interval::Interval;
use crate::overdue::Level;
use crate::plan::{Charging, NewPlan, Plan, SoldAs};
use crate::record::write_down;
use crate::rounding::InvoiceScale;
use crate::schedule::BillDay;
use crate::segment::{ChargeKind, desired};
use crate::subscription::{At, Ending, Subscription, SubscriptionRefusal, Unused};
use crate::timeline::{PausePolicy, Timing};

#[derive(Debug, Clone, Copy)]
enum Act {
    Change(u64, At),
    Yearly(At),
    Drop,
    Quantity(u16, u32, At),
    Add(At),
    Remove(u16, At),
    Pause(At, Option<u64>, PausePolicy),
    Resume(At),
    BillDay(u8, At),
    Cancel(At, Unused),
}

const DAYS: u64 = 100;

fn nth(number: u64) -> LocalDate {
    day("2026-01-15") + Days::new(number)
}

fn any_at() -> impl Strategy<Value = At> {
    prop_oneof![
        Just(At::Now),
        Just(At::PeriodEnd),
        (0_u64..DAYS).prop_map(|it| At::On(nth(it))),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    let policy = proptest::sample::select(PausePolicy::ALL.to_vec());
    let until = proptest::option::of(0_u64..DAYS);
    let unused = prop_oneof![Just(Unused::Charged), Just(Unused::GivenBack)];
    prop_oneof![
        4 => (1_u64..4, any_at()).prop_map(|(plan, at)| Act::Change(plan, at)),
        1 => any_at().prop_map(Act::Yearly),
        1 => Just(Act::Drop),
        2 => (0_u16..3, 1_u32..4, any_at()).prop_map(|(it, many, at)| Act::Quantity(it, many, at)),
        2 => any_at().prop_map(Act::Add),
        1 => (1_u16..3, any_at()).prop_map(|(it, at)| Act::Remove(it, at)),
        3 => (any_at(), until, policy).prop_map(|(at, until, policy)| Act::Pause(at, until, policy)),
        3 => any_at().prop_map(Act::Resume),
        1 => (1_u8..=31, any_at()).prop_map(|(it, at)| Act::BillDay(it, at)),
        1 => (any_at(), unused).prop_map(|(at, unused)| Act::Cancel(at, unused)),
    ]
}

fn sold_as(number: u64, minor: i64, sold_as: SoldAs, charging: Charging) -> Plan {
    let defined = NewPlan {
        sold_as,
        charging,
        ..terms(number, minor)
    };
    Plan::define(defined).unwrap()
}

fn act(
    it: &mut Subscription,
    act: Act,
    today: LocalDate,
    timing: Timing,
) -> Result<(), SubscriptionRefusal> {
    let charging = Charging {
        timing,
        ..Charging::AHEAD
    };
    let price = |plan: u64| i64::try_from(plan).unwrap() * 31_337;
    match act {
        Act::Change(plan, at) => {
            let charging = Charging {
                fee: Some(kes(7_700)),
                ..charging
            };
            let plan = sold_as(plan, price(plan), SoldAs::Subscription, charging);
            it.change_plan(&plan, at, today).map(|_| ())
        }
        Act::Yearly(at) => {
            let yearly = NewPlan {
                interval: Interval::YEAR,
                charging,
                ..terms(9, 999_983)
            };
            let plan = Plan::define(yearly).unwrap();
            it.change_plan(&plan, at, today).map(|_| ())
        }
        Act::Drop => it.cancel_scheduled_change(today),
        Act::Quantity(component, quantity, at) => it
            .change_quantity(component, quantity, at, today)
            .map(|_| ()),
        Act::Add(at) => {
            let plan = sold_as(5, 60_000, SoldAs::AddOn, charging);
            it.add(&plan, 1, at, today).map(|_| ())
        }
        Act::Remove(component, at) => it.remove(component, at, today).map(|_| ()),
        Act::Pause(at, until, policy) => it.pause(at, until.map(nth), policy, today).map(|_| ()),
        Act::Resume(at) => it.resume(at, today).map(|_| ()),
        Act::BillDay(on, at) => it
            .change_bill_day(BillDay::new(on).unwrap(), at, today)
            .map(|_| ()),
        Act::Cancel(at, unused) => {
            let ending = Ending {
                unused,
                ..Ending::at(at)
            };
            it.cancel(ending, today)
        }
    }
}

/// Bills as the product does: only when it is due, and only what is not settled.
fn bill(it: &mut Subscription, billed: &mut Vec<Billed>, today: LocalDate, invoice: u64) {
    // What is on paper is read before time is caught up with.
    let read = it.billing_horizon(today);
    it.catch_up(today);
    it.derive_access(Level::Clear, today);
    if !it.is_due(today) {
        return;
    }
    let horizon = it.billing_horizon(today);
    assert!(read <= horizon, "{read} and {horizon}: {it:?}");
    let open: Vec<_> = billed
        .iter()
        .filter(|it| it.cycle.end > horizon)
        .cloned()
        .collect();
    let due = diff(&desired(&it.timeline(), horizon, today), &open, scale()).unwrap();
    write_down(billed, due, id(invoice), 0).unwrap();
    it.billed(today);
    assert!(!it.is_due(today), "twice a day is once: {it:?}");
}

fn scale() -> InvoiceScale {
    InvoiceScale::new(2, kes(0).currency()).unwrap()
}

type ByDay = BTreeMap<(u16, NaiveDate), (PlanId, Money, u32)>;

fn by_day(billed: &[Billed]) -> ByDay {
    let mut days = ByDay::new();
    let all = standing(billed, scale()).unwrap();
    let recurring = all
        .iter()
        .filter(|it| it.terms.kind == ChargeKind::Recurring);
    for it in recurring {
        let (start, end) = (it.period.start, it.period.end);
        for date in start.iter_days().take_while(|on| *on < end) {
            let sold = (it.terms.plan, it.terms.rate, it.terms.quantity);
            let place = (it.terms.component, date);
            assert_eq!(days.insert(place, sold), None, "never twice");
        }
    }
    days
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    #[test]
    fn bills_by_their_dates_end_where_one_look_at_everything_does(
        acts in proptest::collection::vec((0_u64..DAYS, any_act()), 0..14),
        trial_days in 0_u16..20,
        bill_day in proptest::option::of(1_u8..=31),
        in_arrear in any::<bool>(),
    ) {
        let timing = if in_arrear { Timing::InArrear } else { Timing::InAdvance };
        let charging = Charging { timing, trial_days, fee: None };
        let plan = sold_as(1, 300_000, SoldAs::Subscription, charging);
        let order = new(day("2026-01-15"), bill_day);
        let mut it = Subscription::start(order, &plan, order.starts_on).unwrap();
        let mut billed = Vec::new();
        for number in 0..=DAYS {
            let today = nth(number);
            for (_, decision) in acts.iter().filter(|(on, _)| *on == number) {
                it.catch_up(today);
                let before = it.clone();
                if act(&mut it, *decision, today, timing).is_err() {
                    prop_assert_eq!(&before, &it, "refused is unchanged");
                }
            }
            bill(&mut it, &mut billed, today, number + 1);
        }
        let everything = desired(&it.timeline(), LocalDate::MIN, nth(DAYS));
        let mut late = Vec::new();
        write_down(&mut late, diff(&everything, &[], scale()).unwrap(), id(999), 0).unwrap();
        let (ours, theirs) = (by_day(&billed), by_day(&late));
        let differ = |it: &&(u16, NaiveDate)| ours.get(it) != theirs.get(it);
        let first = ours.keys().chain(theirs.keys()).find(differ);
        let both = first.map(|it| (it, ours.get(it), theirs.get(it)));
        prop_assert_eq!(both, None);
        for it in &billed {
            prop_assert!(it.left().is_ok(), "never more back than charged");
        }
        let stored = Subscription::restore(it.snapshot()).unwrap();
        prop_assert_eq!(stored.timeline(), it.timeline());
    }
}

#[test]
fn the_running_period_reaches_on_once_the_change_that_cut_it_is_dropped() {
    let timing = Timing::InAdvance;
    let plan = sold_as(1, 300_000, SoldAs::Subscription, Charging::AHEAD);
    let order = new(day("2026-01-15"), None);
    let mut it = Subscription::start(order, &plan, order.starts_on).unwrap();
    let mut billed = Vec::new();
    let acts = [
        (0, Act::Yearly(At::Now)),
        (10, Act::Change(1, At::PeriodEnd)),
        (52, Act::BillDay(1, At::Now)),
        (53, Act::Drop),
    ];
    for (on, decision) in acts {
        act(&mut it, decision, nth(on), timing).unwrap();
        bill(&mut it, &mut billed, nth(on), on + 1);
    }
    let last = by_day(&billed).into_keys().last();
    assert_eq!(last, Some((0, day("2027-02-28"))));
}
