//! Applying an import takes as many statements for a page of logins as for a few of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use access::adoption::{
    ImportQueries, PreviewImport, PreviewPorts, RowState, Survey, UnreadablePasswords,
    preview_import,
};
use access::testing::{
    FakeRouter, mikhmon_survey, sample_router, surveyed_login, surveyed_profile,
};
use access::{AccessStore, HostRules, Service};
use async_trait::async_trait;
use billing::{DunningPolicy, NewEntity, found_entity};
use jobs::ClaimedJob;
use kernel::testing::{CountingIds, FixedClock, OpenVault, SeededRandomness};
use kernel::{
    Ids, ImportId, Lane, NoProbe, Priority, RouterId, Scope, StoreError, TenantId, Timestamp,
};
use postgres_adapter::Store;
use postgres_adapter::testing::TestDatabase;
use workflows::{Keeping, PlansOfBilling, Progress, Workbench, job_kinds, run_job};

/// A router with this many vouchers, all of one batch, and this many lines.
fn router_with(logins: u16) -> Survey {
    let vouchers = (0..logins).map(|at| {
        let (row, name) = (format!("*A{at:X}"), format!("code{at}"));
        surveyed_login(Service::Hotspot, &row, &name, "1day", "vc-123-08.14.26-x")
    });
    let lines = (0..logins).map(|at| {
        let (row, name) = (format!("*B{at:X}"), format!("line{at}"));
        surveyed_login(Service::Pppoe, &row, &name, "home", "")
    });
    let home = surveyed_profile(Service::Pppoe, "*5", "home", "");
    let day = mikhmon_survey().profiles.into_iter();
    let day = day.filter(|it| it.service == Service::Hotspot);
    Survey {
        zone: Some("Asia/Jakarta".to_owned()),
        profiles: std::iter::once(home).chain(day).collect(),
        logins: vouchers.chain(lines).collect(),
        ..Survey::default()
    }
}

struct NoSteps;

#[async_trait]
impl Progress for NoSteps {
    async fn report(&self, _done: u64, _total: Option<u64>) -> Result<bool, StoreError> {
        Ok(true)
    }
}

struct Site {
    store: Store,
    gateway: Arc<FakeRouter>,
    clock: Arc<FixedClock>,
    ids: Arc<CountingIds>,
    scope: Scope,
    router: RouterId,
}

impl Site {
    async fn open(store: Store, clock: Arc<FixedClock>, survey: Survey) -> Self {
        let ids = Arc::new(CountingIds::from(1));
        let next: &dyn Ids = &*ids;
        let (tenant, router): (TenantId, RouterId) = (next.next(), next.next());
        let scope = Scope::system(tenant, "test", next.fresh());
        let entity = NewEntity {
            id: next.next(),
            name: "Demo Net".parse().unwrap(),
            currency: "IDR".parse().unwrap(),
            zone: "Asia/Jakarta".parse().unwrap(),
            scale_digits: 0,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        };
        found_entity(&store, &scope, entity).await.unwrap();
        let mut tx = AccessStore::begin(&store, &scope).await.unwrap();
        let mut enrolled = sample_router(router).unwrap();
        tx.routers().save(&mut enrolled).await.unwrap();
        tx.commit().await.unwrap();
        let gateway = Arc::new(FakeRouter::new());
        gateway.set_survey(router, survey);
        Self {
            store,
            gateway,
            clock,
            ids,
            scope,
            router,
        }
    }

    fn bench(&self) -> Workbench {
        let store = || Arc::new(self.store.clone());
        Workbench {
            clock: Arc::<FixedClock>::clone(&self.clock),
            ids: Arc::<CountingIds>::clone(&self.ids),
            randomness: Arc::new(SeededRandomness::from(7)),
            vault: Arc::new(OpenVault),
            customers: store(),
            access: store(),
            access_queries: store(),
            gateway: Arc::<FakeRouter>::clone(&self.gateway),
            host_rules: HostRules {
                allow_loopback: false,
            },
            vouchers: store(),
            voucher_queries: store(),
            billing: store(),
            billing_run: store(),
            bill_limits: billing::BillLimits::STANDARD,
            billing_queries: store(),
            payment_gateways: billing::gateway::GatewayPorts {
                gateways: billing::gateway::Gateways::live([]),
                store: store(),
                queries: store(),
            },
            jobs_store: store(),
            receipts: store(),
            probe: Arc::new(NoProbe),
            usage: store(),
            housekeeping: store(),
            keeping: Keeping::standard(),
        }
    }

    fn ids(&self) -> &dyn Ids {
        &*self.ids
    }

    async fn look(&self) -> ImportId {
        let id = self.ids().next();
        let ports = PreviewPorts {
            store: &self.store,
            queries: &self.store,
            plans: &PlansOfBilling(&self.store),
            gateway: &*self.gateway,
            vault: &OpenVault,
            ids: &*self.ids,
            clock: &*self.clock,
        };
        let command = PreviewImport {
            id,
            router: self.router,
            zone: None,
            unreadable: UnreadablePasswords::Refuse,
        };
        preview_import(ports, &self.scope, command).await.unwrap();
        id
    }

    async fn apply(&self, import: ImportId) {
        let job = ClaimedJob {
            id: self.ids().next(),
            tenant: self.scope.tenant,
            kind: job_kinds::APPLY_IMPORT.to_owned(),
            lane: Lane::open(),
            priority: Priority::Normal,
            payload: serde_json::json!({ "import": import }),
            attempt: 1,
            max_attempts: 5,
            done: 0,
            total: None,
            worker: "worker-1".to_owned(),
        };
        run_job(&self.bench(), &job, &NoSteps).await.unwrap();
    }
}

/// How many statements it takes to import so many vouchers and as many lines: one page of rows.
async fn statements_for(database: TestDatabase, logins: u16) -> u64 {
    let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    let clock = Arc::new(FixedClock::at(noon));
    let ids = Arc::new(CountingIds::from(1_000_000_000));
    let surroundings = Arc::<FixedClock>::clone(&clock);
    let (store, count) = database.counting_store(surroundings, ids).await;
    let site = Site::open(store, clock, router_with(logins)).await;
    let import = site.look().await;
    let before = count.load(Ordering::Relaxed);
    site.apply(import).await;
    let taken = count.load(Ordering::Relaxed) - before;
    let view = site.store.import(site.scope.tenant, import).await.unwrap();
    let counts = view.unwrap().counts;
    let imported = counts.iter().filter(|it| it.state == RowState::Imported);
    let imported: u64 = imported.map(|it| it.count).sum();
    // Two profiles and a batch come first.
    assert_eq!(imported, u64::from(2 * logins) + 3);
    taken
}

#[tokio::test]
async fn statements_do_not_grow_with_the_logins_of_a_page_on_sqlite() {
    let few = statements_for(TestDatabase::sqlite().await, 2).await;
    let many = statements_for(TestDatabase::sqlite().await, 45).await;
    assert!(few > 10, "{few} statements: they are counted");
    assert_eq!(few, many);
}

#[tokio::test]
async fn statements_do_not_grow_with_the_logins_of_a_page_on_postgres() {
    let few = statements_for(TestDatabase::postgres().await, 2).await;
    let many = statements_for(TestDatabase::postgres().await, 45).await;
    assert_eq!(few, many);
}
