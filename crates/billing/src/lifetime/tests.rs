//! What is due by a day: never too early, never twice, never forgotten.

#![allow(clippy::unwrap_used)]

use chrono::{Days, NaiveDate};
use kernel::LocalDate;
use proptest::prelude::{Just, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{DueRule, Lifetime};
use crate::bill_day::BillDay;
use crate::interval::Interval;
use crate::schedule::{Cycle, Schedule};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn life(start: &str, bill_day: u8, ends_on: Option<&str>, rule: DueRule) -> Lifetime {
    let bill_day = BillDay::new(bill_day).unwrap();
    Lifetime {
        schedule: Schedule::new(day(start), Interval::MONTH, Some(bill_day)),
        ends_on: ends_on.map(day),
        rule,
    }
}

fn until(life: Lifetime, today: &str) -> Option<String> {
    life.due_until(day(today)).map(|it| it.to_string())
}

#[test]
fn in_advance_a_cycle_is_due_on_its_first_day() {
    let life = life("2012-07-16", 17, Some("2012-08-20"), DueRule::InAdvance);
    assert_eq!(until(life, "2012-07-15"), None);
    assert_eq!(until(life, "2012-07-16").as_deref(), Some("2012-07-17"));
    assert_eq!(until(life, "2012-07-17").as_deref(), Some("2012-08-17"));
    assert_eq!(until(life, "2012-08-17").as_deref(), Some("2012-08-20"));
    assert_eq!(life.due(day("2012-08-30")).count(), 3);
    assert_eq!(life.whole_cycles_due(day("2012-08-30")), 1);
}

#[test]
fn in_arrear_a_cycle_is_due_when_it_or_the_service_is_over() {
    let life = life("2012-01-16", 18, Some("2012-02-16"), DueRule::InArrear);
    assert_eq!(until(life, "2012-01-17"), None);
    assert_eq!(
        life.next_bill_day(day("2012-01-17")),
        Some(day("2012-01-18"))
    );
    assert_eq!(until(life, "2012-02-15").as_deref(), Some("2012-01-18"));
    assert_eq!(until(life, "2012-02-16").as_deref(), Some("2012-02-16"));
    assert_eq!(
        life.next_bill_day(day("2012-02-16")),
        Some(day("2012-02-18"))
    );
}

#[test]
fn the_running_cycle_is_due_from_its_second_day_where_it_is_not_waited_for() {
    let life = life("2022-09-07", 7, None, DueRule::InArrearRunning);
    assert_eq!(until(life, "2022-09-06"), None);
    assert_eq!(life.due(day("2022-09-07")).count(), 0);
    assert_eq!(until(life, "2022-09-08").as_deref(), Some("2022-10-07"));
    assert_eq!(until(life, "2022-10-07").as_deref(), Some("2022-10-07"));
    let ended = Lifetime {
        ends_on: Some(day("2022-10-10")),
        ..life
    };
    assert_eq!(until(ended, "2022-10-07").as_deref(), Some("2022-10-10"));
}

/// As Kill Bill has it: on a bill day that is the start, the bill day has come, and nothing is owed.
#[test]
fn in_arrear_the_first_bill_day_may_come_before_anything_is_owed() {
    let life = life("2012-01-16", 16, None, DueRule::InArrear);
    assert_eq!(until(life, "2012-01-19").as_deref(), Some("2012-01-16"));
    assert_eq!(life.due(day("2012-01-19")).count(), 0);
    assert_eq!(
        life.next_bill_day(day("2012-01-19")),
        Some(day("2012-02-16"))
    );
}

#[test]
fn a_life_without_days_owes_nothing() {
    for rule in [
        DueRule::InAdvance,
        DueRule::InArrear,
        DueRule::InArrearRunning,
    ] {
        let life = life("2026-01-05", 5, Some("2026-01-05"), rule);
        assert_eq!(life.due(day("2027-01-01")).count(), 0);
        assert_eq!(life.whole_cycles_due(day("2027-01-01")), 0);
    }
}

fn any_rule() -> impl Strategy<Value = DueRule> {
    prop_oneof![
        Just(DueRule::InAdvance),
        Just(DueRule::InArrear),
        Just(DueRule::InArrearRunning)
    ]
}

proptest! {
    /// Billing.md, invariants 8 and 16.
    #[test]
    fn day_by_day_the_same_cycles_are_due_as_at_once(
        start in 0_u64..1_000,
        length in 1_u64..200,
        anchor in 1_u8..=31,
        rule in any_rule(),
    ) {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(start);
        let ends_on = start + Days::new(length);
        let bill_day = BillDay::new(anchor).unwrap();
        let schedule = Schedule::new(start, Interval::MONTH, Some(bill_day));
        let life = Lifetime { schedule, ends_on: Some(ends_on), rule };
        let mut stepwise: Vec<Cycle> = Vec::new();
        for offset in 0..length + 40 {
            let today = start + Days::new(offset);
            stepwise.extend(life.newly_due(today - Days::new(1), today));
            prop_assert_eq!(life.newly_due(today, today).count(), 0);
        }
        let at_once: Vec<_> = life.due(ends_on + Days::new(39)).collect();
        prop_assert_eq!(&stepwise, &at_once);
        prop_assert_eq!(at_once[0].part.start, start);
        prop_assert_eq!(at_once.last().unwrap().part.end, ends_on);
        prop_assert!(at_once.windows(2).all(|it| it[0].part.end == it[1].part.start));
    }
}
