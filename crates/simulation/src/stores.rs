//! The stores of the simulated product, whose commits the process may not survive.

use std::sync::Arc;

use access::adoption::ImportRepository;
use access::{
    AccessStore, AccessTx, GrantRepository, ProfileRepository, RouterRepository, SetupRepository,
};
use async_trait::async_trait;
use billing::{
    AccountFacts, AccountRepository, BillingRunStore, BillingStore, BillingTx,
    DunningRunRepository, EntityRepository, FeeRepository, FoundAccount, InvoiceRepository, Ledger,
    LegalEntity, LetterheadRepository, PaymentRepository, PlanRepository, PreparedBill,
    ProofRepository, RunPage, SubscriptionRepository, TillRepository, UnmatchedRepository,
};
use jobs::JobsStore;
use kernel::{
    AccountId, DeliveryId, EntityId, JobRequest, Scope, StoreError, TenantId, Timestamp, UnitOfWork,
};
use vouchers::{BatchRepository, VoucherRepository, VouchersStore, VouchersTx};
use workflows::{SubscriptionStore, SubscriptionTx};

use crate::backend::Ports;
use crate::peril::{Fate, Peril};

/// Every store, alone or in one transaction with another.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) ports: Ports,
    pub(crate) peril: Arc<Peril>,
}

/// What every transaction shares.
struct Life {
    peril: Arc<Peril>,
    delivery: Option<DeliveryId>,
}

impl Stores {
    /// The stores of a backend, in a process that lives.
    pub(crate) fn of(ports: Ports) -> Self {
        Self {
            ports,
            peril: Arc::default(),
        }
    }

    fn life(&self, scope: &Scope) -> Result<Life, StoreError> {
        self.peril.begin()?;
        Ok(Life {
            peril: Arc::clone(&self.peril),
            delivery: scope.delivery,
        })
    }
}

impl Life {
    /// Commits unless the process dies first; if it dies right after, nobody hears of the success.
    async fn commit(
        self,
        write: impl Future<Output = Result<(), StoreError>> + Send,
    ) -> Result<(), StoreError> {
        let died = || StoreError::unavailable("the process died");
        let fate = self.peril.fate();
        if fate == Fate::DiesBefore {
            return Err(died());
        }
        if self.delivery.is_some_and(|it| self.peril.is_delivered(it)) {
            return Err(StoreError::Conflict);
        }
        write.await?;
        self.peril.delivered(self.delivery)?;
        match fate {
            Fate::DiesAfter => Err(died()),
            Fate::Lives | Fate::DiesBefore => Ok(()),
        }
    }
}

/// A transaction, and the process that may not survive its commit.
struct Single<T: ?Sized> {
    life: Life,
    inner: Box<T>,
}

#[async_trait]
impl BillingStore for Stores {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn BillingTx>, StoreError> {
        let life = self.life(scope)?;
        let inner = self.ports.billing.begin(scope).await?;
        Ok(Box::new(Single { life, inner }))
    }
}

#[async_trait]
impl SubscriptionStore for Stores {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn SubscriptionTx>, StoreError> {
        let life = self.life(scope)?;
        let inner = self.ports.sales.begin(scope).await?;
        Ok(Box::new(Single { life, inner }))
    }
}

#[async_trait]
impl VouchersStore for Stores {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn VouchersTx>, StoreError> {
        let life = self.life(scope)?;
        let inner = self.ports.vouchers.begin(scope).await?;
        Ok(Box::new(Single { life, inner }))
    }
}

#[async_trait]
impl JobsStore for Stores {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let life = self.life(scope)?;
        let inner = self.ports.jobs.begin(scope).await?;
        Ok(Box::new(Single { life, inner }))
    }
}

#[async_trait]
impl AccessStore for Stores {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn AccessTx>, StoreError> {
        let life = self.life(scope)?;
        let inner = self.ports.access.begin(scope).await?;
        Ok(Box::new(Single { life, inner }))
    }

    async fn forget_previews(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.ports.access.forget_previews(before, limit).await
    }
}

/// Facts are read beside the process; bills are written by it.
#[async_trait]
impl BillingRunStore for Stores {
    async fn facts_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: RunPage,
    ) -> Result<Option<(LegalEntity, Vec<FoundAccount>)>, StoreError> {
        self.peril.begin()?;
        self.ports.run.facts_to_bill(tenant, entity, page).await
    }

    async fn count_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.peril.begin()?;
        self.ports.run.count_to_bill(tenant, entity, now).await
    }

    async fn facts_of(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<(LegalEntity, AccountFacts)>, StoreError> {
        self.peril.begin()?;
        self.ports.run.facts_of(tenant, account, now).await
    }

    async fn reserve_numbers(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
        count: u16,
    ) -> Result<Vec<u64>, StoreError> {
        self.ports.run.reserve_numbers(scope, entity, count).await
    }

    async fn give_numbers_back(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
    ) -> Result<(), StoreError> {
        self.ports.run.give_numbers_back(scope, entity).await
    }

    async fn write_bills(
        &self,
        scope: &Scope,
        bills: Vec<(PreparedBill, Option<u64>)>,
    ) -> Vec<Result<(), StoreError>> {
        let mut written = Vec::new();
        for bill in bills {
            written.push(self.write_bill(scope, bill).await);
        }
        written
    }
}

impl Stores {
    /// One bill, which may be the last that the process writes.
    async fn write_bill(
        &self,
        scope: &Scope,
        bill: (PreparedBill, Option<u64>),
    ) -> Result<(), StoreError> {
        let write = async {
            let mut written = self.ports.run.write_bills(scope, vec![bill]).await;
            written.pop().unwrap_or(Ok(()))
        };
        self.life(scope)?.commit(write).await
    }
}

#[async_trait]
impl<T: UnitOfWork + ?Sized> UnitOfWork for Single<T> {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.inner.enqueue(job).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { life, inner } = *self;
        life.commit(async move { inner.commit().await }).await
    }
}

impl SubscriptionTx for Single<dyn SubscriptionTx> {}

/// Hands a repository of the transaction on.
macro_rules! repositories {
    ($tx:ident for $owner:ident: $($name:ident -> $port:ident),+ $(,)?) => {
        impl $tx for Single<dyn $owner> {
            $(fn $name(&mut self) -> &mut dyn $port {
                self.inner.$name()
            })+
        }
    };
}

macro_rules! billing_of {
    ($owner:ident) => {
        repositories!(BillingTx for $owner:
            entities -> EntityRepository,
            plans -> PlanRepository,
            accounts -> AccountRepository,
            subscriptions -> SubscriptionRepository,
            invoices -> InvoiceRepository,
            payments -> PaymentRepository,
            unmatched -> UnmatchedRepository,
            dunning_runs -> DunningRunRepository,
            fees -> FeeRepository,
            tills -> TillRepository,
            proofs -> ProofRepository,
            letterheads -> LetterheadRepository,
            ledger -> Ledger,
        );
    };
}

macro_rules! access_of {
    ($owner:ident) => {
        repositories!(AccessTx for $owner:
            profiles -> ProfileRepository,
            routers -> RouterRepository,
            grants -> GrantRepository,
            setups -> SetupRepository,
            imports -> ImportRepository,
        );
    };
}

billing_of!(BillingTx);
billing_of!(SubscriptionTx);
access_of!(AccessTx);
access_of!(SubscriptionTx);
repositories!(VouchersTx for VouchersTx:
    batches -> BatchRepository,
    vouchers -> VoucherRepository,
);
