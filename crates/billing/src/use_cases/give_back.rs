//! Money of a payment goes back: what it paid is owed again, and access follows in the same transaction.

use kernel::{Clock, MayConflict, Money, PaymentId, Scope, StoreError, Timestamp};

use super::keep_till::{Took, note_taking};
use super::paid::{Spoken, locked, reopen};
use super::settlement::{posting, use_credit};
use crate::account::Account;
use crate::ledger::LedgerAccount;
use crate::payment::{GivenBack, Payment, PaymentMethod, PaymentRefusal, RefundId};
use crate::ports::{BillingStore, BillingTx};
use crate::till::TakingSource;

/// Gives money of a payment back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundPayment {
    /// The id of the refund: the same id again is the same refund.
    pub id: RefundId,
    /// The payment.
    pub payment: PaymentId,
    /// How much; all that is left if absent.
    pub amount: Option<Money>,
    /// Why, in 1 to 300 characters.
    pub reason: String,
    /// How it leaves, if not the way the payment came: cash that is handed out leaves a till whatever the payment was, and
    /// cash that goes back by transfer does not.
    pub paid_out_as: Option<PaymentMethod>,
}

impl RefundPayment {
    /// How the money of a payment leaves.
    pub(crate) fn leaves_as(&self, payment: &Payment) -> PaymentMethod {
        self.paid_out_as.unwrap_or(payment.method())
    }
}

/// A provider takes a payment back, or gives it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReversePayment {
    /// Which.
    pub of: Spoken,
    /// Why, in 1 to 300 characters.
    pub reason: String,
}

/// Why no money went back.
#[derive(Debug, thiserror::Error)]
pub enum GiveBackError {
    /// The tenant has no such payment.
    #[error("there is no payment {0}")]
    NotFound(Spoken),
    /// It breaks a rule.
    #[error("the payment refuses it")]
    Refused(#[from] PaymentRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for GiveBackError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Refunds a payment: what pays nothing goes first, then what it paid last, which is owed again. Other credit of the account
/// pays what is open then, oldest first. The same id again changes nothing.
///
/// # Errors
/// [`GiveBackError`]; nothing is changed then.
pub async fn refund_payment(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: RefundPayment,
) -> Result<(), GiveBackError> {
    let mut tx = store.begin(scope).await?;
    let found = found(&mut *tx, &Spoken::Payment(command.payment)).await?;
    if refund_in(&mut *tx, scope, found, &command, clock.now()).await? {
        tx.commit().await?;
    }
    Ok(())
}

/// The same in the caller's transaction, which has locked the account and commits. Returns whether something went back.
pub(crate) async fn refund_in(
    tx: &mut dyn BillingTx,
    scope: &Scope,
    (account, mut payment): (Account, Payment),
    command: &RefundPayment,
    now: Timestamp,
) -> Result<bool, GiveBackError> {
    let wanted = (command.amount, command.paid_out_as);
    let given = payment.refund(command.id, wanted, &command.reason, now)?;
    if payment.has_news() {
        let out = given.amount.checked_neg().map_err(StoreError::corrupt)?;
        let what = Took {
            source: TakingSource::Refund(command.id),
            amount: out,
            method: command.leaves_as(&payment),
        };
        note_taking(tx, scope, (&account, &payment), what, now).await?;
    }
    finish(tx, account, payment, ("refund", given), now).await
}

/// A provider takes a payment back: everything it paid is owed again. A second time changes nothing.
///
/// # Errors
/// [`GiveBackError`]; nothing is changed then.
pub async fn reverse_payment(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: ReversePayment,
) -> Result<(), GiveBackError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (account, mut payment) = found(&mut *tx, &command.of).await?;
    let given = payment.reverse(&command.reason, now)?;
    if finish(&mut *tx, account, payment, ("reversal", given), now).await? {
        tx.commit().await?;
    }
    Ok(())
}

/// A provider gives a reversed payment again: it pays what is open, oldest first. On one that is not reversed this changes
/// nothing.
///
/// # Errors
/// [`GiveBackError`]; nothing is changed then.
pub async fn undo_reversal(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: ReversePayment,
) -> Result<(), GiveBackError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut account, mut payment) = found(&mut *tx, &command.of).await?;
    let again = payment.undo_reversal(&command.reason, now)?;
    if !payment.has_news() {
        return Ok(());
    }
    let sides = (LedgerAccount::Cash, LedgerAccount::CustomerCredit);
    post(
        &mut *tx,
        (&account, &payment),
        "reversal_undone",
        (sides, again),
        now,
    )
    .await?;
    tx.payments().save(&mut payment).await?;
    use_credit(&mut *tx, &mut account, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn found(tx: &mut dyn BillingTx, of: &Spoken) -> Result<(Account, Payment), GiveBackError> {
    let found = locked(tx, of).await?;
    found.ok_or_else(|| GiveBackError::NotFound(of.clone()))
}

/// Opens what the money had paid, takes it out of the books, and lets other credit pay what is open. Nothing where nothing
/// happened to the payment; returns whether something did.
async fn finish(
    tx: &mut dyn BillingTx,
    mut account: Account,
    mut payment: Payment,
    (what, given): (&'static str, GivenBack),
    now: Timestamp,
) -> Result<bool, GiveBackError> {
    if !payment.has_news() {
        return Ok(false);
    }
    reopen(tx, (&account, &payment), &given.released, now).await?;
    let sides = (LedgerAccount::CustomerCredit, LedgerAccount::Cash);
    let money = (sides, given.amount);
    post(tx, (&account, &payment), what, money, now).await?;
    tx.payments().save(&mut payment).await?;
    use_credit(tx, &mut account, now).await?;
    Ok(true)
}

async fn post(
    tx: &mut dyn BillingTx,
    (account, payment): (&Account, &Payment),
    what: &'static str,
    (sides, amount): ((LedgerAccount, LedgerAccount), Money),
    now: Timestamp,
) -> Result<(), StoreError> {
    if amount.is_zero() {
        return Ok(());
    }
    let posting = posting(account, payment, what, (sides, amount), now)?;
    tx.ledger().post(posting).await
}
