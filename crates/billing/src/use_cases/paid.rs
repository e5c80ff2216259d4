//! A payment that somebody speaks of, its account locked: what every change of a payment begins with.

use std::fmt;

use kernel::{PaymentId, StoreError, Timestamp};

use super::settlement::posting;
use crate::account::Account;
use crate::allocation::Allocation;
use crate::ledger::LedgerAccount;
use crate::payment::Payment;
use crate::ports::BillingTx;

/// Which payment is spoken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// The payment itself.
    Payment(PaymentId),
    /// What it was asked for as.
    AskedAs {
        /// Whose account at which provider.
        provider: String,
        /// What the payment is called there.
        asked_as: String,
    },
}

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment(id) => id.fmt(f),
            Self::AskedAs { provider, asked_as } => write!(f, "{asked_as} of {provider}"),
        }
    }
}

/// The payment and its account, which is locked; `None` if there is none. The payment is read again under the lock.
pub(crate) async fn locked(
    tx: &mut dyn BillingTx,
    of: &Spoken,
) -> Result<Option<(Account, Payment)>, StoreError> {
    let found = match of {
        Spoken::Payment(id) => tx.payments().find(*id).await?,
        Spoken::AskedAs { provider, asked_as } => {
            tx.payments().find_asked(provider, asked_as).await?
        }
    };
    let Some(found) = found else {
        return Ok(None);
    };
    let account = tx.accounts().lock(found.account()).await?;
    let account = account.ok_or_else(|| StoreError::corrupt("a payment without its account"))?;
    let payment = tx.payments().find(found.id()).await?;
    Ok(payment.map(|it| (account, it)))
}

/// What a payment does not pay any more is owed again.
pub(super) async fn reopen(
    tx: &mut dyn BillingTx,
    (account, payment): (&Account, &Payment),
    released: &[Allocation],
    now: Timestamp,
) -> Result<(), StoreError> {
    for part in released {
        let invoice = tx.invoices().find(part.invoice).await?;
        let mut invoice =
            invoice.ok_or_else(|| StoreError::corrupt("an allocation without its invoice"))?;
        invoice.reopen(part.amount).map_err(StoreError::corrupt)?;
        tx.invoices().save(&mut invoice).await?;
        let sides = (LedgerAccount::Receivable, LedgerAccount::CustomerCredit);
        let posting = posting(account, payment, "allocation", (sides, part.amount), now)?;
        tx.ledger().post(posting).await?;
    }
    Ok(())
}
