//! A dunning procedure: what is done about debts, when access may be taken away, what customers may promise.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, Weekday};
use kernel::LocalDate;
use serde::{Deserialize, Serialize};

use super::{
    BadSteps, BadWindow, LONGEST_PROMISE_DAYS, Step, StepKind, Steps, SuspensionWindow, WindowState,
};
use crate::overdue::DunningPolicy;

/// How many holidays a calendar may list.
pub const MOST_HOLIDAYS: usize = 400;
/// How many promises one debt may see.
pub const MOST_PROMISES: u8 = 10;

/// What a procedure is defined with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProcedure {
    /// Days past due without consequences but reminders, 0 to 365.
    pub grace_days: u16,
    /// Overdue amounts up to this many minor units are let pass; 0 or more.
    pub tolerance_minor: i64,
    /// What is done, by day, 0 to 50 steps.
    pub steps: Vec<Step>,
    /// On which days access may be taken away.
    pub weekdays: Vec<Weekday>,
    /// From which full hour of those days on, 0 to 23, in the entity's zone.
    pub from_hour: u32,
    /// Up to which full hour, not included, 1 to 24.
    pub to_hour: u32,
    /// Days on which access is never taken away, at most 400.
    pub holidays: BTreeSet<LocalDate>,
    /// How far ahead a customer may promise to pay, in days, 0 to 60; 0 for no promises.
    pub promise_days: u16,
    /// How many promises one debt may see, 0 to 10.
    pub promises: u8,
    /// What is charged when suspended access is given back for payment, in minor units; 0 for nothing.
    pub reconnection_fee_minor: i64,
    /// The share of the customers with access, in percent, 1 to 100, that one run may cut off without a person's word;
    /// any if absent.
    pub most_cut_percent: Option<u8>,
}

/// Which definition of a procedure is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcedureId {
    /// The entity's, by the number of its definition; 0 for one that follows from three numbers.
    Entity(u64),
    /// The account's own, by the number of its definition.
    Account(u64),
}

impl Default for ProcedureId {
    fn default() -> Self {
        Self::Entity(0)
    }
}

/// A dunning procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    id: ProcedureId,
    defined: NewProcedure,
    steps: Steps,
    window: SuspensionWindow,
}

/// A procedure that contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadProcedure {
    /// The grace is too long.
    #[error("grace must be 0 to 365 days, not {0}")]
    Grace(u16),
    /// The tolerance is below zero.
    #[error("tolerance must not be negative, but is {0} minor units")]
    Tolerance(i64),
    /// The reconnection fee is below zero.
    #[error("the reconnection fee must not be negative, but is {0} minor units")]
    ReconnectionFee(i64),
    /// Promises reach too far.
    #[error("promises may reach {LONGEST_PROMISE_DAYS} days, not {0}")]
    PromiseDays(u16),
    /// Too many promises.
    #[error("a debt may see {MOST_PROMISES} promises, not {0}")]
    Promises(u8),
    /// A share that is none.
    #[error("the share that may be cut off must be 1 to 100 percent, not {0}")]
    MostCut(u8),
    /// A fee that no invoice of the entity could carry.
    #[error("a fee of {minor} is finer than the invoices, a step of {step} minor units")]
    OffScale {
        /// The fee, in minor units.
        minor: i64,
        /// The smallest step of an amount, in minor units.
        step: i64,
    },
    /// A calendar too long.
    #[error("a calendar may list {MOST_HOLIDAYS} holidays, not {0}")]
    Holidays(usize),
    /// The steps are no plan.
    #[error(transparent)]
    Steps(#[from] BadSteps),
    /// The window never opens.
    #[error(transparent)]
    Window(#[from] BadWindow),
}

/// Every day of the week.
const WEEK: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

impl NewProcedure {
    /// What three numbers say: no reminders, no fees, at any hour, one promise for each debt.
    #[must_use]
    pub fn of_policy(policy: DunningPolicy) -> Self {
        let step = |day: u16, kind| Step {
            day: i64::from(day) + 1,
            kind,
        };
        Self {
            grace_days: policy.grace_days,
            tolerance_minor: policy.tolerance_minor,
            steps: vec![
                step(policy.grace_days, StepKind::Restriction),
                step(policy.suspend_after_days, StepKind::Suspension),
            ],
            weekdays: WEEK.to_vec(),
            from_hour: 0,
            to_hour: 24,
            holidays: BTreeSet::new(),
            promise_days: 60,
            promises: 1,
            reconnection_fee_minor: 0,
            most_cut_percent: None,
        }
    }

    /// Refuses fees that invoices of so fine a step, in minor units, could not carry.
    pub(crate) fn must_fit(&self, step: i64) -> Result<(), BadProcedure> {
        let late = self.steps.iter().filter_map(|it| match it.kind {
            StepKind::Fee { minor } => Some(minor),
            _ => None,
        });
        let mut fees = late.chain([self.reconnection_fee_minor]);
        match fees.find(|minor| minor % step != 0) {
            Some(minor) => Err(BadProcedure::OffScale { minor, step }),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), BadProcedure> {
        let refusals = [
            (self.grace_days > 365).then_some(BadProcedure::Grace(self.grace_days)),
            (self.tolerance_minor < 0).then_some(BadProcedure::Tolerance(self.tolerance_minor)),
            (self.reconnection_fee_minor < 0)
                .then_some(BadProcedure::ReconnectionFee(self.reconnection_fee_minor)),
            (i64::from(self.promise_days) > LONGEST_PROMISE_DAYS)
                .then_some(BadProcedure::PromiseDays(self.promise_days)),
            (self.promises > MOST_PROMISES).then_some(BadProcedure::Promises(self.promises)),
            (self.holidays.len() > MOST_HOLIDAYS)
                .then_some(BadProcedure::Holidays(self.holidays.len())),
            self.most_cut_percent
                .filter(|it| !(1..=100).contains(it))
                .map(BadProcedure::MostCut),
        ];
        refusals.into_iter().flatten().next().map_or(Ok(()), Err)
    }

    fn window(&self) -> Result<SuspensionWindow, BadWindow> {
        let hours = (self.from_hour, self.to_hour);
        SuspensionWindow::new(self.weekdays.clone(), hours, self.holidays.clone())
    }
}

impl Procedure {
    /// A procedure.
    ///
    /// # Errors
    /// [`BadProcedure`] names what contradicts what.
    pub fn new(defined: NewProcedure, id: ProcedureId) -> Result<Self, BadProcedure> {
        defined.check()?;
        let steps = Steps::new(defined.steps.clone())?;
        steps.respect(defined.grace_days)?;
        Ok(Self {
            id,
            window: defined.window()?,
            defined,
            steps,
        })
    }

    /// What an entity does that has defined nothing but three numbers, as its definition 0.
    ///
    /// # Errors
    /// [`BadWindow`] never: such a window is always open.
    pub fn of_policy(policy: DunningPolicy) -> Result<Self, BadWindow> {
        let defined = NewProcedure::of_policy(policy);
        Ok(Self {
            id: ProcedureId::Entity(0),
            window: defined.window()?,
            steps: Steps::unannounced(defined.steps.clone()),
            defined,
        })
    }

    /// Which definition it is.
    #[must_use]
    pub const fn id(&self) -> ProcedureId {
        self.id
    }

    /// The number of its definition; 0 for one that follows from three numbers.
    #[must_use]
    pub const fn version(&self) -> u64 {
        match self.id {
            ProcedureId::Entity(version) | ProcedureId::Account(version) => version,
        }
    }

    /// What it was defined with.
    #[must_use]
    pub const fn defined(&self) -> &NewProcedure {
        &self.defined
    }

    /// What is done, by day.
    #[must_use]
    pub const fn steps(&self) -> &Steps {
        &self.steps
    }

    /// When access may be taken away.
    #[must_use]
    pub const fn window(&self) -> &SuspensionWindow {
        &self.window
    }

    /// From how many days past due on each level but the first is reached.
    pub(crate) fn rungs(&self) -> [i64; 3] {
        let first = |takes: fn(StepKind) -> bool| {
            let mut steps = self.steps.as_slice().iter();
            steps
                .find(|it| takes(it.kind))
                .map_or(i64::MAX, |it| it.day)
        };
        let suspended = first(|it| matches!(it, StepKind::Suspension | StepKind::Termination));
        let restricted = first(StepKind::takes_access);
        [1, restricted.max(1), suspended.max(1)]
    }

    /// Whether access may be taken away at a moment, in the entity's zone.
    #[must_use]
    pub fn window_at(&self, at: NaiveDateTime) -> WindowState {
        match self.window.allows(at) {
            true => WindowState::Open,
            false => WindowState::Closed,
        }
    }

    /// The same where nothing but the day is known, and for whoever does not know how many are cut off with this account:
    /// only the dunning run takes access where hours or a share are set.
    pub(crate) fn window_on(&self, day: LocalDate) -> WindowState {
        match self.defined.most_cut_percent.is_none() && self.window.allows_all_of(day) {
            true => WindowState::Open,
            false => WindowState::Closed,
        }
    }
}

#[cfg(test)]
mod tests;
