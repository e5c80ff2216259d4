//! Movements end where the accounts end, and every open amount lies in one bucket.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use chrono::Days;
use kernel::{AccountId, Currency, LocalDate, Money};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{
    AgeBucket, BadReport, MrrMovement, Recurring, aging, annual, churn_rate, monthly, mrr,
    mrr_movement, per_account,
};
use crate::interval::{Interval, IntervalUnit};
use crate::overdue::OpenAmount;
use crate::ratio::Ratio;

fn currency() -> Currency {
    "KES".parse().unwrap()
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, currency())
}

fn account(number: u8) -> AccountId {
    let text = format!("00000000-0000-7000-8000-{number:012x}");
    AccountId::from_uuid(text.parse().unwrap())
}

fn every(unit: IntervalUnit, count: u16, minor: i64) -> Recurring {
    Recurring {
        price: kes(minor),
        quantity: 1,
        interval: Interval::new(unit, count).unwrap(),
    }
}

#[test]
fn prices_become_monthly_exactly() {
    let months = |count, minor| monthly(every(IntervalUnit::Months, count, minor)).unwrap();
    assert_eq!(months(12, 30_000), Ratio::whole(2_500));
    assert_eq!(months(3, 100), Ratio::new(100, 3).unwrap());
    let weekly = monthly(every(IntervalUnit::Weeks, 1, 1_200)).unwrap();
    assert_eq!(weekly, Ratio::whole(5_200));
    let daily = monthly(every(IntervalUnit::Days, 30, 7_200)).unwrap();
    assert_eq!(daily, Ratio::whole(7_300));
}

#[test]
fn three_quarters_are_rounded_once() {
    let item = every(IntervalUnit::Months, 3, 100);
    assert_eq!(mrr(currency(), &[item; 3]).unwrap(), kes(100));
    assert_eq!(mrr(currency(), &[item]).unwrap(), kes(33));
    assert_eq!(mrr(currency(), &[]).unwrap(), kes(0));
}

#[test]
fn passes_and_foreign_prices_are_refused() {
    let pass = every(IntervalUnit::Hours, 6, 100);
    let refused = BadReport::NotRecurring {
        unit: IntervalUnit::Hours,
        count: 6,
    };
    assert_eq!(monthly(pass), Err(refused));
    let mut foreign = every(IntervalUnit::Months, 1, 100);
    foreign.price = Money::from_minor(100, "UGX".parse().unwrap());
    assert!(mrr(currency(), &[foreign]).is_err());
    assert!(annual(kes(i64::MAX)).is_err());
}

#[test]
fn averages_need_something_to_average() {
    assert_eq!(per_account(kes(1_000), 3).unwrap(), Some(kes(333)));
    assert_eq!(per_account(kes(1_000), 0).unwrap(), None);
    assert_eq!(churn_rate(200, 5), Ratio::new(1, 40));
    assert_eq!(churn_rate(0, 5), None);
}

#[test]
fn every_kind_of_movement_is_told_apart() {
    let before = [(1, 100), (2, 100), (3, 100)];
    let after = [(1, 150), (2, 70), (4, 30), (5, 20)];
    let plain = |all: &[(u8, i64)]| -> BTreeMap<_, _> {
        all.iter()
            .map(|(who, it)| (account(*who), kes(*it)))
            .collect()
    };
    let earlier = BTreeSet::from([account(5)]);
    let movement = mrr_movement(currency(), &plain(&before), &plain(&after), &earlier).unwrap();
    let expected = MrrMovement {
        start: kes(300),
        new: kes(30),
        expansion: kes(50),
        reactivation: kes(20),
        contraction: kes(30),
        churn: kes(100),
    };
    assert_eq!(movement, expected);
    assert_eq!(movement.end().unwrap(), kes(270));
}

#[test]
fn a_movement_has_no_sign() {
    let movement = MrrMovement {
        churn: kes(-10),
        ..MrrMovement::still(kes(100))
    };
    let refused = BadReport::Negative {
        name: "churn",
        amount: kes(-10),
    };
    assert_eq!(movement.end(), Err(refused));
}

#[test]
fn credit_takes_the_oldest_first() {
    let today: LocalDate = "2026-11-21".parse().unwrap();
    let open = [
        OpenAmount {
            due_on: today,
            due: kes(100),
        },
        OpenAmount {
            due_on: today - Days::new(91),
            due: kes(40),
        },
        OpenAmount {
            due_on: today - Days::new(30),
            due: kes(60),
        },
    ];
    let report = aging(currency(), &open, kes(50), today).unwrap();
    let amounts = AgeBucket::ALL.map(|it| report.of(it).minor());
    assert_eq!(amounts, [100, 50, 0, 0, 0]);
    let all = aging(currency(), &open, kes(250), today).unwrap();
    assert_eq!((all.total().unwrap(), all.unused_credit), (kes(0), kes(50)));
}

fn any_revenue() -> impl Strategy<Value = BTreeMap<AccountId, Money>> {
    proptest::collection::btree_map(0_u8..12, 0_i64..100_000, 0..12).prop_map(|all| {
        all.into_iter()
            .map(|(who, it)| (account(who), kes(it)))
            .collect()
    })
}

proptest! {
    #[test]
    fn movements_end_at_what_accounts_pay_then(
        before in any_revenue(), after in any_revenue(), earlier in proptest::collection::btree_set(0_u8..12, 0..6)
    ) {
        let earlier = earlier.into_iter().map(account).collect();
        let movement = mrr_movement(currency(), &before, &after, &earlier).unwrap();
        prop_assert_eq!(movement.end().unwrap(), Money::sum(currency(), after.into_values()).unwrap());
    }

    #[test]
    fn buckets_sum_to_receivables_less_credit(
        debts in proptest::collection::vec((0_u64..200, 0_i64..10_000), 0..8), credit in 0_i64..30_000
    ) {
        let today: LocalDate = "2026-11-21".parse().unwrap();
        let open: Vec<_> = debts.iter().map(|(age, due)| OpenAmount { due_on: today + Days::new(30) - Days::new(*age), due: kes(*due) }).collect();
        let owed: i64 = debts.iter().map(|(_, it)| it).sum();
        let report = aging(currency(), &open, kes(credit), today).unwrap();
        prop_assert_eq!(report.total().unwrap().minor() - report.unused_credit.minor(), owed - credit);
        prop_assert!(report.unused_credit.is_zero() || report.total().unwrap().is_zero());
    }

    #[test]
    fn every_day_has_one_bucket_and_none_gets_younger(days in any::<i32>()) {
        let days = i64::from(days);
        prop_assert!(AgeBucket::of(days) <= AgeBucket::of(days + 1));
    }
}
