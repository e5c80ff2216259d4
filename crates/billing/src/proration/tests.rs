//! Parts of a cycle sum to the whole, however days are counted.

#![allow(clippy::unwrap_used)]

use chrono::{Days, NaiveDate};
use kernel::{LocalDate, Money};
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

use super::{DayCount, prorate, prorate_parts};
use crate::bill_day::BillDay;
use crate::interval::{Interval, IntervalUnit};
use crate::period::Period;
use crate::ratio::Ratio;
use crate::rounding::{InvoiceScale, Rounding};
use crate::schedule::{Schedule, periods};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn period(start: &str, end: &str) -> Period {
    Period {
        start: day(start),
        end: day(end),
    }
}

#[test]
fn thirty_day_months_ignore_how_long_a_month_is() {
    let count = DayCount::ThirtyDayMonths;
    let table = [
        (
            "2023-05-23",
            "2023-06-15",
            "2023-05-15",
            "2023-06-15",
            "11/15",
        ),
        (
            "2023-06-23",
            "2023-07-15",
            "2023-06-15",
            "2023-07-15",
            "11/15",
        ),
        (
            "2023-02-23",
            "2023-03-15",
            "2023-02-15",
            "2023-03-15",
            "11/15",
        ),
        (
            "2023-05-15",
            "2023-05-23",
            "2023-05-15",
            "2023-06-15",
            "4/15",
        ),
        ("2023-01-31", "2023-02-28", "2023-01-31", "2023-02-28", "1"),
        ("2023-03-30", "2023-03-31", "2023-02-28", "2023-03-31", "0"),
    ];
    for (start, end, from, to, wanted) in table {
        let ratio = count.ratio(period(start, end), period(from, to), Interval::MONTH);
        assert_eq!(ratio.to_string(), wanted, "{start} to {end}");
    }
    let week = period("2026-11-16", "2026-11-23");
    let part = period("2026-11-16", "2026-11-18");
    assert_eq!(count.ratio(part, week, Interval::WEEK).to_string(), "2/7");
}

#[test]
fn days_outside_the_cycle_do_not_count() {
    let january = period("2026-01-01", "2026-02-01");
    let part = period("2025-12-20", "2026-01-11");
    let share = |count: DayCount, part| count.ratio(part, january, Interval::MONTH).to_string();
    assert_eq!(share(DayCount::ActualDays, part), "10/31");
    assert_eq!(share(DayCount::WholeCycles, part), "1");
    assert_eq!(
        share(DayCount::WholeCycles, period("2026-02-01", "2026-03-01")),
        "0"
    );
}

#[test]
fn a_share_that_does_not_fit_is_refused() {
    let usd = "USD".parse().unwrap();
    let scale = InvoiceScale::new(2, usd).unwrap();
    let most = Money::from_minor(i64::MAX, usd);
    let twice = Ratio::whole(2);
    assert!(prorate(most, twice, scale, Rounding::HalfEven).is_err());
}

fn sum(ratios: impl IntoIterator<Item = Ratio>) -> Ratio {
    ratios
        .into_iter()
        .try_fold(Ratio::ZERO, Ratio::checked_add)
        .unwrap()
}

proptest! {
    /// Billing.md, invariant 10: to the minor unit, for charges and credits, under every mode, at every scale.
    #[test]
    fn the_costs_of_the_parts_sum_to_the_price(
        minor in -10_000_000_i64..10_000_000,
        days in proptest::collection::vec(1_i64..40, 1..12),
        digits in 0_u8..=2,
    ) {
        let usd = "USD".parse().unwrap();
        let scale = InvoiceScale::new(digits, usd).unwrap();
        let step = scale.step(usd);
        let price = Money::from_minor(minor / step * step, usd);
        let all: i64 = days.iter().sum();
        let part = |it: &i64| Ratio::new(i128::from(*it), i128::from(all)).unwrap();
        let parts: Vec<_> = days.iter().map(part).collect();
        for rounding in [Rounding::HalfAwayFromZero, Rounding::HalfEven, Rounding::Upwards] {
            let costs = prorate_parts(price, &parts, scale, rounding).unwrap();
            prop_assert_eq!(Money::sum(usd, costs.iter().copied()), Ok(price));
            for (cost, part) in costs.iter().zip(&parts) {
                let alone = prorate(price, *part, scale, rounding).unwrap();
                prop_assert!((cost.minor() - alone.minor()).abs() <= 2 * step);
            }
        }
    }

    /// Billing.md, invariants 10 and 11.
    #[test]
    fn however_a_cycle_is_cut_its_parts_sum_to_one(
        start in 0_u64..4_000,
        anchor in 1_u8..=31,
        months in 1_u16..13,
        cuts in proptest::collection::vec(0_u64..400, 0..6),
    ) {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(start);
        let interval = Interval::new(IntervalUnit::Months, months).unwrap();
        let bill_day = BillDay::new(anchor).unwrap();
        let cycle = Schedule::new(start, interval, Some(bill_day)).nth(1).unwrap().whole;
        let mut days: Vec<_> = cuts.iter().map(|it| cycle.start + Days::new(*it)).collect();
        days.retain(|it| cycle.contains(*it));
        days.extend([cycle.start, cycle.end]);
        days.sort_unstable();
        for count in [DayCount::ActualDays, DayCount::ThirtyDayMonths] {
            let part = |it: &[LocalDate]| Period { start: it[0], end: it[1] };
            let ratios: Vec<_> = days.windows(2).map(|it| count.ratio(part(it), cycle, interval)).collect();
            prop_assert!(ratios.iter().all(|it| !it.is_negative()));
            prop_assert_eq!(sum(ratios), Ratio::ONE);
        }
    }

    /// Billing.md, invariant 11.
    #[test]
    fn a_stub_is_shorter_than_its_cycle(
        start in 0_u64..4_000,
        length in 1_u64..1_200,
        anchor in 1_u8..=31,
        months in 1_u16..13,
    ) {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(start);
        let interval = Interval::new(IntervalUnit::Months, months).unwrap();
        let bill_day = BillDay::new(anchor).unwrap();
        for cycle in periods(Some(bill_day), interval, start, start + Days::new(length)) {
            let ratio = cycle.ratio(interval, DayCount::ActualDays);
            prop_assert!(cycle.part.days() > 0 && Ratio::ZERO < ratio);
            prop_assert_eq!(ratio == Ratio::ONE, cycle.is_whole());
            prop_assert!(ratio <= Ratio::ONE);
            prop_assert_eq!(cycle.part.share_of(cycle.whole).unwrap_or(Ratio::ONE), ratio);
        }
    }
}
