//! Records money that came in, pays the oldest invoices with it, and gives access back in the same transaction.

use kernel::{AccountId, Clock, MayConflict, Money, PaymentId, Scope, StoreError, Timestamp};

use super::keep_till::{Took, note_taking};
use super::settlement::take_in;
use crate::account::Account;
use crate::payment::{BadPayment, NewPayment, Payment, PaymentMethod};
use crate::ports::{BillingStore, BillingTx, PAYMENT_REFERENCE_UNIQUE};
use crate::till::TakingSource;
use crate::unmatched::UnmatchedId;

/// Records a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPayment {
    /// The id it will have: the same id again is the same payment.
    pub id: PaymentId,
    /// Whose debt it pays.
    pub account: AccountId,
    /// How much came in, above zero.
    pub amount: Money,
    /// How.
    pub method: PaymentMethod,
    /// What the payer or provider calls it, 1 to 80 characters; unique per method.
    pub reference: Option<String>,
    /// When it came in; now if absent.
    pub received_at: Option<Timestamp>,
}

/// Why a payment was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordPaymentError {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// The payment breaks a rule.
    #[error("the payment breaks a rule")]
    Refused(#[from] BadPayment),
    /// The id belongs to a payment with other content.
    #[error("another payment has this id")]
    OtherContent(PaymentId),
    /// The method has a payment with this reference.
    #[error("a payment with this reference was recorded before")]
    DuplicateReference,
    /// The same money waits for somebody to say whose it is.
    #[error("this money came in as {0}, which no account has yet: allocate that")]
    Unmatched(UnmatchedId),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for RecordPaymentError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(PAYMENT_REFERENCE_UNIQUE) {
            Self::DuplicateReference
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for RecordPaymentError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Records the payment. What is left over is kept as credit. The same id with the same content again changes nothing.
///
/// # Errors
/// [`RecordPaymentError`]; nothing is recorded then.
pub async fn record_payment(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: RecordPayment,
) -> Result<(), RecordPaymentError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let account = tx.accounts().lock(command.account).await?;
    let mut account = account.ok_or(RecordPaymentError::NotFound(command.account))?;
    record_in(&mut *tx, scope, &mut account, command, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The same in the caller's transaction, which has locked the account and commits.
pub(super) async fn record_in(
    tx: &mut dyn BillingTx,
    scope: &Scope,
    account: &mut Account,
    command: RecordPayment,
    now: Timestamp,
) -> Result<(), RecordPaymentError> {
    if let Some(known) = tx.payments().find(command.id).await? {
        return same_payment(&known, &command);
    }
    if command.amount.currency() != account.currency() {
        return Err(BadPayment::Currency.into());
    }
    let mut payment = Payment::record(new_payment(command, now), now)?;
    if let Some(reference) = &payment.snapshot().reference {
        let method = payment.method();
        tx.payments().lock_reference(method, reference).await?;
        if let Some(waiting) = tx.unmatched().find_open(method, reference).await? {
            return Err(RecordPaymentError::Unmatched(waiting.id()));
        }
    }
    take_in(tx, account, &mut payment, now).await?;
    let took = Took {
        source: TakingSource::Payment(payment.id()),
        amount: payment.snapshot().amount,
        method: payment.method(),
    };
    note_taking(tx, scope, (account, &payment), took, now).await?;
    Ok(())
}

fn new_payment(command: RecordPayment, now: Timestamp) -> NewPayment {
    NewPayment {
        id: command.id,
        account: command.account,
        amount: command.amount,
        method: command.method,
        reference: command.reference,
        received_at: command.received_at.unwrap_or(now),
    }
}

fn same_payment(known: &Payment, command: &RecordPayment) -> Result<(), RecordPaymentError> {
    let known = known.snapshot();
    let same = known.account == command.account
        && known.amount == command.amount
        && known.method == command.method
        && command.received_at.is_none_or(|it| it == known.received_at)
        && known.reference.as_deref() == command.reference.as_deref().map(str::trim);
    if same {
        Ok(())
    } else {
        Err(RecordPaymentError::OtherContent(command.id))
    }
}
