//! What each command does and refuses, and whole lives of contracts billed day by day.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use kernel::{Currency, DomainEvent, Id, LocalDate, Money, PlanId};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{At, CancelDay, Contract, ContractRefusal, ContractRules, NewContract, Offer};
use crate::changes::BadChanges;
use crate::difference::standing;
use crate::generate::{Facts, Limits, SubscriptionFacts, generate};
use crate::interval::{Interval, IntervalUnit};
use crate::rounding::InvoiceScale;
use crate::schedule::BillDay;
use crate::segment::{ChargeKind, desired};
use crate::timeline::{PausePolicy, Timing};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn id<K>(number: u64) -> Id<K> {
    let text = format!("00000000-0000-7000-8000-{number:012x}");
    Id::from_uuid(text.parse().unwrap())
}

fn kes(minor: i64) -> Money {
    let currency: Currency = "KES".parse().unwrap();
    Money::from_minor(minor, currency)
}

fn offer(plan: u64, minor: i64) -> Offer {
    Offer {
        plan: id(plan),
        price: kes(minor),
        interval: Interval::MONTH,
        fee: None,
    }
}

fn new(starts_on: &str) -> NewContract {
    NewContract {
        id: id(1),
        account: id(2),
        customer: id(3),
        offer: offer(1, 300_000),
        quantity: 1,
        starts_on: day(starts_on),
        trial_days: 0,
        bill_day: None,
        timing: Timing::InAdvance,
    }
}

fn open(new: NewContract) -> Contract {
    Contract::open(new, ContractRules::STANDARD, new.starts_on).unwrap()
}

/// Sold on 1 November for 3,000.00 a month.
fn november() -> Contract {
    let mut it = open(new("2026-11-01"));
    it.take_events();
    it
}

fn told(contract: &mut Contract) -> Vec<&'static str> {
    let events = contract.take_events();
    events.iter().map(DomainEvent::name).collect()
}

/// Start, end and minor units of what is desired by a day.
fn charged(contract: &Contract, through: &str) -> Vec<(String, String, i64)> {
    let cents = InvoiceScale::new(2, kes(0).currency()).unwrap();
    let all = desired(contract.timeline(), LocalDate::MIN, day(through));
    let plain = |it: &crate::segment::Segment| {
        let amount = it.amount(it.period, cents).unwrap().minor();
        let (start, end) = (it.period.start, it.period.end);
        (start.to_string(), end.to_string(), amount)
    };
    all.iter().map(plain).collect()
}

fn line(start: &str, end: &str, minor: i64) -> (String, String, i64) {
    (start.to_owned(), end.to_owned(), minor)
}

#[test]
fn a_trial_charges_its_fee_and_nothing_else() {
    let mut order = new("2026-11-01");
    order.trial_days = 14;
    order.offer.fee = Some(kes(50_000));
    let it = open(order);
    let fee = line("2026-11-01", "2026-11-02", 50_000);
    assert_eq!(charged(&it, "2026-11-01").last(), Some(&fee));
    let rest = line("2026-11-15", "2026-12-01", 160_000);
    assert_eq!(charged(&it, "2026-11-15"), [rest, fee]);
}

#[test]
fn a_change_takes_effect_when_it_is_asked_to() {
    for (at, from, event) in [
        (At::Now, "2026-11-11", "billing.plan_changed"),
        (At::PeriodEnd, "2026-12-01", "billing.change_scheduled"),
        (
            At::On(day("2026-11-21")),
            "2026-11-21",
            "billing.change_scheduled",
        ),
        (
            At::On(day("2026-11-06")),
            "2026-11-06",
            "billing.plan_changed",
        ),
    ] {
        let mut it = november();
        it.change_plan(offer(2, 600_000), at, day("2026-11-11"))
            .unwrap();
        let phases = &it.timeline().components[0].phases;
        assert_eq!(phases[1].from, day(from));
        assert_eq!(told(&mut it), [event]);
    }
}

#[test]
fn a_later_decision_replaces_what_waits() {
    let (mut it, today) = (november(), day("2026-11-11"));
    it.change_plan(offer(2, 600_000), At::PeriodEnd, today)
        .unwrap();
    it.change_plan(offer(3, 900_000), At::PeriodEnd, today)
        .unwrap();
    assert_eq!(it.timeline().components[0].phases.len(), 2);
    assert_eq!(it.timeline().components[0].phases[1].plan, id(3));
    it.cancel_scheduled_change(today).unwrap();
    assert_eq!(it.timeline().components[0].phases.len(), 1);
    let events = [
        "billing.change_scheduled",
        "billing.change_dropped",
        "billing.change_scheduled",
        "billing.change_dropped",
    ];
    assert_eq!(told(&mut it), events);
    let again = it.cancel_scheduled_change(today);
    assert_eq!(again, Err(ContractRefusal::NothingScheduled));
    let same = it.change_plan(offer(1, 300_000), At::Now, today);
    assert_eq!(same, Err(ContractRefusal::SameTerms));
}

#[test]
fn a_yearly_offer_brings_its_own_rhythm_and_takes_it_back() {
    let (mut it, today) = (november(), day("2026-11-11"));
    let year = Interval::new(IntervalUnit::Months, 12).unwrap();
    let yearly = Offer {
        interval: year,
        ..offer(2, 3_000_000)
    };
    it.change_plan(yearly, At::PeriodEnd, today).unwrap();
    let whole_year = line("2026-12-01", "2027-12-01", 3_000_000);
    assert_eq!(charged(&it, "2026-12-01").last(), Some(&whole_year));
    it.cancel_scheduled_change(today).unwrap();
    let month = line("2026-12-01", "2027-01-01", 300_000);
    assert_eq!(charged(&it, "2026-12-01").last(), Some(&month));
    let bill_day = BillDay::new(5).unwrap();
    it.change_bill_day(bill_day, At::Now, today).unwrap();
}

#[test]
fn quantities_and_add_ons_change_from_a_day_on() {
    let (mut it, today) = (november(), day("2026-11-16"));
    it.change_quantity(0, 2, At::Now, today).unwrap();
    let add_on = it.add(offer(5, 60_000), 3, At::Now, today).unwrap();
    let lines = charged(&it, "2026-11-16");
    let expected = [
        line("2026-11-01", "2026-11-16", 150_000),
        line("2026-11-16", "2026-12-01", 300_000),
        line("2026-11-16", "2026-12-01", 90_000),
    ];
    assert_eq!(lines, expected);
    it.remove(add_on, At::On(day("2026-11-26")), today).unwrap();
    assert_eq!(
        charged(&it, "2026-11-26")[2],
        line("2026-11-16", "2026-11-26", 60_000)
    );
    let events = [
        "billing.quantity_changed",
        "billing.add_on_added",
        "billing.add_on_removed",
    ];
    assert_eq!(told(&mut it), events);
    let again = it.remove(add_on, At::On(day("2026-11-27")), today);
    assert_eq!(
        again,
        Err(ContractRefusal::NoComponent { component: add_on })
    );
    assert_eq!(it.remove(0, At::Now, today), Err(ContractRefusal::BasePlan));
    let none = it.change_quantity(0, 0, At::Now, today);
    let refused = matches!(
        none,
        Err(ContractRefusal::Contradiction(BadChanges::Quantity {
            quantity: 0,
            ..
        }))
    );
    assert!(refused, "{none:?}");
}

#[test]
fn pauses_begin_end_and_never_overlap() {
    let (mut it, today) = (november(), day("2026-11-11"));
    let (from, until) = (day("2026-11-16"), day("2026-11-21"));
    it.pause(At::On(from), Some(until), PausePolicy::CreditDays, today)
        .unwrap();
    let around = [
        line("2026-11-01", "2026-11-16", 150_000),
        line("2026-11-21", "2026-12-01", 100_000),
    ];
    assert_eq!(charged(&it, "2026-11-16"), around);
    let inside = it.pause(At::On(day("2026-11-18")), None, PausePolicy::Keep, today);
    let overlap = BadChanges::OverlappingPauses {
        from: day("2026-11-18"),
        other: from,
    };
    assert_eq!(inside, Err(overlap.into()));
    let over = it.pause(At::Now, Some(day("2026-11-17")), PausePolicy::Keep, today);
    assert!(
        matches!(
            over,
            Err(ContractRefusal::Contradiction(
                BadChanges::OverlappingPauses { .. }
            ))
        ),
        "{over:?}"
    );
    it.pause(At::Now, Some(from), PausePolicy::CreditDays, today)
        .unwrap();
    it.pause(At::On(until), None, PausePolicy::NoNewPeriod, today)
        .unwrap();
    let empty = it.pause(At::Now, Some(today), PausePolicy::Keep, today);
    assert_eq!(
        empty,
        Err(ContractRefusal::EmptyPause {
            from: today,
            until: today
        })
    );
    it.resume(At::Now, today).unwrap();
    assert_eq!(
        it.timeline().pauses.len(),
        2,
        "the one that had not begun is gone"
    );
    let again = it.resume(At::Now, today);
    assert_eq!(again, Err(BadChanges::NotPaused { from: today }.into()));
}

#[test]
fn the_day_of_the_end_is_charged_only_as_an_option() {
    for (cancel_day, end) in [
        (CancelDay::NotCharged, "2026-11-11"),
        (CancelDay::Charged, "2026-11-12"),
    ] {
        let rules = ContractRules {
            cancel_day,
            ..ContractRules::STANDARD
        };
        let order = new("2026-11-01");
        let mut it = Contract::open(order, rules, order.starts_on).unwrap();
        it.cancel(At::Now, day("2026-11-11")).unwrap();
        assert_eq!(charged(&it, "2026-11-11")[0].1, end);
        assert_eq!(it.ends_on(), Some(day("2026-11-11")));
    }
}

#[test]
fn the_earlier_end_stands_and_nothing_changes_after_it() {
    let (mut it, today) = (november(), day("2026-11-11"));
    it.cancel(At::PeriodEnd, today).unwrap();
    it.cancel(At::On(day("2026-12-24")), today).unwrap();
    assert_eq!(told(&mut it), ["billing.subscription_cancelled"]);
    let ends_on = day("2026-12-01");
    let cancelled = Err(ContractRefusal::Cancelled { ends_on });
    assert_eq!(it.change_plan(offer(2, 1), At::Now, today), cancelled);
    assert_eq!(
        it.change_bill_day(BillDay::new(5).unwrap(), At::Now, today),
        cancelled
    );
    assert_eq!(
        it.pause(At::PeriodEnd, None, PausePolicy::Keep, today),
        cancelled
    );
    it.pause(At::Now, None, PausePolicy::Keep, today).unwrap();
    it.cancel(At::Now, today).unwrap();
    assert_eq!(it.ends_on(), Some(today));
}

#[test]
fn days_out_of_reach_are_named() {
    let (mut it, today) = (november(), day("2026-12-20"));
    let mut change = |from: &str| it.change_plan(offer(2, 1), At::On(day(from)), today);
    let (from, earliest) = (day("2026-11-18"), day("2026-11-19"));
    assert_eq!(
        change("2026-11-18"),
        Err(ContractRefusal::Backdated { from, earliest })
    );
    let (from, latest) = (day("2027-12-22"), day("2027-12-21"));
    assert_eq!(
        change("2027-12-22"),
        Err(ContractRefusal::TooFarAhead { from, latest })
    );
    change("2026-11-19").unwrap();
    let mut it = november();
    let (from, starts_on) = (day("2026-10-31"), day("2026-11-01"));
    let refused = it.change_plan(offer(2, 1), At::Now, from);
    assert_eq!(refused, Err(ContractRefusal::NotBegun { from, starts_on }));
}

#[test]
fn prices_and_intervals_that_cannot_be_are_named() {
    let (mut it, today) = (november(), day("2026-11-11"));
    let usd = Money::from_minor(1, "USD".parse().unwrap());
    let other = Offer {
        price: usd,
        ..offer(2, 1)
    };
    let (wanted, given) = (kes(0).currency(), usd.currency());
    let refused = Err(ContractRefusal::OtherCurrency { wanted, given });
    assert_eq!(it.change_plan(other, At::Now, today), refused);
    let negative = it.change_plan(offer(2, -1), At::Now, today);
    assert_eq!(
        negative,
        Err(ContractRefusal::NegativePrice { price: kes(-1) })
    );
    let interval = Interval::new(IntervalUnit::Hours, 2).unwrap();
    let hourly = Offer {
        interval,
        ..offer(2, 1)
    };
    assert_eq!(
        it.change_plan(hourly, At::Now, today),
        Err(ContractRefusal::NotInDays { interval })
    );
    let weekly = Offer {
        interval: Interval::new(IntervalUnit::Weeks, 1).unwrap(),
        ..offer(2, 1)
    };
    let refused = it.add(weekly, 1, At::Now, today);
    assert_eq!(
        refused,
        Err(ContractRefusal::OtherInterval {
            interval: Interval::MONTH
        })
    );
    let mut order = NewContract {
        offer: weekly,
        ..new("2026-11-01")
    };
    order.bill_day = Some(BillDay::new(5).unwrap());
    let refused = Contract::open(order, ContractRules::STANDARD, order.starts_on);
    assert!(
        matches!(refused, Err(ContractRefusal::BillDay { .. })),
        "{refused:?}"
    );
}

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
    Cancel(At),
}

const DAYS: u64 = 100;

fn nth(number: u64) -> LocalDate {
    day("2026-01-15") + Days::new(number)
}

fn any_at() -> impl Strategy<Value = At> {
    prop_oneof![
        proptest::prelude::Just(At::Now),
        proptest::prelude::Just(At::PeriodEnd),
        (0_u64..DAYS).prop_map(|it| At::On(nth(it))),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    let policies = vec![
        PausePolicy::CreditDays,
        PausePolicy::NoNewPeriod,
        PausePolicy::Keep,
    ];
    let policy = proptest::sample::select(policies);
    let until = proptest::option::of(0_u64..DAYS);
    prop_oneof![
        4 => (1_u64..4, any_at()).prop_map(|(plan, at)| Act::Change(plan, at)),
        1 => any_at().prop_map(Act::Yearly),
        1 => proptest::prelude::Just(Act::Drop),
        2 => (0_u16..3, 1_u32..4, any_at()).prop_map(|(it, many, at)| Act::Quantity(it, many, at)),
        2 => any_at().prop_map(Act::Add),
        1 => (1_u16..3, any_at()).prop_map(|(it, at)| Act::Remove(it, at)),
        3 => (any_at(), until, policy).prop_map(|(at, until, policy)| Act::Pause(at, until, policy)),
        3 => any_at().prop_map(Act::Resume),
        1 => (1_u8..=31, any_at()).prop_map(|(it, at)| Act::BillDay(it, at)),
        1 => any_at().prop_map(Act::Cancel),
    ]
}

fn act(contract: &mut Contract, act: Act, today: LocalDate) -> Result<(), ContractRefusal> {
    let price = |plan: u64| i64::try_from(plan).unwrap() * 31_337;
    match act {
        Act::Change(plan, at) => {
            let fee = Some(kes(7_700));
            contract.change_plan(
                Offer {
                    fee,
                    ..offer(plan, price(plan))
                },
                at,
                today,
            )
        }
        Act::Yearly(at) => {
            let interval = Interval::new(IntervalUnit::Months, 12).unwrap();
            contract.change_plan(
                Offer {
                    interval,
                    ..offer(9, 999_983)
                },
                at,
                today,
            )
        }
        Act::Drop => contract.cancel_scheduled_change(today),
        Act::Quantity(component, quantity, at) => {
            contract.change_quantity(component, quantity, at, today)
        }
        Act::Add(at) => contract.add(offer(5, 60_000), 1, at, today).map(|_| ()),
        Act::Remove(component, at) => contract.remove(component, at, today),
        Act::Pause(at, until, policy) => contract.pause(at, until.map(nth), policy, today),
        Act::Resume(at) => contract.resume(at, today),
        Act::BillDay(on, at) => contract.change_bill_day(BillDay::new(on).unwrap(), at, today),
        Act::Cancel(at) => contract.cancel(at, today),
    }
}

fn facts(contract: &Contract) -> Facts {
    let currency = kes(0).currency();
    Facts {
        currency,
        scale: InvoiceScale::new(2, currency).unwrap(),
        limits: Limits::STANDARD,
        subscriptions: vec![SubscriptionFacts::new(
            contract.id(),
            contract.timeline().clone(),
        )],
    }
}

fn bill(facts: &mut Facts, today: LocalDate, invoice: u64) {
    if let Some(proposal) = generate(facts, today).unwrap() {
        facts.issue(&proposal, id(invoice)).unwrap();
        facts.subscriptions[0].lines_today = 0;
    }
}

type ByDay = BTreeMap<(u16, NaiveDate), (PlanId, Money, u32)>;

fn by_day(facts: &Facts) -> ByDay {
    let mut days = ByDay::new();
    let all = standing(&facts.subscriptions[0].billed, facts.scale).unwrap();
    for it in all
        .iter()
        .filter(|it| it.terms.kind == ChargeKind::Recurring)
    {
        for date in it
            .period
            .start
            .iter_days()
            .take_while(|on| *on < it.period.end)
        {
            let sold = (it.terms.plan, it.terms.rate, it.terms.quantity);
            assert_eq!(
                days.insert((it.terms.component, date), sold),
                None,
                "never twice"
            );
        }
    }
    days
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_is_decided_daily_runs_end_where_one_late_run_does(
        acts in proptest::collection::vec((0_u64..DAYS, any_act()), 0..14),
        trial_days in 0_u16..20,
        bill_day in proptest::option::of(1_u8..=31),
        in_arrear in proptest::prelude::any::<bool>(),
    ) {
        let order = NewContract {
            trial_days,
            bill_day: bill_day.map(|it| BillDay::new(it).unwrap()),
            timing: if in_arrear { Timing::InArrear } else { Timing::InAdvance },
            ..new("2026-01-15")
        };
        let mut contract = open(order);
        let mut daily = facts(&contract);
        for number in 0..=DAYS {
            let today = nth(number);
            for (_, it) in acts.iter().filter(|(on, _)| *on == number) {
                let before = contract.clone();
                if act(&mut contract, *it, today).is_err() {
                    prop_assert_eq!(&before, &contract, "refused is unchanged");
                }
            }
            daily.subscriptions[0].timeline = contract.timeline().clone();
            bill(&mut daily, today, number + 1);
        }
        let mut late = facts(&contract);
        bill(&mut late, nth(DAYS), 999);
        prop_assert_eq!(by_day(&daily), by_day(&late));
        prop_assert_eq!(generate(&daily, nth(DAYS)), Ok(None));
        for it in &daily.subscriptions[0].billed {
            prop_assert!(it.left().is_ok(), "never more back than charged");
        }
    }
}
