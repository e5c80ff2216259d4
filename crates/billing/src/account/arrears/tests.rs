//! An account falls behind, promises, is held, pays.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use chrono::{Days, Weekday};
use kernel::testing::CountingIds;
use kernel::{Currency, DomainEvent, Ids, LocalDate, Money};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{Account, ArrearsRefusal, ChargeReason, LONGEST_TERMS_DAYS};
use crate::dunning::{
    BadPromise, Cause, Hold, NewProcedure, Procedure, ProcedureId, Situation, Step, StepKind,
};
use crate::overdue::{Level, OpenAmount};

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

fn step(day: i64, kind: StepKind) -> Step {
    Step { day, kind }
}

/// A reminder, then access taken on weekdays from 8 to 17.
fn office() -> NewProcedure {
    NewProcedure {
        grace_days: 3,
        tolerance_minor: 0,
        steps: vec![
            step(1, StepKind::Reminder),
            step(4, StepKind::Restriction),
            step(8, StepKind::Suspension),
        ],
        weekdays: vec![
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
        ],
        from_hour: 8,
        to_hour: 17,
        holidays: BTreeSet::new(),
        promise_days: 30,
        promises: 1,
        reconnection_fee_minor: 0,
        most_cut_percent: None,
    }
}

/// An account under a procedure.
struct Desk {
    account: Account,
    procedure: Procedure,
}

impl Desk {
    fn open() -> Self {
        Self::under(office())
    }

    fn under(procedure: NewProcedure) -> Self {
        let ids: &dyn Ids = &CountingIds::from(1);
        let mut account = Account::open(ids.next(), ids.next(), ids.next(), currency());
        account.take_events();
        Self {
            account,
            procedure: Procedure::new(procedure, ProcedureId::Entity(1)).unwrap(),
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
        let procedure = &self.procedure;
        let now = situation(open, today, hour, procedure);
        self.account.evaluate(&now).unwrap();
        let taken = self.account.take_steps();
        let kinds = taken.iter().filter(|it| !it.merged).map(|it| it.of.kind);
        (self.account.level(), kinds.collect())
    }

    fn promise(
        &mut self,
        open: &[OpenAmount],
        today: &str,
        until: &str,
    ) -> Result<(), ArrearsRefusal> {
        let now = situation(open, day(today), 12, &self.procedure);
        self.account.promise_to_pay(day(until), &now)
    }

    fn told(&mut self) -> Vec<&'static str> {
        let events = self.account.take_events();
        events.iter().map(DomainEvent::name).collect()
    }
}

fn situation<'a>(
    open: &'a [OpenAmount],
    today: LocalDate,
    hour: u32,
    procedure: &'a Procedure,
) -> Situation<'a> {
    Situation {
        currency: currency(),
        open,
        today,
        window: procedure.window_at(today.and_hms_opt(hour, 0, 0).unwrap()),
        procedure,
        after: Cause::Payment,
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
    for (today, level, steps) in [
        ("2026-11-02", Level::Clear, vec![]),
        ("2026-11-03", Level::Overdue, vec![StepKind::Reminder]),
        ("2026-11-03", Level::Overdue, vec![]),
        ("2026-11-06", Level::Restricted, vec![StepKind::Restriction]),
        ("2026-11-10", Level::Suspended, vec![StepKind::Suspension]),
        ("2026-11-11", Level::Suspended, vec![]),
    ] {
        assert_eq!(desk.look(&debt(), today, 12), (level, steps), "{today}");
    }
    assert_eq!(desk.look(&[], "2026-11-14", 3), (Level::Clear, vec![]));
    let told = desk.told();
    assert_eq!(
        told.iter()
            .filter(|it| **it == "billing.level_changed")
            .count(),
        4
    );
    assert_eq!(
        told.iter()
            .filter(|it| **it == "billing.reminder_due")
            .count(),
        1
    );
}

#[test]
fn nothing_is_taken_on_a_weekend_or_at_night() {
    let mut desk = Desk::open();
    desk.look(&debt(), "2026-11-03", 12);
    let at = |desk: &mut Desk, today, hour| desk.look(&debt(), today, hour).0;
    assert_eq!(
        at(&mut desk, "2026-11-07", 12),
        Level::Overdue,
        "a Saturday"
    );
    assert_eq!(
        at(&mut desk, "2026-11-09", 7),
        Level::Overdue,
        "early on Monday"
    );
    assert_eq!(at(&mut desk, "2026-11-09", 8), Level::Restricted);
    assert_eq!(at(&mut desk, "2026-11-14", 12), Level::Restricted);
}

#[test]
fn access_is_not_taken_before_its_notice_however_late_the_run_comes() {
    let mut desk = Desk::open();
    let (level, steps) = desk.look(&debt(), "2026-11-30", 12);
    assert_eq!((level, steps), (Level::Overdue, vec![StepKind::Reminder]));
    assert_eq!(
        desk.look(&debt(), "2026-11-30", 13).0,
        Level::Overdue,
        "not on the same day"
    );
    let (level, steps) = desk.look(&debt(), "2026-12-01", 12);
    assert_eq!(level, Level::Suspended);
    assert_eq!(steps, [StepKind::Restriction, StepKind::Suspension]);
}

#[test]
fn what_waits_for_the_window_is_told_to_whoever_asks_again() {
    let mut desk = Desk::open();
    let verdict = |desk: &mut Desk, today, hour| {
        let open = debt();
        let now = situation(&open, day(today), hour, &desk.procedure);
        desk.account.evaluate(&now).unwrap().waits
    };
    assert!(!verdict(&mut desk, "2026-11-03", 12));
    assert!(verdict(&mut desk, "2026-11-06", 7));
    assert!(!verdict(&mut desk, "2026-11-06", 8));
    assert!(
        !verdict(&mut desk, "2026-11-07", 8),
        "nothing is due on Saturday"
    );
}

#[test]
fn a_late_fee_is_charged_once_and_the_reconnection_with_the_payment() {
    let mut desk = Desk::under(NewProcedure {
        steps: vec![
            step(1, StepKind::Reminder),
            step(4, StepKind::Fee { minor: 500 }),
            step(8, StepKind::Suspension),
            step(60, StepKind::Termination),
        ],
        reconnection_fee_minor: 700,
        ..office()
    });
    for today in [
        "2026-11-03",
        "2026-11-06",
        "2026-11-06",
        "2026-11-10",
        "2026-11-11",
    ] {
        desk.look(&debt(), today, 12);
    }
    let charges = |desk: &mut Desk| -> Vec<_> {
        let charges = desk.account.take_charges().into_iter();
        charges
            .map(|it| (it.reason, it.amount.minor(), it.step))
            .collect()
    };
    assert_eq!(charges(&mut desk), [(ChargeReason::LateFee, 500, 1)]);
    desk.look(&[], "2026-11-12", 12);
    desk.look(&[], "2026-11-13", 12);
    assert_eq!(charges(&mut desk), [(ChargeReason::Reconnection, 700, 3)]);
    let told = desk.told();
    assert_eq!(
        told.iter()
            .filter(|it| **it == "billing.fee_charged")
            .count(),
        2
    );
    // A short debt later costs nothing.
    let next = [due(day("2026-12-01"), 100)];
    desk.look(&next, "2026-12-02", 12);
    desk.look(&[], "2026-12-03", 12);
    assert_eq!(charges(&mut desk), []);
}

#[test]
fn an_account_that_stays_suspended_is_terminated() {
    let mut desk = Desk::under(NewProcedure {
        steps: vec![
            step(1, StepKind::Reminder),
            step(8, StepKind::Suspension),
            step(60, StepKind::Termination),
        ],
        ..office()
    });
    for (today, ends) in [
        ("2026-11-03", false),
        ("2026-12-31", false),
        ("2027-01-01", true),
    ] {
        let open = debt();
        let now = situation(&open, day(today), 12, &desk.procedure);
        assert_eq!(
            desk.account.evaluate(&now).unwrap().terminates,
            ends,
            "{today}"
        );
    }
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
    assert_eq!(again, Err(ArrearsRefusal::AlreadyPromised { made: 1 }));
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
    let far = desk.promise(&debt(), "2026-11-04", "2026-12-05");
    assert_eq!(far, Err(BadPromise::TooLong { days: 31, most: 30 }.into()));
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
    let nothing = desk.account.break_promise("nobody answers");
    assert_eq!(nothing, Err(ArrearsRefusal::NothingPromised));
    desk.promise(&debt(), "2026-11-04", "2026-11-30").unwrap();
    assert_eq!(desk.look(&debt(), "2026-11-10", 12).0, Level::Overdue);
    assert_eq!(
        desk.account.break_promise(""),
        Err(ArrearsRefusal::Reason(0))
    );
    desk.account.break_promise("nobody answers").unwrap();
    assert_eq!(desk.look(&debt(), "2026-11-10", 12).0, Level::Suspended);
}

#[test]
fn a_hold_clears_and_expires() {
    let mut desk = Desk::open();
    desk.look(&debt(), "2026-11-03", 12);
    desk.look(&debt(), "2026-11-10", 12);
    let today = day("2026-11-10");
    let until = || hold(Some("2026-11-12"));
    assert_eq!(desk.account.place_hold(until(), today), Ok(true));
    assert_eq!(desk.account.place_hold(until(), today), Ok(false));
    assert_eq!(desk.look(&debt(), "2026-11-12", 3), (Level::Clear, vec![]));
    assert_eq!(desk.look(&debt(), "2026-11-13", 12).0, Level::Suspended);
    let told = desk.told();
    let count = |name| told.iter().filter(|it| **it == name).count();
    assert_eq!(
        (count("billing.hold_placed"), count("billing.hold_lifted")),
        (1, 1)
    );
    assert_eq!(desk.account.hold(), None);
}

#[test]
fn a_hold_is_lifted_once_and_replaced_only_when_it_is_over() {
    let mut desk = Desk::open();
    let today = day("2026-11-10");
    desk.account.place_hold(hold(None), today).unwrap();
    let second = desk.account.place_hold(hold(Some("2026-12-01")), today);
    let reason = "a hospital".to_owned();
    assert_eq!(second, Err(ArrearsRefusal::AlreadyHeld { reason }));
    assert!(desk.account.lift_hold());
    assert!(!desk.account.lift_hold());
    assert_eq!(desk.told(), ["billing.hold_placed", "billing.hold_lifted"]);
}

#[test]
fn bad_input_is_named() {
    let mut desk = Desk::open();
    let before = desk.account.clone();
    let long = desk.account.change_terms(Some(LONGEST_TERMS_DAYS + 1));
    assert_eq!(long, Err(ArrearsRefusal::Terms(366)));
    let today = day("2026-11-10");
    let silent = Hold {
        reason: "  ".to_owned(),
        until: None,
    };
    assert_eq!(
        desk.account.place_hold(silent, today),
        Err(ArrearsRefusal::Reason(0))
    );
    let past = desk.account.place_hold(hold(Some("2026-11-09")), today);
    let refused = ArrearsRefusal::PastHold {
        placed_on: today,
        until: day("2026-11-09"),
    };
    assert_eq!(past, Err(refused));
    assert_eq!(desk.account, before);
    desk.account.change_terms(Some(30)).unwrap();
    desk.account.change_terms(Some(30)).unwrap();
    assert_eq!(desk.account.terms_days(), Some(30));
    desk.account.change_terms(None).unwrap();
    assert_eq!(desk.told(), ["billing.terms_changed"; 2]);
}

#[test]
fn small_debts_begin_nothing() {
    let mut desk = Desk::under(NewProcedure {
        tolerance_minor: 100,
        ..office()
    });
    assert_eq!(desk.look(&debt(), "2026-11-30", 12), (Level::Clear, vec![]));
    assert_eq!(desk.account.episode().number(), 0);
    let more = [debt()[0], due(day("2026-11-20"), 1)];
    assert_eq!(desk.look(&more, "2026-11-30", 12).0, Level::Overdue);
    let rest = [due(day("2026-11-20"), 1)];
    assert_eq!(desk.look(&rest, "2026-11-30", 12).0, Level::Clear);
    assert!(!desk.account.episode().is_on());
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
            let before = desk.account.level();
            let (after, steps) = desk.look_at(open, today, hour);
            let at = today.and_hms_opt(hour, 0, 0).unwrap();
            if !desk.procedure.window().allows(at) {
                prop_assert!(after <= before.max(Level::Overdue));
                prop_assert!(steps.iter().all(|it| !it.takes_access()));
            }
            prop_assert!(after <= desk.account.episode().cap() || after == Level::Clear);
            if !owes {
                prop_assert_eq!(after, Level::Clear);
                prop_assert!(steps.is_empty());
            }
            let again = desk.look_at(open, today, hour);
            prop_assert_eq!(again, (after, Vec::new()));
        }
    }
}
