//! The rows themselves, and the rules that a database would enforce on every write.

use std::collections::BTreeMap;

use immutable_chunkmap::map::MapM;
use kernel::{
    AccountId, AccountKind, CreditNoteKind, CustomerId, EntityId, EntityKind, Id, InvoiceKind,
    JobRequest, NewEvent, PaymentId, PaymentKind, PlanKind, StoreError, SubscriptionKind, TenantId,
};

use super::table::{Row, Table};
use crate::account::AccountSnapshot;
use crate::credit_note::IssuedNote;
use crate::entity::EntitySnapshot;
use crate::invoice::InvoiceSnapshot;
use crate::ledger::Posting;
use crate::payment::PaymentSnapshot;
use crate::plan::{PlanSnapshot, PlanStatus};
use crate::ports::{ACCOUNT_CUSTOMER_UNIQUE, PAYMENT_REFERENCE_UNIQUE, PLAN_NAME_UNIQUE};
use crate::subscription::SubscriptionSnapshot;

#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) entities: Table<EntityKind, EntitySnapshot>,
    pub(super) plans: Table<PlanKind, PlanSnapshot>,
    pub(super) accounts: Table<AccountKind, AccountSnapshot>,
    pub(super) subscriptions: Table<SubscriptionKind, SubscriptionSnapshot>,
    pub(super) invoices: Table<InvoiceKind, InvoiceSnapshot>,
    pub(super) notes: Table<CreditNoteKind, IssuedNote>,
    pub(super) payments: Table<PaymentKind, PaymentSnapshot>,
    /// The last number taken of each series.
    pub(super) counters: MapM<(TenantId, EntityId, String), u64>,
    /// How many committed transactions have held the lock of each account.
    turns: MapM<(TenantId, AccountId), u64>,
    /// Whose account it is with an entity.
    customers: MapM<(TenantId, CustomerId, EntityId), AccountId>,
    /// Which payment a method's reference names.
    references: MapM<(TenantId, &'static str, String), PaymentId>,
    pub(super) postings: MapM<(TenantId, AccountId), Vec<(u64, Posting)>>,
    posted: u64,
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
    Note(IssuedNote),
    Payment(PaymentSnapshot),
    Posting(Posting),
    Job(JobRequest),
    Event(NewEvent),
}

impl Row for EntitySnapshot {}

impl Row for PlanSnapshot {}

impl Row for AccountSnapshot {}

impl Row for SubscriptionSnapshot {
    fn account(&self) -> Option<AccountId> {
        Some(self.account)
    }
}

impl Row for InvoiceSnapshot {
    fn account(&self) -> Option<AccountId> {
        Some(self.account)
    }
}

impl Row for IssuedNote {
    fn account(&self) -> Option<AccountId> {
        Some(self.draft.account)
    }
}

impl Row for PaymentSnapshot {
    fn account(&self) -> Option<AccountId> {
        Some(self.account)
    }
}

impl Rows {
    /// The account of a customer with an entity.
    pub(super) fn account_of(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        entity: EntityId,
    ) -> Option<AccountId> {
        self.customers.get(&(tenant, customer, entity)).copied()
    }

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
            self.turns.insert_cow((tenant, *account), seen + 1);
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
            Write::Note(row) => self.issue_note(tenant, row),
            Write::Payment(row) => self.put_payment(tenant, row),
            Write::Posting(posting) => {
                self.posted += 1;
                let place = (tenant, posting.account());
                let postings = self.postings.get_or_default_cow(place);
                postings.push((self.posted, posting.clone()));
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
        if row.status == PlanStatus::Offered && self.plans.of_tenant(tenant).any(rival) {
            return Err(duplicate(PLAN_NAME_UNIQUE));
        }
        put(&mut self.plans, (tenant, row.defined.id), row, |it| {
            it.version
        })
    }

    fn put_account(&mut self, tenant: TenantId, row: &AccountSnapshot) -> Result<(), StoreError> {
        let key = (tenant, row.customer, row.entity);
        if self.customers.get(&key).is_some_and(|it| *it != row.id) {
            return Err(duplicate(ACCOUNT_CUSTOMER_UNIQUE));
        }
        self.customers.insert_cow(key, row.id);
        put(&mut self.accounts, (tenant, row.id), row, |it| it.version)
    }

    fn touch(&mut self, tenant: TenantId, account: AccountId) -> Result<(), StoreError> {
        let row = self.accounts.get_mut(&(tenant, account));
        row.ok_or(StoreError::Conflict)?.version += 1;
        Ok(())
    }

    fn put_payment(&mut self, tenant: TenantId, row: &PaymentSnapshot) -> Result<(), StoreError> {
        if let Some(reference) = &row.reference {
            let key = (tenant, row.method.as_str(), reference.clone());
            if self.references.get(&key).is_some_and(|it| *it != row.id) {
                return Err(duplicate(PAYMENT_REFERENCE_UNIQUE));
            }
            self.references.insert_cow(key, row.id);
        }
        put(&mut self.payments, (tenant, row.id), row, |it| it.version)
    }

    /// The number must be the next one: a faster transaction may have taken it.
    fn issue(&mut self, tenant: TenantId, row: &InvoiceSnapshot) -> Result<(), StoreError> {
        let series = (tenant, row.entity, row.series.clone());
        let last = self.counters.get_or_default_cow(series);
        if row.number != *last + 1 {
            return Err(StoreError::Conflict);
        }
        *last = row.number;
        put(&mut self.invoices, (tenant, row.id), row, |it| it.version)
    }

    /// The number must be the next one of its series, like that of an invoice.
    fn issue_note(&mut self, tenant: TenantId, row: &IssuedNote) -> Result<(), StoreError> {
        let series = (tenant, row.draft.entity, row.series.clone());
        let last = self.counters.get_or_default_cow(series);
        if row.number != *last + 1 {
            return Err(StoreError::Conflict);
        }
        *last = row.number;
        self.notes.insert((tenant, row.draft.id), row.clone());
        Ok(())
    }

    /// An issued invoice never changes, but for how it is settled.
    fn settle(&mut self, tenant: TenantId, row: &InvoiceSnapshot) -> Result<(), StoreError> {
        let stored = self.invoices.get_mut(&(tenant, row.id));
        let stored = stored.filter(|it| it.version + 1 == row.version);
        let stored = stored.ok_or(StoreError::Conflict)?;
        stored.allocated = row.allocated;
        stored.credited = row.credited;
        stored.written_off = row.written_off;
        stored.voided.clone_from(&row.voided);
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
fn put<K, R: Row>(
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
