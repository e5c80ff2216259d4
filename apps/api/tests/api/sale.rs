//! One transaction over the fakes of billing and access, as the database's serves both.

use access::testing::MemoryAccess;
use access::{
    AccessStore, AccessTx, GrantRepository, ProfileRepository, RouterRepository, SetupRepository,
};
use async_trait::async_trait;
use billing::testing::MemoryBilling;
use billing::{
    AccountRepository, BillingStore, BillingTx, EntityRepository, InvoiceRepository, Ledger,
    PaymentRepository, PlanRepository, SubscriptionRepository, UnmatchedRepository,
};
use kernel::{JobRequest, Scope, StoreError, UnitOfWork};
use workflows::{SubscriptionStore, SubscriptionTx};

/// Opens transactions over both.
#[derive(Debug, Clone)]
pub struct MemorySales {
    pub billing: MemoryBilling,
    pub access: MemoryAccess,
}

/// Two transactions that commit one after the other, access first: it is the one that refuses.
pub struct BothTx {
    billing: Box<dyn BillingTx>,
    access: Box<dyn AccessTx>,
}

impl MemorySales {
    pub async fn both(&self, scope: &Scope) -> Result<Box<BothTx>, StoreError> {
        Ok(Box::new(BothTx {
            billing: self.billing.begin(scope).await?,
            access: self.access.begin(scope).await?,
        }))
    }
}

#[async_trait]
impl SubscriptionStore for MemorySales {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn SubscriptionTx>, StoreError> {
        Ok(self.both(scope).await?)
    }
}

#[async_trait]
impl UnitOfWork for BothTx {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.access.enqueue(job).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.access.commit().await?;
        self.billing.commit().await
    }
}

impl AccessTx for BothTx {
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

    fn imports(&mut self) -> &mut dyn access::adoption::ImportRepository {
        self.access.imports()
    }
}

impl BillingTx for BothTx {
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

    fn dunning_runs(&mut self) -> &mut dyn billing::DunningRunRepository {
        self.billing.dunning_runs()
    }

    fn fees(&mut self) -> &mut dyn billing::FeeRepository {
        self.billing.fees()
    }

    fn tills(&mut self) -> &mut dyn billing::TillRepository {
        self.billing.tills()
    }

    fn ledger(&mut self) -> &mut dyn Ledger {
        self.billing.ledger()
    }
}

impl SubscriptionTx for BothTx {}
