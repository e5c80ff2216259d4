//! What each decision does to what is charged, and what it refuses.

use chrono::Days;
use kernel::{LocalDate, Money};

use super::{day, kes, new, plan, sold, terms, told};
use crate::changes::BadChanges;
use crate::interval::{Interval, IntervalUnit};
use crate::plan::{Charging, NewPlan, Plan, SoldAs};
use crate::rounding::InvoiceScale;
use crate::schedule::BillDay;
use crate::segment::{Segment, desired};
use crate::subscription::{At, Ending, NewSubscription, Subscription, SubscriptionRefusal, Unused};
use crate::timeline::{PausePolicy, Timing};
use crate::{Access, EndDay, Level};

/// Start, end and minor units of what is desired by a day.
pub(super) fn charged(it: &Subscription, through: &str) -> Vec<(String, String, i64)> {
    let cents = InvoiceScale::new(2, kes(0).currency()).unwrap();
    let all = desired(&it.timeline(), LocalDate::MIN, day(through));
    let plain = |it: &Segment| {
        let amount = it.amount(it.period, cents).unwrap().minor();
        let (start, end) = (it.period.start, it.period.end);
        (start.to_string(), end.to_string(), amount)
    };
    all.iter().map(plain).collect()
}

fn line(start: &str, end: &str, minor: i64) -> (String, String, i64) {
    (start.to_owned(), end.to_owned(), minor)
}

fn on(text: &str) -> At {
    At::On(day(text))
}

fn add_on(number: u64, minor: i64) -> Plan {
    let defined = NewPlan {
        sold_as: SoldAs::AddOn,
        ..terms(number, minor)
    };
    Plan::define(defined).unwrap()
}

fn every(months: u16, number: u64, minor: i64) -> Plan {
    let defined = NewPlan {
        interval: Interval::new(IntervalUnit::Months, months).unwrap(),
        ..terms(number, minor)
    };
    Plan::define(defined).unwrap()
}

fn started(charging: Charging, order: NewSubscription) -> Subscription {
    let defined = NewPlan {
        charging,
        ..terms(1, 300_000)
    };
    let plan = Plan::define(defined).unwrap();
    Subscription::start(order, &plan, order.starts_on).unwrap()
}

#[test]
fn a_trial_charges_its_fee_and_nothing_else_before_it_is_over() {
    let charging = Charging {
        trial_days: 14,
        fee: Some(kes(50_000)),
        ..Charging::AHEAD
    };
    let mut it = started(charging, new(day("2026-11-01"), None));
    let fee = line("2026-11-01", "2026-11-02", 50_000);
    assert_eq!(charged(&it, "2026-11-14"), std::slice::from_ref(&fee));
    let rest = line("2026-11-15", "2026-12-01", 160_000);
    assert_eq!(charged(&it, "2026-11-15"), [rest, fee]);
    it.billed(day("2026-11-01"));
    assert_eq!(it.next_bill_on(), Some(day("2026-11-15")));
    assert_eq!(it.trial_until(), Some(day("2026-11-15")));
    assert_eq!(it.agreement().unwrap().price, kes(300_000));
    // Another plan waits for its end, and dropping it brings back the plan that was tried.
    let from = it.change_plan(&plan(2, 600_000), At::Now, day("2026-11-03"));
    assert_eq!(from, Ok(day("2026-11-15")));
    it.cancel_scheduled_change(day("2026-11-04")).unwrap();
    it.change_quantity(0, 2, At::Now, day("2026-11-05"))
        .unwrap();
    assert_eq!(charged(&it, "2026-11-15")[0].2, 320_000);
    assert!(it.scheduled().is_none(), "the end of a trial is no change");
}

#[test]
fn in_arrear_a_period_is_due_when_it_is_over_and_the_rest_when_it_ends() {
    let charging = Charging {
        timing: Timing::InArrear,
        ..Charging::AHEAD
    };
    let mut it = started(charging, new(day("2026-11-01"), None));
    it.billed(day("2026-11-01"));
    assert_eq!(it.next_bill_on(), Some(day("2026-12-01")));
    assert_eq!(charged(&it, "2026-11-30"), []);
    let november = line("2026-11-01", "2026-12-01", 300_000);
    assert_eq!(charged(&it, "2026-12-01"), [november]);
    it.billed(day("2026-12-01"));
    it.cancel(Ending::at(on("2026-12-11")), day("2026-12-05"))
        .unwrap();
    assert_eq!(it.next_bill_on(), Some(day("2026-12-11")));
    it.catch_up(day("2026-12-11"));
    let last = line("2026-12-01", "2026-12-11", 96_774);
    assert_eq!(charged(&it, "2026-12-11")[1], last);
    it.billed(day("2026-12-11"));
    assert_eq!(it.next_bill_on(), None);
    let ahead = plan(2, 600_000);
    let mut other = started(charging, new(day("2026-11-01"), None));
    let timing = Timing::InArrear;
    let refused = other.change_plan(&ahead, At::Now, day("2026-11-02"));
    assert_eq!(refused, Err(SubscriptionRefusal::OtherTiming { timing }));
}

#[test]
fn a_change_takes_effect_when_it_is_asked_to() {
    for (at, from, event) in [
        (At::Now, "2026-11-11", "billing.plan_changed"),
        (At::PeriodEnd, "2026-12-01", "billing.change_scheduled"),
        (on("2026-11-21"), "2026-11-21", "billing.change_scheduled"),
        (on("2026-11-06"), "2026-11-06", "billing.plan_changed"),
    ] {
        let mut it = sold("2026-11-01");
        let changed = it.change_plan(&plan(2, 600_000), at, day("2026-11-11"));
        assert_eq!(changed, Ok(day(from)));
        assert_eq!(it.timeline().components[0].phases[1].from, day(from));
        assert_eq!(told(&mut it), [event]);
        assert!(it.next_bill_on() <= Some(day(from)), "{from}");
    }
}

#[test]
fn a_later_decision_replaces_what_waits() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    it.change_plan(&plan(2, 600_000), At::PeriodEnd, today)
        .unwrap();
    it.change_plan(&plan(3, 900_000), At::PeriodEnd, today)
        .unwrap();
    let waits = it.scheduled().unwrap();
    assert_eq!((waits.price, waits.from), (kes(900_000), day("2026-12-01")));
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
    assert_eq!(again, Err(SubscriptionRefusal::NothingScheduled));
    let same = it.change_plan(&plan(1, 300_000), At::Now, today);
    assert_eq!(same, Err(SubscriptionRefusal::SameTerms));
}

#[test]
fn a_yearly_plan_brings_its_own_periods_and_takes_them_back() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    it.change_plan(&every(12, 2, 3_000_000), At::PeriodEnd, today)
        .unwrap();
    let whole_year = line("2026-12-01", "2027-12-01", 3_000_000);
    assert_eq!(charged(&it, "2026-12-01").last(), Some(&whole_year));
    // Decided about months that will be years: it is about months again when the year is dropped.
    let bill_day = BillDay::new(5).unwrap();
    it.change_bill_day(bill_day, on("2026-12-20"), today)
        .unwrap();
    it.cancel_scheduled_change(today).unwrap();
    let month = line("2027-01-05", "2027-02-05", 300_000);
    assert_eq!(charged(&it, "2027-01-05").last(), Some(&month));
}

#[test]
fn a_yearly_plan_in_place_of_a_yearly_one_that_waits_is_priced_by_the_year() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    it.change_plan(&every(12, 2, 3_000_000), At::PeriodEnd, today)
        .unwrap();
    it.change_plan(&every(12, 3, 3_600_000), on("2026-12-15"), today)
        .unwrap();
    let lines = charged(&it, "2026-12-15");
    let year = line("2026-12-15", "2027-12-15", 3_600_000);
    assert_eq!(lines.last(), Some(&year), "not 3,600,000 a month");
}

#[test]
fn other_periods_never_reprice_what_was_added() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    let (first, _) = it.add(&add_on(5, 60_000), 1, At::Now, today).unwrap();
    let (second, _) = it
        .add(&add_on(6, 60_000), 1, on("2027-02-01"), today)
        .unwrap();
    let yearly = every(12, 2, 3_000_000);
    let refused = it.change_plan(&yearly, At::PeriodEnd, today);
    let components = vec![first, second];
    assert_eq!(refused, Err(SubscriptionRefusal::AddOns { components }));
    it.remove(first, At::PeriodEnd, today).unwrap();
    it.remove(second, on("2027-02-01"), today).unwrap();
    it.change_plan(&yearly, At::PeriodEnd, today).unwrap();
    // Nor is anything added in months that will be years.
    let interval = Interval::YEAR;
    let late = it.add(&add_on(7, 60_000), 1, At::Now, today);
    assert_eq!(late, Err(SubscriptionRefusal::OtherInterval { interval }));
}

#[test]
fn what_was_removed_does_not_come_back_with_a_later_quantity() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    let (added, _) = it.add(&add_on(5, 60_000), 1, At::Now, today).unwrap();
    it.change_quantity(added, 4, on("2027-01-01"), today)
        .unwrap();
    it.remove(added, At::PeriodEnd, today).unwrap();
    let after = charged(&it, "2027-02-01");
    let base_only = after.iter().filter(|it| it.0.as_str() >= "2026-12-01");
    assert!(base_only.clone().all(|it| it.2 == 300_000), "{after:?}");
    assert_eq!(base_only.count(), 3);
}

#[test]
fn a_quantity_is_not_lost_when_a_scheduled_plan_comes() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    it.change_plan(&plan(2, 400_000), At::PeriodEnd, today)
        .unwrap();
    it.change_quantity(0, 3, At::Now, today).unwrap();
    assert_eq!(charged(&it, "2026-12-01").last().unwrap().2, 1_200_000);
    assert_eq!(it.scheduled().unwrap().quantity, 3);
    // Nor does a plan that is decided later undo a quantity that waits.
    it.change_quantity(0, 5, on("2027-01-01"), today).unwrap();
    it.change_plan(&plan(3, 500_000), At::Now, today).unwrap();
    assert_eq!(charged(&it, "2026-12-01").last().unwrap().2, 1_500_000);
    assert_eq!(charged(&it, "2027-01-01").last().unwrap().2, 2_500_000);
}

#[test]
fn a_quantity_on_the_day_of_the_sale_keeps_its_fee() {
    let charging = Charging {
        fee: Some(kes(50_000)),
        ..Charging::AHEAD
    };
    let mut it = started(charging, new(day("2026-11-01"), None));
    it.change_quantity(0, 2, At::Now, day("2026-11-01"))
        .unwrap();
    let fee = line("2026-11-01", "2026-11-02", 50_000);
    assert_eq!(charged(&it, "2026-11-01").last(), Some(&fee));
}

#[test]
fn quantities_and_add_ons_change_from_a_day_on() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-16"));
    it.change_quantity(0, 2, At::Now, today).unwrap();
    let (added, from) = it.add(&add_on(5, 60_000), 3, At::Now, today).unwrap();
    assert_eq!(from, today);
    let expected = [
        line("2026-11-01", "2026-11-16", 150_000),
        line("2026-11-16", "2026-12-01", 300_000),
        line("2026-11-16", "2026-12-01", 90_000),
    ];
    assert_eq!(charged(&it, "2026-11-16"), expected);
    assert_eq!(it.add_ons()[0].quantity, 3);
    it.remove(added, on("2026-11-26"), today).unwrap();
    let shorter = line("2026-11-16", "2026-11-26", 60_000);
    assert_eq!(charged(&it, "2026-11-26")[2], shorter);
    let events = [
        "billing.quantity_changed",
        "billing.add_on_added",
        "billing.add_on_removed",
    ];
    assert_eq!(told(&mut it), events);
    let gone = SubscriptionRefusal::NoComponent {
        component: added,
        on: day("2026-11-27"),
    };
    let again = it.remove(added, on("2026-11-27"), today);
    assert_eq!(again, Err(gone.clone()));
    let more = it.change_quantity(added, 9, on("2026-11-27"), today);
    assert_eq!(more, Err(gone));
    let base = it.remove(0, At::Now, today);
    assert_eq!(base, Err(SubscriptionRefusal::BasePlan));
    let none = it.change_quantity(0, 0, At::Now, today);
    assert_eq!(none, Err(SubscriptionRefusal::Quantity { quantity: 0 }));
    let dear = it.add(&add_on(7, 1_000_000_000), u32::MAX, At::Now, today);
    let too_much = SubscriptionRefusal::TooMuch {
        quantity: u32::MAX,
        price: kes(1_000_000_000),
    };
    assert_eq!(dear, Err(too_much));
}

#[test]
fn pauses_begin_end_and_never_overlap() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    let (from, until) = (day("2026-11-16"), day("2026-11-21"));
    it.pause(At::On(from), Some(until), PausePolicy::CreditDays, today)
        .unwrap();
    let around = [
        line("2026-11-01", "2026-11-16", 150_000),
        line("2026-11-21", "2026-12-01", 100_000),
    ];
    assert_eq!(charged(&it, "2026-11-16"), around);
    let inside = it.pause(on("2026-11-18"), None, PausePolicy::Keep, today);
    let overlap = BadChanges::OverlappingPauses {
        from: day("2026-11-18"),
        other: from,
    };
    assert_eq!(inside, Err(overlap.into()));
    let before = it.snapshot();
    let over = it.pause(At::Now, Some(day("2026-11-17")), PausePolicy::Keep, today);
    let overlaps = matches!(
        over,
        Err(SubscriptionRefusal::Contradiction(
            BadChanges::OverlappingPauses { .. }
        ))
    );
    assert!(overlaps, "{over:?}");
    assert_eq!(it.snapshot(), before, "nothing is changed by a refusal");
    let empty = it.pause(At::Now, Some(today), PausePolicy::Keep, today);
    let (from, until) = (today, today);
    assert_eq!(empty, Err(SubscriptionRefusal::EmptyPause { from, until }));
}

#[test]
fn a_pause_is_without_access_for_as_long_and_ends_early_if_it_is_resumed() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    it.billed(today);
    let until = Some(day("2026-12-20"));
    it.pause(on("2026-11-16"), until, PausePolicy::NoNewPeriod, today)
        .unwrap();
    let access = |it: &mut Subscription, on: &str| {
        it.catch_up(day(on));
        it.derive_access(Level::Clear, day(on));
        it.access().0
    };
    assert_eq!(access(&mut it, "2026-11-15"), Access::Active);
    assert_eq!(it.next_change_on(), Some(day("2026-11-16")));
    assert_eq!(access(&mut it, "2026-11-16"), Access::Suspended);
    assert_eq!(it.next_change_on(), until);
    it.resume(At::Now, day("2026-12-11")).unwrap();
    assert_eq!(access(&mut it, "2026-12-11"), Access::Active);
    let rest = line("2026-12-11", "2027-01-01", 203_226);
    assert_eq!(charged(&it, "2026-12-11").last(), Some(&rest));
    // One that has not begun does not happen.
    let mut other = sold("2026-11-01");
    other
        .pause(on("2026-11-16"), until, PausePolicy::CreditDays, today)
        .unwrap();
    other.resume(At::Now, today).unwrap();
    assert!(other.pauses().is_empty());
    assert_eq!(other.resume(At::Now, today), Ok(today), "twice is harmless");
}

#[test]
fn unused_days_are_given_back_only_as_an_option() {
    for (unused, end_day, end) in [
        (Unused::Charged, EndDay::NotBilled, "2026-12-01"),
        (Unused::GivenBack, EndDay::NotBilled, "2026-11-11"),
        (Unused::GivenBack, EndDay::Billed, "2026-11-12"),
    ] {
        let mut it = sold("2026-11-01");
        it.billed(day("2026-11-01"));
        let ending = Ending {
            unused,
            end_day,
            ..Ending::at(At::Now)
        };
        it.cancel(ending, day("2026-11-11")).unwrap();
        assert_eq!(charged(&it, "2026-11-11")[0].1, end);
        assert_eq!(it.ends_on(), Some(day("2026-11-11")));
        let due = it.is_due(day("2026-11-11"));
        assert_eq!(due, unused == Unused::GivenBack);
    }
}

#[test]
fn the_earlier_end_stands_and_nothing_changes_after_it() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    it.cancel(Ending::at(At::PeriodEnd), today).unwrap();
    it.cancel(Ending::at(on("2026-12-24")), today).unwrap();
    assert_eq!(told(&mut it), ["billing.subscription_cancelled"]);
    let ends_on = day("2026-12-01");
    let cancelled = Err(SubscriptionRefusal::Cancelled { ends_on });
    assert_eq!(it.change_plan(&plan(2, 1), At::Now, today), cancelled);
    let bill_day = BillDay::new(5).unwrap();
    assert_eq!(it.change_bill_day(bill_day, At::Now, today), cancelled);
    let late = it.pause(At::PeriodEnd, None, PausePolicy::Keep, today);
    assert_eq!(late, cancelled);
    it.pause(At::Now, None, PausePolicy::Keep, today).unwrap();
    it.cancel(Ending::at(At::Now), today).unwrap();
    assert_eq!(it.ends_on(), Some(today));
}

#[test]
fn what_was_decided_for_after_the_end_never_comes_into_force() {
    let mut it = sold("2026-11-01");
    it.billed(day("2026-11-01"));
    let (today, much_later) = (day("2026-11-11"), day("2027-05-27"));
    let other = plan(2, 1);
    it.change_plan(&other, At::PeriodEnd, today).unwrap();
    it.cancel(Ending::at(At::Now), today).unwrap();
    it.catch_up(today);
    let (agreed, _) = (it.agreement(), it.take_events());
    it.catch_up(much_later);
    assert_eq!(it.agreement(), agreed);
    assert!(!it.is_due(much_later));
    assert!(told(&mut it).is_empty());
}

#[test]
fn days_out_of_reach_are_named() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-12-20"));
    let mut change = |from: &str| it.change_plan(&plan(2, 1), on(from), today);
    let (from, earliest) = (day("2026-11-18"), day("2026-11-19"));
    let refused = SubscriptionRefusal::Backdated { from, earliest };
    assert_eq!(change("2026-11-18"), Err(refused));
    let (from, latest) = (day("2027-12-22"), day("2027-12-21"));
    let refused = SubscriptionRefusal::TooFarAhead { from, latest };
    assert_eq!(change("2027-12-22"), Err(refused));
    change("2026-11-19").unwrap();
    let mut it = sold("2026-11-01");
    let (from, starts_on) = (day("2026-10-31"), day("2026-11-01"));
    let refused = it.change_plan(&plan(2, 1), At::Now, from);
    let not_begun = SubscriptionRefusal::NotBegun { from, starts_on };
    assert_eq!(refused, Err(not_begun));
    let far = Ending::at(on("2027-12-22"));
    let refused = sold("2026-11-01").cancel(far, today);
    let (from, latest) = (day("2027-12-22"), day("2027-12-21"));
    assert_eq!(
        refused,
        Err(SubscriptionRefusal::TooFarAhead { from, latest })
    );
}

#[test]
fn prices_and_periods_that_do_not_fit_are_named() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    let usd = Money::from_minor(1, "USD".parse().unwrap());
    let foreign = NewPlan {
        price: usd,
        ..terms(2, 1)
    };
    let (wanted, given) = (kes(0).currency(), usd.currency());
    let refused = it.change_plan(&Plan::define(foreign).unwrap(), At::Now, today);
    let other = SubscriptionRefusal::OtherCurrency { wanted, given };
    assert_eq!(refused, Err(other));
    let weekly = NewPlan {
        interval: Interval::WEEK,
        sold_as: SoldAs::AddOn,
        ..terms(2, 1)
    };
    let refused = it.add(&Plan::define(weekly).unwrap(), 1, At::Now, today);
    let interval = Interval::MONTH;
    assert_eq!(
        refused,
        Err(SubscriptionRefusal::OtherInterval { interval })
    );
    let no_add_on = it.add(&plan(3, 1), 1, At::Now, today);
    let not_offered = matches!(no_add_on, Err(SubscriptionRefusal::PlanNotOffered { .. }));
    assert!(not_offered, "{no_add_on:?}");
    let weeks = NewPlan {
        interval: Interval::WEEK,
        ..terms(2, 1)
    };
    it.change_plan(&Plan::define(weeks).unwrap(), At::Now, today)
        .unwrap();
    let bill_day = BillDay::new(5).unwrap();
    let refused = it.change_bill_day(bill_day, At::PeriodEnd, today);
    let interval = Interval::WEEK;
    assert_eq!(refused, Err(SubscriptionRefusal::BillDay { interval }));
}

#[test]
fn a_bill_day_cuts_the_period_and_bills_from_there() {
    let (mut it, today) = (sold("2026-11-01"), day("2026-11-11"));
    it.billed(today);
    let bill_day = BillDay::new(15).unwrap();
    let from = it.change_bill_day(bill_day, At::PeriodEnd, today);
    assert_eq!(from, Ok(day("2026-12-01")));
    let stub = line("2026-12-01", "2026-12-15", 140_000);
    assert_eq!(charged(&it, "2026-12-01").last(), Some(&stub));
    it.catch_up(day("2026-12-01"));
    assert_eq!(it.bill_day(), Some(bill_day));
    it.billed(day("2026-12-01"));
    assert_eq!(it.next_bill_on(), Some(day("2026-12-15")));
    let same = it.change_bill_day(bill_day, At::PeriodEnd, day("2026-12-02"));
    assert_eq!(same, Err(SubscriptionRefusal::SameTerms));
    let ahead = day("2026-12-02") + Days::new(8);
    let sooner = BillDay::new(20).unwrap();
    it.change_bill_day(sooner, At::On(ahead), day("2026-12-02"))
        .unwrap();
    assert_eq!(it.next_bill_on(), Some(ahead));
}
