//! What keeps consequences away for a while: a promise to pay, or a hold by an operator.

use kernel::{LocalDate, Money, MoneyError};
use serde::{Deserialize, Serialize};

use super::Procedure;
use crate::overdue::{Level, OpenAmount, level_of};

/// How far ahead a promise may reach, in days.
pub const LONGEST_PROMISE_DAYS: i64 = 60;

/// An operator's word that nothing happens to an account, however late it pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Why.
    pub reason: String,
    /// The last day it counts; for good if absent.
    pub until: Option<LocalDate>,
}

impl Hold {
    /// Whether it counts on a day.
    #[must_use]
    pub fn counts(&self, today: LocalDate) -> bool {
        self.until.is_none_or(|it| today <= it)
    }
}

/// A customer's word to pay by a day. Until then the level stays where it was or gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// When it was given.
    pub made_on: LocalDate,
    /// The last day to keep it.
    pub until: LocalDate,
    /// How far behind the account was then.
    pub level: Level,
}

/// A promise that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPromise {
    /// Its day is over.
    #[error("a promise made on {made_on} cannot end on {until}")]
    Past {
        /// When it was given.
        made_on: LocalDate,
        /// The last day to keep it.
        until: LocalDate,
    },
    /// Too far ahead.
    #[error("a promise may reach {most} days, not {days}")]
    TooLong {
        /// How many days it reaches.
        days: i64,
        /// How many it may.
        most: i64,
    },
}

/// What became of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PromiseState {
    /// Its day has not passed and something is overdue.
    Waiting,
    /// Nothing is overdue any more.
    Kept,
    /// Its day has passed and something is still overdue.
    Broken,
}

impl Promise {
    /// Takes a promise of an account that is at a level.
    ///
    /// # Errors
    /// [`BadPromise`] for a day that is over or too far ahead.
    pub fn new(made_on: LocalDate, until: LocalDate, level: Level) -> Result<Self, BadPromise> {
        let days = until.signed_duration_since(made_on).num_days();
        match days {
            ..0 => Err(BadPromise::Past { made_on, until }),
            0..=LONGEST_PROMISE_DAYS => Ok(Self {
                made_on,
                until,
                level,
            }),
            _ => Err(BadPromise::TooLong {
                days,
                most: LONGEST_PROMISE_DAYS,
            }),
        }
    }

    /// What became of it, by what is overdue on a day.
    #[must_use]
    pub fn state(&self, overdue: Money, today: LocalDate) -> PromiseState {
        match overdue.is_positive() {
            false => PromiseState::Kept,
            true if today <= self.until => PromiseState::Waiting,
            true => PromiseState::Broken,
        }
    }
}

/// The last day to pay without consequences: the due date, or the promised day if that is later.
#[must_use]
pub fn last_day_to_pay(due_on: LocalDate, promise: Option<&Promise>) -> LocalDate {
    promise.map_or(due_on, |it| it.until.max(due_on))
}

/// The level of an account on a local date, with a promise and a hold.
///
/// A hold that counts forces [`Level::Clear`]. Until its last day a promise keeps the level at what it was or better; after
/// that the level is what it would be without it (billing.md, section 5.4).
///
/// # Errors
/// [`MoneyError`] if the amounts cannot be summed.
pub fn overdue_with(
    open: &[OpenAmount],
    today: LocalDate,
    procedure: &Procedure,
    promise: Option<&Promise>,
    hold: Option<&Hold>,
) -> Result<Level, MoneyError> {
    if hold.is_some_and(|it| it.counts(today)) {
        return Ok(Level::Clear);
    }
    let level = level_of(open, today, procedure)?;
    let counts = |it: &&Promise| it.made_on <= today && today <= it.until;
    Ok(promise
        .filter(counts)
        .map_or(level, |it| level.min(it.level)))
}
