//! What a provider tells of a payment: the money is here, none comes, or nobody paid in time.

use kernel::{Clock, MayConflict, Money, Scope, StoreError, Timestamp};

use super::paid::{Spoken, locked};
use super::settlement::take_in;
use crate::account::Account;
use crate::payment::{
    Heard, Payment, PaymentRefusal, PaymentStatus, ProviderPaid, check_received_at,
};
use crate::ports::{BillingStore, BillingTx, PAYMENT_REFERENCE_UNIQUE};
use crate::unmatched::UnmatchedId;

/// The provider says that the money is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlePayment {
    /// Which payment.
    pub of: Spoken,
    /// What the provider calls the money, 1 to 80 characters; unique per method.
    pub reference: String,
    /// How much was paid, in the currency that was asked for: less or more than that is taken as it is.
    pub amount: Money,
    /// What the provider pays out, if in another currency.
    pub settled_as: Option<Money>,
    /// When it came in; now if absent.
    pub received_at: Option<Timestamp>,
}

/// Why nothing was done about what a provider told.
#[derive(Debug, thiserror::Error)]
pub enum TellPaymentError {
    /// The tenant has no such payment.
    #[error("there is no payment {0}")]
    NotFound(Spoken),
    /// It breaks a rule.
    #[error("the payment refuses it")]
    Refused(#[from] PaymentRefusal),
    /// The same money waits for somebody to say whose it is.
    #[error("this money came in as {0}, which no account has yet: allocate that")]
    Unmatched(UnmatchedId),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

/// Whoever took the reference at the same time has committed: the next try finds it.
impl From<StoreError> for TellPaymentError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(PAYMENT_REFERENCE_UNIQUE) {
            Self::Store(StoreError::Conflict)
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for TellPaymentError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Settles a payment: its money pays the invoice it is meant for, then the oldest, and gives access back in the same
/// transaction. Money that comes after the payment failed or expired is credit, which pays the oldest. Told twice, or after a
/// reversal, nothing changes (billing.md, invariant 29).
///
/// Where the money was recorded as another payment before, this one fails and nothing is paid twice: [`Heard::Known`].
///
/// # Errors
/// [`TellPaymentError`]; nothing is changed then.
pub async fn settle_payment(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: SettlePayment,
) -> Result<Heard, TellPaymentError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut account, mut payment) = found(&mut *tx, &command.of).await?;
    let method = payment.method();
    let reference = command.reference.trim();
    tx.payments().lock_reference(method, reference).await?;
    let known = tx.payments().find_by_reference(method, reference).await?;
    if known.is_none()
        && let Some(waiting) = tx.unmatched().find_open(method, reference).await?
    {
        return Err(TellPaymentError::Unmatched(waiting.id()));
    }
    if let Some(other) = known.filter(|it| it.id() != payment.id()) {
        if payment.status() == PaymentStatus::Pending {
            payment.fail(&format!("its money was recorded as {}", other.id()))?;
        }
        keep(tx, payment).await?;
        return Ok(Heard::Known);
    }
    let at = command.received_at.unwrap_or(now);
    check_received_at(at, now).map_err(PaymentRefusal::from)?;
    let heard = payment.settle(&ProviderPaid {
        reference: command.reference,
        amount: command.amount,
        settled_as: command.settled_as,
        at,
    })?;
    if heard != Heard::News {
        keep(tx, payment).await?;
        return Ok(heard);
    }
    take_in(&mut *tx, &mut account, &mut payment, now).await?;
    tx.commit().await?;
    Ok(heard)
}

/// The provider says, in 1 to 300 characters, that no money comes. Once there is money this changes nothing.
///
/// # Errors
/// [`TellPaymentError`]; nothing is changed then.
pub async fn fail_payment(
    store: &dyn BillingStore,
    scope: &Scope,
    of: Spoken,
    reason: &str,
) -> Result<Heard, TellPaymentError> {
    let mut tx = store.begin(scope).await?;
    let (_, mut payment) = found(&mut *tx, &of).await?;
    let heard = payment.fail(reason)?;
    keep(tx, payment).await?;
    Ok(heard)
}

/// Nobody paid in time. Once there is money this changes nothing.
///
/// # Errors
/// [`TellPaymentError`]; nothing is changed then.
pub async fn expire_payment(
    store: &dyn BillingStore,
    scope: &Scope,
    of: Spoken,
) -> Result<Heard, TellPaymentError> {
    let mut tx = store.begin(scope).await?;
    let (_, mut payment) = found(&mut *tx, &of).await?;
    let heard = payment.expire();
    keep(tx, payment).await?;
    Ok(heard)
}

async fn found(
    tx: &mut dyn BillingTx,
    of: &Spoken,
) -> Result<(Account, Payment), TellPaymentError> {
    let found = locked(tx, of).await?;
    found.ok_or_else(|| TellPaymentError::NotFound(of.clone()))
}

/// Saves what was told, if it was new.
async fn keep(mut tx: Box<dyn BillingTx>, mut payment: Payment) -> Result<(), TellPaymentError> {
    if payment.has_news() {
        tx.payments().save(&mut payment).await?;
        tx.commit().await?;
    }
    Ok(())
}
