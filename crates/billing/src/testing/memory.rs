//! Money and what is sold in maps, behind the same promises as a database.

mod dunning;
mod fees;
mod letterheads;
mod queries;
mod reports;
mod repositories;
mod rows;
mod run;
mod table;
mod tills;
mod views;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel::{
    AccountId, Id, JobRequest, Kind, NewEvent, PaymentId, Scope, StoreError, TenantId, Timestamp,
    UnitOfWork,
};

use crate::dunning_ports::{DunningRunRepository, FeeRepository};
use crate::events::BillingEvent;
use crate::ledger::Posting;
use crate::letterhead_ports::LetterheadRepository;
use crate::ports::{
    AccountRepository, BillingStore, BillingTx, EntityRepository, InvoiceRepository, Ledger,
    PaymentRepository, PlanRepository, ProofRepository, SubscriptionRepository,
    UnmatchedRepository,
};
use crate::till_ports::TillRepository;
use rows::{Rows, Write};

/// The fake: cloning it clones a handle.
///
/// Locks are optimistic: of two transactions that held the lock of one account at the same time, the second one to
/// commit fails with [`StoreError::Conflict`].
#[derive(Debug, Clone, Default)]
pub struct MemoryBilling {
    rows: Arc<Mutex<Rows>>,
}

impl MemoryBilling {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every event that was committed, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<NewEvent> {
        self.lock().events.clone()
    }

    /// Every job that was enqueued, oldest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobRequest> {
        self.lock().jobs.clone()
    }

    /// Every posting of an account, oldest first.
    #[must_use]
    pub fn postings_of(&self, tenant: TenantId, account: AccountId) -> Vec<Posting> {
        let rows = self.lock();
        let postings = rows.postings.get(&(tenant, account));
        let postings = postings.into_iter().flat_map(|it| it.iter());
        postings.map(|(_, it)| (**it).clone()).collect()
    }

    /// Takes the events and jobs that were committed since the last time away, as whoever carries them on would.
    #[must_use]
    pub fn take_outbox(&self) -> (Vec<NewEvent>, Vec<JobRequest>) {
        let mut rows = self.lock();
        rows.generation += 1;
        (
            std::mem::take(&mut rows.events),
            std::mem::take(&mut rows.jobs),
        )
    }

    /// Every posting of a tenant, oldest first.
    #[must_use]
    pub fn postings(&self, tenant: TenantId) -> Vec<Posting> {
        let rows = self.lock();
        let mine = rows
            .postings
            .into_iter()
            .filter(|((owner, _), _)| *owner == tenant);
        let mut mine: Vec<_> = mine.flat_map(|(_, postings)| postings.iter()).collect();
        mine.sort_by_key(|(place, _)| *place);
        mine.into_iter().map(|(_, it)| (**it).clone()).collect()
    }

    /// Whether an operator has given something of a payment back at that moment or later.
    pub(super) fn gave_back_by_hand(
        &self,
        tenant: TenantId,
        payment: PaymentId,
        since: Timestamp,
    ) -> bool {
        let rows = self.lock();
        let mut takings = rows.takings.into_iter();
        takings.any(|((owner, _), it)| {
            *owner == tenant && it.payment == payment && it.amount.is_negative() && it.at >= since
        })
    }

    pub(super) fn transaction(&self, scope: &Scope) -> MemoryTx {
        let rows = self.lock().clone();
        MemoryTx {
            store: self.clone(),
            tenant: scope.tenant,
            rows,
            writes: Vec::new(),
            locked: BTreeMap::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl BillingStore for MemoryBilling {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn BillingTx>, StoreError> {
        Ok(Box::new(self.transaction(scope)))
    }
}

/// A transaction: it sees its own writes, which are replayed on the shared rows when it commits.
pub(super) struct MemoryTx {
    store: MemoryBilling,
    tenant: TenantId,
    rows: Rows,
    writes: Vec<Write>,
    locked: BTreeMap<AccountId, u64>,
}

impl MemoryTx {
    fn write(&mut self, write: Write) -> Result<(), StoreError> {
        self.rows.apply(self.tenant, &write)?;
        self.writes.push(write);
        Ok(())
    }

    /// Writes an aggregate and what happened to it.
    fn keep<K: Kind>(
        &mut self,
        id: Id<K>,
        events: &[BillingEvent],
        write: Write,
    ) -> Result<(), StoreError> {
        self.write(write)?;
        events
            .iter()
            .try_for_each(|it| self.write(Write::Event(NewEvent::of(id, it)?)))
    }
}

#[async_trait]
impl UnitOfWork for MemoryTx {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.write(Write::Job(job))
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.finish()
    }
}

impl MemoryTx {
    pub(super) fn finish(self) -> Result<(), StoreError> {
        let mut shared = self.store.lock();
        // Whoever was alone has seen what replaying the writes would come to.
        let was_alone = self.rows.generation == shared.generation;
        let mut rows = match was_alone {
            true => self.rows,
            false => shared.clone(),
        };
        rows.take_turns(self.tenant, &self.locked)?;
        if !was_alone {
            self.writes
                .iter()
                .try_for_each(|it| rows.apply(self.tenant, it))?;
        }
        rows.generation += 1;
        *shared = rows;
        Ok(())
    }
}

impl BillingTx for MemoryTx {
    fn entities(&mut self) -> &mut dyn EntityRepository {
        self
    }

    fn letterheads(&mut self) -> &mut dyn LetterheadRepository {
        self
    }

    fn plans(&mut self) -> &mut dyn PlanRepository {
        self
    }

    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self
    }

    fn subscriptions(&mut self) -> &mut dyn SubscriptionRepository {
        self
    }

    fn invoices(&mut self) -> &mut dyn InvoiceRepository {
        self
    }

    fn payments(&mut self) -> &mut dyn PaymentRepository {
        self
    }

    fn unmatched(&mut self) -> &mut dyn UnmatchedRepository {
        self
    }

    fn proofs(&mut self) -> &mut dyn ProofRepository {
        self
    }

    fn dunning_runs(&mut self) -> &mut dyn DunningRunRepository {
        self
    }

    fn fees(&mut self) -> &mut dyn FeeRepository {
        self
    }

    fn tills(&mut self) -> &mut dyn TillRepository {
        self
    }

    fn ledger(&mut self) -> &mut dyn Ledger {
        self
    }
}

#[cfg(test)]
mod tests;
