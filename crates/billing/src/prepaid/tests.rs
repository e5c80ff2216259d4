//! Paid time is never lost, dead time never charged, and no wallet passes its floor.

#![allow(clippy::unwrap_used)]

use chrono::{Days, NaiveDateTime};
use kernel::{LocalDate, Money};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{
    BadFixedDay, DaysInMonth, FixedDay, PeriodPaid, Validity, ValidityUnit, Wallet, WalletRefusal,
    days_afforded, price_of_rest, reminders, renew_from,
};
use crate::Period;
use crate::interval::{Interval, IntervalUnit};
use crate::ratio::Ratio;

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn moment(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn wallet(balance: i64, floor: i64) -> Wallet {
    Wallet::new(kes(balance), kes(floor)).unwrap()
}

#[test]
fn a_floor_may_lie_below_zero_and_never_above() {
    let mut agreed = wallet(0, -50);
    agreed.debit(kes(50)).unwrap();
    assert!(agreed.debit(kes(1)).is_err());
    agreed.credit(kes(10)).unwrap();
    assert_eq!(agreed.balance(), kes(-40));
    assert_eq!(
        Wallet::new(kes(0), kes(1)),
        Err(WalletRefusal::Floor(kes(1)))
    );
    assert!(Wallet::new(kes(-51), kes(-50)).is_err());
    assert_eq!(
        agreed.debit(kes(0)),
        Err(WalletRefusal::NotPositive(kes(0)))
    );
    assert_eq!(
        agreed.credit(kes(-1)),
        Err(WalletRefusal::NotPositive(kes(-1)))
    );
}

#[test]
fn usage_is_forecast_with_tax() {
    let rate: Ratio = "24%".parse().unwrap();
    let forecast = wallet(2_128, 0).forecast(kes(1_427), rate).unwrap();
    assert_eq!((forecast.with_tax, forecast.left), (kes(1_769), kes(359)));
    assert!(wallet(0, 0).forecast(kes(1), Ratio::whole(-1)).is_err());
}

#[test]
fn a_validity_is_clamped_and_never_carried_over() {
    let span = |unit, count| Validity::Span(Interval::new(unit, count).unwrap());
    let until = |validity: Validity, from| validity.paid_until(moment(from)).unwrap();
    let month = span(IntervalUnit::Months, 1);
    assert_eq!(
        until(month, "2026-01-31T09:30:00"),
        moment("2026-02-28T09:30:00")
    );
    let hours = span(IntervalUnit::Hours, 30);
    assert_eq!(
        until(hours, "2026-01-31T09:30:00"),
        moment("2026-02-01T15:30:00")
    );
    let days = span(IntervalUnit::Days, 7);
    assert_eq!(
        until(days, "2026-01-31T09:30:00"),
        moment("2026-02-07T09:30:00")
    );
    let last = days.last_second(moment("2026-01-31T00:00:00"));
    assert_eq!(last, Some(moment("2026-02-06T23:59:59")));
}

#[test]
fn a_fixed_day_is_neither_too_near_nor_too_far() {
    let last = |bought_on, months| FixedDay::new(20, months).unwrap().last_day(day(bought_on));
    assert_eq!(last("2026-01-25", 1), Some(day("2026-02-20")));
    assert_eq!(
        last("2026-01-01", 1),
        Some(day("2026-01-20")),
        "50 days are too many"
    );
    assert_eq!(
        last("2026-01-14", 1),
        Some(day("2026-02-20")),
        "6 days are too few"
    );
    assert_eq!(last("2026-01-25", 3), Some(day("2026-04-20")));
    let end_of_month = FixedDay::new(31, 1).unwrap();
    assert_eq!(
        end_of_month.last_day(day("2026-01-31")),
        Some(day("2026-02-28"))
    );
    let until = end_of_month.paid_until(day("2026-01-31"));
    assert_eq!(until, Some(moment("2026-03-01T00:00:00")));
}

#[test]
fn a_fixed_day_is_a_day() {
    assert_eq!(FixedDay::new(32, 1), Err(BadFixedDay::Day(32)));
    assert_eq!(FixedDay::new(1, 0), Err(BadFixedDay::Months(0)));
    let window = BadFixedDay::Window {
        least: 29,
        most: 35,
    };
    assert_eq!(FixedDay::with_window(1, 1, (29, 35)), Err(window));
}

#[test]
fn units_have_the_words_they_are_imported_by() {
    for unit in ValidityUnit::ALL {
        assert_eq!(
            ValidityUnit::from_phpnuxbill(unit.phpnuxbill_word()),
            Some(unit)
        );
    }
    assert_eq!(ValidityUnit::from_phpnuxbill("Weeks"), None);
}

#[test]
fn a_deposit_lasts_whole_days() {
    let days = |deposit, price, month| days_afforded(kes(deposit), kes(price), month);
    assert_eq!(days(2_000, 4_000, DaysInMonth::Thirty), Some(15));
    assert_eq!(days(2_000, 4_000, DaysInMonth::Actual(31)), Some(15));
    assert_eq!(days(3_999, 4_000, DaysInMonth::Thirty), Some(29));
    assert_eq!(days(-1, 4_000, DaysInMonth::Thirty), Some(0));
    assert_eq!(days(1, 0, DaysInMonth::Thirty), None);
    assert_eq!(days(1, 1, DaysInMonth::Actual(0)), None);
}

#[test]
fn reminders_come_before_the_end() {
    let days = reminders(day("2026-11-10")).map(|it| it.unwrap().to_string());
    assert_eq!(days, ["2026-11-03", "2026-11-07", "2026-11-09"]);
    assert_eq!(renew_from(day("2026-11-10"), None), day("2026-11-10"));
}

proptest! {
    #[test]
    fn converting_and_using_up_are_the_whole_price(price in 1_i64..100_000, length in 1_u64..400, used in 0_u64..400) {
        let start = day("2026-01-01");
        let paid = PeriodPaid { period: Period { start, end: start + Days::new(length) }, price: kes(price) };
        let rest = price_of_rest(paid, start + Days::new(used)).unwrap().minor();
        prop_assert!((0..=price).contains(&rest));
        let next = price_of_rest(paid, start + Days::new(used + 1)).unwrap().minor();
        prop_assert!(next <= rest, "it only gets less");
        prop_assert!(used < length || rest == 0, "nothing is left of what is over");
    }

    #[test]
    fn no_wallet_passes_its_floor(moves in proptest::collection::vec((any::<bool>(), 1_i64..200), 0..30), floor in -100_i64..1) {
        let mut wallet = wallet(0, floor);
        let mut expected = 0;
        for (is_in, minor) in moves {
            let done = if is_in { wallet.credit(kes(minor)).is_ok() } else { wallet.debit(kes(minor)).is_ok() };
            prop_assert_eq!(done, is_in || expected - minor >= floor);
            if done {
                expected += if is_in { minor } else { -minor };
            }
            prop_assert_eq!(wallet.balance(), kes(expected));
            prop_assert!(expected >= floor);
        }
    }

    #[test]
    fn a_fixed_day_keeps_to_its_window(fixed in 1_u32..32, ahead in 0_u64..800) {
        let bought_on = day("2026-01-01") + Days::new(ahead);
        let last = FixedDay::new(fixed, 1).unwrap().last_day(bought_on).unwrap();
        let days = last.signed_duration_since(bought_on).num_days();
        prop_assert!((7..=38).contains(&days), "{days} days");
    }
}
