//! A batch: an order for a number of vouchers of one kind.

use kernel::{BatchId, Money, Name, PlanId, ProfileId, RouterId, Timestamp};

use crate::code::{BadCodeStyle, CodeStyle};
use crate::events::VoucherEvent;
use crate::validity::{BadValidity, Validity};

/// How far a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchStatus {
    /// Its vouchers are being made.
    Generating,
    /// All its vouchers exist.
    Ready,
    /// It was withdrawn.
    Voided {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

/// What is wanted from a new batch.
#[derive(Debug, Clone, PartialEq)]
pub struct NewBatch {
    /// The id it will have.
    pub id: BatchId,
    /// What people call it.
    pub name: Name,
    /// What is sold.
    pub plan: PlanId,
    /// The plan's technical side when the batch was ordered.
    pub profile: ProfileId,
    /// Where the vouchers are valid.
    pub router: RouterId,
    /// How many, 1 to 50,000.
    pub count: u32,
    /// How the codes look.
    pub style: CodeStyle,
    /// How long they live.
    pub validity: Validity,
    /// What one costs, fixed when ordered.
    pub price: Money,
}

/// An order for vouchers.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    order: NewBatch,
    generated: u32,
    status: BatchStatus,
    ordered_at: Timestamp,
    version: i64,
    events: Vec<VoucherEvent>,
}

/// The stored form of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchSnapshot {
    /// What was ordered.
    pub order: NewBatch,
    /// How many vouchers exist.
    pub generated: u32,
    /// How far it is.
    pub status: BatchStatus,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// An order that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBatch {
    /// Not 1 to 50,000 vouchers.
    #[error("count must be 1 to 50000")]
    Count,
    /// The codes are unusable or too short.
    #[error(transparent)]
    Style(#[from] BadCodeStyle),
    /// A clock is out of range.
    #[error(transparent)]
    Validity(#[from] BadValidity),
    /// The price is below zero.
    #[error("price must not be negative")]
    Price,
}

/// Why a batch stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchRefusal {
    /// It was withdrawn.
    #[error("the batch was withdrawn")]
    Voided,
    /// More vouchers than ordered.
    #[error("the batch already has all {count} vouchers")]
    Full {
        /// How many were ordered.
        count: u32,
    },
    /// A withdrawal needs a reason of 1 to 300 characters.
    #[error("reason must be 1 to 300 characters")]
    Reason,
}

impl Batch {
    /// The most vouchers one batch holds.
    pub const MAX_COUNT: u32 = 50_000;

    /// Takes an order.
    ///
    /// # Errors
    /// [`BadBatch`] names the rule that is broken.
    pub fn order(order: NewBatch, now: Timestamp) -> Result<Self, BadBatch> {
        if !(1..=Self::MAX_COUNT).contains(&order.count) {
            return Err(BadBatch::Count);
        }
        if order.price.is_negative() {
            return Err(BadBatch::Price);
        }
        order.style.fits(order.count)?;
        order.validity.check()?;
        let ordered = VoucherEvent::BatchOrdered {
            batch: order.id,
            plan: order.plan,
            router: order.router,
            count: order.count,
        };
        Ok(Self {
            order,
            generated: 0,
            status: BatchStatus::Generating,
            ordered_at: now,
            version: 0,
            events: vec![ordered],
        })
    }

    /// Takes over a batch that another program made: its codes exist already, so neither their style nor the clocks
    /// are judged, and nothing is generated. See [`Batch::add_imported`].
    ///
    /// # Errors
    /// [`BadBatch`] for an impossible count or price.
    pub fn import(order: NewBatch, now: Timestamp) -> Result<Self, BadBatch> {
        if !(1..=Self::MAX_COUNT).contains(&order.count) {
            return Err(BadBatch::Count);
        }
        if order.price.is_negative() {
            return Err(BadBatch::Price);
        }
        let imported = VoucherEvent::BatchImported {
            batch: order.id,
            plan: order.plan,
            router: order.router,
            count: order.count,
        };
        Ok(Self {
            order,
            generated: 0,
            status: BatchStatus::Ready,
            ordered_at: now,
            version: 0,
            events: vec![imported],
        })
    }

    /// Counts vouchers that were taken over; never more than the batch holds.
    pub fn add_imported(&mut self, taken: u32) {
        self.generated += taken.min(self.missing());
    }

    /// Brings a stored batch back.
    #[must_use]
    pub fn restore(stored: BatchSnapshot) -> Self {
        Self {
            order: stored.order,
            generated: stored.generated,
            status: stored.status,
            ordered_at: stored.ordered_at,
            version: stored.version,
            events: Vec::new(),
        }
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> BatchSnapshot {
        BatchSnapshot {
            order: self.order.clone(),
            generated: self.generated,
            status: self.status.clone(),
            ordered_at: self.ordered_at,
            version: self.version,
        }
    }

    /// Counts vouchers that were just made.
    ///
    /// # Errors
    /// [`BatchRefusal`] if the batch was withdrawn or would hold too many.
    pub fn add_generated(&mut self, made: u32) -> Result<(), BatchRefusal> {
        if matches!(self.status, BatchStatus::Voided { .. }) {
            return Err(BatchRefusal::Voided);
        }
        if made > self.missing() {
            return Err(BatchRefusal::Full {
                count: self.order.count,
            });
        }
        self.generated += made;
        if self.missing() == 0 && self.status == BatchStatus::Generating {
            self.status = BatchStatus::Ready;
            self.events.push(VoucherEvent::BatchGenerated {
                batch: self.order.id,
                router: self.order.router,
                count: self.order.count,
            });
        }
        Ok(())
    }

    /// Withdraws the batch; twice is harmless.
    ///
    /// # Errors
    /// [`BatchRefusal::Reason`] without a usable reason.
    pub fn void(&mut self, reason: &str, vouchers: u64, at: Timestamp) -> Result<(), BatchRefusal> {
        let reason = usable_reason(reason).ok_or(BatchRefusal::Reason)?;
        if matches!(self.status, BatchStatus::Voided { .. }) {
            return Ok(());
        }
        self.status = BatchStatus::Voided {
            at,
            reason: reason.clone(),
        };
        self.events.push(VoucherEvent::BatchVoided {
            batch: self.order.id,
            vouchers,
            reason,
        });
        Ok(())
    }

    /// Records that codes were shown.
    pub fn record_reveal(&mut self, codes: u32) {
        self.events.push(VoucherEvent::CodesRevealed {
            batch: self.order.id,
            codes,
        });
    }

    /// What was ordered.
    #[must_use]
    pub const fn ordered(&self) -> &NewBatch {
        &self.order
    }

    /// When it was ordered.
    #[must_use]
    pub const fn ordered_at(&self) -> Timestamp {
        self.ordered_at
    }

    /// How far it is.
    #[must_use]
    pub const fn status(&self) -> &BatchStatus {
        &self.status
    }

    /// How many vouchers exist.
    #[must_use]
    pub const fn generated(&self) -> u32 {
        self.generated
    }

    /// How many vouchers are still to be made.
    #[must_use]
    pub const fn missing(&self) -> u32 {
        self.order.count.saturating_sub(self.generated)
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<VoucherEvent> {
        std::mem::take(&mut self.events)
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.version = version;
    }
}

/// A reason of 1 to 300 characters, trimmed.
pub(crate) fn usable_reason(reason: &str) -> Option<String> {
    let reason = reason.trim();
    let fits = (1..=300).contains(&reason.chars().count());
    (fits && !reason.chars().any(char::is_control)).then(|| reason.to_owned())
}

#[cfg(test)]
mod tests;
