//! What is billed becomes what is desired, once, and never more is given back than was charged.

#![allow(clippy::unwrap_used, clippy::panic)]

use chrono::Days;
use kernel::{Currency, Id, InvoiceId, LocalDate, Money};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};

use super::{Billed, Due, Inconsistent, LineRef, diff};
use crate::rounding::InvoiceScale;
use crate::schedule::Period;
use crate::segment::{Segment, cost};

const CYCLE: (&str, &str) = ("2026-11-01", "2026-12-01");

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn period(start: &str, end: &str) -> Period {
    Period {
        start: day(start),
        end: day(end),
    }
}

fn november() -> Period {
    period(CYCLE.0, CYCLE.1)
}

fn kes(minor: i64) -> Money {
    let currency: Currency = "KES".parse().unwrap();
    Money::from_minor(minor, currency)
}

fn cents() -> InvoiceScale {
    InvoiceScale::new(2, kes(0).currency()).unwrap()
}

fn id<K>(number: u64) -> Id<K> {
    let text = format!("00000000-0000-7000-8000-{number:012x}");
    Id::from_uuid(text.parse().unwrap())
}

fn segment(plan: u64, minor: i64, period: Period) -> Segment {
    Segment {
        plan: id::<_>(plan),
        period,
        cycle: november(),
        price: kes(minor),
    }
}

fn billed(line: u16, plan: u64, minor: i64, period: Period) -> Billed {
    Billed {
        line: LineRef {
            invoice: id(1),
            line,
        },
        plan: id(plan),
        period,
        cycle: november(),
        price: kes(minor),
        amount: cost(kes(minor), period, november(), cents()).unwrap(),
        repaired: Vec::new(),
    }
}

/// Period and minor units of every line that is due.
fn due(desired: &[Segment], billed: &[Billed]) -> Vec<(Period, i64)> {
    let plain = |it: &Due| match it {
        Due::Charge { segment, amount } => (segment.period, amount.minor()),
        Due::Repair { period, amount, .. } => (*period, amount.minor()),
    };
    let due = diff(desired, billed, cents()).unwrap();
    due.iter().map(plain).collect()
}

#[test]
fn what_was_never_billed_is_charged() {
    let wanted = [segment(1, 300_000, november())];
    assert_eq!(due(&wanted, &[]), [(november(), 300_000)]);
}

#[test]
fn what_is_billed_as_desired_is_kept() {
    let wanted = [segment(1, 300_000, november())];
    assert!(due(&wanted, &[billed(0, 1, 300_000, november())]).is_empty());
    assert!(due(&[], &[]).is_empty());
}

#[test]
fn a_change_repairs_the_rest_and_charges_it_anew() {
    let (used, rest) = (
        period("2026-11-01", "2026-11-11"),
        period("2026-11-11", "2026-12-01"),
    );
    let wanted = [segment(1, 300_000, used), segment(2, 600_000, rest)];
    let lines = due(&wanted, &[billed(0, 1, 300_000, november())]);
    assert_eq!(lines, [(rest, -200_000), (rest, 400_000)]);
}

#[test]
fn a_second_change_repairs_only_what_still_stands() {
    let used = period("2026-11-01", "2026-11-11");
    let rest = period("2026-11-11", "2026-12-01");
    let last = period("2026-11-21", "2026-12-01");
    let middle = period("2026-11-11", "2026-11-21");
    let mut first = billed(0, 1, 300_000, november());
    first.repaired.push((rest, kes(200_000)));
    let second = billed(1, 2, 600_000, rest);
    let wanted = [
        segment(1, 300_000, used),
        segment(2, 600_000, middle),
        segment(3, 900_000, last),
    ];
    assert_eq!(
        due(&wanted, &[first, second]),
        [(last, -200_000), (last, 300_000)]
    );
}

#[test]
fn another_price_of_the_same_plan_is_another_charge() {
    let wanted = [segment(1, 310_000, november())];
    let lines = due(&wanted, &[billed(0, 1, 300_000, november())]);
    assert_eq!(lines, [(november(), -300_000), (november(), 310_000)]);
}

#[test]
fn the_last_days_of_a_line_take_whatever_is_left_of_it() {
    let rest = period("2026-11-11", "2026-12-01");
    let mut odd = billed(0, 1, 300_000, november());
    odd.amount = kes(299_990);
    odd.repaired.push((rest, kes(200_000)));
    assert_eq!(
        due(&[], &[odd]),
        [(period("2026-11-01", "2026-11-11"), -99_990)]
    );
}

#[test]
fn days_that_stand_twice_stop_the_billing() {
    let overlapping = [
        billed(0, 1, 300_000, november()),
        billed(1, 2, 600_000, period("2026-11-11", "2026-12-01")),
    ];
    let wanted = [segment(1, 300_000, november())];
    let refused = diff(&wanted, &overlapping, cents());
    assert_eq!(refused, Err(Inconsistent::BilledTwice));
}

#[test]
fn days_that_cost_nothing_may_stand_twice() {
    let last_day = period("2026-11-30", "2026-12-01");
    let free = billed(0, 1, 1, november());
    let new = billed(1, 2, 600_000, last_day);
    let wanted = [
        segment(1, 1, period("2026-11-01", "2026-11-30")),
        segment(2, 600_000, last_day),
    ];
    assert_eq!(
        due(&wanted, std::slice::from_ref(&free)),
        [(last_day, 20_000)]
    );
    assert!(due(&wanted, &[free, new]).is_empty());
}

#[test]
fn more_taken_back_than_charged_stops_the_billing() {
    let mut item = billed(0, 1, 300_000, november());
    item.repaired
        .push((period("2026-11-11", "2026-12-01"), kes(300_001)));
    assert_eq!(diff(&[], &[item], cents()), Err(Inconsistent::OverRepaired));
}

#[test]
fn charges_of_nothing_are_dropped() {
    let wanted = [segment(1, 1, period("2026-11-30", "2026-12-01"))];
    assert!(due(&wanted, &[]).is_empty());
}

#[test]
fn what_does_not_fit_is_an_error() {
    let wanted = [Segment {
        cycle: period("2026-12-01", "2026-11-01"),
        ..segment(1, 1, november())
    }];
    assert!(matches!(
        diff(&wanted, &[], cents()),
        Err(Inconsistent::Amount(_))
    ));
}

/// What a cycle should be: plans and prices from some days on.
fn any_wish() -> impl Strategy<Value = Vec<Segment>> {
    let change = (0_u64..30, 1_u64..4, 0_i64..100_000);
    proptest::collection::vec(change, 0..4).prop_map(|mut changes| {
        changes.sort_by_key(|(offset, _, _)| *offset);
        changes.dedup_by_key(|(offset, _, _)| *offset);
        let from = |offset: u64| november().start + Days::new(offset);
        let ends = changes
            .iter()
            .skip(1)
            .map(|it| from(it.0))
            .chain([november().end]);
        let pairs = changes.iter().zip(ends.collect::<Vec<_>>());
        pairs
            .map(|((offset, plan, minor), end)| {
                let start = from(*offset);
                segment(
                    *plan,
                    minor * i64::try_from(*plan).unwrap(),
                    Period { start, end },
                )
            })
            .collect()
    })
}

/// Writes what is due into the book, as an invoice would.
fn apply(book: &mut Vec<Billed>, due: &[Due], invoice: InvoiceId) {
    for (line, it) in (0_u16..).zip(due) {
        match it {
            Due::Charge { segment, amount } => book.push(Billed {
                line: LineRef { invoice, line },
                plan: segment.plan,
                period: segment.period,
                cycle: segment.cycle,
                price: segment.price,
                amount: *amount,
                repaired: Vec::new(),
            }),
            Due::Repair {
                of, period, amount, ..
            } => {
                let item = book.iter_mut().find(|it| it.line == *of).unwrap();
                item.repaired.push((*period, amount.checked_neg().unwrap()));
            }
        }
    }
}

fn net(book: &[Billed]) -> i64 {
    let charged: i64 = book.iter().map(|it| it.amount.minor()).sum();
    let back = book.iter().flat_map(|it| &it.repaired);
    charged - back.map(|(_, it)| it.minor()).sum::<i64>()
}

fn worth(wish: &[Segment]) -> i64 {
    let amount = |it: &Segment| it.amount(it.period, cents()).unwrap().minor();
    wish.iter().map(amount).sum()
}

proptest! {
    #[test]
    fn whatever_is_wished_the_book_follows_exactly_and_once(wishes in proptest::collection::vec(any_wish(), 1..6)) {
        let mut book = Vec::new();
        for (number, wish) in (1_u64..).zip(&wishes) {
            let lines = diff(wish, &book, cents()).unwrap();
            apply(&mut book, &lines, id(number));
            prop_assert_eq!(diff(wish, &book, cents()).unwrap(), vec![], "again is nothing");
            prop_assert_eq!(net(&book), worth(wish), "the book is worth what is wished");
            for item in &book {
                let back: i64 = item.repaired.iter().map(|(_, it)| it.minor()).sum();
                prop_assert!(back <= item.amount.minor(), "never more back than charged");
                let inside = |days: &Period| item.period.overlap(*days) == Some(*days);
                prop_assert!(item.repaired.iter().all(|(days, it)| inside(days) && it.is_positive()));
            }
        }
    }

    #[test]
    fn the_way_does_not_matter_only_where_it_leads(wishes in proptest::collection::vec(any_wish(), 1..6)) {
        let mut step_by_step = Vec::new();
        for (number, wish) in (1_u64..).zip(&wishes) {
            let lines = diff(wish, &step_by_step, cents()).unwrap();
            apply(&mut step_by_step, &lines, id(number));
        }
        let mut at_once = Vec::new();
        let last = wishes.last().unwrap();
        apply(&mut at_once, &diff(last, &[], cents()).unwrap(), id(1));
        prop_assert_eq!(net(&step_by_step), net(&at_once));
    }
}
