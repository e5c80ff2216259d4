//! Asks a provider for money: a pending payment, which counts nowhere until it is settled.

use kernel::{
    AccountId, Clock, InvoiceId, MayConflict, Money, PaymentId, Scope, StoreError, Timestamp,
};

use crate::account::Account;
use crate::payment::{Ask, BadPayment, NewRequest, Payment, PaymentMethod, PaymentRefusal};
use crate::ports::{BillingStore, BillingTx, PAYMENT_ASKED_UNIQUE};

/// Asks for money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPayment {
    /// The id the payment will have: the same id again is the same request.
    pub id: PaymentId,
    /// Whose debt it is to pay.
    pub account: AccountId,
    /// How much is asked for, above zero.
    pub amount: Money,
    /// How.
    pub method: PaymentMethod,
    /// Whose account at which provider, 1 to 80 characters.
    pub provider: String,
    /// What the payment is called there, 1 to 80 characters; unique per provider.
    pub asked_as: String,
    /// From when on nobody can pay it any more.
    pub expires_at: Option<Timestamp>,
    /// The invoice that it pays before all others; one of the account's.
    pub meant_for: Option<InvoiceId>,
    /// The earlier try that this one is made instead of: refused while nobody knows what became of it.
    pub retry_of: Option<PaymentId>,
}

/// Why nobody was asked.
#[derive(Debug, thiserror::Error)]
pub enum RequestPaymentError {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// The account has no such invoice.
    #[error("the account has no invoice {0}")]
    NoInvoice(InvoiceId),
    /// The account has no such earlier try.
    #[error("the account has no payment {0}")]
    NoEarlierTry(PaymentId),
    /// The request breaks a rule.
    #[error("the request breaks a rule")]
    Bad(#[from] BadPayment),
    /// The earlier try does not allow it.
    #[error("the earlier try does not allow it")]
    Refused(#[from] PaymentRefusal),
    /// The id belongs to a payment with other content.
    #[error("another payment has this id")]
    OtherContent(PaymentId),
    /// The provider was asked for something else under that name.
    #[error("the provider was asked for another payment under this name")]
    DuplicateAsk,
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for RequestPaymentError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(PAYMENT_ASKED_UNIQUE) {
            Self::DuplicateAsk
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for RequestPaymentError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Writes down that a provider is asked for money. The same id with the same content again changes nothing.
///
/// # Errors
/// [`RequestPaymentError`]; nothing is written then.
pub async fn request_payment(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: RequestPayment,
) -> Result<(), RequestPaymentError> {
    let mut tx = store.begin(scope).await?;
    let account = tx.accounts().lock(command.account).await?;
    let account = account.ok_or(RequestPaymentError::NotFound(command.account))?;
    if let Some(known) = tx.payments().find(command.id).await? {
        return same_request(&known, &command);
    }
    if command.amount.currency() != account.currency() {
        return Err(BadPayment::Currency.into());
    }
    check_others(&mut *tx, &account, &command).await?;
    let mut payment = Payment::request(new_request(command), clock.now())?;
    tx.payments().save(&mut payment).await?;
    tx.commit().await?;
    Ok(())
}

/// The invoice and the earlier try must be the account's own, and the try must have come to nothing.
async fn check_others(
    tx: &mut dyn BillingTx,
    account: &Account,
    command: &RequestPayment,
) -> Result<(), RequestPaymentError> {
    if let Some(id) = command.meant_for {
        let invoice = tx.invoices().find(id).await?;
        let own = invoice.filter(|it| it.account() == account.id());
        own.ok_or(RequestPaymentError::NoInvoice(id))?;
    }
    if let Some(id) = command.retry_of {
        let earlier = tx.payments().find(id).await?;
        let own = earlier.filter(|it| it.account() == account.id());
        own.ok_or(RequestPaymentError::NoEarlierTry(id))?
            .check_retry()?;
    }
    Ok(())
}

fn new_request(command: RequestPayment) -> NewRequest {
    NewRequest {
        id: command.id,
        account: command.account,
        method: command.method,
        ask: Ask {
            provider: command.provider,
            asked_as: command.asked_as,
            amount: command.amount,
            expires_at: command.expires_at,
            meant_for: command.meant_for,
        },
    }
}

fn same_request(known: &Payment, command: &RequestPayment) -> Result<(), RequestPaymentError> {
    let known = known.snapshot();
    let same = known.account == command.account
        && known.method == command.method
        && known.ask == Some(new_request(command.clone()).ask);
    match same {
        true => Ok(()),
        false => Err(RequestPaymentError::OtherContent(command.id)),
    }
}
