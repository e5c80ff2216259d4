//! Puts money on invoices, with its postings, in the caller's transaction.

use kernel::{Money, StoreError, Timestamp};

use crate::account::Account;
use crate::allocation::{Allocation, Payable, allocate};
use crate::invoice::Invoice;
use crate::ledger::{LedgerAccount, Posting};
use crate::payment::Payment;
use crate::ports::BillingTx;

/// Uses what is left of a payment for open invoices, oldest first. Changes the invoices and posts what moves; the
/// caller saves both. Returns whether anything was used.
pub(super) async fn spend(
    tx: &mut dyn BillingTx,
    account: &Account,
    payment: &mut Payment,
    open: &mut [Invoice],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let left = payment.unallocated().map_err(StoreError::corrupt)?;
    let payable = open.iter().map(payable).collect::<Result<Vec<_>, _>>()?;
    let (allocations, _) = allocate(left, &payable).map_err(StoreError::corrupt)?;
    payment.use_for(&allocations).map_err(StoreError::corrupt)?;
    for allocation in &allocations {
        let invoice = open.iter_mut().find(|it| it.id() == allocation.invoice);
        let invoice =
            invoice.ok_or_else(|| StoreError::corrupt("an allocation without its invoice"))?;
        invoice
            .settle(allocation.amount)
            .map_err(StoreError::corrupt)?;
        tx.ledger()
            .post(moved(account, payment, *allocation, now)?)
            .await?;
    }
    Ok(!allocations.is_empty())
}

fn payable(invoice: &Invoice) -> Result<Payable, StoreError> {
    let due: Money = invoice.due().map_err(StoreError::corrupt)?;
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
) -> Result<Posting, StoreError> {
    Posting::new(
        (account.entity(), account.id()),
        ("allocation", payment.id().to_string()),
        now,
        (LedgerAccount::CustomerCredit, LedgerAccount::Receivable),
        allocation.amount,
    )
    .map_err(StoreError::corrupt)
}
