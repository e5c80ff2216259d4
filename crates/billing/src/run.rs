//! The billing run: pages of accounts, read in a few statements, billed one by one in a transaction each.

use async_trait::async_trait;
use kernel::{AccountId, EntityId, Scope, StoreError, TenantId, Timestamp};

use crate::account::Account;
use crate::bill::{AccountFacts, Bill, BillOrder, Unbillable, bill};
use crate::entity::LegalEntity;
use crate::invoice::Invoice;
use crate::ports::{BillingStore, BillingTx};
use crate::subscription::Subscription;
use crate::use_cases::bill_account::write;

/// The constraint that keeps the days that stand billed of a subscription apart (billing.md, invariant 17).
pub const NET_SEGMENTS_APART: &str = "net_segments_overlap";

/// What a run needs of a store beyond what one account does.
#[async_trait]
pub trait BillingRunStore: BillingStore {
    /// An entity and its next accounts that [`accounts_to_bill`](crate::BillingQueries::accounts_to_bill) would name,
    /// with what billing them needs: a handful of statements for the whole page. Nothing is locked; what changes
    /// meanwhile is noticed when a bill is written. `None` if there is no such entity. What makes no sense about one
    /// account is [`StoreError::Corrupt`] in its place and no trouble of the others.
    async fn facts_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: RunPage,
    ) -> Result<Option<(LegalEntity, Vec<FoundAccount>)>, StoreError>;

    /// How many accounts [`facts_to_bill`](Self::facts_to_bill) would bring at a moment, page after page; 0 if there is
    /// no such entity.
    async fn count_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// The same for one account and a moment, whether it is due or not; `None` if there is none.
    async fn facts_of(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<(LegalEntity, AccountFacts)>, StoreError>;

    /// Sets numbers of a series aside, the lowest first, those included that an earlier run has left. None, or fewer
    /// than asked for, where taking them one by one costs nothing.
    async fn reserve_numbers(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
        count: u16,
    ) -> Result<Vec<u64>, StoreError>;

    /// Gives back what was set aside at the end of the series and not used. What lies below stays for the next
    /// invoice: no number is ever lost.
    async fn give_numbers_back(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
    ) -> Result<(), StoreError>;

    /// Writes each bill in a transaction of its own, under a number that was set aside if one is given; says in the same
    /// order how that went. What is said to be written survives a crash of the database. One fails with [`StoreError::Conflict`] if its account was locked by
    /// anybody since its facts were read, or if its number is gone; and with a duplicate of [`NET_SEGMENTS_APART`] if
    /// days would be billed twice. Nothing of it is written then.
    async fn write_bills(
        &self,
        scope: &Scope,
        bills: Vec<(PreparedBill, Option<u64>)>,
    ) -> Vec<Result<(), StoreError>>;
}

/// An account that is due, and what billing it needs, if that makes sense.
pub type FoundAccount = (AccountId, Result<AccountFacts, StoreError>);

/// Which accounts a run looks at next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunPage {
    /// The moment; its local day at the entity is the date of the bills.
    pub now: Timestamp,
    /// Accounts after this one, by id.
    pub after: Option<AccountId>,
    /// How many at most.
    pub limit: u16,
}

/// A bill ready to be written, if nobody has touched the account since its facts were read.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedBill {
    /// The account as it will be.
    pub account: Account,
    /// Its subscriptions as they will be.
    pub subscriptions: Vec<Subscription>,
    /// What is billed.
    pub bill: Bill,
    /// The series of the number.
    pub series: String,
    /// An invoice of new charges, and nothing else changes but how far its subscriptions are billed and when its account is
    /// looked at next: the usual case.
    pub is_plain: bool,
    /// The version of the account when its facts were read.
    seen: i64,
}

impl PreparedBill {
    /// The version that the account had when its facts were read.
    #[must_use]
    pub const fn seen(&self) -> i64 {
        self.seen
    }
}

/// Bills an account on paper. Writes nothing: a look beforehand and the run both begin here (billing.md, invariant 22).
///
/// # Errors
/// [`Unbillable`] if the account has to be parked.
pub fn prepare_bill(
    entity: &LegalEntity,
    facts: AccountFacts,
    order: BillOrder,
) -> Result<PreparedBill, Unbillable> {
    let AccountFacts {
        mut account,
        mut subscriptions,
        papers,
    } = facts;
    let before: Vec<_> = subscriptions.iter().map(Subscription::snapshot).collect();
    let seen = account.version();
    let account_before = account.snapshot();
    let bill = bill(entity, &mut account, &mut subscriptions, papers, order)?;
    let only_billed = before
        .into_iter()
        .zip(&subscriptions)
        .all(|(mut old, new)| {
            let new = new.snapshot();
            (old.billed_through, old.rebill_on) = (new.billed_through, new.rebill_on);
            old == new
        });
    let is_plain = only_billed && account.differs_in_look_alone(&account_before) && bill.is_plain();
    Ok(PreparedBill {
        account,
        subscriptions,
        bill,
        series: entity.series().to_owned(),
        is_plain,
        seen,
    })
}

impl Bill {
    /// An invoice of charges alone, that no credit pays and that takes no days from earlier ones.
    fn is_plain(&self) -> bool {
        let charges = |it: &crate::InvoiceDraft| it.lines.iter().all(|line| line.repairs.is_none());
        // The short ways of stores write lines and a total alone.
        let bare = |it: &crate::InvoiceDraft| {
            it.figures.is_none() && it.fees.is_empty() && it.total.is_positive()
        };
        self.draft
            .as_ref()
            .is_some_and(|it| charges(it) && bare(it))
            && self.let_go.is_empty()
            && self.notes.is_empty()
            && self.spent.is_empty()
            && self.paid.is_none()
            && !self.open.iter().any(Invoice::is_changed)
    }
}

/// Writes a prepared bill in the caller's transaction, statement by statement: what
/// [`BillingRunStore::write_bills`] does unless a store knows a shorter way.
///
/// # Errors
/// [`StoreError::Conflict`] if anybody has locked the account since its facts were read.
pub async fn write_prepared(
    tx: &mut dyn BillingTx,
    prepared: PreparedBill,
) -> Result<(), StoreError> {
    let PreparedBill {
        mut account,
        mut subscriptions,
        bill,
        series,
        seen,
        ..
    } = prepared;
    let locked = tx.accounts().lock(account.id()).await?;
    let locked = locked.ok_or(StoreError::Conflict)?;
    if locked.version() != seen + 1 {
        return Err(StoreError::Conflict);
    }
    account.locked_as(locked.version());
    write(tx, &series, &mut account, &mut subscriptions, bill).await?;
    Ok(())
}
