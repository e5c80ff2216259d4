//! Lets a fee of dunning off that no bill carries yet.

use kernel::{AccountId, MayConflict, Scope, StoreError};

use crate::account::WaiveRefusal;
use crate::ports::BillingStore;

/// Which fee, and why nobody has to pay it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiveFee {
    /// Whose.
    pub account: AccountId,
    /// Of which debt of the account, from 1.
    pub episode: u64,
    /// The step that made it.
    pub step: u16,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// Why a fee stays.
#[derive(Debug, thiserror::Error)]
pub enum WaiveFeeError {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// Dunning has made no such charge.
    #[error("step {step} of debt {episode} of account {account} has charged nothing")]
    NoFee {
        /// The account.
        account: AccountId,
        /// The debt.
        episode: u64,
        /// The step.
        step: u16,
    },
    /// A rule refuses it.
    #[error("the fee stays")]
    Refused(#[from] WaiveRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for WaiveFeeError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Lets a fee off: no bill will carry it. One that is on an invoice is credited instead. The same again changes nothing.
///
/// # Errors
/// [`WaiveFeeError`]; nothing is changed then.
pub async fn waive_fee(
    store: &dyn BillingStore,
    scope: &Scope,
    command: WaiveFee,
) -> Result<(), WaiveFeeError> {
    let WaiveFee {
        account: id,
        episode,
        step,
        reason,
    } = command;
    let mut tx = store.begin(scope).await?;
    let account = tx.accounts().lock(id).await?;
    let mut account = account.ok_or(WaiveFeeError::NotFound(id))?;
    let fee = tx.fees().find(id, episode, step).await?;
    let fee = fee.ok_or(WaiveFeeError::NoFee {
        account: id,
        episode,
        step,
    })?;
    if account.waive(&fee, &reason)? {
        tx.accounts().save(&mut account).await?;
        tx.commit().await?;
    }
    Ok(())
}
