//! Money of a payment goes back: what it paid is owed again, and access follows in the same transaction.

use kernel::{Clock, MayConflict, Money, PaymentId, Scope, StoreError, Timestamp};

use super::settlement::spend;
use super::standing::restate;
use crate::account::Account;
use crate::ledger::{LedgerAccount, Posting};
use crate::payment::{GivenBack, Payment, PaymentRefusal, RefundId};
use crate::ports::{BillingStore, BillingTx};

/// Gives money of a payment back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundPayment {
    /// The id of the refund: the same id again is the same refund.
    pub id: RefundId,
    /// The payment.
    pub payment: PaymentId,
    /// How much; all that is left if absent.
    pub amount: Option<Money>,
}

/// Why no money went back.
#[derive(Debug, thiserror::Error)]
pub enum GiveBackError {
    /// The tenant has no such payment.
    #[error("there is no payment {0}")]
    NotFound(PaymentId),
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
/// pays what is open then, oldest first.
///
/// # Errors
/// [`GiveBackError`]; nothing is changed then.
pub async fn refund_payment(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: RefundPayment,
) -> Result<(), GiveBackError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut account, mut payment) = locked(&mut *tx, command.payment).await?;
    let given = payment.refund(command.id, command.amount, now)?;
    if given.amount.is_zero() {
        return Ok(());
    }
    take_off(&mut *tx, &account, &payment, ("refund", given), now).await?;
    settle_up(tx, &mut account, &mut payment, now).await
}

/// A provider takes a payment back: everything it paid is owed again. A second time changes nothing.
///
/// # Errors
/// [`GiveBackError`]; nothing is changed then.
pub async fn reverse_payment(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: PaymentId,
) -> Result<(), GiveBackError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut account, mut payment) = locked(&mut *tx, id).await?;
    if payment.is_reversed() {
        return Ok(());
    }
    let given = payment.reverse(now).map_err(StoreError::corrupt)?;
    take_off(&mut *tx, &account, &payment, ("reversal", given), now).await?;
    settle_up(tx, &mut account, &mut payment, now).await
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
    id: PaymentId,
) -> Result<(), GiveBackError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut account, mut payment) = locked(&mut *tx, id).await?;
    if !payment.is_reversed() {
        return Ok(());
    }
    let again = payment.undo_reversal(now).map_err(StoreError::corrupt)?;
    if !again.is_zero() {
        let sides = (LedgerAccount::Cash, LedgerAccount::CustomerCredit);
        let posting = posting(&account, &payment, "reversal_undone", (sides, again), now)?;
        tx.ledger().post(posting).await?;
    }
    settle_up(tx, &mut account, &mut payment, now).await
}

/// The payment and its account, which is locked. The payment is read again under the lock.
async fn locked(
    tx: &mut dyn BillingTx,
    id: PaymentId,
) -> Result<(Account, Payment), GiveBackError> {
    let not_found = || GiveBackError::NotFound(id);
    let payment = tx.payments().find(id).await?.ok_or_else(not_found)?;
    let account = tx.accounts().lock(payment.account()).await?;
    let account = account.ok_or_else(|| StoreError::corrupt("a payment without its account"))?;
    let payment = tx.payments().find(id).await?.ok_or_else(not_found)?;
    Ok((account, payment))
}

/// Opens what the money had paid, and takes it out of the books.
async fn take_off(
    tx: &mut dyn BillingTx,
    account: &Account,
    payment: &Payment,
    (what, given): (&'static str, GivenBack),
    now: Timestamp,
) -> Result<(), StoreError> {
    for part in given.released {
        let invoice = tx.invoices().find(part.invoice).await?;
        let mut invoice =
            invoice.ok_or_else(|| StoreError::corrupt("an allocation without its invoice"))?;
        invoice.reopen(part.amount).map_err(StoreError::corrupt)?;
        tx.invoices().save(&mut invoice).await?;
        let sides = (LedgerAccount::Receivable, LedgerAccount::CustomerCredit);
        let posting = posting(account, payment, "allocation", (sides, part.amount), now)?;
        tx.ledger().post(posting).await?;
    }
    if !given.amount.is_zero() {
        let sides = (LedgerAccount::CustomerCredit, LedgerAccount::Cash);
        let posting = posting(account, payment, what, (sides, given.amount), now)?;
        tx.ledger().post(posting).await?;
    }
    Ok(())
}

/// Saves the payment, lets every credit pay what is open, re-derives the standing, and commits.
async fn settle_up(
    mut tx: Box<dyn BillingTx>,
    account: &mut Account,
    payment: &mut Payment,
    now: Timestamp,
) -> Result<(), GiveBackError> {
    tx.payments().save(payment).await?;
    let mut open = tx.invoices().open_of(account.id()).await?;
    for mut credit in tx.payments().with_credit(account.id()).await? {
        if spend(&mut *tx, account, &mut credit, &mut open, now).await? {
            tx.payments().save(&mut credit).await?;
        }
    }
    for invoice in open.iter_mut().filter(|it| it.is_changed()) {
        tx.invoices().save(invoice).await?;
    }
    let entity = tx.entities().find(account.entity()).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    let mut subscriptions = tx.subscriptions().of_account(account.id()).await?;
    let today = entity.today(now);
    restate(&mut *tx, &entity, account, &mut subscriptions, &open, today).await?;
    tx.commit().await?;
    Ok(())
}

fn posting(
    account: &Account,
    payment: &Payment,
    what: &'static str,
    (sides, amount): ((LedgerAccount, LedgerAccount), Money),
    now: Timestamp,
) -> Result<Posting, StoreError> {
    let whose = (account.entity(), account.id());
    let source = (what, payment.id().to_string());
    Posting::new(whose, source, now, sides, amount).map_err(StoreError::corrupt)
}
