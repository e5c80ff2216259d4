//! Puts money on invoices, with its postings.

use kernel::{Money, MoneyError, StoreError, Timestamp};

use crate::account::Account;
use crate::allocation::{Allocation, Payable, allocate};
use crate::invoice::{Invoice, SettleRefusal};
use crate::ledger::{LedgerAccount, Posting};
use crate::payment::Payment;
use crate::ports::BillingTx;

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

/// Uses what is left of a payment for open invoices, oldest first. Changes both, and returns what moves in the books.
pub(crate) fn share_out(
    account: &Account,
    payment: &mut Payment,
    open: &mut [Invoice],
    now: Timestamp,
) -> Result<Vec<Posting>, MoneyError> {
    let left = payment.unallocated()?;
    let payable = open.iter().map(payable).collect::<Result<Vec<_>, _>>()?;
    let (allocations, _) = allocate(left, &payable)?;
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
