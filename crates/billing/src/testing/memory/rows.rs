//! The rows themselves, and the rules that a database would enforce on every write.

use std::collections::BTreeMap;

use kernel::{
    AccountId, EntityId, Id, InvoiceId, JobRequest, NewEvent, PaymentId, PlanId, StoreError,
    SubscriptionId, TenantId,
};

use crate::account::AccountSnapshot;
use crate::entity::EntitySnapshot;
use crate::invoice::InvoiceSnapshot;
use crate::ledger::Posting;
use crate::payment::PaymentSnapshot;
use crate::plan::{PlanSnapshot, PlanStatus};
use crate::ports::{ACCOUNT_CUSTOMER_UNIQUE, PAYMENT_REFERENCE_UNIQUE, PLAN_NAME_UNIQUE};
use crate::subscription::SubscriptionSnapshot;

/// The rows of one kind, by tenant and id.
pub(super) type Table<K, R> = BTreeMap<(TenantId, Id<K>), R>;

#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) entities: BTreeMap<(TenantId, EntityId), EntitySnapshot>,
    pub(super) plans: BTreeMap<(TenantId, PlanId), PlanSnapshot>,
    pub(super) accounts: BTreeMap<(TenantId, AccountId), AccountSnapshot>,
    pub(super) subscriptions: BTreeMap<(TenantId, SubscriptionId), SubscriptionSnapshot>,
    pub(super) invoices: BTreeMap<(TenantId, InvoiceId), InvoiceSnapshot>,
    pub(super) payments: BTreeMap<(TenantId, PaymentId), PaymentSnapshot>,
    /// The last number taken of each series.
    pub(super) counters: BTreeMap<(TenantId, EntityId, String), u64>,
    /// How many committed transactions have held the lock of each account.
    turns: BTreeMap<(TenantId, AccountId), u64>,
    pub(super) postings: Vec<(TenantId, Posting)>,
    pub(super) events: Vec<NewEvent>,
    pub(super) jobs: Vec<JobRequest>,
}

/// What a transaction wrote: replayed on commit, and refused there if another one was faster.
#[derive(Debug)]
pub(super) enum Write {
    Entity(EntitySnapshot),
    Plan(PlanSnapshot),
    Lock(AccountId),
    Account(AccountSnapshot),
    Subscription(Box<SubscriptionSnapshot>),
    Issue(InvoiceSnapshot),
    Invoice(InvoiceSnapshot),
    Payment(PaymentSnapshot),
    Posting(Posting),
    Job(JobRequest),
    Event(NewEvent),
}

/// The rows of one tenant, by id.
pub(super) fn of_tenant<K, R>(
    table: &Table<K, R>,
    tenant: TenantId,
) -> impl DoubleEndedIterator<Item = &R> {
    table
        .iter()
        .filter(move |((owner, _), _)| *owner == tenant)
        .map(|(_, row)| row)
}

impl Rows {
    pub(super) fn turn_of(&self, tenant: TenantId, account: AccountId) -> u64 {
        self.turns.get(&(tenant, account)).copied().unwrap_or(0)
    }

    /// Refuses a transaction that read an account which another one has held since.
    pub(super) fn take_turns(
        &mut self,
        tenant: TenantId,
        locked: &BTreeMap<AccountId, u64>,
    ) -> Result<(), StoreError> {
        for (account, seen) in locked {
            if self.turn_of(tenant, *account) != *seen {
                return Err(StoreError::Conflict);
            }
            self.turns.insert((tenant, *account), seen + 1);
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, tenant: TenantId, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Entity(row) => put(&mut self.entities, (tenant, row.founded.id), row, |it| {
                it.version
            }),
            Write::Plan(row) => self.put_plan(tenant, row),
            Write::Lock(account) => self.touch(tenant, *account),
            Write::Account(row) => self.put_account(tenant, row),
            Write::Subscription(row) => put(&mut self.subscriptions, (tenant, row.id), row, |it| {
                it.version
            }),
            Write::Issue(row) => self.issue(tenant, row),
            Write::Invoice(row) => self.settle(tenant, row),
            Write::Payment(row) => self.put_payment(tenant, row),
            Write::Posting(posting) => {
                self.postings.push((tenant, posting.clone()));
                Ok(())
            }
            Write::Job(job) => {
                self.enqueue(job);
                Ok(())
            }
            Write::Event(event) => {
                self.events.push(event.clone());
                Ok(())
            }
        }
    }

    fn put_plan(&mut self, tenant: TenantId, row: &PlanSnapshot) -> Result<(), StoreError> {
        let rival = |it: &PlanSnapshot| {
            it.status == PlanStatus::Offered
                && it.defined.id != row.defined.id
                && it.defined.name == row.defined.name
        };
        if row.status == PlanStatus::Offered && of_tenant(&self.plans, tenant).any(rival) {
            return Err(duplicate(PLAN_NAME_UNIQUE));
        }
        put(&mut self.plans, (tenant, row.defined.id), row, |it| {
            it.version
        })
    }

    fn put_account(&mut self, tenant: TenantId, row: &AccountSnapshot) -> Result<(), StoreError> {
        let rival = |it: &AccountSnapshot| {
            it.id != row.id && (it.customer, it.entity) == (row.customer, row.entity)
        };
        if of_tenant(&self.accounts, tenant).any(rival) {
            return Err(duplicate(ACCOUNT_CUSTOMER_UNIQUE));
        }
        put(&mut self.accounts, (tenant, row.id), row, |it| it.version)
    }

    fn touch(&mut self, tenant: TenantId, account: AccountId) -> Result<(), StoreError> {
        let row = self.accounts.get_mut(&(tenant, account));
        row.ok_or(StoreError::Conflict)?.version += 1;
        Ok(())
    }

    fn put_payment(&mut self, tenant: TenantId, row: &PaymentSnapshot) -> Result<(), StoreError> {
        let rival = |it: &PaymentSnapshot| {
            it.id != row.id && it.method == row.method && it.reference == row.reference
        };
        if row.reference.is_some() && of_tenant(&self.payments, tenant).any(rival) {
            return Err(duplicate(PAYMENT_REFERENCE_UNIQUE));
        }
        put(&mut self.payments, (tenant, row.id), row, |it| it.version)
    }

    /// The number must be the next one: a faster transaction may have taken it.
    fn issue(&mut self, tenant: TenantId, row: &InvoiceSnapshot) -> Result<(), StoreError> {
        let series = (tenant, row.entity, row.series.clone());
        let last = self.counters.entry(series).or_insert(0);
        if row.number != *last + 1 {
            return Err(StoreError::Conflict);
        }
        *last = row.number;
        put(&mut self.invoices, (tenant, row.id), row, |it| it.version)
    }

    /// An issued invoice never changes, but for what is allocated to it.
    fn settle(&mut self, tenant: TenantId, row: &InvoiceSnapshot) -> Result<(), StoreError> {
        let stored = self.invoices.get_mut(&(tenant, row.id));
        let stored = stored.filter(|it| it.version + 1 == row.version);
        let stored = stored.ok_or(StoreError::Conflict)?;
        stored.allocated = row.allocated;
        stored.version = row.version;
        Ok(())
    }

    fn enqueue(&mut self, job: &JobRequest) {
        let waiting = self
            .jobs
            .iter_mut()
            .find(|it| it.unique_key.is_some() && it.unique_key == job.unique_key);
        let Some(waiting) = waiting else {
            self.jobs.push(job.clone());
            return;
        };
        waiting.priority = waiting.priority.min(job.priority);
        waiting.run_at = waiting.run_at.min(job.run_at);
    }
}

/// Writes a row whose version must follow the stored one.
fn put<K, R: Clone>(
    table: &mut Table<K, R>,
    key: (TenantId, Id<K>),
    row: &R,
    version: impl Fn(&R) -> i64,
) -> Result<(), StoreError> {
    let stored = table.get(&key).map_or(0, &version);
    if version(row) != stored + 1 {
        return Err(StoreError::Conflict);
    }
    table.insert(key, row.clone());
    Ok(())
}

fn duplicate(constraint: &str) -> StoreError {
    StoreError::Duplicate {
        constraint: constraint.to_owned(),
    }
}
