//! What becomes of a charge of dunning: it waits for the next bill, is on one, or is let off.

use kernel::{InvoiceId, Money};

use super::{Account, Charge};
use crate::events::BillingEvent;

/// The longest reason for letting a fee off, in characters.
const LONGEST_REASON: usize = 300;

/// What became of a charge of dunning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeeState {
    /// It waits for the next bill.
    Waiting,
    /// It is on an invoice that stands.
    Billed {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// A person has let it off.
    Waived {
        /// Why.
        reason: String,
    },
}

/// A charge of dunning with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// The charge.
    pub charge: Charge,
    /// What became of it.
    pub state: FeeState,
}

/// A charge that is let off, for the store to write along with its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Of which debt of the account, from 1.
    pub episode: u64,
    /// The step that made the charge.
    pub step: u16,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// Why a fee is not let off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaiveRefusal {
    /// It is on an invoice: a credit note takes it away.
    #[error("the fee is on invoice {invoice}: credit its line")]
    Billed {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// It was let off for another reason.
    #[error("the fee was waived already: {reason}")]
    Waived {
        /// Why.
        reason: String,
    },
    /// An unusable reason.
    #[error(
        "a reason must be 1 to {LONGEST_REASON} characters without control characters, not {0}"
    )]
    Reason(usize),
}

impl Account {
    /// Lets a fee of the account off that waits for its next bill; returns whether that is news. The same again changes
    /// nothing.
    ///
    /// # Errors
    /// [`WaiveRefusal`] for one that is on an invoice or was let off for another reason, and for an unusable reason.
    pub fn waive(&mut self, fee: &Fee, reason: &str) -> Result<bool, WaiveRefusal> {
        let reason = reason.trim();
        let length = reason.chars().count();
        if !(1..=LONGEST_REASON).contains(&length) || reason.chars().any(char::is_control) {
            return Err(WaiveRefusal::Reason(length));
        }
        match &fee.state {
            FeeState::Waiting => {}
            FeeState::Billed { invoice } => {
                return Err(WaiveRefusal::Billed { invoice: *invoice });
            }
            FeeState::Waived { reason: known } if known == reason => return Ok(false),
            FeeState::Waived { reason } => {
                let reason = reason.clone();
                return Err(WaiveRefusal::Waived { reason });
            }
        }
        let Charge { episode, step, .. } = fee.charge;
        let amount: Money = fee.charge.amount;
        self.waivers.push(Waiver {
            episode,
            step,
            reason: reason.to_owned(),
        });
        self.tell(BillingEvent::FeeWaived {
            account: self.data.id,
            episode,
            step,
            amount,
            reason: reason.to_owned(),
        });
        Ok(true)
    }

    /// The fees let off since the last call, for the store to write along with it.
    pub fn take_waivers(&mut self) -> Vec<Waiver> {
        std::mem::take(&mut self.waivers)
    }
}
