//! Levels follow from facts, leave is temporary, windows hold, and steps are a prefix.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use chrono::{Days, NaiveDateTime, Weekday};
use kernel::{LocalDate, Money};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{
    Attempts, BadLadder, BadPromise, BadSteps, BadWindow, Campaign, Debt, Episode, Hold, Ladder,
    Measure, Promise, PromiseState, Step, StepKind, Steps, SuspensionWindow, WindowState, final_on,
    is_final, last_day_to_pay, overdue_with, retry_days,
};
use crate::overdue::{DunningPolicy, Level, OpenAmount};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn moment(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn debt(issued_on: &str, due_on: &str, minor: i64) -> Debt {
    Debt {
        issued_on: day(issued_on),
        due_on: day(due_on),
        due: kes(minor),
    }
}

fn reached(measure: Measure, rungs: &[i64], open: &[Debt], today: &str) -> usize {
    let ladder = Ladder::new(measure, rungs.to_vec(), 0).unwrap();
    ladder.reached(open, day(today)).unwrap()
}

#[test]
fn each_measure_looks_at_something_else() {
    let open = [
        debt("2026-11-01", "2026-11-15", 300),
        debt("2026-11-05", "2026-11-10", 0),
        debt("2026-11-08", "2026-11-22", 500),
        debt("2026-11-30", "2026-12-14", 900),
    ];
    let today = "2026-11-20";
    assert_eq!(reached(Measure::DaysSinceDue, &[5, 6], &open, today), 1);
    assert_eq!(reached(Measure::DaysSinceIssue, &[19, 20], &open, today), 1);
    assert_eq!(reached(Measure::OpenInvoices, &[2, 3], &open, today), 1);
    assert_eq!(reached(Measure::OpenBalance, &[800, 801], &open, today), 1);
    assert_eq!(reached(Measure::OpenBalance, &[1], &[], today), 0);
}

#[test]
fn a_ladder_goes_up() {
    let new = |rungs, tolerance| Ladder::new(Measure::DaysSinceDue, rungs, tolerance);
    assert_eq!(new(vec![], 0), Err(BadLadder::Empty));
    let down = BadLadder::Order { before: 5, rung: 4 };
    assert_eq!(new(vec![5, 4], 0), Err(down));
    let below = BadLadder::Order {
        before: 0,
        rung: -1,
    };
    assert_eq!(new(vec![-1], 0), Err(below));
    assert_eq!(new(vec![1], -1), Err(BadLadder::Tolerance(-1)));
    assert!(new(vec![0, 5, 5], 0).is_ok());
}

#[test]
fn small_debts_do_not_climb() {
    let ladder = Ladder::new(Measure::DaysSinceIssue, vec![1], 100).unwrap();
    let at = |minor| {
        ladder.reached(
            &[debt("2026-11-01", "2026-11-01", minor)],
            day("2026-11-20"),
        )
    };
    assert_eq!((at(100), at(101)), (Ok(0), Ok(1)));
}

fn late() -> [OpenAmount; 1] {
    [OpenAmount {
        due_on: day("2026-11-01"),
        due: kes(100),
    }]
}

fn level(today: &str, promise: Option<&Promise>, holds: &[Hold]) -> Level {
    overdue_with(&late(), day(today), DunningPolicy::STANDARD, promise, holds).unwrap()
}

#[test]
fn a_promise_keeps_the_level_until_its_day() {
    let promise = Promise::new(day("2026-11-03"), day("2026-11-20"), Level::Overdue).unwrap();
    assert_eq!(level("2026-11-20", None, &[]), Level::Suspended);
    assert_eq!(level("2026-11-02", Some(&promise), &[]), Level::Overdue);
    assert_eq!(level("2026-11-20", Some(&promise), &[]), Level::Overdue);
    assert_eq!(level("2026-11-21", Some(&promise), &[]), Level::Suspended);
    let paid = overdue_with(
        &[],
        day("2026-11-10"),
        DunningPolicy::STANDARD,
        Some(&promise),
        &[],
    );
    assert_eq!(paid, Ok(Level::Clear));
}

#[test]
fn a_promise_is_kept_or_broken() {
    let promise = Promise::new(day("2026-11-03"), day("2026-11-20"), Level::Overdue).unwrap();
    let state = |minor, today| promise.state(kes(minor), day(today));
    assert_eq!(state(1, "2026-11-20"), PromiseState::Waiting);
    assert_eq!(state(1, "2026-11-21"), PromiseState::Broken);
    assert_eq!(state(0, "2026-11-10"), PromiseState::Kept);
    let new = |until| Promise::new(day("2026-11-03"), day(until), Level::Overdue);
    let past = BadPromise::Past {
        made_on: day("2026-11-03"),
        until: day("2026-11-02"),
    };
    assert_eq!(new("2026-11-02"), Err(past));
    assert!(new("2027-01-02").is_ok());
    assert_eq!(new("2027-01-03"), Err(BadPromise::TooLong { days: 61 }));
}

#[test]
fn a_promise_moves_the_last_day_to_pay_only_forward() {
    let until = |text| Promise::new(day("2026-09-01"), day(text), Level::Clear).unwrap();
    let last = |promise: Option<&Promise>| last_day_to_pay(day("2026-09-15"), promise);
    assert_eq!(last(None), day("2026-09-15"));
    assert_eq!(last(Some(&until("2026-09-18"))), day("2026-09-18"));
    assert_eq!(last(Some(&until("2026-09-10"))), day("2026-09-15"));
}

#[test]
fn a_hold_clears_until_it_expires() {
    let hold = |until: Option<&str>| Hold {
        reason: "a hospital".to_owned(),
        until: until.map(day),
    };
    assert_eq!(level("2030-01-01", None, &[hold(None)]), Level::Clear);
    let short = [hold(Some("2026-11-19"))];
    assert_eq!(level("2026-11-19", None, &short), Level::Clear);
    assert_eq!(level("2026-11-20", None, &short), Level::Suspended);
}

fn office_hours() -> SuspensionWindow {
    let weekdays = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu];
    let holidays = BTreeSet::from([day("2026-11-23")]);
    SuspensionWindow::new(weekdays, (9, 16), holidays).unwrap()
}

#[test]
fn access_is_taken_inside_the_window_only() {
    let window = office_hours();
    // The 19th is a Thursday, the 23rd a holiday on a Monday.
    for (at, next) in [
        ("2026-11-19T09:00:00", "2026-11-19T09:00:00"),
        ("2026-11-19T15:59:59", "2026-11-19T15:59:59"),
        ("2026-11-19T08:59:59", "2026-11-19T09:00:00"),
        ("2026-11-19T16:00:00", "2026-11-24T09:00:00"),
        ("2026-11-21T12:00:00", "2026-11-24T09:00:00"),
        ("2026-11-23T12:00:00", "2026-11-24T09:00:00"),
    ] {
        assert_eq!(window.next_allowed(moment(at)), Some(moment(next)), "{at}");
    }
}

#[test]
fn access_is_given_back_at_any_hour() {
    let window = office_hours();
    let sunday = moment("2026-11-22T03:00:00");
    let may = |before, after| window.may_change(before, after, sunday);
    assert!(may(Level::Suspended, Level::Clear));
    assert!(may(Level::Suspended, Level::Restricted));
    assert!(may(Level::Clear, Level::Overdue), "nothing is taken");
    assert!(!may(Level::Overdue, Level::Restricted));
    assert!(!may(Level::Restricted, Level::Suspended));
    assert!(window.may_change(
        Level::Overdue,
        Level::Suspended,
        moment("2026-11-24T09:00:00")
    ));
}

#[test]
fn a_window_opens() {
    let none = BTreeSet::new();
    let new = |weekdays, hours| SuspensionWindow::new(weekdays, hours, none.clone());
    assert_eq!(new(vec![], (9, 16)), Err(BadWindow::Weekdays));
    for (from, to) in [(9, 9), (10, 9), (0, 25)] {
        let refused = Err(BadWindow::Hours { from, to });
        assert_eq!(new(vec![Weekday::Mon], (from, to)), refused);
    }
    let always_closed: BTreeSet<_> = (0..500)
        .map(|it| day("2026-11-01") + Days::new(it))
        .collect();
    let window = SuspensionWindow::new(vec![Weekday::Mon], (0, 24), always_closed).unwrap();
    assert_eq!(window.next_allowed(moment("2026-11-02T00:00:00")), None);
}

fn step(day: i64, kind: StepKind) -> Step {
    Step { day, kind }
}

fn plan() -> Steps {
    Steps::new(vec![
        step(-3, StepKind::Reminder),
        step(1, StepKind::Reminder),
        step(5, StepKind::Fee),
        step(5, StepKind::Reminder),
        step(7, StepKind::Restriction),
        step(14, StepKind::Suspension),
    ])
    .unwrap()
}

fn taken(episode: &mut Episode, today: &str, window: WindowState) -> Vec<(i64, StepKind)> {
    let steps = episode.take(&plan(), Some(day("2026-11-10")), day(today), window);
    steps.iter().map(|it| (it.day, it.kind)).collect()
}

#[test]
fn steps_are_taken_as_their_days_come() {
    let mut episode = Episode::default();
    let open = WindowState::Open;
    assert_eq!(taken(&mut episode, "2026-11-06", open), []);
    assert_eq!(
        taken(&mut episode, "2026-11-07", open),
        [(-3, StepKind::Reminder)]
    );
    assert_eq!(taken(&mut episode, "2026-11-07", open), []);
    assert_eq!(
        taken(&mut episode, "2026-11-11", open),
        [(1, StepKind::Reminder)]
    );
    let fifth = [(5, StepKind::Fee), (5, StepKind::Reminder)];
    assert_eq!(taken(&mut episode, "2026-11-15", open), fifth);
    assert_eq!(taken(&mut episode, "2026-11-17", WindowState::Closed), []);
    assert_eq!(
        taken(&mut episode, "2026-11-18", open),
        [(7, StepKind::Restriction)]
    );
    assert_eq!(
        taken(&mut episode, "2026-11-24", open),
        [(14, StepKind::Suspension)]
    );
    assert_eq!(episode.done(), 6);
}

#[test]
fn missed_days_are_made_up_without_taking_access_unannounced() {
    let mut episode = Episode::default();
    let missed = [(5, StepKind::Fee), (5, StepKind::Reminder)];
    assert_eq!(taken(&mut episode, "2026-12-31", WindowState::Open), missed);
    let rest = [(7, StepKind::Restriction), (14, StepKind::Suspension)];
    assert_eq!(taken(&mut episode, "2027-01-01", WindowState::Open), rest);
}

#[test]
fn paying_ends_the_episode_and_the_next_debt_begins_anew() {
    let mut episode = Episode::default();
    taken(&mut episode, "2026-11-15", WindowState::Open);
    let nothing = episode.take(&plan(), None, day("2026-11-16"), WindowState::Open);
    assert!(nothing.is_empty());
    assert_eq!(episode.done(), 0);
    assert_eq!(
        taken(&mut episode, "2026-11-07", WindowState::Open),
        [(-3, StepKind::Reminder)]
    );
}

#[test]
fn a_plan_is_in_order_and_tells_before_it_takes() {
    let order = Steps::new(vec![step(5, StepKind::Fee), step(4, StepKind::Reminder)]);
    assert_eq!(order, Err(BadSteps::Order { before: 5, day: 4 }));
    let silent = Steps::new(vec![step(1, StepKind::Fee), step(9, StepKind::Suspension)]);
    assert_eq!(silent, Err(BadSteps::NoNotice { day: 9 }));
}

#[test]
fn requests_are_made_some_days_apart_and_not_for_ever() {
    let campaign = Campaign {
        thresholds: vec![kes(150)],
        days_between: 2,
        most_attempts: 2,
    };
    let mut attempts = Attempts::default();
    let mut made = |minor, today| {
        attempts
            .make(&campaign, &[kes(minor)], day(today))
            .unwrap()
            .len()
    };
    assert_eq!(made(149, "2026-11-01"), 0);
    assert_eq!(made(150, "2026-11-02"), 1);
    assert_eq!(made(150, "2026-11-02"), 0);
    assert_eq!(made(150, "2026-11-04"), 0);
    assert_eq!(made(150, "2026-11-05"), 1);
    assert_eq!(made(150, "2026-12-05"), 0);
    assert_eq!(made(0, "2026-12-06"), 0);
    assert_eq!(made(200, "2026-12-07"), 1, "another debt");
}

#[test]
fn drafts_become_final_and_retries_add_up() {
    assert_eq!(final_on(day("2026-11-01"), 3), Some(day("2026-11-04")));
    assert!(!is_final(day("2026-11-01"), 3, day("2026-11-03")));
    assert!(is_final(day("2026-11-01"), 3, day("2026-11-04")));
    assert!(is_final(day("2026-11-01"), 0, day("2026-11-01")));
    assert_eq!(final_on(LocalDate::MAX, 1), None);
    assert_eq!(retry_days(&[1, 8, 4, 7]), [1, 9, 13, 20]);
    assert!(retry_days(&[]).is_empty());
}

fn any_steps() -> impl Strategy<Value = Steps> {
    let kind = (0_usize..4).prop_map(|it| {
        [
            StepKind::Reminder,
            StepKind::Fee,
            StepKind::Restriction,
            StepKind::Suspension,
        ][it]
    });
    proptest::collection::vec((-5_i64..40, kind), 0..8).prop_map(|mut all| {
        all.sort_by_key(|it| it.0);
        let first = std::iter::once(step(-10, StepKind::Reminder));
        Steps::new(
            first
                .chain(all.into_iter().map(|(day, kind)| step(day, kind)))
                .collect(),
        )
        .unwrap()
    })
}

proptest! {
    #[test]
    fn steps_are_a_prefix_and_each_is_taken_at_most_once(
        steps in any_steps(), days in proptest::collection::vec((0_u64..60, any::<bool>()), 1..30)
    ) {
        let mut days = days;
        days.sort_unstable();
        let mut episode = Episode::default();
        let mut acts = 0;
        for (ahead, is_open) in days {
            let window = if is_open { WindowState::Open } else { WindowState::Closed };
            let before = episode.done();
            let taken = episode.take(&steps, Some(day("2026-11-20")), day("2026-11-01") + Days::new(ahead), window);
            let new = &steps.as_slice()[before..episode.done()];
            let merged: Vec<_> = new.iter().filter(|it| taken.contains(it)).collect();
            prop_assert_eq!(merged.len() >= taken.len(), true, "only what is due is done");
            acts += taken.len();
            prop_assert!(acts <= episode.done());
            let takes_access = taken.iter().any(|it| it.kind >= StepKind::Restriction);
            prop_assert!(!takes_access || is_open);
        }
    }

    #[test]
    fn nobody_is_cut_off_outside_the_window(hour in 0_u32..24, ahead in 0_u64..400) {
        let window = office_hours();
        let at = (day("2026-01-01") + Days::new(ahead)).and_hms_opt(hour, 30, 0).unwrap();
        prop_assert_eq!(window.may_change(Level::Clear, Level::Suspended, at), window.allows(at));
        prop_assert!(window.may_change(Level::Suspended, Level::Clear, at));
        let next = window.next_allowed(at).unwrap();
        prop_assert!(window.allows(next) && next >= at);
    }

    #[test]
    fn a_promise_never_makes_it_worse(due in 0_u64..60, made in 0_u64..60, lasts in 0_u64..60, today in 0_u64..150) {
        let start = day("2026-11-01");
        let open = [OpenAmount { due_on: start + Days::new(due), due: kes(100) }];
        let at = |ahead: u64| overdue_with(&open, start + Days::new(ahead), DunningPolicy::STANDARD, None, &[]).unwrap();
        let promise = Promise::new(start + Days::new(made), start + Days::new(made + lasts), at(made)).unwrap();
        let with = overdue_with(&open, start + Days::new(today), DunningPolicy::STANDARD, Some(&promise), &[]).unwrap();
        prop_assert!(with <= at(today));
        if today > made + lasts {
            prop_assert_eq!(with, at(today), "as if it had not existed");
        }
    }

    #[test]
    fn ladders_only_go_up_while_nothing_is_paid(
        rungs in proptest::collection::vec(0_i64..40, 1..5), days in 0_u64..60, minor in 1_i64..500
    ) {
        let mut rungs = rungs;
        rungs.sort_unstable();
        let open = [debt("2026-11-01", "2026-11-15", minor)];
        for measure in [Measure::DaysSinceDue, Measure::DaysSinceIssue, Measure::OpenInvoices, Measure::OpenBalance] {
            let ladder = Ladder::new(measure, rungs.clone(), 0).unwrap();
            let today = day("2026-11-01") + Days::new(days);
            prop_assert!(ladder.reached(&open, today).unwrap() <= ladder.reached(&open, today + Days::new(1)).unwrap());
        }
    }
}
