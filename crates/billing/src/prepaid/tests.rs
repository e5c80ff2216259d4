//! Paid time is never lost, dead time never charged, and no wallet passes its floor.

#![allow(clippy::unwrap_used)]

use chrono::{Days, NaiveDateTime};
use kernel::testing::CountingIds;
use kernel::{DomainEvent, Ids, LocalDate, Money};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{
    BadFixedDay, BadRenewal, DaysInMonth, FixedDay, Lapse, PeriodPaid, Prepaid, Validity,
    ValidityUnit, Wallet, WalletRefusal, days_afforded, price_of_rest, reminders, renew_from,
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

fn prepaid(balance: i64) -> Prepaid {
    let ids: &dyn Ids = &CountingIds::from(1);
    Prepaid::new(ids.next(), wallet(balance, 0))
}

fn renewed(prepaid: &mut Prepaid, today: &str, lapse: Lapse) -> (LocalDate, LocalDate) {
    let paid = prepaid
        .renew(kes(100), Interval::MONTH, day(today), lapse)
        .unwrap();
    (paid.period.start, paid.period.end)
}

#[test]
fn renewing_early_adds_to_the_end() {
    let mut prepaid = prepaid(1_000);
    let moves = Lapse::MoveAnchor;
    let first = renewed(&mut prepaid, "2026-01-31", moves);
    assert_eq!(first, (day("2026-01-31"), day("2026-02-28")));
    let early = renewed(&mut prepaid, "2026-02-10", moves);
    assert_eq!(
        early,
        (day("2026-02-28"), day("2026-03-31")),
        "the anchor stays the 31st"
    );
    assert_eq!(prepaid.balance(), kes(800));
    let events = prepaid.take_events();
    let names: Vec<_> = events.iter().map(DomainEvent::name).collect();
    assert_eq!(names, ["billing.period_paid", "billing.period_paid"]);
}

#[test]
fn after_a_lapse_the_anchor_moves_unless_it_is_kept() {
    let lapsed = || {
        let mut prepaid = prepaid(1_000);
        renewed(&mut prepaid, "2026-01-10", Lapse::MoveAnchor);
        prepaid
    };
    let moved = renewed(&mut lapsed(), "2026-02-20", Lapse::MoveAnchor);
    assert_eq!(moved, (day("2026-02-20"), day("2026-03-20")));
    let kept = renewed(&mut lapsed(), "2026-02-20", Lapse::KeepAnchor);
    assert_eq!(kept, (day("2026-02-20"), day("2026-03-10")));
    let on_the_day = renewed(&mut lapsed(), "2026-02-10", Lapse::MoveAnchor);
    assert_eq!(on_the_day, (day("2026-02-10"), day("2026-03-10")));
}

#[test]
fn a_wallet_that_does_not_reach_extends_nothing() {
    let mut prepaid = prepaid(99);
    let before = prepaid.clone();
    let refused = prepaid.renew(
        kes(100),
        Interval::MONTH,
        day("2026-01-01"),
        Lapse::MoveAnchor,
    );
    let below = WalletRefusal::BelowFloor {
        balance: kes(99),
        asked: kes(100),
        floor: kes(0),
    };
    assert_eq!(refused, Err(BadRenewal::Wallet(below)));
    assert_eq!(prepaid, before);
    let pass = Interval::new(IntervalUnit::Hours, 6).unwrap();
    let refused = prepaid.renew(kes(1), pass, day("2026-01-01"), Lapse::MoveAnchor);
    assert_eq!(refused, Err(BadRenewal::NotCalendar));
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
fn another_plan_gets_the_rest_converted() {
    let mut prepaid = prepaid(300);
    let paid = prepaid
        .renew(
            kes(300),
            Interval::MONTH,
            day("2026-04-01"),
            Lapse::MoveAnchor,
        )
        .unwrap();
    assert_eq!(prepaid.convert_rest(paid, day("2026-04-21")), Ok(kes(100)));
    assert_eq!(prepaid.balance(), kes(100));
    assert_eq!(prepaid.paid_until(), Some(day("2026-04-21")));
    assert!(prepaid.covers(day("2026-04-20")) && !prepaid.covers(day("2026-04-21")));
    assert_eq!(prepaid.convert_rest(paid, day("2026-06-01")), Ok(kes(0)));
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
    fn paid_days_are_never_lost_nor_sold_twice(gaps in proptest::collection::vec(0_u64..60, 1..8)) {
        let mut prepaid = prepaid(1_000_000);
        let mut today = day("2026-01-31");
        let mut before: Option<LocalDate> = None;
        for gap in gaps {
            today = today + Days::new(gap);
            let paid = prepaid.renew(kes(100), Interval::MONTH, today, Lapse::MoveAnchor).unwrap();
            prop_assert_eq!(paid.period.start, before.map_or(today, |it| it.max(today)));
            prop_assert!((28..=31).contains(&paid.period.days()));
            before = Some(paid.period.end);
        }
    }

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
