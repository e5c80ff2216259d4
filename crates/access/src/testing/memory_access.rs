//! An access store in memory that keeps every promise of the ports.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel::{
    GrantId, JobRequest, NewEvent, ProfileId, RouterId, Scope, StoreError, TenantId, Timestamp,
    UnitOfWork,
};

use super::memory_tables::{Tables, duplicate, next_version};
use crate::adoption::ImportRepository;
use crate::events::{confirmation_events, ending_event, insertion_event};
use crate::grant::{Allowance, Grant, GrantSnapshot, Subject};
use crate::ports::{
    AccessStore, AccessTx, Confirmation, Failure, GrantRepository, PROFILE_NAME_UNIQUE,
    ProfileRepository, ROUTER_NAME_UNIQUE, ROUTER_SERIAL_UNIQUE, RouterRepository, SetupRepository,
};
use crate::profile::{ServiceProfile, ServiceProfileSnapshot};
use crate::router::{Router, RouterSnapshot, RouterStatus};
use crate::setup::RouterSetup;

/// The store: clones share what they hold. Transactions buffer their writes and apply them on commit.
#[derive(Debug, Clone, Default)]
pub struct MemoryAccess(Arc<Mutex<BTreeMap<TenantId, Tables>>>);

impl MemoryAccess {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every event a tenant has recorded, in order.
    #[must_use]
    pub fn events(&self, tenant: TenantId) -> Vec<NewEvent> {
        self.tables(tenant).events
    }

    /// The names of the events a tenant has recorded, in order.
    #[must_use]
    pub fn event_names(&self, tenant: TenantId) -> Vec<&'static str> {
        self.tables(tenant)
            .events
            .iter()
            .map(|it| it.name)
            .collect()
    }

    /// The jobs a tenant has waiting, in order.
    #[must_use]
    pub fn jobs(&self, tenant: TenantId) -> Vec<JobRequest> {
        self.tables(tenant).jobs
    }

    /// Takes the waiting jobs of a tenant away, as a worker would.
    #[must_use]
    pub fn take_jobs(&self, tenant: TenantId) -> Vec<JobRequest> {
        std::mem::take(&mut self.lock().entry(tenant).or_default().jobs)
    }

    /// Takes the events and jobs a tenant has recorded since the last time away, as whoever carries them on would.
    #[must_use]
    pub fn take_outbox(&self, tenant: TenantId) -> (Vec<NewEvent>, Vec<JobRequest>) {
        let mut every = self.lock();
        let tables = every.entry(tenant).or_default();
        (
            std::mem::take(&mut tables.events),
            std::mem::take(&mut tables.jobs),
        )
    }

    pub(super) fn tables(&self, tenant: TenantId) -> Tables {
        self.lock().get(&tenant).cloned().unwrap_or_default()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantId, Tables>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl AccessStore for MemoryAccess {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn AccessTx>, StoreError> {
        let tables = self.tables(scope.tenant);
        Ok(Box::new(MemoryTx {
            store: self.clone(),
            tenant: scope.tenant,
            tables,
        }))
    }

    async fn forget_previews(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        Ok(self.drop_previews(before, limit))
    }
}

pub(super) struct MemoryTx {
    store: MemoryAccess,
    tenant: TenantId,
    pub(super) tables: Tables,
}

#[async_trait]
impl UnitOfWork for MemoryTx {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        let same =
            |it: &&mut JobRequest| it.unique_key.is_some() && it.unique_key == job.unique_key;
        if let Some(waiting) = self.tables.jobs.iter_mut().find(same) {
            waiting.priority = waiting.priority.min(job.priority);
            waiting.run_at = waiting.run_at.min(job.run_at);
            return Ok(());
        }
        self.tables.jobs.push(job);
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self {
            store,
            tenant,
            mut tables,
        } = *self;
        let mut all = store.lock();
        let stored = all.entry(tenant).or_default();
        if stored.generation != tables.generation {
            return Err(StoreError::Conflict);
        }
        tables.generation += 1;
        *stored = tables;
        Ok(())
    }
}

impl AccessTx for MemoryTx {
    fn profiles(&mut self) -> &mut dyn ProfileRepository {
        self
    }

    fn routers(&mut self) -> &mut dyn RouterRepository {
        self
    }

    fn grants(&mut self) -> &mut dyn GrantRepository {
        self
    }

    fn setups(&mut self) -> &mut dyn SetupRepository {
        self
    }

    fn imports(&mut self) -> &mut dyn ImportRepository {
        self
    }
}

#[async_trait]
impl SetupRepository for MemoryTx {
    async fn of(&mut self, router: RouterId) -> Result<RouterSetup, StoreError> {
        let known = self.tables.setups.get(&router).cloned();
        Ok(known.map_or_else(|| RouterSetup::empty(router), RouterSetup::restore))
    }

    async fn save(&mut self, setup: &mut RouterSetup) -> Result<(), StoreError> {
        let new = setup.snapshot();
        let stored = self.tables.setups.get(&new.router).map(|it| it.version);
        setup.saved_as(next_version(new.version, stored)?);
        self.tables.setups.insert(new.router, setup.snapshot());
        self.tables.record(new.router, setup.take_events())
    }
}

#[async_trait]
impl ProfileRepository for MemoryTx {
    async fn find(&mut self, id: ProfileId) -> Result<Option<ServiceProfile>, StoreError> {
        let found = self
            .tables
            .profiles
            .get(&id)
            .cloned()
            .map(ServiceProfile::restore);
        found.transpose().map_err(StoreError::corrupt)
    }

    async fn used_on(&mut self, router: RouterId) -> Result<Vec<ServiceProfile>, StoreError> {
        let used: std::collections::BTreeSet<ProfileId> =
            self.tables.live_on(router).map(|it| it.profile).collect();
        let mut profiles = Vec::new();
        for id in used {
            profiles.extend(ProfileRepository::find(self, id).await?);
        }
        Ok(profiles)
    }

    async fn save(&mut self, profile: &mut ServiceProfile) -> Result<(), StoreError> {
        let new = profile.snapshot();
        let mut others = self.tables.profiles.values().filter(|it| it.id != new.id);
        if others.any(|it| it.name == new.name) {
            return Err(duplicate(PROFILE_NAME_UNIQUE));
        }
        let stored = self.tables.profiles.get(&new.id).map(|it| it.version);
        profile.saved_as(next_version(new.version, stored)?);
        self.tables.profiles.insert(new.id, profile.snapshot());
        self.tables.record(new.id, profile.take_events())
    }

    async fn adopted_on(&mut self, router: RouterId) -> Result<Vec<ServiceProfile>, StoreError> {
        let here = |it: &&ServiceProfileSnapshot| {
            it.adopted.as_ref().is_some_and(|it| it.router == router)
        };
        let found = self.tables.profiles.values().filter(here).cloned();
        found
            .map(|it| ServiceProfile::restore(it).map_err(StoreError::corrupt))
            .collect()
    }
}

#[async_trait]
impl RouterRepository for MemoryTx {
    async fn find(&mut self, id: RouterId) -> Result<Option<Router>, StoreError> {
        Ok(self.tables.routers.get(&id).cloned().map(Router::restore))
    }

    async fn using(&mut self, profile: ProfileId) -> Result<Vec<RouterId>, StoreError> {
        let routers = self.tables.routers.keys().copied();
        let uses = |id: &RouterId| self.tables.live_on(*id).any(|it| it.profile == profile);
        Ok(routers.filter(uses).collect())
    }

    async fn in_service(&mut self) -> Result<Vec<RouterId>, StoreError> {
        let routers = self.tables.routers.values();
        let serving = routers.filter(|it| it.status != RouterStatus::Retired);
        Ok(serving.map(|it| it.id).collect())
    }

    async fn save(&mut self, router: &mut Router) -> Result<(), StoreError> {
        let new = router.snapshot();
        let serves = |it: &&RouterSnapshot| it.status != RouterStatus::Retired;
        let others = || {
            self.tables
                .routers
                .values()
                .filter(serves)
                .filter(|it| it.id != new.id)
        };
        if serves(&&new) && others().any(|it| it.name == new.name) {
            return Err(duplicate(ROUTER_NAME_UNIQUE));
        }
        let serial = new.facts.serial.as_ref().filter(|_| serves(&&new));
        if serial.is_some() && others().any(|it| it.facts.serial.as_ref() == serial) {
            return Err(duplicate(ROUTER_SERIAL_UNIQUE));
        }
        let stored = self.tables.routers.get(&new.id).map(|it| it.version);
        router.saved_as(next_version(new.version, stored)?);
        self.tables.routers.insert(new.id, router.snapshot());
        self.tables.record(new.id, router.take_events())
    }
}

#[async_trait]
impl GrantRepository for MemoryTx {
    async fn find(&mut self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.tables.restore(id)
    }

    async fn find_by_subject(&mut self, subject: Subject) -> Result<Option<Grant>, StoreError> {
        let found = self.tables.grants.of(subject).map(|it| it.id);
        found.map_or(Ok(None), |id| self.tables.restore(id))
    }

    async fn save(&mut self, grant: &mut Grant) -> Result<(), StoreError> {
        let new = grant.snapshot();
        self.tables.check_grant(&new)?;
        let stored = self.tables.grant(new.id).map(|it| it.version);
        grant.saved_as(next_version(new.version, stored)?);
        self.tables.grants.put(grant.snapshot());
        self.tables.record(new.id, grant.take_events())
    }

    async fn insert_many(&mut self, grants: Vec<Grant>) -> Result<u64, StoreError> {
        let router = grants.first().map(Grant::router);
        let mut count = 0;
        for grant in grants {
            let new = grant.snapshot();
            if self.tables.grants.of(new.subject).is_some() {
                continue;
            }
            self.tables.check_grant(&new)?;
            self.tables.grants.put(GrantSnapshot { version: 1, ..new });
            count += 1;
        }
        if let Some(router) = router {
            self.tables.events.extend(insertion_event(router, count)?);
        }
        Ok(count)
    }

    async fn end_many(
        &mut self,
        subjects: &[Subject],
        at: Timestamp,
    ) -> Result<Vec<RouterId>, StoreError> {
        let live = |it: &&GrantSnapshot| it.allowance != Allowance::Ended;
        let named = subjects.iter().filter_map(|it| self.tables.grants.of(*it));
        let found = named.filter(live);
        let found: BTreeMap<GrantId, RouterId> = found.map(|it| (it.id, it.router)).collect();
        let mut counts: BTreeMap<RouterId, u64> = BTreeMap::new();
        for (id, router) in found {
            self.tables.change_grant(id, |it| {
                it.end(at);
            })?;
            *counts.entry(router).or_default() += 1;
        }
        for (router, count) in &counts {
            self.tables.events.extend(ending_event(*router, *count)?);
        }
        Ok(counts.into_keys().collect())
    }

    async fn pending(
        &mut self,
        router: RouterId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Grant>, StoreError> {
        let on = self.tables.grants.on(router).cloned();
        let restored: Result<Vec<Grant>, _> = on.map(Grant::restore).collect();
        let mut waiting = restored.map_err(StoreError::corrupt)?;
        waiting.retain(|it| it.is_pending(now));
        let voucher = |it: &Grant| matches!(it.subject(), Subject::Voucher(_));
        let paid = |it: &Grant| !voucher(it) && matches!(it.allowance(), Allowance::Active { .. });
        waiting.sort_by_key(|it| {
            let has_failed = it.applied().failing_since.is_some();
            (has_failed, !paid(it), voucher(it), it.id())
        });
        waiting.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(waiting)
    }

    async fn page_of(
        &mut self,
        router: RouterId,
        after: Option<GrantId>,
        limit: u32,
    ) -> Result<Vec<Grant>, StoreError> {
        let wanted = |it: &&GrantSnapshot| {
            let unfinished = it.applied.revision < it.revision;
            let open = it.allowance != Allowance::Ended || unfinished;
            open && after.is_none_or(|last| it.id > last)
        };
        let rows = self.tables.grants.on(router).filter(wanted).cloned();
        let page = rows
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .map(Grant::restore);
        page.collect::<Result<_, _>>().map_err(StoreError::corrupt)
    }

    async fn count_live(&mut self, router: RouterId) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.tables.live_on(router).count()).unwrap_or(u64::MAX))
    }

    async fn confirm_many(
        &mut self,
        router: RouterId,
        confirmations: &[Confirmation],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        for it in confirmations {
            self.tables
                .change_grant(it.grant, |grant| grant.confirm(it.revision, at))?;
        }
        self.tables
            .events
            .extend(confirmation_events(router, confirmations, at)?);
        Ok(())
    }

    async fn paid_since(
        &mut self,
        router: RouterId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Grant>, StoreError> {
        let paid = |it: &&GrantSnapshot| {
            it.changed_at > since
                && it.applied.revision < it.revision
                && matches!(it.allowance, Allowance::Active { .. })
                && matches!(it.subject, Subject::Subscription(_))
        };
        let rows = self.tables.grants.on(router).filter(paid).cloned();
        let page = rows.take(usize::try_from(limit).unwrap_or(usize::MAX));
        let restored: Result<_, _> = page.map(Grant::restore).collect();
        restored.map_err(StoreError::corrupt)
    }

    async fn fail_many(&mut self, failures: &[Failure], at: Timestamp) -> Result<(), StoreError> {
        for it in failures {
            self.tables
                .change_grant(it.grant, |grant| grant.fail(&it.reason, at))?;
        }
        Ok(())
    }
}
