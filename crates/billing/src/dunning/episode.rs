//! One debt: which steps were taken, each at most once, in order, without gaps.

use kernel::LocalDate;
use serde::{Deserialize, Serialize};

use super::{ProcedureId, Step, StepKind, Steps};
use crate::overdue::Level;

/// How far the steps of the current debt were taken. Begins with the first of them and ends when nothing is overdue any
/// more (billing.md, sections 5.4.1 and 5.4.2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Episode {
    /// Which debt of the account it is, from 1; 0 before the first.
    number: u64,
    /// The due date it counts from; none between two debts.
    anchor: Option<LocalDate>,
    /// Whether anything was past due in it.
    was_overdue: bool,
    /// How many steps of the procedure were taken: always the first ones.
    done: usize,
    /// The procedure they are of.
    procedure: ProcedureId,
    /// The day of the last of them, past due.
    through: Option<i64>,
    /// How many steps were taken in all, under this procedure and earlier ones.
    taken: u16,
    /// When the customer was last told.
    told_on: Option<LocalDate>,
    /// How much access was taken.
    reached: Option<Level>,
    /// How many promises were made.
    promises: u8,
}

/// A step as it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenStep {
    /// Of which debt of the account, from 1.
    pub episode: u64,
    /// Its place among those taken for this debt, from 0.
    pub step: u16,
    /// What was to be done, and when.
    pub of: Step,
    /// The day it was done.
    pub on: LocalDate,
    /// Whether it was left out because a later reminder says the same.
    pub merged: bool,
}

/// The debt as it stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owed {
    /// The due date of the oldest open invoice; none if what is open is let pass.
    pub(crate) oldest_due: Option<LocalDate>,
    /// Whether that is past.
    pub(crate) is_overdue: bool,
}

impl Episode {
    /// Which debt of the account it is, from 1; 0 before the first.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Whether there is a debt that steps were taken for.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.anchor.is_some()
    }

    /// How many steps of the current procedure were taken: always the first ones.
    #[must_use]
    pub const fn done(&self) -> usize {
        self.done
    }

    /// How many promises were made for this debt.
    #[must_use]
    pub const fn promises(&self) -> u8 {
        self.promises
    }

    /// How many steps were taken for this debt in all.
    pub(crate) const fn steps_taken(&self) -> u16 {
        self.taken
    }

    /// The worst level its steps have led to.
    pub(crate) fn cap(&self) -> Level {
        self.reached.unwrap_or(Level::Overdue)
    }

    pub(crate) const fn promised(&mut self) {
        self.promises = self.promises.saturating_add(1);
    }

    /// Ends it if its debt is paid, and begins the next one if there is any; returns the episode that ended, if one did.
    pub(crate) fn follow(&mut self, owed: Owed) -> Option<Self> {
        let is_over = self.anchor.is_some_and(|anchor| {
            let other_debt = owed.oldest_due.is_none_or(|it| it > anchor);
            !owed.is_overdue && (self.was_overdue || other_debt)
        });
        let ended = is_over.then(|| self.end());
        if self.anchor.is_none() && owed.is_overdue {
            self.begin(owed.oldest_due);
        }
        self.was_overdue |= owed.is_overdue && self.anchor.is_some();
        ended
    }

    fn begin(&mut self, anchor: Option<LocalDate>) {
        self.number += 1;
        self.anchor = anchor;
    }

    fn end(&mut self) -> Self {
        let number = self.number;
        let next = Self {
            number,
            ..Self::default()
        };
        std::mem::replace(self, next)
    }

    /// Takes the steps that are due on a day and were not taken yet, in order.
    ///
    /// Missed reminders are merged into the last of them. Access is never taken on the day of a reminder, nor outside the
    /// window: both wait for another evaluation (billing.md, sections 5.4.2 and 5.4.3).
    pub(crate) fn take(
        &mut self,
        (steps, procedure): (&Steps, ProcedureId),
        oldest_due: Option<LocalDate>,
        today: LocalDate,
        window: WindowState,
    ) -> Vec<TakenStep> {
        let Some(oldest_due) = oldest_due else {
            return Vec::new();
        };
        self.move_to(steps, procedure);
        let days = today.signed_duration_since(oldest_due).num_days();
        let mut taken: Vec<TakenStep> = Vec::new();
        for step in steps.as_slice().iter().skip(self.done) {
            if step.day > days || self.must_wait(*step, today, window) {
                break;
            }
            if self.anchor.is_none() {
                self.begin(Some(oldest_due));
            }
            if step.kind == StepKind::Reminder {
                taken.iter_mut().for_each(TakenStep::give_way);
            }
            taken.push(self.took(*step, today));
        }
        taken
    }

    fn must_wait(&self, step: Step, today: LocalDate, window: WindowState) -> bool {
        step.kind.takes_access() && (self.told_on == Some(today) || window == WindowState::Closed)
    }

    fn took(&mut self, of: Step, on: LocalDate) -> TakenStep {
        let step = self.taken;
        self.done += 1;
        self.taken = self.taken.saturating_add(1);
        self.through = Some(of.day);
        match of.kind {
            StepKind::Reminder => self.told_on = Some(on),
            StepKind::Fee { .. } => {}
            StepKind::Restriction => self.reached = self.reached.max(Some(Level::Restricted)),
            StepKind::Suspension | StepKind::Termination => self.reached = Some(Level::Suspended),
        }
        TakenStep {
            episode: self.number,
            step,
            of,
            on,
            merged: false,
        }
    }

    /// Goes on under another procedure: what lies up to the last step taken counts as done there.
    fn move_to(&mut self, steps: &Steps, procedure: ProcedureId) {
        if self.procedure == procedure {
            return;
        }
        self.procedure = procedure;
        let past = |it: &&Step| self.through.is_some_and(|through| it.day <= through);
        self.done = steps.as_slice().iter().take_while(past).count();
    }

    /// Whether the next step is due and waits for nothing but the window.
    pub(crate) fn waits(
        &self,
        (steps, procedure): (&Steps, ProcedureId),
        oldest_due: Option<LocalDate>,
        today: LocalDate,
        window: WindowState,
    ) -> bool {
        let days = oldest_due.map(|it| today.signed_duration_since(it).num_days());
        let next = self.next(steps, procedure);
        let is_due = next
            .is_some_and(|it| it.kind.takes_access() && days.is_some_and(|days| it.day <= days));
        is_due && window == WindowState::Closed && self.told_on != Some(today)
    }

    /// The first step that was not taken yet.
    pub(crate) fn next(&self, steps: &Steps, procedure: ProcedureId) -> Option<Step> {
        let mut ahead = self.clone();
        ahead.move_to(steps, procedure);
        steps.as_slice().get(ahead.done).copied()
    }
}

impl TakenStep {
    fn give_way(&mut self) {
        self.merged |= self.of.kind == StepKind::Reminder;
    }
}

/// Whether access may be taken away now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowState {
    /// It may.
    Open,
    /// It may not: the next allowed day.
    Closed,
}
