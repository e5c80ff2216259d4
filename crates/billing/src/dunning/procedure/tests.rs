//! A procedure does not contradict itself, and three numbers are one.

#![allow(clippy::unwrap_used)]

use super::{BadProcedure, NewProcedure, Procedure, ProcedureId, WindowState};
use crate::dunning::{BadSteps, BadWindow, Step, StepKind};
use crate::overdue::DunningPolicy;

fn defined() -> NewProcedure {
    NewProcedure {
        steps: vec![
            Step {
                day: 1,
                kind: StepKind::Reminder,
            },
            Step {
                day: 8,
                kind: StepKind::Suspension,
            },
        ],
        ..NewProcedure::of_policy(DunningPolicy::STANDARD)
    }
}

fn refused(change: impl FnOnce(&mut NewProcedure)) -> BadProcedure {
    let mut new = defined();
    change(&mut new);
    Procedure::new(new, ProcedureId::Entity(1)).unwrap_err()
}

#[test]
fn what_contradicts_what_is_named() {
    assert!(Procedure::new(defined(), ProcedureId::Entity(1)).is_ok());
    assert_eq!(refused(|it| it.grace_days = 366), BadProcedure::Grace(366));
    assert_eq!(
        refused(|it| it.tolerance_minor = -1),
        BadProcedure::Tolerance(-1)
    );
    let fee = refused(|it| it.reconnection_fee_minor = -1);
    assert_eq!(fee, BadProcedure::ReconnectionFee(-1));
    assert_eq!(
        refused(|it| it.promise_days = 61),
        BadProcedure::PromiseDays(61)
    );
    assert_eq!(refused(|it| it.promises = 11), BadProcedure::Promises(11));
    let all = refused(|it| it.most_cut_percent = Some(101));
    assert_eq!(all, BadProcedure::MostCut(101));
    let hours = refused(|it| it.to_hour = 0);
    assert_eq!(hours, BadWindow::Hours { from: 0, to: 0 }.into());
    let days = refused(|it| it.weekdays.clear());
    assert_eq!(days, BadWindow::Weekdays.into());
    let early = refused(|it| it.grace_days = 8);
    let step = BadSteps::InGrace {
        kind: "suspension",
        day: 8,
        grace_days: 8,
    };
    assert_eq!(early, step.into());
}

#[test]
fn three_numbers_are_a_procedure_without_a_word() {
    let it = Procedure::of_policy(DunningPolicy::STANDARD).unwrap();
    assert_eq!((it.version(), it.rungs()), (0, [1, 4, 8]));
    let day = "2026-12-25".parse().unwrap();
    assert_eq!(it.window_on(day), WindowState::Open);
    assert_eq!(it.defined().reconnection_fee_minor, 0);
}

#[test]
fn without_a_restriction_access_stays_whole_until_it_is_suspended() {
    let it = Procedure::new(defined(), ProcedureId::Entity(1)).unwrap();
    assert_eq!(it.rungs(), [1, 8, 8]);
    let told = NewProcedure {
        steps: defined().steps[..1].to_vec(),
        ..defined()
    };
    let it = Procedure::new(told, ProcedureId::Entity(1)).unwrap();
    assert_eq!(it.rungs(), [1, i64::MAX, i64::MAX]);
}

#[test]
fn only_the_run_takes_access_where_hours_or_a_share_are_set() {
    let day = "2026-11-20".parse().unwrap();
    let on = |change: fn(&mut NewProcedure)| {
        let mut new = defined();
        change(&mut new);
        let it = Procedure::new(new, ProcedureId::Entity(1)).unwrap();
        it.window_on(day)
    };
    assert_eq!(on(|_| {}), WindowState::Open);
    assert_eq!(on(|it| it.from_hour = 9), WindowState::Closed);
    assert_eq!(on(|it| it.most_cut_percent = Some(20)), WindowState::Closed);
}

#[test]
fn a_procedure_reads_back_from_its_words() {
    let new = defined();
    let words = serde_json::to_value(&new).unwrap();
    assert_eq!(words["steps"][0]["kind"], "reminder");
    assert_eq!(serde_json::from_value::<NewProcedure>(words).unwrap(), new);
}
