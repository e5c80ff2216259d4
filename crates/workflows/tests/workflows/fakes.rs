//! Ports that watch or disturb what goes to the contexts' own fakes.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use access::testing::{FakeRouter, MemoryAccess};
use access::{
    AccessStore, AccessTx, Actual, Change, CutReport, Execution, ExecutionAnswer, Findings,
    GatewayError, GatewayStatistics, LiveSession, LoginRef, Pulse, RouterFacts, RouterGateway,
    Selection, Target, UsageReading, UsageScope,
};
use async_trait::async_trait;
use billing::testing::MemoryBilling;
use billing::{
    AccountFacts, BillingRunStore, BillingStore, BillingTx, FoundAccount, LegalEntity,
    PreparedBill, RunPage,
};
use kernel::{
    AccountId, DeliveryId, EntityId, IdempotencyKey, Receipts, RouterId, Scope, StoreError,
    StoredReceipt, TenantId, Timestamp,
};
use workflows::Progress;

/// Remembers the delivery of every transaction.
pub(crate) struct WatchedAccess {
    pub(crate) inner: MemoryAccess,
    pub(crate) deliveries: Mutex<Vec<Option<DeliveryId>>>,
}

#[async_trait]
impl AccessStore for WatchedAccess {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn AccessTx>, StoreError> {
        self.deliveries.lock().unwrap().push(scope.delivery);
        AccessStore::begin(&self.inner, scope).await
    }

    async fn forget_previews(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.forget_previews(before, limit).await
    }
}

/// Fails to begin for as long as there are failures left.
pub(crate) struct FlakyBilling {
    pub(crate) inner: MemoryBilling,
    pub(crate) failures: Mutex<VecDeque<StoreError>>,
    /// What is stored of it makes no sense.
    pub(crate) unreadable: Mutex<Option<AccountId>>,
    /// How often numbers were given back.
    pub(crate) given_back: AtomicU64,
}

#[async_trait]
impl BillingStore for FlakyBilling {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn BillingTx>, StoreError> {
        let failure = self.failures.lock().unwrap().pop_front();
        match failure {
            Some(failure) => Err(failure),
            None => BillingStore::begin(&self.inner, scope).await,
        }
    }
}

#[async_trait]
impl BillingRunStore for FlakyBilling {
    async fn facts_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: RunPage,
    ) -> Result<Option<(LegalEntity, Vec<FoundAccount>)>, StoreError> {
        let found = self.inner.facts_to_bill(tenant, entity, page).await?;
        let unreadable = *self.unreadable.lock().unwrap();
        Ok(found.map(|(entity, mut accounts)| {
            for (id, facts) in &mut accounts {
                if Some(*id) == unreadable {
                    *facts = Err(StoreError::corrupt("a row without sense"));
                }
            }
            (entity, accounts)
        }))
    }

    async fn count_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.inner.count_to_bill(tenant, entity, now).await
    }

    async fn facts_of(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<(LegalEntity, AccountFacts)>, StoreError> {
        self.inner.facts_of(tenant, account, now).await
    }

    async fn reserve_numbers(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
        count: u16,
    ) -> Result<Vec<u64>, StoreError> {
        self.inner.reserve_numbers(scope, entity, count).await
    }

    async fn give_numbers_back(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
    ) -> Result<(), StoreError> {
        self.given_back.fetch_add(1, Ordering::SeqCst);
        self.inner.give_numbers_back(scope, entity).await
    }

    async fn write_bills(
        &self,
        scope: &Scope,
        bills: Vec<(PreparedBill, Option<u64>)>,
    ) -> Vec<Result<(), StoreError>> {
        let mut written = Vec::new();
        for bill in bills {
            let failure = self.failures.lock().unwrap().pop_front();
            match failure {
                Some(failure) => written.push(Err(failure)),
                None => written.extend(self.inner.write_bills(scope, vec![bill]).await),
            }
        }
        written
    }
}

/// A router whose sessions have run for a while.
pub(crate) struct RouterWithHistory {
    pub(crate) router: FakeRouter,
    pub(crate) uptime_s: AtomicU64,
}

#[async_trait]
impl RouterGateway for RouterWithHistory {
    async fn inspect(&self, target: &Target) -> Result<RouterFacts, GatewayError> {
        self.router.inspect(target).await
    }

    async fn read(&self, target: &Target, selection: &Selection) -> Result<Actual, GatewayError> {
        self.router.read(target, selection).await
    }

    async fn apply(&self, target: &Target, changes: &[Change]) -> Vec<Result<(), GatewayError>> {
        self.router.apply(target, changes).await
    }

    async fn sessions(&self, target: &Target) -> Result<Vec<LiveSession>, GatewayError> {
        let mut sessions = self.router.sessions(target).await?;
        for session in &mut sessions {
            session.uptime_s = self.uptime_s.load(Ordering::SeqCst);
        }
        Ok(sessions)
    }

    async fn cut(&self, target: &Target, logins: &[LoginRef]) -> Result<CutReport, GatewayError> {
        self.router.cut(target, logins).await
    }

    async fn uptime(&self, target: &Target) -> Result<u64, GatewayError> {
        self.router.uptime(target).await
    }

    async fn pulse(&self, target: &Target) -> Result<Pulse, GatewayError> {
        self.router.pulse(target).await
    }

    async fn forget(&self, router: RouterId) {
        self.router.forget(router).await;
    }

    async fn execute(
        &self,
        target: &Target,
        execution: &Execution,
    ) -> Result<ExecutionAnswer, GatewayError> {
        self.router.execute(target, execution).await
    }

    fn statistics(&self, router: RouterId) -> Option<GatewayStatistics> {
        self.router.statistics(router)
    }

    async fn examine(&self, target: &Target) -> Findings {
        self.router.examine(target).await
    }

    async fn usage(
        &self,
        target: &Target,
        reach: UsageScope,
    ) -> Result<UsageReading, GatewayError> {
        let mut reading = self.router.usage(target, reach).await?;
        for session in &mut reading.sessions {
            session.uptime_s = session
                .uptime_s
                .saturating_add(self.uptime_s.load(Ordering::SeqCst));
        }
        Ok(reading)
    }

    async fn survey(&self, target: &Target) -> Result<access::adoption::Survey, GatewayError> {
        self.router.survey(target).await
    }
}

/// Remembers the steps; says that the job was cancelled once told to.
#[derive(Default)]
pub(crate) struct Steps {
    pub(crate) seen: Mutex<Vec<(u64, Option<u64>)>>,
    pub(crate) cancelled: AtomicBool,
}

#[async_trait]
impl Progress for Steps {
    async fn report(&self, done: u64, total: Option<u64>) -> Result<bool, StoreError> {
        self.seen.lock().unwrap().push((done, total));
        Ok(!self.cancelled.load(Ordering::SeqCst))
    }
}

/// Remembers before when receipts were forgotten.
#[derive(Default)]
pub(crate) struct WatchedReceipts {
    pub(crate) pruned: Mutex<Vec<Timestamp>>,
}

#[async_trait]
impl Receipts for WatchedReceipts {
    async fn find(
        &self,
        _tenant: TenantId,
        _key: &IdempotencyKey,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        Ok(None)
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.pruned.lock().unwrap().push(before);
        Ok(0)
    }
}

/// Counts the vouchers that are made.
#[derive(Default)]
pub(crate) struct VouchersMade(pub(crate) AtomicU64, pub(crate) Mutex<Vec<&'static str>>);

impl kernel::Probe for VouchersMade {
    fn reached(&self, _point: &'static str) {}

    fn made(&self, thing: &'static str, count: u64) {
        if thing == "vouchers" {
            self.0.fetch_add(count, Ordering::SeqCst);
        } else {
            self.1.lock().unwrap().push(thing);
        }
    }
}
