//! Puts money on invoices, with its postings, and re-derives what follows for access.

use kernel::{InvoiceId, Money, MoneyError, StoreError, Timestamp};

use super::standing::restate_paid;

use crate::account::Account;
use crate::allocation::{Allocation, Payable, allocate};
use crate::invoice::{Invoice, SettleRefusal};
use crate::ledger::{LedgerAccount, Posting};
use crate::payment::Payment;
use crate::ports::BillingTx;

/// Money has come in for an account that is locked: it goes into the books, pays what is open, and gives access back.
pub(super) async fn take_in(
    tx: &mut dyn BillingTx,
    account: &mut Account,
    payment: &mut Payment,
    now: Timestamp,
) -> Result<(), StoreError> {
    let received = payment.received().map_err(StoreError::corrupt)?;
    let sides = (LedgerAccount::Cash, LedgerAccount::CustomerCredit);
    let posting = posting(account, payment, "payment", (sides, received), now)?;
    tx.ledger().post(posting).await?;
    let mut open = tx.invoices().open_of(account.id()).await?;
    spend(tx, account, payment, &mut open, now).await?;
    tx.payments().save(payment).await?;
    settle_up(tx, account, open, now).await
}

/// Every credit of an account pays what is open, after which its standing is derived again.
pub(super) async fn use_credit(
    tx: &mut dyn BillingTx,
    account: &mut Account,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut open = tx.invoices().open_of(account.id()).await?;
    for mut credit in tx.payments().with_credit(account.id()).await? {
        if spend(tx, account, &mut credit, &mut open, now).await? {
            tx.payments().save(&mut credit).await?;
        }
    }
    settle_up(tx, account, open, now).await
}

async fn settle_up(
    tx: &mut dyn BillingTx,
    account: &mut Account,
    mut open: Vec<Invoice>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for invoice in open.iter_mut().filter(|it| it.is_changed()) {
        tx.invoices().save(invoice).await?;
    }
    let entity = tx.entities().find(account.entity()).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    let mut subscriptions = tx.subscriptions().of_account(account.id()).await?;
    let today = entity.today(now);
    for subscription in &mut subscriptions {
        subscription.ask_for_renewal(today);
    }
    restate_paid(tx, &entity, account, &mut subscriptions, &open, today).await
}

/// What moves in the books of an account because of a payment.
pub(super) fn posting(
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

/// The same as [`share_out`] in the caller's transaction, with its postings. The caller saves both. Returns whether
/// anything was used.
pub(super) async fn spend(
    tx: &mut dyn BillingTx,
    account: &Account,
    payment: &mut Payment,
    open: &mut [Invoice],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let moved = share_out(account, payment, open, now).map_err(StoreError::corrupt)?;
    let used = !moved.is_empty();
    for posting in moved {
        tx.ledger().post(posting).await?;
    }
    Ok(used)
}

/// Uses what is left of a payment for open invoices: the one it is meant for, then the oldest. Changes both, and returns what moves in the books.
pub(crate) fn share_out(
    account: &Account,
    payment: &mut Payment,
    open: &mut [Invoice],
    now: Timestamp,
) -> Result<Vec<Posting>, MoneyError> {
    let left = payment.unallocated()?;
    let payable = open.iter().map(payable).collect::<Result<Vec<_>, _>>()?;
    let allocations = spread(left, payable, payment.meant_for())?;
    payment.use_for(&allocations)?;
    for allocation in &allocations {
        let of = |it: &&mut Invoice| it.id() == allocation.invoice;
        if let Some(invoice) = open.iter_mut().find(of) {
            invoice.settle(allocation.amount).map_err(unsettled)?;
        }
    }
    allocations
        .iter()
        .map(|it| moved(account, payment, *it, now))
        .collect()
}

fn spread(
    left: Money,
    open: Vec<Payable>,
    meant_for: Option<InvoiceId>,
) -> Result<Vec<Allocation>, MoneyError> {
    let is_meant = |it: &Payable| Some(it.invoice) == meant_for;
    let (meant, others): (Vec<_>, Vec<_>) = open.into_iter().partition(is_meant);
    let (mut parts, left) = allocate(left, &meant)?;
    parts.extend(allocate(left, &others)?.0);
    Ok(parts)
}

/// No allocation is above what is due, so nothing but an amount that does not fit is refused.
fn unsettled(refusal: SettleRefusal) -> MoneyError {
    match refusal {
        SettleRefusal::Money(err) => err,
        SettleRefusal::TooMuch { .. }
        | SettleRefusal::NotPaid { .. }
        | SettleRefusal::NotPositive => MoneyError::Overflow,
    }
}

fn payable(invoice: &Invoice) -> Result<Payable, MoneyError> {
    let due: Money = invoice.due()?;
    Ok(Payable {
        invoice: invoice.id(),
        issued_on: invoice.issued_on(),
        number: invoice.number(),
        due,
    })
}

fn moved(
    account: &Account,
    payment: &Payment,
    allocation: Allocation,
    now: Timestamp,
) -> Result<Posting, MoneyError> {
    Posting::new(
        (account.entity(), account.id()),
        ("allocation", payment.id().to_string()),
        now,
        (LedgerAccount::CustomerCredit, LedgerAccount::Receivable),
        allocation.amount,
    )
}
