//! The contexts' own fakes: fast, and as strict as a database.

use std::sync::{Arc, Mutex, PoisonError};

use access::testing::{MemoryAccess, MemoryUsage};
use anyhow::Result;
use async_trait::async_trait;
use billing::testing::MemoryBilling;
use customers::testing::MemoryCustomers;
use jobs::JobsStore;
use kernel::testing::CountingIds;
use kernel::{
    AccountId, EventRow, Ids, JobRequest, NewEvent, Scope, StoreError, TenantId, Timestamp,
    UnitOfWork,
};
use vouchers::testing::MemoryVouchers;
use workflows::testing::MemorySales;

use super::{Backend, Outbox, Ports, Sides, Told};

/// Everything in maps.
pub(crate) struct Memory {
    customers: MemoryCustomers,
    billing: MemoryBilling,
    access: MemoryAccess,
    vouchers: MemoryVouchers,
    asked_for: AskedFor,
    usage: Arc<MemoryUsage>,
    ids: CountingIds,
}

impl Memory {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let access = MemoryAccess::new();
        Self {
            usage: Arc::new(MemoryUsage::beside(access.clone())),
            customers: MemoryCustomers::new(),
            billing: MemoryBilling::new(),
            access,
            vouchers: MemoryVouchers::new(),
            asked_for: AskedFor::default(),
            ids: CountingIds::from(1),
        }
    }
}

#[async_trait]
impl Backend for Memory {
    fn ports(&self) -> Ports {
        let (access, billing) = (self.access.clone(), self.billing.clone());
        Ports {
            customers: Arc::new(self.customers.clone()),
            customer_queries: Arc::new(self.customers.clone()),
            billing: Arc::new(billing.clone()),
            run: Arc::new(billing.clone()),
            access: Arc::new(access.clone()),
            sales: Arc::new(MemorySales::of(access.clone(), billing.clone())),
            vouchers: Arc::new(self.vouchers.clone()),
            jobs: Arc::new(self.asked_for.clone()),
            billing_queries: Arc::new(billing),
            access_queries: Arc::new(access),
            voucher_queries: Arc::new(self.vouchers.clone()),
            usage: Arc::<MemoryUsage>::clone(&self.usage),
        }
    }

    async fn take_outbox(&self, tenant: TenantId, now: Timestamp) -> Result<Outbox> {
        let (mut events, mut jobs) = self.billing.take_outbox();
        for (more_events, more_jobs) in [
            self.access.take_outbox(tenant),
            self.vouchers.take_outbox(),
            (Vec::new(), self.asked_for.take()),
        ] {
            events.extend(more_events);
            jobs.extend(more_jobs);
        }
        let told = events.into_iter().map(|it| self.told(tenant, now, it));
        Ok(Outbox {
            told: told.collect(),
            jobs,
        })
    }

    async fn postings_of(&self, tenant: TenantId, account: AccountId) -> Result<Vec<Sides>> {
        let postings = self.billing.postings_of(tenant, account);
        let side = |it: &billing::Entry| (it.account.as_str().to_owned(), it.amount.minor());
        let sides = postings.iter().map(|it| it.entries().iter().map(side));
        Ok(sides.map(Iterator::collect).collect())
    }

    async fn reopen(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Memory {
    fn told(&self, tenant: TenantId, now: Timestamp, event: NewEvent) -> Told {
        let ids: &dyn Ids = &self.ids;
        let listens = workflows::subscriptions().iter();
        let handlers = listens.filter(|(name, _)| *name == event.name);
        let handlers = handlers.map(|(_, handler)| ((*handler).to_owned(), ids.next()));
        Told {
            handlers: handlers.collect(),
            event: EventRow {
                position: 1,
                id: ids.next(),
                tenant,
                aggregate_kind: event.aggregate_kind.to_owned(),
                aggregate_id: event.aggregate_id,
                name: event.name.to_owned(),
                version: event.version,
                body: event.body,
                actor: "system:simulation".to_owned(),
                correlation: ids.fresh(),
                causation: None,
                trace: None,
                occurred_at: now,
            },
        }
    }
}

/// The jobs that no change causes.
#[derive(Debug, Clone, Default)]
struct AskedFor(Arc<Mutex<Vec<JobRequest>>>);

impl AskedFor {
    fn take(&self) -> Vec<JobRequest> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl JobsStore for AskedFor {
    async fn begin(&self, _scope: &Scope) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(Asking(self.clone(), Vec::new())))
    }
}

struct Asking(AskedFor, Vec<JobRequest>);

#[async_trait]
impl UnitOfWork for Asking {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.1.push(job);
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self(AskedFor(asked), jobs) = *self;
        asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(jobs);
        Ok(())
    }
}
