//! Levels follow from facts, leave is temporary, windows hold, and steps are a prefix.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use chrono::{Days, NaiveDateTime, Weekday};
use kernel::{LocalDate, Money};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::episode::Owed;
use super::{
    Attempts, BadLadder, BadPromise, BadSteps, BadWindow, Campaign, Debt, Episode, Hold, Ladder,
    Measure, Procedure, ProcedureId, Promise, PromiseState, Step, StepKind, Steps,
    SuspensionWindow, WindowState, final_on, is_final, last_day_to_pay, overdue_with, retry_days,
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

fn standard() -> Procedure {
    Procedure::of_policy(DunningPolicy::STANDARD).unwrap()
}

fn level(today: &str, promise: Option<&Promise>, hold: Option<&Hold>) -> Level {
    overdue_with(&late(), day(today), &standard(), promise, hold).unwrap()
}

#[test]
fn a_promise_keeps_the_level_until_its_day() {
    let promise = Promise::new(day("2026-11-03"), day("2026-11-20"), Level::Overdue).unwrap();
    assert_eq!(level("2026-11-20", None, None), Level::Suspended);
    assert_eq!(level("2026-11-02", Some(&promise), None), Level::Overdue);
    assert_eq!(level("2026-11-20", Some(&promise), None), Level::Overdue);
    assert_eq!(level("2026-11-21", Some(&promise), None), Level::Suspended);
    let paid = overdue_with(&[], day("2026-11-10"), &standard(), Some(&promise), None);
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
    assert_eq!(
        new("2027-01-03"),
        Err(BadPromise::TooLong { days: 61, most: 60 })
    );
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
    assert_eq!(level("2030-01-01", None, Some(&hold(None))), Level::Clear);
    let short = hold(Some("2026-11-19"));
    assert_eq!(level("2026-11-19", None, Some(&short)), Level::Clear);
    assert_eq!(level("2026-11-20", None, Some(&short)), Level::Suspended);
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
        step(5, FEE),
        step(5, StepKind::Reminder),
        step(7, StepKind::Restriction),
        step(14, StepKind::Suspension),
    ])
    .unwrap()
}

const FEE: StepKind = StepKind::Fee { minor: 500 };
const FIRST: ProcedureId = ProcedureId::Entity(1);

/// What is done, what was merged left out, about a debt of 10 November.
fn taken(episode: &mut Episode, today: &str, window: WindowState) -> Vec<(i64, StepKind)> {
    let steps = episode.take(
        (&plan(), FIRST),
        Some(day("2026-11-10")),
        day(today),
        window,
    );
    let done = steps.iter().filter(|it| !it.merged);
    done.map(|it| (it.of.day, it.of.kind)).collect()
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
    let fifth = [(5, FEE), (5, StepKind::Reminder)];
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
    let missed = [(5, FEE), (5, StepKind::Reminder)];
    assert_eq!(taken(&mut episode, "2026-12-31", WindowState::Open), missed);
    let rest = [(7, StepKind::Restriction), (14, StepKind::Suspension)];
    assert_eq!(taken(&mut episode, "2027-01-01", WindowState::Open), rest);
}

fn owed(oldest_due: Option<&str>, is_overdue: bool) -> Owed {
    Owed {
        oldest_due: oldest_due.map(day),
        is_overdue,
    }
}

#[test]
fn paying_ends_the_episode_and_the_next_debt_begins_anew() {
    let mut episode = Episode::default();
    assert!(episode.follow(owed(Some("2026-11-10"), true)).is_none());
    taken(&mut episode, "2026-11-15", WindowState::Open);
    assert_eq!((episode.number(), episode.done()), (1, 4));
    // The next invoice is open already, but nothing is overdue any more.
    let ended = episode.follow(owed(Some("2026-12-10"), false)).unwrap();
    assert_eq!((ended.number(), ended.done()), (1, 4));
    assert_eq!((episode.is_on(), episode.done()), (false, 0));
    let reminded = [(-3, StepKind::Reminder)];
    assert_eq!(
        taken(&mut episode, "2026-11-07", WindowState::Open),
        reminded
    );
    assert_eq!(episode.number(), 2);
}

#[test]
fn who_pays_after_the_first_reminder_is_reminded_of_the_next_invoice_too() {
    let mut episode = Episode::default();
    taken(&mut episode, "2026-11-07", WindowState::Open);
    assert!(episode.follow(owed(Some("2026-11-10"), false)).is_none());
    assert_eq!(taken(&mut episode, "2026-11-08", WindowState::Open), []);
    assert!(episode.follow(owed(Some("2026-12-10"), false)).is_some());
    assert!(
        episode.follow(owed(None, false)).is_none(),
        "it is over already"
    );
}

#[test]
fn paying_the_oldest_of_two_overdue_invoices_repeats_no_step() {
    let mut episode = Episode::default();
    episode.follow(owed(Some("2026-10-10"), true));
    taken(&mut episode, "2026-11-18", WindowState::Open);
    assert!(episode.follow(owed(Some("2026-11-10"), true)).is_none());
    let done = episode.done();
    taken(&mut episode, "2026-11-18", WindowState::Open);
    assert_eq!((episode.number(), episode.done()), (1, done));
}

#[test]
fn another_procedure_goes_on_where_the_first_has_come_to() {
    let mut episode = Episode::default();
    taken(&mut episode, "2026-11-11", WindowState::Open);
    let steps = vec![
        step(0, StepKind::Reminder),
        step(1, StepKind::Reminder),
        step(2, StepKind::Reminder),
        step(3, StepKind::Suspension),
    ];
    let other = (&Steps::new(steps).unwrap(), ProcedureId::Account(1));
    let due = Some(day("2026-11-10"));
    let next = episode.take(other, due, day("2026-11-12"), WindowState::Open);
    let next: Vec<_> = next.iter().map(|it| (it.step, it.of.day)).collect();
    assert_eq!(next, [(2, 2)], "the third step of this debt");
    let next = episode.take(other, due, day("2026-11-13"), WindowState::Open);
    assert_eq!(next.len(), 1);
}

#[test]
fn a_plan_is_in_order_and_tells_before_it_takes() {
    let order = Steps::new(vec![step(5, FEE), step(4, StepKind::Reminder)]);
    assert_eq!(order, Err(BadSteps::Order { before: 5, day: 4 }));
    let silent = Steps::new(vec![step(1, FEE), step(9, StepKind::Suspension)]);
    assert_eq!(silent, Err(BadSteps::NoNotice { day: 9 }));
    let new = |steps: Vec<Step>| Steps::new(steps).map(|_| ());
    let told = step(0, StepKind::Reminder);
    let softer = new(vec![
        told,
        step(5, StepKind::Suspension),
        step(9, StepKind::Restriction),
    ]);
    let refused = BadSteps::Milder {
        before: "suspension",
        kind: "restriction",
        day: 9,
    };
    assert_eq!(softer, Err(refused));
    let free = new(vec![step(1, StepKind::Fee { minor: 0 })]);
    assert_eq!(free, Err(BadSteps::Fee { day: 1, minor: 0 }));
    let far = new(vec![step(366, StepKind::Reminder)]);
    assert_eq!(far, Err(BadSteps::TooFar { day: 366 }));
    assert_eq!(new(vec![told; 51]), Err(BadSteps::TooMany(51)));
    let early = Steps::new(vec![told, step(3, FEE)]).unwrap();
    assert!(early.respect(2).is_ok());
    let refused = BadSteps::InGrace {
        kind: "fee",
        day: 3,
        grace_days: 3,
    };
    assert_eq!(early.respect(3), Err(refused));
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

/// Reminders and fees on any days, and access taken ever more.
fn any_steps() -> impl Strategy<Value = Steps> {
    let mild = proptest::collection::vec((-5_i64..40, any::<bool>()), 0..6);
    (mild, proptest::collection::vec(1_i64..40, 0..3)).prop_map(|(mild, mut hard)| {
        hard.sort_unstable();
        let kinds = [
            StepKind::Restriction,
            StepKind::Suspension,
            StepKind::Termination,
        ];
        let mild = mild
            .into_iter()
            .map(|(day, tells)| step(day, if tells { StepKind::Reminder } else { FEE }));
        let hard = hard
            .into_iter()
            .zip(kinds)
            .map(|(day, kind)| step(day, kind));
        let first = std::iter::once(step(-10, StepKind::Reminder));
        let mut all: Vec<Step> = first.chain(mild).chain(hard).collect();
        all.sort_by_key(|it| it.day);
        Steps::new(all).unwrap()
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
            let today = day("2026-11-01") + Days::new(ahead);
            let taken = episode.take((&steps, FIRST), Some(day("2026-11-20")), today, window);
            let new = &steps.as_slice()[before..episode.done()];
            let done: Vec<Step> = taken.iter().map(|it| it.of).collect();
            prop_assert_eq!(done.as_slice(), new, "the first ones, without gaps");
            acts += taken.len();
            prop_assert_eq!(acts, episode.done(), "each once");
            let takes_access = taken.iter().any(|it| it.of.kind.takes_access());
            prop_assert!(!takes_access || is_open);
            let reminds = taken.iter().filter(|it| it.of.kind == StepKind::Reminder);
            prop_assert!(reminds.filter(|it| !it.merged).count() <= 1, "reminders are merged");
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
        let at = |ahead: u64| overdue_with(&open, start + Days::new(ahead), &standard(), None, None).unwrap();
        let promise = Promise::new(start + Days::new(made), start + Days::new(made + lasts), at(made)).unwrap();
        let with = overdue_with(&open, start + Days::new(today), &standard(), Some(&promise), None).unwrap();
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
