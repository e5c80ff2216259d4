//! Exchanges in the middle of a cycle: each component by itself, the day of the change on the new side.

#![allow(clippy::unwrap_used)]

use kernel::{Currency, LocalDate, Money};
use proptest::prelude::{prop_assert_eq, proptest};

use super::{Exchange, ExchangeTerms, Net, exchange};
use crate::interval::Interval;
use crate::period::Period;
use crate::proration::DayCount;
use crate::rounding::{InvoiceScale, Rounding};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn eur() -> Currency {
    "EUR".parse().unwrap()
}

fn euros(minor: i64) -> Money {
    Money::from_minor(minor, eur())
}

fn january() -> Period {
    Period {
        start: day("2024-01-01"),
        end: day("2024-02-01"),
    }
}

fn terms() -> ExchangeTerms {
    ExchangeTerms {
        day_count: DayCount::ActualDays,
        scale: InvoiceScale::new(2, eur()).unwrap(),
        rounding: Rounding::default(),
    }
}

fn lines(changes: &[Exchange], on: &str) -> Vec<i64> {
    let found = exchange(changes, january(), Interval::MONTH, day(on), terms()).unwrap();
    found.iter().map(|it| it.minor()).collect()
}

#[test]
fn every_component_is_rounded_by_itself() {
    let changes = [
        Exchange::Removed(euros(2_900)),
        Exchange::Removed(euros(1_000)),
        Exchange::Added(euros(9_900)),
        Exchange::Replaced {
            old: euros(100),
            new: euros(2_500),
        },
    ];
    assert_eq!(
        lines(&changes, "2024-01-16"),
        [-1_497, -516, 5_110, -52, 1_290]
    );
}

#[test]
fn fees_are_charged_in_full_and_meters_not_at_all() {
    let changes = [Exchange::AddedOnce(euros(1_000)), Exchange::Metered];
    assert_eq!(lines(&changes, "2024-01-30"), [1_000]);
    assert_eq!(
        lines(&[Exchange::Added(euros(1_000))], "2024-02-01"),
        [0; 0]
    );
}

#[test]
fn a_yearly_component_costs_its_days_of_the_year() {
    let yearly = Exchange::AddedForOwnCycle {
        price: euros(36_600),
        interval: Interval::YEAR,
    };
    assert_eq!(lines(&[yearly], "2024-01-01"), [3_100]);
}

#[test]
fn what_goes_back_is_credit_and_not_a_negative_debt() {
    let net = Net::of(eur(), [euros(-500), euros(200)]).unwrap();
    assert_eq!(
        (net.total, net.due, net.credit),
        (euros(-300), euros(0), euros(300))
    );
    let mixed = [euros(1), Money::from_minor(1, "KES".parse().unwrap())];
    assert!(Net::of(eur(), mixed).is_err());
}

proptest! {
    /// Billing.md, invariant 4: going there and back on one day costs nothing.
    #[test]
    fn there_and_back_is_nothing(old in 0_i64..1_000_000, new in 0_i64..1_000_000, offset in 0_u64..31) {
        let on = january().start + chrono::Days::new(offset);
        let (old, new) = (euros(old), euros(new));
        let both = [Exchange::Replaced { old, new }, Exchange::Replaced { old: new, new: old }];
        let lines = exchange(&both, january(), Interval::MONTH, on, terms()).unwrap();
        prop_assert_eq!(Net::of(eur(), lines).unwrap().total, euros(0));
    }
}
