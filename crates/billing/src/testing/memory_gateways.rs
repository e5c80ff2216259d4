//! Gateway accounts, payment links and webhooks in maps, behind the same promises as a database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel::{
    GatewayAccountId, JobRequest, NewEvent, PaymentId, ReconciliationId, Scope, StoreError,
    TenantId, Timestamp, UnitOfWork, WebhookId,
};

use crate::gateway::{
    CollectionRepository, CollectionSnapshot, GATEWAY_NAME_UNIQUE, GatewayAccount,
    GatewayAccountRepository, GatewayAccountSnapshot, GatewayPorts, GatewayStore, GatewayTx,
    Gateways, LINK_REFERENCE_UNIQUE, PaymentLink, PaymentLinkRepository, PaymentLinkSnapshot,
    ProviderReference, ProviderRefundRepository, ProviderRefundSnapshot, ReconciliationRepository,
    ReconciliationSnapshot, WEBHOOK_EVENT_UNIQUE, Webhook, WebhookRepository, WebhookSnapshot,
    WebhookStatus,
};
use crate::payment::RefundId;
use crate::ports::BillingTx;
use crate::testing::MemoryBilling;
use crate::testing::memory::MemoryTx as BooksTx;

mod collections;
mod queries;
mod reconciliations;

#[derive(Debug, Clone, Default)]
struct Rows {
    accounts: BTreeMap<(TenantId, GatewayAccountId), GatewayAccountSnapshot>,
    links: BTreeMap<(TenantId, PaymentId), PaymentLinkSnapshot>,
    webhooks: BTreeMap<(TenantId, WebhookId), WebhookSnapshot>,
    collections: BTreeMap<(TenantId, PaymentId), CollectionSnapshot>,
    refunds: BTreeMap<(TenantId, RefundId), ProviderRefundSnapshot>,
    reconciliations: BTreeMap<(TenantId, ReconciliationId), ReconciliationSnapshot>,
    events: Vec<NewEvent>,
    jobs: Vec<JobRequest>,
}

/// What a transaction does, done again on the shared rows when it commits.
#[derive(Debug, Clone)]
enum Write {
    Account(GatewayAccountSnapshot),
    Link(PaymentLinkSnapshot),
    Webhook(WebhookSnapshot),
    Collection(CollectionSnapshot),
    Refund(ProviderRefundSnapshot),
    Reconciliation(ReconciliationSnapshot),
    Event(NewEvent),
    Job(JobRequest),
}

/// The fake: cloning it clones a handle.
#[derive(Debug, Clone)]
pub struct MemoryGateways {
    rows: Arc<Mutex<Rows>>,
    books: MemoryBilling,
}

impl MemoryGateways {
    /// An empty store beside the books of the same installation.
    #[must_use]
    pub fn beside(books: MemoryBilling) -> Self {
        Self {
            rows: Arc::default(),
            books,
        }
    }

    /// The fake as an installation with these providers holds it.
    #[must_use]
    pub fn ports(&self, gateways: Gateways) -> GatewayPorts {
        GatewayPorts {
            gateways,
            store: Arc::new(self.clone()),
            queries: Arc::new(self.clone()),
        }
    }

    /// Every job that was enqueued, oldest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobRequest> {
        self.lock().jobs.clone()
    }

    /// The names of every event that was committed, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<&'static str> {
        self.lock().events.iter().map(|it| it.name).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_version(stored: Option<i64>, given: i64) -> Result<(), StoreError> {
    if stored.unwrap_or(0) == given {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

fn duplicate(constraint: &str) -> StoreError {
    StoreError::Duplicate {
        constraint: constraint.to_owned(),
    }
}

impl Rows {
    fn apply(&mut self, tenant: TenantId, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Account(row) => self.put_account(tenant, row.clone()),
            Write::Link(row) => self.put_link(tenant, row.clone()),
            Write::Webhook(row) => self.put_webhook(tenant, row.clone()),
            Write::Collection(row) => self.put_collection(tenant, row.clone()),
            Write::Refund(row) => self.put_refund(tenant, row.clone()),
            Write::Reconciliation(row) => self.put_reconciliation(tenant, row.clone()),
            Write::Event(event) => {
                self.events.push(event.clone());
                Ok(())
            }
            Write::Job(job) => {
                self.jobs.push(job.clone());
                Ok(())
            }
        }
    }

    fn put_account(
        &mut self,
        tenant: TenantId,
        mut row: GatewayAccountSnapshot,
    ) -> Result<(), StoreError> {
        let key = (tenant, row.id);
        check_version(self.accounts.get(&key).map(|it| it.version), row.version)?;
        let mut others = self
            .accounts
            .iter()
            .filter(|it| it.0.0 == tenant && it.0.1 != row.id);
        if others.any(|it| it.1.name == row.name) {
            return Err(duplicate(GATEWAY_NAME_UNIQUE));
        }
        row.version += 1;
        self.accounts.insert(key, row);
        Ok(())
    }

    fn put_link(
        &mut self,
        tenant: TenantId,
        mut row: PaymentLinkSnapshot,
    ) -> Result<(), StoreError> {
        let key = (tenant, row.id);
        check_version(self.links.get(&key).map(|it| it.version), row.version)?;
        let mut others = self
            .links
            .iter()
            .filter(|it| it.0.0 == tenant && it.0.1 != row.id);
        let is_taken = others.any(|it| {
            it.1.gateway_account == row.gateway_account
                && row.reference.is_some()
                && it.1.reference == row.reference
        });
        if is_taken {
            return Err(duplicate(LINK_REFERENCE_UNIQUE));
        }
        row.version += 1;
        self.links.insert(key, row);
        Ok(())
    }

    fn put_webhook(
        &mut self,
        tenant: TenantId,
        mut row: WebhookSnapshot,
    ) -> Result<(), StoreError> {
        let key = (tenant, row.id);
        check_version(self.webhooks.get(&key).map(|it| it.version), row.version)?;
        let mut others = self
            .webhooks
            .iter()
            .filter(|it| it.0.0 == tenant && it.0.1 != row.id);
        let is_known =
            others.any(|it| it.1.gateway_account == row.gateway_account && it.1.event == row.event);
        if is_known {
            return Err(duplicate(WEBHOOK_EVENT_UNIQUE));
        }
        row.version += 1;
        self.webhooks.insert(key, row);
        Ok(())
    }
}

struct MemoryTx {
    store: MemoryGateways,
    tenant: TenantId,
    rows: Rows,
    writes: Vec<Write>,
    books: BooksTx,
}

impl MemoryTx {
    fn write(&mut self, write: Write) -> Result<(), StoreError> {
        self.rows.apply(self.tenant, &write)?;
        self.writes.push(write);
        Ok(())
    }
}

#[async_trait]
impl GatewayStore for MemoryGateways {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn GatewayTx>, StoreError> {
        let rows = self.lock().clone();
        Ok(Box::new(MemoryTx {
            store: self.clone(),
            tenant: scope.tenant,
            rows,
            writes: Vec::new(),
            books: self.books.transaction(scope),
        }))
    }

    async fn forget_webhook_bodies(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut rows = self.lock();
        let old = rows.webhooks.values_mut().filter(|it| {
            it.status == WebhookStatus::Done && it.received_at < before && !it.body.is_empty()
        });
        let mut forgotten = 0;
        for row in old.take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            row.body.clear();
            forgotten += 1;
        }
        Ok(forgotten)
    }
}

#[async_trait]
impl UnitOfWork for MemoryTx {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.write(Write::Job(job))
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self {
            store,
            tenant,
            writes,
            books,
            ..
        } = *self;
        let mut shared = store.lock();
        let mut rows = shared.clone();
        writes.iter().try_for_each(|it| rows.apply(tenant, it))?;
        books.finish()?;
        *shared = rows;
        Ok(())
    }
}

impl GatewayTx for MemoryTx {
    fn gateway_accounts(&mut self) -> &mut dyn GatewayAccountRepository {
        self
    }

    fn payment_links(&mut self) -> &mut dyn PaymentLinkRepository {
        self
    }

    fn webhooks(&mut self) -> &mut dyn WebhookRepository {
        self
    }

    fn collections(&mut self) -> &mut dyn CollectionRepository {
        self
    }

    fn provider_refunds(&mut self) -> &mut dyn ProviderRefundRepository {
        self
    }

    fn reconciliations(&mut self) -> &mut dyn ReconciliationRepository {
        self
    }

    fn books(&mut self) -> &mut dyn BillingTx {
        &mut self.books
    }
}

#[async_trait]
impl GatewayAccountRepository for MemoryTx {
    async fn find(&mut self, id: GatewayAccountId) -> Result<Option<GatewayAccount>, StoreError> {
        let found = self.rows.accounts.get(&(self.tenant, id));
        Ok(found.cloned().map(GatewayAccount::restore))
    }

    async fn save(&mut self, account: &mut GatewayAccount) -> Result<(), StoreError> {
        let row = account.snapshot().clone();
        let (id, version) = (row.id, row.version);
        self.write(Write::Account(row))?;
        for event in account.take_events() {
            self.write(Write::Event(NewEvent::of(id, &event)?))?;
        }
        account.saved_as(version + 1);
        Ok(())
    }
}

#[async_trait]
impl PaymentLinkRepository for MemoryTx {
    async fn find(&mut self, id: PaymentId) -> Result<Option<PaymentLink>, StoreError> {
        let found = self.rows.links.get(&(self.tenant, id));
        Ok(found.cloned().map(PaymentLink::restore))
    }

    async fn find_by_reference(
        &mut self,
        account: GatewayAccountId,
        reference: &ProviderReference,
    ) -> Result<Option<PaymentLink>, StoreError> {
        let mut mine = self.rows.links.iter().filter(|it| it.0.0 == self.tenant);
        let found = mine.find(|it| {
            it.1.gateway_account == account && it.1.reference.as_ref() == Some(reference)
        });
        Ok(found.map(|it| PaymentLink::restore(it.1.clone())))
    }

    async fn save(&mut self, link: &mut PaymentLink) -> Result<(), StoreError> {
        let row = link.snapshot().clone();
        let (id, version) = (row.id, row.version);
        self.write(Write::Link(row))?;
        for event in link.take_events() {
            self.write(Write::Event(NewEvent::of(id, &event)?))?;
        }
        link.saved_as(version + 1);
        Ok(())
    }
}

#[async_trait]
impl WebhookRepository for MemoryTx {
    async fn find(&mut self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        let found = self.rows.webhooks.get(&(self.tenant, id));
        Ok(found.cloned().map(Webhook::restore))
    }

    async fn save(&mut self, webhook: &mut Webhook) -> Result<(), StoreError> {
        let row = webhook.snapshot().clone();
        let (id, version) = (row.id, row.version);
        self.write(Write::Webhook(row))?;
        for event in webhook.take_events() {
            self.write(Write::Event(NewEvent::of(id, &event)?))?;
        }
        webhook.saved_as(version + 1);
        Ok(())
    }
}
