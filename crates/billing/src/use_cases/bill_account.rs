//! Bills one account: raises the invoice for everything that is due and not billed yet.

use kernel::{
    AccountId, Clock, Ids, InvoiceId, LocalDate, MayConflict, Money, Scope, StoreError, Timestamp,
};

use super::settlement::spend;
use super::standing::restate;
use crate::account::Account;
use crate::difference::{Due, Inconsistent, diff};
use crate::entity::LegalEntity;
use crate::invoice::{Invoice, InvoiceDraft, Line};
use crate::ledger::{LedgerAccount, Posting};
use crate::ports::{BillingStore, BillingTx};
use crate::segment::desired;
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
        reason: Inconsistent,
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
        Ok(invoice) => {
            tx.commit().await?;
            Ok(invoice)
        }
        Err(BillAccountError::Parked { account, reason }) => {
            drop(tx);
            park(store, scope, account, reason).await?;
            Err(BillAccountError::Parked { account, reason })
        }
        Err(err) => Err(err),
    }
}

/// The same in the caller's transaction, on an account that is locked and the subscriptions it had then.
pub(super) async fn bill_within(
    tx: &mut dyn BillingTx,
    ids: &dyn Ids,
    now: Timestamp,
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
) -> Result<Option<InvoiceId>, BillAccountError> {
    let today = entity.today(now);
    let mut open = tx.invoices().open_of(account.id()).await?;
    // First of all what time has done: no new period begins for whoever is suspended by now.
    restate(tx, entity, account, subscriptions, &open, today).await?;
    let mut lines = Vec::new();
    for subscription in subscriptions.iter_mut().filter(|it| it.is_due(today)) {
        lines.extend(lines_of(tx, entity, account, subscription, today).await?);
        subscription.billed(today);
        tx.subscriptions().save(subscription).await?;
    }
    let total = Money::sum(entity.currency(), lines.iter().map(|it| it.amount))
        .map_err(|err| parked(account, err))?;
    if total.is_negative() {
        return Err(parked(account, Inconsistent::NegativeTotal));
    }
    let mut issued = None;
    if total.is_positive() {
        let draft = InvoiceDraft {
            id: ids.next(),
            account: account.id(),
            entity: entity.id(),
            lines,
            total,
            issued_on: today,
            due_on: due_on(today, entity.terms_days()),
        };
        issued = Some(draft.id);
        tx.ledger()
            .post(earned(account, entity, &draft, now)?)
            .await?;
        let invoice = tx.invoices().issue(draft, entity.series()).await?;
        open.push(invoice);
    }
    use_credit(tx, account, &mut open, now).await?;
    restate(tx, entity, account, subscriptions, &open, today).await?;
    Ok(issued)
}

async fn lines_of(
    tx: &mut dyn BillingTx,
    entity: &LegalEntity,
    account: &Account,
    subscription: &Subscription,
    today: LocalDate,
) -> Result<Vec<Line>, BillAccountError> {
    let horizon = subscription.billing_horizon(today);
    let wanted = desired(&subscription.timeline(), horizon, today);
    let billed = tx.invoices().billed(subscription.id(), horizon).await?;
    let due = diff(&wanted, &billed, entity.scale()).map_err(|err| parked(account, err))?;
    Ok(due.into_iter().map(|it| line(subscription, it)).collect())
}

fn line(subscription: &Subscription, due: Due) -> Line {
    let segment = due.segment();
    Line {
        subscription: subscription.id(),
        plan: segment.terms.plan,
        period: segment.period,
        cycle: segment.cycle,
        price: segment.price,
        amount: due.amount(),
        repairs: match due {
            Due::Charge { .. } => None,
            Due::Repair { of, .. } => Some(of),
        },
    }
}

/// Money that came in earlier pays what is open now.
async fn use_credit(
    tx: &mut dyn BillingTx,
    account: &Account,
    open: &mut [Invoice],
    now: Timestamp,
) -> Result<(), StoreError> {
    if open.is_empty() {
        return Ok(());
    }
    for mut payment in tx.payments().with_credit(account.id()).await? {
        if spend(tx, account, &mut payment, open, now).await? {
            tx.payments().save(&mut payment).await?;
        }
    }
    for invoice in open.iter_mut().filter(|it| it.is_changed()) {
        tx.invoices().save(invoice).await?;
    }
    Ok(())
}

fn earned(
    account: &Account,
    entity: &LegalEntity,
    draft: &InvoiceDraft,
    now: Timestamp,
) -> Result<Posting, StoreError> {
    Posting::new(
        (entity.id(), account.id()),
        ("invoice", draft.id.to_string()),
        now,
        (LedgerAccount::Receivable, LedgerAccount::Revenue),
        draft.total,
    )
    .map_err(StoreError::corrupt)
}

fn due_on(issued_on: LocalDate, terms_days: u16) -> LocalDate {
    let terms = chrono::Days::new(u64::from(terms_days));
    issued_on.checked_add_days(terms).unwrap_or(issued_on)
}

fn parked(account: &Account, reason: impl Into<Inconsistent>) -> BillAccountError {
    BillAccountError::Parked {
        account: account.id(),
        reason: reason.into(),
    }
}

async fn park(
    store: &dyn BillingStore,
    scope: &Scope,
    id: AccountId,
    reason: Inconsistent,
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
