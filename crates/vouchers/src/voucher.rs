//! A voucher: one code, from its making to its end.

use kernel::{BatchId, Sealed, SubscriptionId, Timestamp, VoucherId};
use serde::{Deserialize, Serialize};

use crate::batch::usable_reason;
use crate::events::VoucherEvent;
use crate::validity::Validity;

/// Where a voucher stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoucherState {
    /// Made, not sold.
    Generated,
    /// Sold, not used.
    Sold {
        /// When it was sold.
        at: Timestamp,
    },
    /// In use.
    Active {
        /// The first login.
        since: Timestamp,
    },
    /// Its time is over.
    Expired {
        /// When that was noticed.
        at: Timestamp,
    },
    /// Withdrawn.
    Voided {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

/// The name of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoucherStateName {
    /// Made, not sold.
    Generated,
    /// Sold, not used.
    Sold,
    /// In use.
    Active,
    /// Its time is over.
    Expired,
    /// Withdrawn.
    Voided,
}

impl VoucherStateName {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Generated,
        Self::Sold,
        Self::Active,
        Self::Expired,
        Self::Voided,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Sold => "sold",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Voided => "voided",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl VoucherState {
    /// The name of the state.
    #[must_use]
    pub const fn name(&self) -> VoucherStateName {
        match self {
            Self::Generated => VoucherStateName::Generated,
            Self::Sold { .. } => VoucherStateName::Sold,
            Self::Active { .. } => VoucherStateName::Active,
            Self::Expired { .. } => VoucherStateName::Expired,
            Self::Voided { .. } => VoucherStateName::Voided,
        }
    }
}

/// A voucher that is about to be stored for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVoucher {
    /// The id it will have.
    pub id: VoucherId,
    /// Its code, sealed for [`crate::voucher_owner`].
    pub code: Sealed,
    /// What finds the code again.
    pub digest: [u8; 32],
    /// Until when it may lie unused.
    pub expires_at: Option<Timestamp>,
}

/// One code and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    id: VoucherId,
    batch: BatchId,
    code: Sealed,
    digest: [u8; 32],
    state: VoucherState,
    expires_at: Option<Timestamp>,
    version: i64,
    events: Vec<VoucherEvent>,
}

/// The stored form of a voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoucherSnapshot {
    /// The voucher.
    pub id: VoucherId,
    /// Its batch.
    pub batch: BatchId,
    /// Its code, sealed.
    pub code: Sealed,
    /// What finds the code again.
    pub digest: [u8; 32],
    /// Where it stands.
    pub state: VoucherState,
    /// When its present clock runs out: shelf life while unused, validity while active.
    pub expires_at: Option<Timestamp>,
    /// The stored version, 1 or more.
    pub version: i64,
}

/// A stored voucher that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored voucher has version {0}, which is below 1")]
pub struct ImpossibleVoucher(i64);

/// Why a voucher stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VoucherRefusal {
    /// It was sold or used before.
    #[error("the voucher is {state}, so it cannot be sold")]
    NotForSale {
        /// What it is.
        state: &'static str,
    },
    /// It has ended.
    #[error("the voucher is {state}, so it cannot be used")]
    Ended {
        /// What it is.
        state: &'static str,
    },
    /// A withdrawal needs a reason of 1 to 300 characters.
    #[error("reason must be 1 to 300 characters")]
    Reason,
}

impl Voucher {
    /// Brings a stored voucher back.
    ///
    /// # Errors
    /// [`ImpossibleVoucher`] for a version that no save writes.
    pub fn restore(stored: VoucherSnapshot) -> Result<Self, ImpossibleVoucher> {
        if stored.version < 1 {
            return Err(ImpossibleVoucher(stored.version));
        }
        Ok(Self {
            id: stored.id,
            batch: stored.batch,
            code: stored.code,
            digest: stored.digest,
            state: stored.state,
            expires_at: stored.expires_at,
            version: stored.version,
            events: Vec::new(),
        })
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> VoucherSnapshot {
        VoucherSnapshot {
            id: self.id,
            batch: self.batch,
            code: self.code.clone(),
            digest: self.digest,
            state: self.state.clone(),
            expires_at: self.expires_at,
            version: self.version,
        }
    }

    /// Sells it; twice is harmless.
    ///
    /// # Errors
    /// [`VoucherRefusal::NotForSale`] once it was used or has ended.
    pub fn sell(&mut self, at: Timestamp) -> Result<(), VoucherRefusal> {
        match self.state {
            VoucherState::Generated => {}
            VoucherState::Sold { .. } => return Ok(()),
            _ => {
                return Err(VoucherRefusal::NotForSale {
                    state: self.state.name().as_str(),
                });
            }
        }
        self.state = VoucherState::Sold { at };
        self.events.push(VoucherEvent::VoucherSold {
            voucher: self.id,
            batch: self.batch,
        });
        Ok(())
    }

    /// Starts its validity at the first login; later logins change nothing.
    ///
    /// # Errors
    /// [`VoucherRefusal::Ended`] once it has expired or was withdrawn.
    pub fn activate(&mut self, validity: Validity, at: Timestamp) -> Result<(), VoucherRefusal> {
        match self.state {
            VoucherState::Generated | VoucherState::Sold { .. } => {}
            VoucherState::Active { .. } => return Ok(()),
            _ => {
                return Err(VoucherRefusal::Ended {
                    state: self.state.name().as_str(),
                });
            }
        }
        self.state = VoucherState::Active { since: at };
        self.expires_at = validity.use_end(at);
        self.events.push(VoucherEvent::VoucherActivated {
            voucher: self.id,
            batch: self.batch,
            until: self.expires_at,
        });
        Ok(())
    }

    /// Ends it if its clock has run out; returns whether it ended.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let over = self.expires_at.is_some_and(|end| end <= now);
        if !over || self.has_ended() {
            return false;
        }
        self.state = VoucherState::Expired { at: now };
        self.events.push(VoucherEvent::VoucherExpired {
            voucher: self.id,
            batch: self.batch,
        });
        true
    }

    /// Ends it for good because its days were given to a subscription; returns whether that is news. The same subscription again is
    /// none.
    ///
    /// # Errors
    /// [`VoucherRefusal::Ended`] once it was used or has ended.
    pub fn redeem(
        &mut self,
        subscription: SubscriptionId,
        days: u16,
        at: Timestamp,
    ) -> Result<bool, VoucherRefusal> {
        let reason = format!("redeemed on {subscription}");
        let is_over = self.expires_at.is_some_and(|end| end <= at);
        match &self.state {
            VoucherState::Generated | VoucherState::Sold { .. } if !is_over => {}
            VoucherState::Voided { reason: known, .. } if *known == reason => return Ok(false),
            _ => {
                return Err(VoucherRefusal::Ended {
                    state: self.state.name().as_str(),
                });
            }
        }
        self.state = VoucherState::Voided { at, reason };
        self.events.push(VoucherEvent::VoucherRedeemed {
            voucher: self.id,
            batch: self.batch,
            subscription,
            days,
        });
        Ok(true)
    }

    /// Withdraws it; on one that has ended this changes nothing.
    ///
    /// # Errors
    /// [`VoucherRefusal::Reason`] without a usable reason.
    pub fn void(&mut self, reason: &str, at: Timestamp) -> Result<(), VoucherRefusal> {
        let reason = usable_reason(reason).ok_or(VoucherRefusal::Reason)?;
        if self.has_ended() {
            return Ok(());
        }
        self.state = VoucherState::Voided {
            at,
            reason: reason.clone(),
        };
        self.events.push(VoucherEvent::VoucherVoided {
            voucher: self.id,
            batch: self.batch,
            reason,
        });
        Ok(())
    }

    /// Whether it can never be used again.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(
            self.state,
            VoucherState::Expired { .. } | VoucherState::Voided { .. }
        )
    }

    /// The voucher.
    #[must_use]
    pub const fn id(&self) -> VoucherId {
        self.id
    }

    /// Its batch.
    #[must_use]
    pub const fn batch(&self) -> BatchId {
        self.batch
    }

    /// Its code, sealed.
    #[must_use]
    pub const fn code(&self) -> &Sealed {
        &self.code
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &VoucherState {
        &self.state
    }

    /// When its present clock runs out.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
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

#[cfg(test)]
mod tests;
