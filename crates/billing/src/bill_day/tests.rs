//! Bill days clamp and expand again.

#![allow(clippy::unwrap_used)]

use kernel::LocalDate;

use super::{BadBillDay, BillDay};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn bill_day(day: u8) -> BillDay {
    BillDay::new(day).unwrap()
}

#[test]
fn bill_days_are_days_of_a_month() {
    for number in [0, 32] {
        let refused = BillDay::new(number).unwrap_err();
        assert_eq!(refused, BadBillDay { day: number });
        assert!(refused.to_string().contains(&number.to_string()));
    }
    assert_eq!(BillDay::of(day("2026-11-30")), bill_day(30));
}

#[test]
fn a_short_month_clamps_it_and_the_next_one_expands_it() {
    let table = [
        (31, "2022-02-19", "2022-02-28"),
        (31, "2022-03-01", "2022-03-31"),
        (30, "2024-02-29", "2024-02-29"),
        (23, "2022-07-19", "2022-07-23"),
        (17, "2022-07-19", "2022-08-17"),
        (31, "2022-12-31", "2022-12-31"),
        (15, "2022-12-31", "2023-01-15"),
    ];
    for (number, from, wanted) in table {
        let found = bill_day(number).on_or_after(day(from)).unwrap();
        assert_eq!(found, day(wanted), "{number} from {from}");
        assert!(bill_day(number).falls_on(found));
    }
    assert!(!bill_day(30).falls_on(day("2024-03-31")));
    assert_eq!(bill_day(1).on_or_after(LocalDate::MAX), None);
}
