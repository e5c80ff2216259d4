//! A store, a router and everything else that a use case needs.

use access::AccessQueries;
use access::testing::{FakeRouter, MemoryAccess, numbered, sample_profile, sample_router};
use access::{
    AccessStore, Allowance, Attribute, FollowAccess, GrantAccess, GrantError, Limits, LoginRef,
    Menu, ReconcileMode, ReconcileReport, ReconcileRouter, RouterStatus, RouterTaskError, Service,
    Subject, SyncReport, SyncRouter,
};
use kernel::testing::{CountingIds, FixedClock, OpenVault};
use kernel::{PageRequest, RouterId, Scope, Secret, TenantId, Timestamp};

pub(crate) struct World {
    pub(crate) store: MemoryAccess,
    pub(crate) gateway: FakeRouter,
    pub(crate) ids: CountingIds,
    pub(crate) clock: FixedClock,
    pub(crate) scope: Scope,
}

pub(crate) const ACTIVE: Allowance = Allowance::Active { until: None };

pub(crate) fn tenant() -> TenantId {
    numbered(1)
}

pub(crate) fn router() -> RouterId {
    numbered(2)
}

pub(crate) fn subject(number: u64) -> Subject {
    Subject::Subscription(numbered(number))
}

pub(crate) fn pppoe(name: &str) -> LoginRef {
    LoginRef::new(Service::Pppoe, name)
}

impl World {
    /// One router, a PPPoE profile (3), a faster one (4) and a hotspot profile (5).
    pub(crate) async fn new() -> Self {
        let start = Timestamp::from_micros(1_800_000_000_000_000).unwrap();
        let world = Self {
            store: MemoryAccess::new(),
            gateway: FakeRouter::new(),
            ids: CountingIds::from(1_000),
            clock: FixedClock::at(start),
            scope: Scope::system(tenant(), "test", numbered::<kernel::JobKind>(1).uuid()),
        };
        let mut tx = world.store.begin(&world.scope).await.unwrap();
        tx.routers()
            .save(&mut sample_router(router()).unwrap())
            .await
            .unwrap();
        let profiles = [(3, "home", Service::Pppoe), (4, "fast", Service::Pppoe)];
        for (id, name, service) in profiles.into_iter().chain([(5, "spot", Service::Hotspot)]) {
            let mut profile = sample_profile(numbered(id), name, service).unwrap();
            tx.profiles().save(&mut profile).await.unwrap();
        }
        tx.commit().await.unwrap();
        world
    }

    pub(crate) async fn grant(&self, number: u64, login: &str) -> Result<(), GrantError> {
        let command = GrantAccess {
            id: numbered(number),
            router: router(),
            subject: subject(number),
            login: login.parse().unwrap(),
            address: None,
            secret: Secret::new(format!("password-{number}")),
            profile: numbered(3),
            allowance: ACTIVE,
            limits: Limits::NONE,
            access_version: 1,
        };
        let Self {
            store,
            ids,
            clock,
            scope,
            ..
        } = self;
        access::grant_access(store, &OpenVault, ids, clock, scope, command)
            .await
            .map(|_| ())
    }

    pub(crate) async fn follow(&self, number: u64, allowance: Allowance, version: u64) -> bool {
        let command = FollowAccess {
            subject: subject(number),
            allowance,
            profile: None,
            version,
        };
        let Self {
            store,
            ids,
            clock,
            scope,
            ..
        } = self;
        access::follow_access(store, ids, clock, scope, command)
            .await
            .unwrap()
    }

    pub(crate) async fn sync(&self) -> Result<SyncReport, RouterTaskError> {
        self.sync_page(100).await
    }

    pub(crate) async fn sync_page(&self, page: u32) -> Result<SyncReport, RouterTaskError> {
        let Self {
            store,
            gateway,
            clock,
            scope,
            ..
        } = self;
        let command = SyncRouter {
            router: router(),
            page,
        };
        access::sync_router(store, gateway, &OpenVault, clock, scope, command).await
    }

    pub(crate) async fn reconcile(&self, mode: ReconcileMode) -> ReconcileReport {
        let Self {
            store,
            gateway,
            clock,
            scope,
            ..
        } = self;
        let command = ReconcileRouter {
            router: router(),
            mode,
        };
        let done = access::reconcile_router(store, gateway, &OpenVault, clock, scope, command);
        done.await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        use kernel::Clock;
        self.clock.now()
    }

    /// The router, as stored.
    pub(crate) async fn router(&self) -> access::Router {
        let mut tx = AccessStore::begin(&self.store, &self.scope).await.unwrap();
        tx.routers().find(router()).await.unwrap().unwrap()
    }

    pub(crate) async fn status(&self) -> RouterStatus {
        self.store
            .router(tenant(), router())
            .await
            .unwrap()
            .unwrap()
            .status
    }

    pub(crate) async fn waiting(&self) -> Vec<Option<String>> {
        let page = PageRequest::default();
        let page = self
            .store
            .not_applied(tenant(), Some(router()), page)
            .await
            .unwrap();
        page.items.into_iter().map(|it| it.reason).collect()
    }

    pub(crate) fn value(&self, menu: Menu, name: &str, attribute: Attribute) -> Option<String> {
        self.gateway
            .row(router(), menu, name)?
            .values
            .get(&attribute)
            .cloned()
    }
}
