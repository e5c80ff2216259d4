//! The level follows from the days past due of the oldest open invoice, and from nothing else.

#![allow(clippy::unwrap_used)]

use chrono::Days;
use kernel::{LocalDate, Money};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};

use super::{BadPolicy, DunningPolicy, Level, OpenAmount, level_of};
use crate::dunning::Procedure;

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn due(due_on: &str, minor: i64) -> OpenAmount {
    OpenAmount {
        due_on: day(due_on),
        due: Money::from_minor(minor, "KES".parse().unwrap()),
    }
}

fn overdue(
    open: &[OpenAmount],
    today: LocalDate,
    policy: DunningPolicy,
) -> Result<Level, kernel::MoneyError> {
    level_of(open, today, &Procedure::of_policy(policy).unwrap())
}

fn level(open: &[OpenAmount], today: &str) -> Level {
    overdue(open, day(today), DunningPolicy::STANDARD).unwrap()
}

#[test]
fn days_past_due_decide() {
    let open = [due("2026-11-08", 100)];
    for (today, expected) in [
        ("2026-11-07", Level::Clear),
        ("2026-11-08", Level::Clear),
        ("2026-11-09", Level::Overdue),
        ("2026-11-11", Level::Overdue),
        ("2026-11-12", Level::Restricted),
        ("2026-11-15", Level::Restricted),
        ("2026-11-16", Level::Suspended),
        ("2030-01-01", Level::Suspended),
    ] {
        assert_eq!(level(&open, today), expected, "{today}");
    }
}

#[test]
fn without_grace_the_first_day_restricts() {
    let policy = DunningPolicy {
        grace_days: 0,
        suspend_after_days: 0,
        tolerance_minor: 0,
    };
    let open = [due("2026-11-08", 1)];
    let at = |today: &str| overdue(&open, day(today), policy).unwrap();
    assert_eq!(at("2026-11-08"), Level::Clear);
    assert_eq!(at("2026-11-09"), Level::Suspended);
}

#[test]
fn paying_the_oldest_invoice_moves_the_count_to_the_next() {
    let both = [due("2026-11-01", 100), due("2026-11-14", 100)];
    assert_eq!(level(&both, "2026-11-15"), Level::Suspended);
    assert_eq!(level(&both[1..], "2026-11-15"), Level::Overdue);
    let settled = [due("2026-11-01", 0), both[1]];
    assert_eq!(level(&settled, "2026-11-15"), Level::Overdue);
}

#[test]
fn what_is_not_due_yet_counts_for_nothing() {
    let open = [due("2026-11-08", 100), due("2026-12-08", 1_000_000)];
    let policy = DunningPolicy {
        tolerance_minor: 100,
        ..DunningPolicy::STANDARD
    };
    let at = overdue(&open, day("2026-12-01"), policy).unwrap();
    assert_eq!(at, Level::Clear);
}

#[test]
fn small_debts_are_let_pass_until_they_sum_up() {
    let policy = DunningPolicy {
        tolerance_minor: 150,
        ..DunningPolicy::STANDARD
    };
    let open = [due("2026-11-01", 100), due("2026-11-02", 51)];
    let at = |open: &[OpenAmount]| overdue(open, day("2026-11-20"), policy).unwrap();
    assert_eq!(at(&open[..1]), Level::Clear);
    assert_eq!(at(&open), Level::Suspended);
}

#[test]
fn currencies_do_not_mix() {
    let foreign = OpenAmount {
        due: Money::from_minor(1, "UGX".parse().unwrap()),
        ..due("2026-11-01", 1)
    };
    let open = [due("2026-11-01", 1), foreign];
    assert!(overdue(&open, day("2026-12-01"), DunningPolicy::STANDARD).is_err());
}

#[test]
fn a_policy_does_not_contradict_itself() {
    let policy = |grace_days, suspend_after_days, tolerance_minor| DunningPolicy {
        grace_days,
        suspend_after_days,
        tolerance_minor,
    };
    assert!(policy(0, 365, 0).check().is_ok());
    assert_eq!(policy(8, 7, 0).check(), Err(BadPolicy::Days));
    assert_eq!(policy(0, 366, 0).check(), Err(BadPolicy::Days));
    assert_eq!(policy(0, 0, -1).check(), Err(BadPolicy::Tolerance));
}

#[test]
fn levels_have_words() {
    for level in Level::ALL {
        assert_eq!(Level::from_word(level.as_str()), Some(level));
    }
    assert_eq!(Level::from_word("late"), None);
}

fn any_debts() -> impl Strategy<Value = Vec<OpenAmount>> {
    let debt = (0_u64..90, 0_i64..10_000).prop_map(|(offset, minor)| OpenAmount {
        due_on: day("2026-11-01") + Days::new(offset),
        ..due("2026-11-01", minor)
    });
    proptest::collection::vec(debt, 0..6)
}

fn any_policy() -> impl Strategy<Value = DunningPolicy> {
    (0_u16..30, 0_u16..30, 0_i64..5_000).prop_map(|(grace_days, more, tolerance_minor)| {
        DunningPolicy {
            grace_days,
            suspend_after_days: grace_days + more,
            tolerance_minor,
        }
    })
}

proptest! {
    #[test]
    fn nothing_gets_better_by_waiting(open in any_debts(), policy in any_policy(), offset in 0_u64..150) {
        let today = day("2026-11-01") + Days::new(offset);
        let now = overdue(&open, today, policy).unwrap();
        let tomorrow = overdue(&open, today + Days::new(1), policy).unwrap();
        prop_assert!(now <= tomorrow);
    }

    #[test]
    fn the_order_of_invoices_does_not_matter(open in any_debts(), policy in any_policy()) {
        let today = day("2026-12-20");
        let mut backwards = open.clone();
        backwards.reverse();
        let level = overdue(&open, today, policy).unwrap();
        prop_assert_eq!(level, overdue(&backwards, today, policy).unwrap());
    }

    #[test]
    fn paying_never_makes_it_worse(open in any_debts(), policy in any_policy(), paid in 0_usize..6) {
        let today = day("2026-12-20");
        let before = overdue(&open, today, policy).unwrap();
        let left: Vec<_> = open.iter().copied().skip(paid).collect();
        prop_assert!(overdue(&left, today, policy).unwrap() <= before);
    }

    #[test]
    fn no_debt_is_clear(policy in any_policy(), offset in 0_u64..150) {
        let today = day("2026-11-01") + Days::new(offset);
        prop_assert_eq!(overdue(&[], today, policy).unwrap(), Level::Clear);
    }
}
