//! Money that fits no account is somebody's: it becomes a payment, which pays and gives access back.

use kernel::{AccountId, Clock, MayConflict, PaymentId, Scope, StoreError};

use super::receive_unmatched::leave_suspense;
use super::settlement::take_in;
use crate::payment::{BadPayment, NewPayment, Payment, PaymentMethod};
use crate::ports::{BillingStore, BillingTx, PAYMENT_REFERENCE_UNIQUE};
use crate::unmatched::{Unmatched, UnmatchedId, UnmatchedRefusal, UnmatchedState};

/// Which money somebody claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The money itself.
    Unmatched(UnmatchedId),
    /// The transaction code that the payer was told.
    Code {
        /// How it was paid.
        method: PaymentMethod,
        /// The code.
        reference: String,
    },
}

/// Says whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocateUnmatched {
    /// Which money.
    pub money: Claimed,
    /// Whose.
    pub account: AccountId,
    /// The id the payment will have.
    pub payment: PaymentId,
}

/// Why it is nobody's still.
#[derive(Debug, thiserror::Error)]
pub enum AllocateUnmatchedError {
    /// The tenant has no such money, or not any more.
    #[error("no such money waits for an account")]
    NotFound,
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// Its state does not allow it.
    #[error("its state does not allow it")]
    Refused(#[from] UnmatchedRefusal),
    /// It cannot be a payment.
    #[error("it cannot be a payment")]
    Bad(#[from] BadPayment),
    /// Somebody else has the money with this reference.
    #[error("money with this reference is a payment of another account")]
    Taken,
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for AllocateUnmatchedError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(PAYMENT_REFERENCE_UNIQUE) {
            Self::Taken
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for AllocateUnmatchedError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Makes the money a payment of the account, which pays the oldest invoices first and gives access back in the same
/// transaction. For the account that has it already this changes nothing. Returns the payment.
///
/// # Errors
/// [`AllocateUnmatchedError`]; nothing is changed then.
pub async fn allocate_unmatched(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: AllocateUnmatched,
) -> Result<PaymentId, AllocateUnmatchedError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let account = tx.accounts().lock(command.account).await?;
    let mut account = account.ok_or(AllocateUnmatchedError::NoAccount(command.account))?;
    let mut money = match found(&mut *tx, &command).await? {
        Found::Waiting(money) => money,
        Found::Theirs(payment) => return Ok(payment),
    };
    let it = money.snapshot();
    if it.amount.currency() != account.currency() {
        let refusal = UnmatchedRefusal::Currency {
            money: it.amount.currency(),
            account: account.currency(),
        };
        return Err(refusal.into());
    }
    money.allocate(command.account, command.payment)?;
    leave_suspense(&mut *tx, &it, now).await?;
    let new = NewPayment {
        id: command.payment,
        account: command.account,
        amount: it.amount,
        method: it.method,
        reference: it.reference,
        received_at: it.received_at,
    };
    let mut payment = Payment::record(new, now)?;
    take_in(&mut *tx, &mut account, &mut payment, now).await?;
    tx.unmatched().save(&mut money).await?;
    tx.commit().await?;
    Ok(command.payment)
}

enum Found {
    Waiting(Unmatched),
    /// The account has it already.
    Theirs(PaymentId),
}

async fn found(
    tx: &mut dyn BillingTx,
    command: &AllocateUnmatched,
) -> Result<Found, AllocateUnmatchedError> {
    let money = match &command.money {
        Claimed::Unmatched(id) => tx.unmatched().find(*id).await?,
        Claimed::Code { method, reference } => {
            let reference = reference.trim();
            let waiting = tx.unmatched().find_open(*method, reference).await?;
            if waiting.is_none() {
                let paid = tx.payments().find_by_reference(*method, reference).await?;
                return match paid {
                    Some(it) if it.account() == command.account => Ok(Found::Theirs(it.id())),
                    Some(_) => Err(AllocateUnmatchedError::Taken),
                    None => Err(AllocateUnmatchedError::NotFound),
                };
            }
            waiting
        }
    };
    let money = money.ok_or(AllocateUnmatchedError::NotFound)?;
    match money.state() {
        UnmatchedState::Allocated { account, payment } if *account == command.account => {
            Ok(Found::Theirs(*payment))
        }
        _ => Ok(Found::Waiting(money)),
    }
}
