//! Agrees a discount with a customer, and ends it.

use kernel::{AccountId, Clock, DiscountId, MayConflict, Scope, StoreError};

use crate::account::{Account, AgreedDiscount, BadAgreement};
use crate::ports::{BillingStore, BillingTx};

/// Why no discount was agreed or ended.
#[derive(Debug, thiserror::Error)]
pub enum DiscountError {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// It breaks a rule.
    #[error("the discount breaks a rule")]
    Refused(#[from] BadAgreement),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for DiscountError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Agrees a discount; it counts on invoices from its first day on, and changes none that was issued. The same again changes
/// nothing.
///
/// # Errors
/// [`DiscountError`]; nothing is changed then.
pub async fn agree_discount(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    account: AccountId,
    new: AgreedDiscount,
) -> Result<(), DiscountError> {
    let mut tx = store.begin(scope).await?;
    let mut account = locked(&mut *tx, account).await?;
    let entity = tx.entities().find(account.entity()).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    if let Some(id) = new.subscription {
        let found = tx.subscriptions().find(id).await?;
        if found.is_none_or(|it| it.account() != account.id()) {
            return Err(BadAgreement::OtherSubscription(id).into());
        }
    }
    if !account.agree_discount(new, entity.today(clock.now()))? {
        return Ok(());
    }
    tx.accounts().save(&mut account).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a discount today, for 1 to 300 characters of reason. Twice is harmless.
///
/// # Errors
/// [`DiscountError`]; nothing is changed then.
pub async fn end_discount(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    (account, id): (AccountId, DiscountId),
    reason: &str,
) -> Result<(), DiscountError> {
    let reason = reason.trim();
    let length = reason.chars().count();
    if !(1..=300).contains(&length) || reason.chars().any(char::is_control) {
        return Err(BadAgreement::Reason { length }.into());
    }
    let mut tx = store.begin(scope).await?;
    let mut account = locked(&mut *tx, account).await?;
    let entity = tx.entities().find(account.entity()).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    if !account.end_discount(id, entity.today(clock.now()), reason)? {
        return Ok(());
    }
    tx.accounts().save(&mut account).await?;
    tx.commit().await?;
    Ok(())
}

async fn locked(tx: &mut dyn BillingTx, id: AccountId) -> Result<Account, DiscountError> {
    let account = tx.accounts().lock(id).await?;
    account.ok_or(DiscountError::NotFound(id))
}
