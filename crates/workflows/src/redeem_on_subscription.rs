//! Gives the days of a voucher to a prepaid subscription: the voucher is spent and the days are there in one transaction
//! (ADR 0007).

use async_trait::async_trait;
use billing::{BillingTx, SubscriptionError, check_takes_days, give_time_within};
use kernel::{Clock, MayConflict, Scope, StoreError, Vault};
use vouchers::{RedeemVoucher, RedeemVoucherError, VouchersTx, redeem_within};

/// One transaction over vouchers and what is sold.
pub trait RedemptionTx: VouchersTx {
    /// What is sold, in this transaction.
    fn billing(&mut self) -> &mut dyn BillingTx;
}

/// Opens widened transactions.
#[async_trait]
pub trait RedemptionStore: Send + Sync {
    /// Begins a transaction confined to the scope's tenant.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn RedemptionTx>, StoreError>;
}

/// Why the voucher was not spent.
#[derive(Debug, thiserror::Error)]
pub enum RedeemOnSubscriptionError {
    /// The subscription does not take days now.
    #[error("the subscription does not take days")]
    NotTaken(#[from] SubscriptionError),
    /// The voucher is of no use.
    #[error("the voucher cannot be redeemed")]
    NotRedeemed(#[from] RedeemVoucherError),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for RedeemOnSubscriptionError {
    fn is_conflict(&self) -> bool {
        match self {
            Self::NotTaken(err) => err.is_conflict(),
            Self::NotRedeemed(err) => err.is_conflict(),
            Self::Store(err) => err.is_conflict(),
        }
    }
}

/// Spends a voucher on a subscription, which has its days at once. Whatever refuses the days leaves the voucher unspent. The
/// same code for the same subscription again changes nothing.
///
/// # Errors
/// [`RedeemOnSubscriptionError`]; nothing is changed then.
pub async fn redeem_on_subscription(
    store: &dyn RedemptionStore,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    command: &RedeemVoucher,
) -> Result<(), RedeemOnSubscriptionError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let refusal = check_takes_days(tx.billing(), now, command.subscription).await;
    // A code that was spent on this subscription is spent, whatever it takes by now.
    let spent = redeem_within(&mut *tx, vault, now, command);
    let redeemed = match refusal {
        Ok(()) => spent.await?,
        Err(refusal) => match spent.await {
            Ok(it) if !it.is_news => it,
            _ => return Err(refusal.into()),
        },
    };
    if redeemed.is_news {
        let reason = format!("voucher {}", redeemed.voucher);
        let what = (command.subscription, redeemed.days);
        give_time_within(tx.billing(), now, what, &reason).await?;
        tx.commit().await?;
    }
    Ok(())
}
