//! An account falls behind, promises, is held, pays.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use chrono::{Days, Weekday};
use kernel::testing::CountingIds;
use kernel::{Currency, DomainEvent, Ids, LocalDate, Money};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{Arrears, ArrearsRefusal, LONGEST_TERMS_DAYS, Situation};
use crate::dunning::{BadPromise, Hold, Step, StepKind, Steps, SuspensionWindow};
use crate::overdue::{DunningPolicy, Level, OpenAmount};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn currency() -> Currency {
    "KES".parse().unwrap()
}

fn due(due_on: LocalDate, minor: i64) -> OpenAmount {
    OpenAmount {
        due_on,
        due: Money::from_minor(minor, currency()),
    }
}

/// A policy with its steps and window, and an account under it.
struct Desk {
    arrears: Arrears,
    steps: Steps,
    window: SuspensionWindow,
}

impl Desk {
    fn open() -> Self {
        let ids: &dyn Ids = &CountingIds::from(1);
        let step = |day, kind| Step { day, kind };
        let steps = vec![
            step(1, StepKind::Reminder),
            step(4, StepKind::Restriction),
            step(8, StepKind::Suspension),
        ];
        let weekdays = vec![
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
        ];
        Self {
            arrears: Arrears::new(ids.next()),
            steps: Steps::new(steps).unwrap(),
            window: SuspensionWindow::new(weekdays, (8, 17), BTreeSet::new()).unwrap(),
        }
    }

    fn look(&mut self, open: &[OpenAmount], today: &str, hour: u32) -> (Level, Vec<StepKind>) {
        self.look_at(open, day(today), hour)
    }

    fn look_at(
        &mut self,
        open: &[OpenAmount],
        today: LocalDate,
        hour: u32,
    ) -> (Level, Vec<StepKind>) {
        let Self {
            arrears,
            steps,
            window,
        } = self;
        let taken = arrears
            .evaluate(&situation(open, today, hour, steps, window))
            .unwrap();
        (arrears.level(), taken.iter().map(|it| it.kind).collect())
    }

    fn promise(
        &mut self,
        open: &[OpenAmount],
        today: &str,
        until: &str,
    ) -> Result<(), ArrearsRefusal> {
        let Self {
            arrears,
            steps,
            window,
        } = self;
        arrears.promise_to_pay(day(until), &situation(open, day(today), 12, steps, window))
    }

    fn told(&mut self) -> Vec<&'static str> {
        self.arrears
            .take_events()
            .iter()
            .map(DomainEvent::name)
            .collect()
    }
}

fn situation<'a>(
    open: &'a [OpenAmount],
    today: LocalDate,
    hour: u32,
    steps: &'a Steps,
    window: &'a SuspensionWindow,
) -> Situation<'a> {
    Situation {
        currency: currency(),
        open,
        at: today.and_hms_opt(hour, 0, 0).unwrap(),
        policy: DunningPolicy::STANDARD,
        steps,
        window,
    }
}

fn debt() -> [OpenAmount; 1] {
    // A Monday.
    [due(day("2026-11-02"), 100)]
}

fn hold(until: Option<&str>) -> Hold {
    Hold {
        reason: "a hospital".to_owned(),
        until: until.map(day),
    }
}

#[test]
fn an_account_falls_behind_step_by_step_and_is_clear_once_it_pays() {
    let mut desk = Desk::open();
    let none = Vec::new();
    assert_eq!(
        desk.look(&debt(), "2026-11-02", 12),
        (Level::Clear, none.clone())
    );
    let reminded = vec![StepKind::Reminder];
    assert_eq!(
        desk.look(&debt(), "2026-11-03", 12),
        (Level::Overdue, reminded)
    );
    assert_eq!(
        desk.look(&debt(), "2026-11-03", 12),
        (Level::Overdue, none.clone())
    );
    let slow = vec![StepKind::Restriction];
    assert_eq!(
        desk.look(&debt(), "2026-11-06", 12),
        (Level::Restricted, slow)
    );
    let off = vec![StepKind::Suspension];
    assert_eq!(
        desk.look(&debt(), "2026-11-10", 12),
        (Level::Suspended, off)
    );
    assert_eq!(desk.look(&[], "2026-11-14", 3), (Level::Clear, none));
    assert_eq!(desk.told(), ["billing.level_changed"; 4]);
}

#[test]
fn nothing_is_taken_on_a_weekend_or_at_night() {
    let mut desk = Desk::open();
    desk.look(&debt(), "2026-11-03", 12);
    assert_eq!(
        desk.look(&debt(), "2026-11-07", 12).0,
        Level::Overdue,
        "a Saturday"
    );
    assert_eq!(
        desk.look(&debt(), "2026-11-09", 7).0,
        Level::Overdue,
        "early on Monday"
    );
    assert_eq!(desk.look(&debt(), "2026-11-09", 8).0, Level::Restricted);
    assert_eq!(desk.look(&debt(), "2026-11-14", 12).0, Level::Restricted);
}

#[test]
fn a_promise_holds_everything_back_until_its_day() {
    let mut desk = Desk::open();
    desk.look(&debt(), "2026-11-03", 12);
    desk.promise(&debt(), "2026-11-04", "2026-11-12").unwrap();
    assert_eq!(
        desk.look(&debt(), "2026-11-12", 12),
        (Level::Overdue, vec![])
    );
    let (level, steps) = desk.look(&debt(), "2026-11-13", 12);
    assert_eq!(level, Level::Suspended);
    assert_eq!(steps, [StepKind::Restriction, StepKind::Suspension]);
    let again = desk.promise(&debt(), "2026-11-13", "2026-11-20");
    assert_eq!(again, Err(ArrearsRefusal::AlreadyPromised));
    let told = desk.told();
    assert!(told.contains(&"billing.promise_made") && told.contains(&"billing.promise_broken"));
}

#[test]
fn a_promise_that_is_kept_is_told_and_the_next_debt_may_have_another() {
    let mut desk = Desk::open();
    let nothing = desk.promise(&debt(), "2026-11-02", "2026-11-12");
    assert_eq!(nothing, Err(ArrearsRefusal::NothingOverdue));
    desk.look(&debt(), "2026-11-03", 12);
    let past = BadPromise::Past {
        made_on: day("2026-11-04"),
        until: day("2026-11-03"),
    };
    assert_eq!(
        desk.promise(&debt(), "2026-11-04", "2026-11-03"),
        Err(past.into())
    );
    desk.promise(&debt(), "2026-11-04", "2026-11-12").unwrap();
    assert_eq!(desk.look(&[], "2026-11-08", 3).0, Level::Clear);
    assert!(desk.told().contains(&"billing.promise_kept"));
    let next = [due(day("2026-12-01"), 100)];
    desk.look(&next, "2026-12-02", 12);
    desk.promise(&next, "2026-12-02", "2026-12-03").unwrap();
}

#[test]
fn a_promise_may_be_broken_by_hand() {
    let mut desk = Desk::open();
    desk.look(&debt(), "2026-11-03", 12);
    assert!(!desk.arrears.break_promise());
    desk.promise(&debt(), "2026-11-04", "2026-11-30").unwrap();
    assert_eq!(desk.look(&debt(), "2026-11-10", 12).0, Level::Overdue);
    assert!(desk.arrears.break_promise());
    assert_eq!(desk.look(&debt(), "2026-11-10", 12).0, Level::Suspended);
}

#[test]
fn a_hold_clears_and_expires() {
    let mut desk = Desk::open();
    desk.look(&debt(), "2026-11-10", 12);
    let today = day("2026-11-10");
    desk.arrears
        .place_hold(hold(Some("2026-11-12")), today)
        .unwrap();
    desk.arrears
        .place_hold(hold(Some("2026-11-12")), today)
        .unwrap();
    assert_eq!(desk.look(&debt(), "2026-11-12", 3), (Level::Clear, vec![]));
    assert_eq!(desk.look(&debt(), "2026-11-13", 12).0, Level::Suspended);
    let told = desk.told();
    assert_eq!(
        told.iter()
            .filter(|it| **it == "billing.hold_placed")
            .count(),
        1
    );
}

#[test]
fn a_hold_is_lifted_once_and_replaced_only_when_it_is_over() {
    let mut desk = Desk::open();
    let today = day("2026-11-10");
    desk.arrears.place_hold(hold(None), today).unwrap();
    let second = desk.arrears.place_hold(hold(Some("2026-12-01")), today);
    let reason = "a hospital".to_owned();
    assert_eq!(second, Err(ArrearsRefusal::AlreadyHeld { reason }));
    assert!(desk.arrears.lift_hold());
    assert!(!desk.arrears.lift_hold());
    assert_eq!(desk.told(), ["billing.hold_placed", "billing.hold_lifted"]);
}

#[test]
fn bad_input_is_named() {
    let mut desk = Desk::open();
    let before = desk.arrears.clone();
    let long = desk.arrears.change_terms(LONGEST_TERMS_DAYS + 1);
    assert_eq!(long, Err(ArrearsRefusal::Terms(366)));
    let today = day("2026-11-10");
    let silent = Hold {
        reason: "  ".to_owned(),
        until: None,
    };
    assert_eq!(
        desk.arrears.place_hold(silent, today),
        Err(ArrearsRefusal::Reason(0))
    );
    let past = desk.arrears.place_hold(hold(Some("2026-11-09")), today);
    let refused = ArrearsRefusal::PastHold {
        placed_on: today,
        until: day("2026-11-09"),
    };
    assert_eq!(past, Err(refused));
    assert_eq!(desk.arrears, before);
    desk.arrears.change_terms(30).unwrap();
    desk.arrears.change_terms(30).unwrap();
    assert_eq!(desk.arrears.terms_days(), Some(30));
    assert_eq!(desk.told(), ["billing.terms_changed"]);
}

fn any_days() -> impl Strategy<Value = Vec<(u64, u32, bool)>> {
    proptest::collection::vec((0_u64..40, 0_u32..24, any::<bool>()), 1..25).prop_map(|mut all| {
        all.sort_unstable();
        all
    })
}

proptest! {
    #[test]
    fn access_is_never_taken_outside_the_window_and_always_given_back(days in any_days()) {
        let mut desk = Desk::open();
        for (ahead, hour, owes) in days {
            let today = day("2026-11-01") + Days::new(ahead);
            let open: &[OpenAmount] = if owes { &debt() } else { &[] };
            let before = desk.arrears.level();
            let (after, steps) = desk.look_at(open, today, hour);
            let at = today.and_hms_opt(hour, 0, 0).unwrap();
            if !desk.window.allows(at) {
                prop_assert!(after <= before.max(Level::Overdue));
                prop_assert!(steps.iter().all(|it| *it < StepKind::Restriction));
            }
            if !owes {
                prop_assert_eq!(after, Level::Clear);
                prop_assert!(steps.is_empty());
            }
            let again = desk.look_at(open, today, hour);
            prop_assert_eq!(again.0, after);
        }
    }
}
