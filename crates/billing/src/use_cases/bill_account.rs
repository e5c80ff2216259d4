//! Bills one account: raises the invoice for everything that is due and not billed yet.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::{
    AccountId, Clock, CreditNoteId, Ids, InvoiceId, MayConflict, Scope, StoreError, Timestamp,
};

use super::standing::save_news;
use crate::account::Account;
use crate::bill::{AccountFacts, Bill, BillOrder, Papers, Unbillable};
use crate::correct::Original;
use crate::credit_note::note_series;
use crate::entity::LegalEntity;
use crate::invoice::Invoice;
use crate::ports::{BillingStore, BillingTx};
use crate::run::{PreparedBill, prepare_bill};
use crate::subscription::Subscription;

/// Why an account was not billed.
#[derive(Debug, thiserror::Error)]
pub enum BillAccountError {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// What was billed contradicts itself; the account is parked until a person has looked at it.
    #[error("billing has stopped for account {account}")]
    Parked {
        /// The account.
        account: AccountId,
        /// What contradicts what.
        #[source]
        reason: Unbillable,
    },
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for BillAccountError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Bills everything that is due on the entity's local date today; returns the invoice, if there was anything to bill.
///
/// Running it again the same day bills nothing. A run that comes late bills what the missed ones would have. Credit of
/// earlier payments is used at once, oldest invoice first.
///
/// # Errors
/// [`BillAccountError::Parked`] if what was billed contradicts itself: the account is marked, and nothing is billed.
pub async fn bill_account(
    store: &dyn BillingStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
) -> Result<Option<InvoiceId>, BillAccountError> {
    let mut tx = store.begin(scope).await?;
    let account = tx.accounts().lock(id).await?;
    let mut account = account.ok_or(BillAccountError::NotFound(id))?;
    if account.is_parked() {
        return Ok(None);
    }
    let entity = tx.entities().find(account.entity()).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    let mut subscriptions = tx.subscriptions().of_account(id).await?;
    let billed = bill_within(
        &mut *tx,
        ids,
        clock.now(),
        &entity,
        &mut account,
        &mut subscriptions,
    )
    .await;
    match billed {
        Ok(issued) => {
            tx.commit().await?;
            Ok(issued.invoice)
        }
        Err(BillAccountError::Parked { account, reason }) => {
            drop(tx);
            park_account(store, scope, account, &reason).await?;
            Err(BillAccountError::Parked { account, reason })
        }
        Err(err) => Err(err),
    }
}

/// What a bill was written on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issued {
    /// The invoice over what is charged.
    pub invoice: Option<InvoiceId>,
    /// The credit notes over what is given back of earlier invoices.
    pub notes: Vec<CreditNoteId>,
}

/// The same in the caller's transaction, on an account that is locked and the subscriptions it had then.
pub(super) async fn bill_within(
    tx: &mut dyn BillingTx,
    ids: &dyn Ids,
    now: Timestamp,
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
) -> Result<Issued, BillAccountError> {
    let bill = on_paper(tx, ids, now, entity, account, subscriptions).await?;
    Ok(write(tx, entity.series(), account, subscriptions, bill).await?)
}

/// The same without writing anything: account and subscriptions are as they would be.
pub(super) async fn on_paper(
    tx: &mut dyn BillingTx,
    ids: &dyn Ids,
    now: Timestamp,
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
) -> Result<Bill, BillAccountError> {
    let facts = AccountFacts {
        account: account.clone(),
        subscriptions: subscriptions.to_vec(),
        papers: papers_of(tx, entity, account.id(), subscriptions, now).await?,
    };
    let order = BillOrder {
        invoice: ids.next(),
        now,
        limits: tx.bill_limits(),
    };
    let (prepared, _) = prepared(tx, entity, facts, order).await?;
    *account = prepared.account;
    subscriptions.clone_from_slice(&prepared.subscriptions);
    Ok(prepared.bill)
}

/// Bills an account on paper, and reads what that gives back of; the facts are returned as they were billed.
pub(super) async fn prepared(
    tx: &mut dyn BillingTx,
    entity: &LegalEntity,
    mut facts: AccountFacts,
    order: BillOrder,
) -> Result<(PreparedBill, AccountFacts), BillAccountError> {
    loop {
        match prepare_bill(entity, facts.clone(), order) {
            Ok(prepared) => return Ok((prepared, facts)),
            // Every turn reads one more of the invoices that were ever issued for it.
            Err(Unbillable::Unread { invoice }) if !facts.papers.has_read(invoice) => {
                let original = original_of(tx, invoice).await?;
                facts.papers.originals.push(original);
            }
            Err(reason) => {
                let account = facts.account.id();
                return Err(BillAccountError::Parked { account, reason });
            }
        }
    }
}

/// What is on paper about an account that is locked.
pub(crate) async fn papers_of(
    tx: &mut dyn BillingTx,
    entity: &LegalEntity,
    account: AccountId,
    subscriptions: &[Subscription],
    now: Timestamp,
) -> Result<Papers, StoreError> {
    let today = entity.today(now);
    let mut billed = HashMap::new();
    for it in subscriptions {
        let lines = tx.invoices().billed(it.id(), it.billing_horizon(today));
        billed.insert(it.id(), lines.await?);
    }
    Ok(Papers {
        billed,
        open: tx.invoices().open_of(account).await?,
        credits: tx.payments().with_credit(account).await?,
        originals: Vec::new(),
        fees: tx.fees().waiting(account).await?,
        tax_codes: match entity.pricing().taxes.is_empty() {
            true => Arc::default(),
            false => Arc::new(tx.plans().tax_codes().await?),
        },
    })
}

/// What must be known of an invoice to correct it, its account locked.
pub(crate) async fn original_of(
    tx: &mut dyn BillingTx,
    id: InvoiceId,
) -> Result<Original, StoreError> {
    let invoice = tx.invoices().find(id).await?;
    Ok(Original {
        invoice: invoice.ok_or_else(|| StoreError::corrupt("a repair without its invoice"))?,
        notes: tx.invoices().notes_of(id).await?,
        payers: tx.payments().that_paid(id).await?,
        taken_back: tx.invoices().taken_back(id).await?,
    })
}

/// Writes a bill in the caller's transaction. The number comes as late as can be.
pub(crate) async fn write(
    tx: &mut dyn BillingTx,
    series: &str,
    account: &mut Account,
    subscriptions: &mut [Subscription],
    bill: Bill,
) -> Result<Issued, StoreError> {
    save_news(tx, account, subscriptions).await?;
    for posting in bill.postings {
        tx.ledger().post(posting).await?;
    }
    let mut issued = Issued::default();
    // Days that a note takes back are free before they are charged again.
    for draft in bill.notes {
        issued.notes.push(draft.id);
        tx.invoices()
            .issue_note(draft, &note_series(series))
            .await?;
    }
    if let Some(draft) = bill.draft {
        tx.invoices().let_days_go(&bill.let_go).await?;
        let mut invoice = tx.invoices().issue(draft, series).await?;
        issued.invoice = Some(invoice.id());
        if let Some(paid) = bill.paid {
            invoice.settle(paid).map_err(StoreError::corrupt)?;
            tx.invoices().save(&mut invoice).await?;
        }
    }
    for mut payment in bill.spent {
        tx.payments().save(&mut payment).await?;
    }
    for mut invoice in bill.open.into_iter().filter(Invoice::is_changed) {
        tx.invoices().save(&mut invoice).await?;
    }
    Ok(issued)
}

/// Stops the billing of an account, on record there. One that is parked already keeps its reason.
///
/// # Errors
/// [`StoreError`] as the store's own.
pub async fn park_account(
    store: &dyn BillingStore,
    scope: &Scope,
    id: AccountId,
    reason: &Unbillable,
) -> Result<(), StoreError> {
    let mut tx = store.begin(scope).await?;
    let Some(mut account) = tx.accounts().lock(id).await? else {
        return Ok(());
    };
    if account.park(&reason.to_string()) {
        tx.accounts().save(&mut account).await?;
    }
    tx.commit().await
}
