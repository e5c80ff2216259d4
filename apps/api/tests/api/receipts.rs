//! Receipts in a map, and stores that write them with their transactions as a database does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access::{AccessTx, GrantRepository, ProfileRepository, RouterRepository, SetupRepository};
use async_trait::async_trait;
use billing::gateway::{
    GatewayAccountRepository, GatewayStore, GatewayTx, PaymentLinkRepository, WebhookRepository,
};
use billing::{
    AccountRepository, BillingStore, BillingTx, EntityRepository, InvoiceRepository, Ledger,
    PaymentRepository, PlanRepository, SubscriptionRepository, UnmatchedRepository,
};
use customers::{AddresseeRepository, CustomerRepository, CustomersStore, CustomersTx};
use kernel::{
    IdempotencyKey, JobRequest, Receipt, Receipts, Scope, StoreError, StoredReceipt, TenantId,
    Timestamp, UnitOfWork,
};
use operators::{
    OperatorRepository, OperatorsStore, OperatorsTx, SessionRepository, TenantRepository,
};
use vouchers::{BatchRepository, VoucherRepository, VouchersTx};
use workflows::{RedemptionStore, RedemptionTx, SubscriptionStore, SubscriptionTx};

type Kept = HashMap<(TenantId, IdempotencyKey), StoredReceipt>;

/// Every receipt of every tenant.
#[derive(Debug, Clone, Default)]
pub struct MemoryReceipts(Arc<Mutex<Kept>>);

impl MemoryReceipts {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, tenant: TenantId, receipt: Receipt) -> Result<(), StoreError> {
        let stored = StoredReceipt {
            digest: receipt.digest,
            answer: receipt.answer,
        };
        match self.lock().entry((tenant, receipt.key)) {
            std::collections::hash_map::Entry::Occupied(_) => Err(StoreError::Duplicate {
                constraint: "idempotency_keys_pkey".to_owned(),
            }),
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(stored);
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Receipts for MemoryReceipts {
    async fn find(
        &self,
        tenant: TenantId,
        key: &IdempotencyKey,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        Ok(self.lock().get(&(tenant, key.clone())).cloned())
    }

    async fn prune(&self, _before: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// A store whose transactions keep the receipt of their scope.
#[derive(Debug, Clone)]
pub struct WithReceipts<S> {
    /// The store that does the work.
    pub inner: S,
    /// Where its receipts go.
    pub receipts: MemoryReceipts,
}

/// A transaction that keeps the receipt of its scope before it commits.
pub struct ReceiptTx<T: ?Sized> {
    inner: Box<T>,
    receipt: Option<(TenantId, Receipt)>,
    receipts: MemoryReceipts,
}

impl<S> WithReceipts<S> {
    fn wrap<T: ?Sized>(&self, scope: &Scope, inner: Box<T>) -> Box<ReceiptTx<T>> {
        Box::new(ReceiptTx {
            inner,
            receipt: scope.receipt.clone().map(|it| (scope.tenant, it)),
            receipts: self.receipts.clone(),
        })
    }
}

#[async_trait]
impl<T: UnitOfWork + ?Sized> UnitOfWork for ReceiptTx<T> {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.inner.enqueue(job).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self {
            inner,
            receipt,
            receipts,
        } = *self;
        if let Some((tenant, receipt)) = receipt {
            receipts.keep(tenant, receipt)?;
        }
        inner.commit().await
    }
}

#[async_trait]
impl<S: CustomersStore> CustomersStore for WithReceipts<S> {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn CustomersTx>, StoreError> {
        let inner = self.inner.begin(scope).await?;
        Ok(self.wrap(scope, inner))
    }
}

impl CustomersTx for ReceiptTx<dyn CustomersTx> {
    fn customers(&mut self) -> &mut dyn CustomerRepository {
        self.inner.customers()
    }

    fn addressees(&mut self) -> &mut dyn AddresseeRepository {
        self.inner.addressees()
    }
}

#[async_trait]
impl<S: OperatorsStore> OperatorsStore for WithReceipts<S> {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn OperatorsTx>, StoreError> {
        let inner = self.inner.begin(scope).await?;
        Ok(self.wrap(scope, inner))
    }
}

impl OperatorsTx for ReceiptTx<dyn OperatorsTx> {
    fn tenants(&mut self) -> &mut dyn TenantRepository {
        self.inner.tenants()
    }

    fn operators(&mut self) -> &mut dyn OperatorRepository {
        self.inner.operators()
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self.inner.sessions()
    }
}

#[async_trait]
impl<S: BillingStore> BillingStore for WithReceipts<S> {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn BillingTx>, StoreError> {
        let inner = self.inner.begin(scope).await?;
        Ok(self.wrap(scope, inner))
    }
}

impl BillingTx for ReceiptTx<dyn BillingTx> {
    fn entities(&mut self) -> &mut dyn EntityRepository {
        self.inner.entities()
    }

    fn letterheads(&mut self) -> &mut dyn billing::LetterheadRepository {
        self.inner.letterheads()
    }

    fn plans(&mut self) -> &mut dyn PlanRepository {
        self.inner.plans()
    }

    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self.inner.accounts()
    }

    fn subscriptions(&mut self) -> &mut dyn SubscriptionRepository {
        self.inner.subscriptions()
    }

    fn invoices(&mut self) -> &mut dyn InvoiceRepository {
        self.inner.invoices()
    }

    fn payments(&mut self) -> &mut dyn PaymentRepository {
        self.inner.payments()
    }

    fn proofs(&mut self) -> &mut dyn billing::ProofRepository {
        self.inner.proofs()
    }

    fn unmatched(&mut self) -> &mut dyn UnmatchedRepository {
        self.inner.unmatched()
    }

    fn dunning_runs(&mut self) -> &mut dyn billing::DunningRunRepository {
        self.inner.dunning_runs()
    }

    fn fees(&mut self) -> &mut dyn billing::FeeRepository {
        self.inner.fees()
    }

    fn tills(&mut self) -> &mut dyn billing::TillRepository {
        self.inner.tills()
    }

    fn ledger(&mut self) -> &mut dyn Ledger {
        self.inner.ledger()
    }
}

#[async_trait]
impl<S: SubscriptionStore> SubscriptionStore for WithReceipts<S> {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn SubscriptionTx>, StoreError> {
        let inner = self.inner.begin(scope).await?;
        Ok(self.wrap(scope, inner))
    }
}

impl BillingTx for ReceiptTx<dyn SubscriptionTx> {
    fn entities(&mut self) -> &mut dyn EntityRepository {
        self.inner.entities()
    }

    fn letterheads(&mut self) -> &mut dyn billing::LetterheadRepository {
        self.inner.letterheads()
    }

    fn plans(&mut self) -> &mut dyn PlanRepository {
        self.inner.plans()
    }

    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self.inner.accounts()
    }

    fn subscriptions(&mut self) -> &mut dyn SubscriptionRepository {
        self.inner.subscriptions()
    }

    fn invoices(&mut self) -> &mut dyn InvoiceRepository {
        self.inner.invoices()
    }

    fn payments(&mut self) -> &mut dyn PaymentRepository {
        self.inner.payments()
    }

    fn proofs(&mut self) -> &mut dyn billing::ProofRepository {
        self.inner.proofs()
    }

    fn unmatched(&mut self) -> &mut dyn UnmatchedRepository {
        self.inner.unmatched()
    }

    fn dunning_runs(&mut self) -> &mut dyn billing::DunningRunRepository {
        self.inner.dunning_runs()
    }

    fn fees(&mut self) -> &mut dyn billing::FeeRepository {
        self.inner.fees()
    }

    fn tills(&mut self) -> &mut dyn billing::TillRepository {
        self.inner.tills()
    }

    fn ledger(&mut self) -> &mut dyn Ledger {
        self.inner.ledger()
    }
}

impl AccessTx for ReceiptTx<dyn SubscriptionTx> {
    fn profiles(&mut self) -> &mut dyn ProfileRepository {
        self.inner.profiles()
    }

    fn routers(&mut self) -> &mut dyn RouterRepository {
        self.inner.routers()
    }

    fn grants(&mut self) -> &mut dyn GrantRepository {
        self.inner.grants()
    }

    fn setups(&mut self) -> &mut dyn SetupRepository {
        self.inner.setups()
    }

    fn imports(&mut self) -> &mut dyn access::adoption::ImportRepository {
        self.inner.imports()
    }
}

impl SubscriptionTx for ReceiptTx<dyn SubscriptionTx> {}

#[async_trait]
impl<S: GatewayStore> GatewayStore for WithReceipts<S> {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn GatewayTx>, StoreError> {
        let inner = self.inner.begin(scope).await?;
        Ok(self.wrap(scope, inner))
    }

    async fn forget_webhook_bodies(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.inner.forget_webhook_bodies(before, limit).await
    }
}

impl GatewayTx for ReceiptTx<dyn GatewayTx> {
    fn gateway_accounts(&mut self) -> &mut dyn GatewayAccountRepository {
        self.inner.gateway_accounts()
    }

    fn payment_links(&mut self) -> &mut dyn PaymentLinkRepository {
        self.inner.payment_links()
    }

    fn webhooks(&mut self) -> &mut dyn WebhookRepository {
        self.inner.webhooks()
    }

    fn collections(&mut self) -> &mut dyn billing::gateway::CollectionRepository {
        self.inner.collections()
    }

    fn provider_refunds(&mut self) -> &mut dyn billing::gateway::ProviderRefundRepository {
        self.inner.provider_refunds()
    }

    fn reconciliations(&mut self) -> &mut dyn billing::gateway::ReconciliationRepository {
        self.inner.reconciliations()
    }

    fn books(&mut self) -> &mut dyn BillingTx {
        self.inner.books()
    }
}

#[async_trait]
impl<S: RedemptionStore> RedemptionStore for WithReceipts<S> {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn RedemptionTx>, StoreError> {
        let inner = self.inner.begin(scope).await?;
        Ok(self.wrap(scope, inner))
    }
}

impl VouchersTx for ReceiptTx<dyn RedemptionTx> {
    fn batches(&mut self) -> &mut dyn BatchRepository {
        self.inner.batches()
    }

    fn vouchers(&mut self) -> &mut dyn VoucherRepository {
        self.inner.vouchers()
    }
}

impl RedemptionTx for ReceiptTx<dyn RedemptionTx> {
    fn billing(&mut self) -> &mut dyn BillingTx {
        self.inner.billing()
    }
}
