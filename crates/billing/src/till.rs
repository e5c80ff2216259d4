//! The day of a till: what a cashier began with, what cash came in and went out, and what was counted when it closed.

use kernel::{EntityId, Id, Kind, LocalDate, Money, MoneyError, OperatorId, PaymentId, Timestamp};

use crate::events::BillingEvent;
use crate::payment::RefundId;
use crate::unmatched::UnmatchedId;

/// Marks the id of a day of a till.
#[derive(Debug)]
pub enum TillDayKind {}

impl Kind for TillDayKind {
    const PREFIX: &'static str = "til";
    const NAME: &'static str = "till day";
}

/// The id of a day of a till.
pub type TillDayId = Id<TillDayKind>;

/// How a day ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillClose {
    /// When.
    pub at: Timestamp,
    /// Who counted.
    pub by: OperatorId,
    /// What should have been there: what it began with, and the cash that came in, less what went out.
    pub expected: Money,
    /// What was there, at or above zero.
    pub counted: Money,
    /// Why that differs, in 1 to 300 characters; needed where it does.
    pub note: Option<String>,
}

impl TillClose {
    /// Counted less expected: below zero where cash is missing.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn difference(&self) -> Result<Money, MoneyError> {
        self.counted.checked_sub(self.expected)
    }
}

/// The stored form of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillDaySnapshot {
    /// The day.
    pub id: TillDayId,
    /// For whom the money is taken.
    pub entity: EntityId,
    /// Who takes it.
    pub operator: OperatorId,
    /// The local day on which it was opened.
    pub business_day: LocalDate,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The change in the till then, at or above zero.
    pub opening: Money,
    /// How it ended, once it has.
    pub close: Option<TillClose>,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// A day of a till. It takes cash until it is closed, and nothing about it changes after that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillDay {
    data: TillDaySnapshot,
    events: Vec<BillingEvent>,
}

/// What money was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakingSource {
    /// It came in.
    Payment(PaymentId),
    /// It was given back.
    Refund(RefundId),
}

/// Money that an operator took, or, below zero, gave back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taking {
    /// What for: told once.
    pub source: TakingSource,
    /// Of which payment.
    pub payment: PaymentId,
    /// For whom.
    pub entity: EntityId,
    /// Who took it.
    pub operator: OperatorId,
    /// The day it belongs to: the open one of the operator if it is cash. None if there was none, or it is no cash.
    pub day: Option<TillDayId>,
    /// How much.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}

/// Cash that no account has: it goes in and out of a till all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuspenseCash {
    /// The money that fits no account: told once on its way in and once on its way out.
    pub money: UnmatchedId,
    /// Who took it, or handed it back.
    pub operator: OperatorId,
    /// The day it belongs to.
    pub day: TillDayId,
    /// How much: above zero on its way in, below zero on its way out.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}

/// Why a till stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TillRefusal {
    /// Less than nothing in the till.
    #[error("what is in a till must not be below zero, but is {0}")]
    Negative(Money),
    /// Another currency than the entity's.
    #[error("the till is in {wanted}, not in {given}")]
    Currency {
        /// What it is in.
        wanted: kernel::Currency,
        /// What was given.
        given: kernel::Currency,
    },
    /// It was closed before: nothing about it changes.
    #[error("the day was closed before: {counted} were counted, {expected} expected")]
    Closed {
        /// What was counted then.
        counted: Money,
        /// What was expected then.
        expected: Money,
    },
    /// A difference that nobody explains.
    #[error("{counted} were counted and {expected} are expected: say in 1 to 300 characters why")]
    Unexplained {
        /// What was counted.
        counted: Money,
        /// What is expected.
        expected: Money,
    },
    /// The amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl TillDay {
    /// Opens a day with some change in the till.
    ///
    /// # Errors
    /// [`TillRefusal::Negative`].
    pub fn open(
        id: TillDayId,
        (entity, operator): (EntityId, OperatorId),
        (business_day, opened_at): (LocalDate, Timestamp),
        opening: Money,
    ) -> Result<Self, TillRefusal> {
        if opening.is_negative() {
            return Err(TillRefusal::Negative(opening));
        }
        let data = TillDaySnapshot {
            id,
            entity,
            operator,
            business_day,
            opened_at,
            opening,
            close: None,
            version: 0,
        };
        let event = BillingEvent::TillOpened {
            day: id,
            operator,
            opening,
        };
        Ok(Self {
            data,
            events: vec![event],
        })
    }

    /// Brings a stored day back.
    #[must_use]
    pub const fn restore(data: TillDaySnapshot) -> Self {
        Self {
            data,
            events: Vec::new(),
        }
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> TillDaySnapshot {
        self.data.clone()
    }

    /// Closes the day: `taken` is the cash that came in less what went out. The same count again changes nothing.
    ///
    /// # Errors
    /// [`TillRefusal`]; the day goes on then, unless it was closed with another count.
    pub fn close(
        &mut self,
        (counted, taken): (Money, Money),
        note: Option<&str>,
        (by, at): (OperatorId, Timestamp),
    ) -> Result<(), TillRefusal> {
        if let Some(before) = &self.data.close {
            let (known, expected) = (before.counted, before.expected);
            return match known == counted && before.note.as_deref() == note.map(str::trim) {
                true => Ok(()),
                false => Err(TillRefusal::Closed {
                    counted: known,
                    expected,
                }),
            };
        }
        let (wanted, given) = (self.data.opening.currency(), counted.currency());
        if wanted != given {
            return Err(TillRefusal::Currency { wanted, given });
        }
        if counted.is_negative() {
            return Err(TillRefusal::Negative(counted));
        }
        let expected = self.data.opening.checked_add(taken)?;
        let usable = note.map(str::trim).filter(|it| is_usable(it));
        if usable.is_none() && (counted != expected || note.is_some()) {
            return Err(TillRefusal::Unexplained { counted, expected });
        }
        self.data.close = Some(TillClose {
            at,
            by,
            expected,
            counted,
            note: usable.map(str::to_owned),
        });
        self.events.push(BillingEvent::TillClosed {
            day: self.data.id,
            operator: self.data.operator,
            by,
            expected,
            counted,
            note: usable.map(str::to_owned),
        });
        Ok(())
    }

    /// The day.
    #[must_use]
    pub const fn id(&self) -> TillDayId {
        self.data.id
    }

    /// Who takes the money.
    #[must_use]
    pub const fn operator(&self) -> OperatorId {
        self.data.operator
    }

    /// Whether something happened to it since it was loaded or saved.
    #[must_use]
    pub const fn has_news(&self) -> bool {
        !self.events.is_empty()
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.version = version;
    }
}

fn is_usable(note: &str) -> bool {
    (1..=300).contains(&note.chars().count()) && !note.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
