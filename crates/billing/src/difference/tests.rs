//! What is billed becomes what is desired, once, and never more is given back than was charged.

#![allow(clippy::unwrap_used, clippy::panic)]

use chrono::Days;
use kernel::{Currency, Id, LocalDate, Money};
use proptest::prelude::{Just, Strategy, prop_assert, prop_assert_eq, proptest};

use super::{Billed, Due, Inconsistent, LineRef, diff, standing};
use crate::days::without;
use crate::ratio::Ratio;
use crate::record::{Record, book_of, write_down};
use crate::rounding::InvoiceScale;
use crate::schedule::Period;
use crate::segment::{ChargeKind, Segment, Terms, cost};

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
        terms: Terms::base(id(plan), kes(minor)),
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
        terms: Terms::base(id(plan), kes(minor)),
        period,
        cycle: november(),
        price: kes(minor),
        amount: cost(kes(minor), 1, period, november(), cents()).unwrap(),
        adjusted: kes(0),
        repaired: Vec::new(),
    }
}

/// Period and minor units of every line that is due.
fn due(desired: &[Segment], billed: &[Billed]) -> Vec<(Period, i64)> {
    let plain = |it: &Due| (it.segment().period, it.amount().minor());
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
    let Err(Inconsistent::BilledTwice { from, until, .. }) = refused else {
        panic!("refused, not {refused:?}");
    };
    assert_eq!((from, until), (day("2026-11-11"), day("2026-12-01")));
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
    let refused = diff(&[], &[item], cents());
    let Err(Inconsistent::OverRepaired { charged, back, .. }) = refused else {
        panic!("refused, not {refused:?}");
    };
    assert_eq!((charged, back), (kes(300_000), kes(300_001)));
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

fn net(book: &[Billed]) -> i64 {
    let charged: i64 = book.iter().map(|it| it.amount.minor()).sum();
    let back = book.iter().flat_map(|it| &it.repaired);
    charged - back.map(|(_, it)| it.minor()).sum::<i64>()
}

/// The days that stand, with their terms, touching ones joined: what a book says, however it came to it.
fn days_of(book: &[Billed]) -> Vec<(Terms, Period)> {
    let mut days: Vec<(Terms, Period)> = Vec::new();
    let mut all = standing(book, cents()).unwrap();
    all.retain(|it| !it.terms.rate.is_zero());
    for it in all {
        match days.last_mut() {
            Some((terms, last)) if *terms == it.terms && last.end == it.period.start => {
                last.end = it.period.end;
            }
            _ => days.push((it.terms, it.period)),
        }
    }
    days
}

/// What a wish is worth before any rounding.
fn worth(wish: &[Segment]) -> Ratio {
    let share = |it: &Segment| {
        Ratio::new(
            i128::from(it.price.minor()) * i128::from(it.period.days()),
            i128::from(it.cycle.days()),
        )
        .unwrap()
    };
    wish.iter()
        .map(share)
        .fold(Ratio::ZERO, |sum, it| sum.checked_add(it).unwrap())
}

fn lines_of(book: &[Billed]) -> i64 {
    let lines: usize = book.iter().map(|it| 1 + it.repaired.len()).sum();
    i64::try_from(lines).unwrap()
}

/// Dearer than a cent a day, so that no day is too cheap to be taken back.
fn any_dear_wish() -> impl Strategy<Value = Vec<Segment>> {
    any_wish().prop_filter("dear", |it| it.iter().all(|it| it.price.minor() >= 100))
}

#[test]
fn days_taken_back_twice_stop_the_billing() {
    let mut item = billed(0, 1, 300_000, november());
    let half = period("2026-11-16", "2026-12-01");
    item.repaired.push((half, kes(100)));
    item.repaired
        .push((period("2026-11-11", "2026-11-17"), kes(100)));
    let refused = diff(&[], &[item], cents());
    assert!(
        matches!(refused, Err(Inconsistent::RepairedTwice { from, .. }) if from == day("2026-11-16")),
        "{refused:?}"
    );
}

#[test]
fn days_a_line_is_not_for_cannot_be_taken_back() {
    for (start, end) in [("2026-10-31", "2026-12-01"), ("2026-11-01", "2026-12-02")] {
        let mut item = billed(0, 1, 300_000, november());
        item.repaired.push((period(start, end), kes(1)));
        let refused = diff(&[], &[item], cents());
        assert!(
            matches!(refused, Err(Inconsistent::RepairOutside { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn what_was_taken_off_is_not_given_back_again() {
    let mut item = billed(0, 1, 300_000, november());
    item.adjusted = kes(250_000);
    let used = [segment(1, 300_000, period("2026-11-01", "2026-11-11"))];
    let rest = period("2026-11-11", "2026-12-01");
    assert_eq!(due(&used, std::slice::from_ref(&item)), [(rest, -50_000)]);
    item.adjusted = kes(300_000);
    assert!(due(&used, &[item]).is_empty(), "nothing is left of it");
}

#[test]
fn another_bill_day_keeps_the_days_that_are_billed() {
    let wanted = [Segment {
        period: period("2026-11-16", "2026-12-16"),
        cycle: period("2026-11-16", "2026-12-16"),
        ..segment(1, 300_000, november())
    }];
    let used = segment(1, 300_000, period("2026-11-01", "2026-11-16"));
    let wanted = [used, wanted[0]];
    let lines = due(&wanted, &[billed(0, 1, 300_000, november())]);
    assert_eq!(lines, [(period("2026-12-01", "2026-12-16"), 150_000)]);
}

#[test]
fn components_do_not_touch_each_other() {
    let mut add_on = billed(1, 1, 300_000, november());
    add_on.terms.component = 1;
    let base = billed(0, 1, 300_000, november());
    let wanted = [segment(1, 300_000, november())];
    assert_eq!(due(&wanted, &[base, add_on]), [(november(), -300_000)]);
}

#[test]
fn another_quantity_is_another_charge() {
    let mut wanted = segment(1, 300_000, november());
    wanted.terms.quantity = 3;
    let lines = due(&[wanted], &[billed(0, 1, 300_000, november())]);
    assert_eq!(lines, [(november(), -300_000), (november(), 900_000)]);
}

#[test]
fn a_one_time_charge_is_billed_once_and_kept() {
    let day = period("2026-11-01", "2026-11-02");
    let mut fee = segment(1, 50_000, day);
    fee.terms.kind = ChargeKind::Once;
    fee.cycle = day;
    let mut done = billed(0, 1, 50_000, day);
    (done.terms, done.cycle, done.amount) = (fee.terms, day, kes(50_000));
    assert_eq!(due(&[fee], &[]), [(day, 50_000)]);
    assert!(due(&[fee], std::slice::from_ref(&done)).is_empty());
    assert!(due(&[], std::slice::from_ref(&done)).is_empty(), "kept");
    fee.price = kes(60_000);
    fee.terms.rate = kes(60_000);
    assert!(
        due(&[fee], std::slice::from_ref(&done)).is_empty(),
        "done is done"
    );
    done.repaired = vec![(day, kes(50_000))];
    assert_eq!(
        due(&[fee], &[done]),
        [(day, 60_000)],
        "its invoice was voided"
    );
}

#[test]
fn a_price_of_nothing_is_recorded_once() {
    let wanted = [segment(1, 0, november())];
    let lines = diff(&wanted, &[], cents()).unwrap();
    assert_eq!(lines.len(), 1);
    let mut book = Vec::new();
    write_down(&mut book, lines, id(1), 0).unwrap();
    assert!(due(&wanted, &book).is_empty());
    let dearer = [segment(1, 300_000, november())];
    assert_eq!(due(&dearer, &book), [(november(), 300_000)]);
}

#[test]
fn equal_prices_in_a_row_cost_what_the_row_costs() {
    let rest = period("2026-11-11", "2026-12-01");
    let cuts = [
        "2026-11-11",
        "2026-11-12",
        "2026-11-14",
        "2026-11-19",
        "2026-12-01",
    ];
    let parts = cuts.windows(2).map(|it| period(it[0], it[1]));
    let used = segment(1, 1_007, period("2026-11-01", "2026-11-11"));
    let parts = (2..)
        .zip(parts)
        .map(|(plan, days)| segment(plan, 1_007, days));
    let wanted: Vec<_> = [used].into_iter().chain(parts).collect();
    let lines = due(&wanted, &[billed(0, 1, 1_007, november())]);
    assert_eq!(lines[0], (rest, -671));
    assert_eq!(lines.iter().map(|it| it.1).sum::<i64>(), 0);
}

#[test]
fn records_are_put_together_in_any_order() {
    let item = billed(0, 1, 300_000, november());
    let of = item.line;
    let rest = period("2026-11-11", "2026-12-01");
    let records = [
        Record::Adjustment { of, amount: kes(7) },
        Record::Repair {
            of,
            days: rest,
            amount: kes(200_000),
        },
        Record::Charge(item),
    ];
    let book = book_of(records).unwrap();
    assert_eq!(book[0].adjusted, kes(7));
    assert_eq!(book[0].repaired, [(rest, kes(200_000))]);
    let dangling = Record::Adjustment { of, amount: kes(7) };
    assert_eq!(
        book_of([dangling]),
        Err(Inconsistent::NothingToRepair { line: of })
    );
}

proptest! {
    #[test]
    fn whatever_is_wished_the_book_follows_exactly_and_once(wishes in proptest::collection::vec(any_wish(), 1..6)) {
        let mut book = Vec::new();
        for (number, wish) in (1_u64..).zip(&wishes) {
            let lines = diff(wish, &book, cents()).unwrap();
            write_down(&mut book, lines, id(number), 0).unwrap();
            prop_assert_eq!(diff(wish, &book, cents()).unwrap(), vec![], "again is nothing");
            for item in &book {
                let back: i64 = item.repaired.iter().map(|(_, it)| it.minor()).sum();
                prop_assert!(back <= item.amount.minor(), "never more back than charged");
                let inside = |days: &Period| item.period.overlap(*days) == Some(*days);
                prop_assert!(item.repaired.iter().all(|(days, it)| inside(days) && it.is_positive()));
            }
        }
    }

    #[test]
    fn the_book_is_worth_what_is_wished_but_for_rounding_once_a_line(
        wishes in proptest::collection::vec(any_dear_wish(), 1..6),
    ) {
        let mut book = Vec::new();
        for (number, wish) in (1_u64..).zip(&wishes) {
            let lines = diff(wish, &book, cents()).unwrap();
            write_down(&mut book, lines, id(number), 0).unwrap();
        }
        let exact = worth(wishes.last().unwrap());
        let off = Ratio::whole(net(&book)).checked_sub(exact).unwrap();
        let twice = off.checked_mul(Ratio::whole(2)).unwrap();
        let most = Ratio::whole(lines_of(&book));
        prop_assert!(twice <= most && twice.checked_neg().unwrap() <= most, "off by {off}");
    }

    #[test]
    fn the_way_does_not_matter_only_where_it_leads(wishes in proptest::collection::vec(any_dear_wish(), 1..6)) {
        let mut step_by_step = Vec::new();
        for (number, wish) in (1_u64..).zip(&wishes) {
            let lines = diff(wish, &step_by_step, cents()).unwrap();
            write_down(&mut step_by_step, lines, id(number), 0).unwrap();
        }
        let mut at_once = Vec::new();
        let lines = diff(wishes.last().unwrap(), &[], cents()).unwrap();
        write_down(&mut at_once, lines, id(1), 0).unwrap();
        prop_assert_eq!(days_of(&step_by_step), days_of(&at_once));
    }

    #[test]
    fn the_order_of_the_facts_leaves_no_trace(
        (wishes, order) in proptest::collection::vec(any_wish(), 2..5).prop_flat_map(|wishes| {
            let book: Vec<Billed> = book_after(&wishes);
            (Just(wishes), Just(book).prop_shuffle())
        }),
    ) {
        let book = book_after(&wishes);
        let wish = &wishes[0];
        let turned: Vec<_> = wish.iter().rev().copied().collect();
        prop_assert_eq!(diff(wish, &book, cents()), diff(&turned, &order, cents()));
    }
}

fn book_after(wishes: &[Vec<Segment>]) -> Vec<Billed> {
    let mut book = Vec::new();
    for (number, wish) in (1_u64..).zip(wishes) {
        let lines = diff(wish, &book, cents()).unwrap();
        write_down(&mut book, lines, id(number), 0).unwrap();
    }
    book
}

/// Cuts of November, the last one its end: the days that are known to be desired after each bill.
fn any_late_bills() -> impl Strategy<Value = (Vec<u64>, Vec<(u64, u64)>, i64)> {
    let known = proptest::collection::btree_set(1_u64..30, 0..5);
    let changes = proptest::collection::vec((0_u64..30, 1_u64..4), 0..5);
    (known, changes, 1_i64..100_000).prop_map(|(known, changes, minor)| {
        let known = known.into_iter().chain([30]).collect();
        (known, changes, minor)
    })
}

/// November up to a day, on the plans of some changes, all at one price.
fn one_price(changes: &[(u64, u64)], until: u64, minor: i64) -> Vec<Segment> {
    let mut sorted: Vec<_> = [(0, 1)].iter().chain(changes).copied().collect();
    sorted.sort_by_key(|it| it.0);
    let mut last_of_day: Vec<(u64, u64)> = Vec::new();
    for it in sorted.into_iter().filter(|it| it.0 < until) {
        match last_of_day.last_mut() {
            Some(last) if last.0 == it.0 => *last = it,
            _ => last_of_day.push(it),
        }
    }
    let from = |offset: u64| november().start + Days::new(offset);
    let ends = last_of_day.iter().skip(1).map(|it| it.0).chain([until]);
    let pairs = last_of_day.iter().zip(ends);
    let part = |((start, plan), end): (&(u64, u64), u64)| {
        let period = Period {
            start: from(*start),
            end: from(end),
        };
        segment(*plan, minor, period)
    };
    pairs.map(part).collect()
}

#[test]
fn a_late_bill_at_the_same_price_costs_no_cent_more() {
    // Two halves of 10.01 are 5.01 each by themselves.
    for minor in [1_000, 1_001, 1_003, 1_007] {
        for cut in 1..30 {
            let mut book = Vec::new();
            for (number, until) in [(1, cut), (2, 30)] {
                let wish = one_price(&[(cut, 2)], until, minor);
                let lines = diff(&wish, &book, cents()).unwrap();
                write_down(&mut book, lines, id(number), 0).unwrap();
            }
            assert_eq!(net(&book), minor, "{minor} cut at {cut}");
        }
    }
}

proptest! {
    #[test]
    fn a_month_at_one_price_costs_it_however_late_and_in_how_many_bills((known, changes, minor) in any_late_bills()) {
        let mut book = Vec::new();
        for (number, until) in (1_u64..).zip(&known) {
            // Whoever learns of a change only later has billed the days before on another plan.
            let learnt = &changes[..changes.len().min(usize::try_from(number).unwrap())];
            let wish = one_price(learnt, *until, minor);
            let lines = diff(&wish, &book, cents()).unwrap();
            write_down(&mut book, lines, id(number), 0).unwrap();
            let billed_days = Period { start: november().start, end: november().start + Days::new(*until) };
            prop_assert_eq!(kes(net(&book)), cost(kes(minor), 1, billed_days, november(), cents()).unwrap());
            prop_assert_eq!(diff(&wish, &book, cents()).unwrap(), vec![], "again is nothing");
        }
        prop_assert_eq!(net(&book), minor);
    }

    #[test]
    fn days_that_were_taken_back_and_come_again_cost_what_the_month_costs(
        gaps in proptest::collection::vec((0_u64..30, 1_u64..15), 1..5), minor in 1_i64..100_000,
    ) {
        let mut book = Vec::new();
        let whole = one_price(&[], 30, minor);
        for (number, (start, days)) in (1_u64..).zip(&gaps) {
            let from = |offset: u64| november().start + Days::new(offset.min(30));
            let rests = Period { start: from(*start), end: from(start + days) };
            let around: Vec<_> = without(november(), [rests]).into_iter().map(|it| segment(1, minor, it)).collect();
            for (step, wish) in [(0, &whole), (1, &around), (2, &whole)] {
                let lines = diff(wish, &book, cents()).unwrap();
                write_down(&mut book, lines, id(number * 3 + step), 0).unwrap();
            }
            prop_assert_eq!(net(&book), minor);
        }
    }
}
