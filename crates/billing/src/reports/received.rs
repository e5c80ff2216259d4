//! What the receipt of a payment says: what it did the moment it came in, and what has gone back of it since.

use kernel::{EntityId, LocalDate, Money, PaymentId, StoreError, TenantId, Zone};

use crate::ledger::LedgerAccount;
use crate::payment::{PaymentStatus, ReturnKind};
use crate::ports::BillingQueries;
use crate::report_ports::{JournalEntry, PostingId};
use crate::views::{AllocationView, PaymentView};

/// The receipt of a payment. What it says of the moment it came in does not change afterwards (billing.md, invariant 23).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptView {
    /// The payment as it is.
    pub payment: PaymentView,
    /// Whom it was paid to.
    pub entity: EntityId,
    /// The day it came in, in the zone of the legal entity.
    pub received_on: LocalDate,
    /// What it paid when it came in.
    pub paid: Vec<PaidInvoice>,
    /// What was left of it as credit then.
    pub credit: Money,
    /// What has gone back of it since, in order.
    pub returns: Vec<ReturnedMoney>,
}

/// An invoice of which a payment paid something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidInvoice {
    /// Its printed number.
    pub number: String,
    /// How much.
    pub amount: Money,
}

/// Money of a payment that went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedMoney {
    /// What it was.
    pub why: ReturnKind,
    /// The day, in the zone of the legal entity.
    pub on: LocalDate,
    /// How much; below zero where a reversal was undone.
    pub amount: Money,
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum NoReceipt {
    /// The tenant has no such payment.
    #[error("there is no payment {0}")]
    NotFound(PaymentId),
    /// No money came.
    #[error("nothing was received: the payment is {status}", status = .status.as_str())]
    NotReceived {
        /// What the payment is.
        status: PaymentStatus,
    },
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// The receipt of a payment.
///
/// # Errors
/// [`NoReceipt`].
pub async fn payment_receipt(
    queries: &dyn BillingQueries,
    tenant: TenantId,
    id: PaymentId,
) -> Result<ReceiptView, NoReceipt> {
    let payment = queries.payment(tenant, id).await?;
    let payment = payment.ok_or(NoReceipt::NotFound(id))?;
    let status = payment.status;
    if !matches!(status, PaymentStatus::Settled | PaymentStatus::Reversed) {
        return Err(NoReceipt::NotReceived { status });
    }
    let account = queries.account(tenant, payment.account).await?;
    let account = account.ok_or_else(|| StoreError::corrupt("a payment without its account"))?;
    let entities = queries.entities(tenant).await?;
    let entity = entities.into_iter().find(|it| it.id == account.entity);
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    let source = id.to_string();
    let entries = queries.entries_of(tenant, payment.account, &source).await?;
    let used = &payment.used[..used_at_once(&entries).min(payment.used.len())];
    let sources: Vec<String> = used.iter().map(|it| it.invoice.to_string()).collect();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let numbers = queries.numbers_of(tenant, &sources).await?;
    let number = |it: &AllocationView| numbers.get(&it.invoice.to_string()).cloned();
    let paid = used.iter().map(|it| PaidInvoice {
        number: number(it).unwrap_or_else(|| it.invoice.to_string()),
        amount: it.amount,
    });
    let (paid, zone) = (paid.collect(), entity.zone);
    Ok(ReceiptView {
        entity: entity.id,
        received_on: zone.date_at(payment.received_at),
        credit: left_of(&payment, used).map_err(StoreError::corrupt)?,
        returns: returned(&payment, zone),
        paid,
        payment,
    })
}

fn left_of(payment: &PaymentView, used: &[AllocationView]) -> Result<Money, kernel::MoneyError> {
    let used = used.iter().map(|it| it.amount);
    payment
        .amount
        .checked_sub(Money::sum(payment.amount.currency(), used)?)
}

fn returned(payment: &PaymentView, zone: Zone) -> Vec<ReturnedMoney> {
    let returns = payment.returns.iter().map(|it| ReturnedMoney {
        why: it.why,
        on: zone.date_at(it.at),
        amount: it.amount,
    });
    returns.collect()
}

/// How many invoices a payment paid the moment it came in: every use is a posting of its own, in the order of the uses, and
/// what it paid at once is in the books at the moment it is. Whatever the books do not know it has not paid then.
fn used_at_once(entries: &[JournalEntry]) -> usize {
    let came = entries.iter().find(|it| it.what == "payment");
    let Some(at) = came.map(|it| it.place.at) else {
        return 0;
    };
    let uses = |it: &&JournalEntry| {
        let pays = it.book == LedgerAccount::Receivable && it.amount.is_negative();
        it.what == "allocation" && it.place.at == at && pays
    };
    let mut postings: Vec<PostingId> = entries
        .iter()
        .filter(uses)
        .map(|it| it.place.posting)
        .collect();
    postings.sort_unstable();
    postings.dedup();
    postings.len()
}
