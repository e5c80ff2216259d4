//! The fakes of the stores that write two contexts at once: both contexts' own fakes in one transaction.

use access::adoption::ImportRepository;
use access::testing::MemoryAccess;
use access::{
    AccessStore, AccessTx, GrantRepository, ProfileRepository, RouterRepository, SetupRepository,
};
use async_trait::async_trait;
use billing::testing::MemoryBilling;
use billing::{
    AccountRepository, BillingStore, BillingTx, DunningRunRepository, EntityRepository,
    FeeRepository, InvoiceRepository, Ledger, PaymentRepository, PlanRepository,
    SubscriptionRepository, UnmatchedRepository,
};
use kernel::{JobRequest, Scope, StoreError, UnitOfWork};
use vouchers::testing::MemoryVouchers;
use vouchers::{BatchRepository, VoucherRepository, VouchersStore, VouchersTx};

use crate::redeem_on_subscription::{RedemptionStore, RedemptionTx};
use crate::sell_subscription::{SubscriptionStore, SubscriptionTx};

/// Both fakes; what is written to one without the other is seen here too.
#[derive(Debug, Clone, Default)]
pub struct MemorySales {
    access: MemoryAccess,
    billing: MemoryBilling,
}

impl MemorySales {
    /// A store over two others.
    #[must_use]
    pub const fn of(access: MemoryAccess, billing: MemoryBilling) -> Self {
        Self { access, billing }
    }
}

#[async_trait]
impl SubscriptionStore for MemorySales {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn SubscriptionTx>, StoreError> {
        Ok(Box::new(Both {
            access: AccessStore::begin(&self.access, scope).await?,
            billing: BillingStore::begin(&self.billing, scope).await?,
        }))
    }
}

struct Both {
    access: Box<dyn AccessTx>,
    billing: Box<dyn BillingTx>,
}

#[async_trait]
impl UnitOfWork for Both {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.access.enqueue(job).await
    }

    /// Nobody else writes between the two, so that the second cannot fail where the first did not.
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { access, billing } = *self;
        billing.commit().await?;
        access.commit().await
    }
}

impl SubscriptionTx for Both {}

impl AccessTx for Both {
    fn profiles(&mut self) -> &mut dyn ProfileRepository {
        self.access.profiles()
    }

    fn routers(&mut self) -> &mut dyn RouterRepository {
        self.access.routers()
    }

    fn grants(&mut self) -> &mut dyn GrantRepository {
        self.access.grants()
    }

    fn setups(&mut self) -> &mut dyn SetupRepository {
        self.access.setups()
    }

    fn imports(&mut self) -> &mut dyn ImportRepository {
        self.access.imports()
    }
}

impl BillingTx for Both {
    fn entities(&mut self) -> &mut dyn EntityRepository {
        self.billing.entities()
    }

    fn letterheads(&mut self) -> &mut dyn billing::LetterheadRepository {
        self.billing.letterheads()
    }

    fn plans(&mut self) -> &mut dyn PlanRepository {
        self.billing.plans()
    }

    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self.billing.accounts()
    }

    fn subscriptions(&mut self) -> &mut dyn SubscriptionRepository {
        self.billing.subscriptions()
    }

    fn invoices(&mut self) -> &mut dyn InvoiceRepository {
        self.billing.invoices()
    }

    fn payments(&mut self) -> &mut dyn PaymentRepository {
        self.billing.payments()
    }

    fn proofs(&mut self) -> &mut dyn billing::ProofRepository {
        self.billing.proofs()
    }

    fn unmatched(&mut self) -> &mut dyn UnmatchedRepository {
        self.billing.unmatched()
    }

    fn dunning_runs(&mut self) -> &mut dyn DunningRunRepository {
        self.billing.dunning_runs()
    }

    fn fees(&mut self) -> &mut dyn FeeRepository {
        self.billing.fees()
    }

    fn tills(&mut self) -> &mut dyn billing::TillRepository {
        self.billing.tills()
    }

    fn ledger(&mut self) -> &mut dyn Ledger {
        self.billing.ledger()
    }
}

/// The fakes of vouchers and billing; what is written to one without the other is seen here too.
#[derive(Debug, Clone)]
pub struct MemoryRedemptions {
    vouchers: MemoryVouchers,
    billing: MemoryBilling,
}

impl MemoryRedemptions {
    /// A store over two others.
    #[must_use]
    pub const fn of(vouchers: MemoryVouchers, billing: MemoryBilling) -> Self {
        Self { vouchers, billing }
    }
}

#[async_trait]
impl RedemptionStore for MemoryRedemptions {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn RedemptionTx>, StoreError> {
        Ok(Box::new(Redemption {
            vouchers: VouchersStore::begin(&self.vouchers, scope).await?,
            billing: BillingStore::begin(&self.billing, scope).await?,
        }))
    }
}

struct Redemption {
    vouchers: Box<dyn VouchersTx>,
    billing: Box<dyn BillingTx>,
}

#[async_trait]
impl UnitOfWork for Redemption {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.vouchers.enqueue(job).await
    }

    /// Nobody else writes between the two, so that the second cannot fail where the first did not.
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { vouchers, billing } = *self;
        vouchers.commit().await?;
        billing.commit().await
    }
}

impl VouchersTx for Redemption {
    fn batches(&mut self) -> &mut dyn BatchRepository {
        self.vouchers.batches()
    }

    fn vouchers(&mut self) -> &mut dyn VoucherRepository {
        self.vouchers.vouchers()
    }
}

impl RedemptionTx for Redemption {
    fn billing(&mut self) -> &mut dyn BillingTx {
        &mut *self.billing
    }
}
