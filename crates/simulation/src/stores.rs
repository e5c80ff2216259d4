//! The stores of the simulated product: the contexts' own fakes, whose commits the process may not survive.

use std::sync::Arc;

use access::adoption::ImportRepository;
use access::testing::MemoryAccess;
use access::{
    AccessStore, AccessTx, GrantRepository, ProfileRepository, RouterRepository, SetupRepository,
};
use async_trait::async_trait;
use billing::testing::MemoryBilling;
use billing::{
    AccountFacts, AccountRepository, BillingRunStore, BillingStore, BillingTx,
    DunningRunRepository, EntityRepository, FoundAccount, InvoiceRepository, Ledger, LegalEntity,
    PaymentRepository, PlanRepository, PreparedBill, RunPage, SubscriptionRepository,
    UnmatchedRepository, write_prepared,
};
use kernel::{
    AccountId, DeliveryId, EntityId, JobRequest, Scope, StoreError, TenantId, Timestamp, UnitOfWork,
};
use workflows::{SubscriptionStore, SubscriptionTx};

use crate::peril::{Fate, Peril};

/// Both stores, alone or in one transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stores {
    pub(crate) billing: MemoryBilling,
    pub(crate) access: MemoryAccess,
    pub(crate) peril: Arc<Peril>,
}

/// What every transaction shares.
struct Life {
    peril: Arc<Peril>,
    delivery: Option<DeliveryId>,
}

impl Stores {
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

/// A transaction over one store.
struct Single<T: ?Sized> {
    life: Life,
    inner: Box<T>,
}

/// A transaction over both.
struct Both {
    life: Life,
    billing: Box<dyn BillingTx>,
    access: Box<dyn AccessTx>,
}

#[async_trait]
impl BillingStore for Stores {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn BillingTx>, StoreError> {
        let life = self.life(scope)?;
        let inner = BillingStore::begin(&self.billing, scope).await?;
        Ok(Box::new(Single { life, inner }))
    }
}

#[async_trait]
impl AccessStore for Stores {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn AccessTx>, StoreError> {
        let life = self.life(scope)?;
        let inner = AccessStore::begin(&self.access, scope).await?;
        Ok(Box::new(Single { life, inner }))
    }

    async fn forget_previews(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.access.forget_previews(before, limit).await
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
        self.billing.facts_to_bill(tenant, entity, page).await
    }

    async fn count_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.peril.begin()?;
        self.billing.count_to_bill(tenant, entity, now).await
    }

    async fn facts_of(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<(LegalEntity, AccountFacts)>, StoreError> {
        self.peril.begin()?;
        self.billing.facts_of(tenant, account, now).await
    }

    async fn reserve_numbers(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
        count: u16,
    ) -> Result<Vec<u64>, StoreError> {
        self.billing.reserve_numbers(scope, entity, count).await
    }

    async fn give_numbers_back(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
    ) -> Result<(), StoreError> {
        self.billing.give_numbers_back(scope, entity).await
    }

    async fn write_bills(
        &self,
        scope: &Scope,
        bills: Vec<(PreparedBill, Option<u64>)>,
    ) -> Vec<Result<(), StoreError>> {
        let mut written = Vec::new();
        for (prepared, _) in bills {
            written.push(self.write_bill(scope, prepared).await);
        }
        written
    }
}

impl Stores {
    async fn write_bill(&self, scope: &Scope, prepared: PreparedBill) -> Result<(), StoreError> {
        let mut tx = BillingStore::begin(self, scope).await?;
        write_prepared(&mut *tx, prepared).await?;
        tx.commit().await
    }
}

#[async_trait]
impl SubscriptionStore for Stores {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn SubscriptionTx>, StoreError> {
        Ok(Box::new(Both {
            life: self.life(scope)?,
            billing: BillingStore::begin(&self.billing, scope).await?,
            access: AccessStore::begin(&self.access, scope).await?,
        }))
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

#[async_trait]
impl UnitOfWork for Both {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.access.enqueue(job).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self {
            life,
            billing,
            access,
        } = *self;
        let write = async move {
            billing.commit().await?;
            access.commit().await
        };
        life.commit(write).await
    }
}

impl SubscriptionTx for Both {}

/// Hands a repository of the transaction on.
macro_rules! repositories {
    ($tx:ident for $owner:ty, $field:ident: $($name:ident -> $port:ident),+ $(,)?) => {
        impl $tx for $owner {
            $(fn $name(&mut self) -> &mut dyn $port {
                self.$field.$name()
            })+
        }
    };
}

macro_rules! billing_of {
    ($owner:ty, $field:ident) => {
        repositories!(BillingTx for $owner, $field:
            entities -> EntityRepository,
            plans -> PlanRepository,
            accounts -> AccountRepository,
            subscriptions -> SubscriptionRepository,
            invoices -> InvoiceRepository,
            payments -> PaymentRepository,
            unmatched -> UnmatchedRepository,
            dunning_runs -> DunningRunRepository,
            ledger -> Ledger,
        );
    };
}

macro_rules! access_of {
    ($owner:ty, $field:ident) => {
        repositories!(AccessTx for $owner, $field:
            profiles -> ProfileRepository,
            routers -> RouterRepository,
            grants -> GrantRepository,
            setups -> SetupRepository,
            imports -> ImportRepository,
        );
    };
}

billing_of!(Single<dyn BillingTx>, inner);
billing_of!(Both, billing);
access_of!(Single<dyn AccessTx>, inner);
access_of!(Both, access);
