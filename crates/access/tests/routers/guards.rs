//! What keeps a comparison from doing harm, and what an operator decides about single rows.

use std::sync::Mutex;

use access::adoption::Survey;
use access::testing::{FakeRouter, numbered, sample_facts};
use access::{
    AccessStore, Actual, Allowance, Attribute, Change, ChangeSetup, CutReport, DriftClass,
    DriftError, DriftRow, DriftRowRef, Execution, ExecutionAnswer, Findings, GatewayError,
    GatewayErrorKind, GatewayStatistics, GrantAccess, Limits, LiveSession, LoginRef, Menu, Pool,
    Pulse, ReconcileMode, ReconcileRouter, RouterFacts, RouterGateway, Selection, Service, Subject,
    Target,
};
use access::{UsageReading, UsageScope};
use async_trait::async_trait;
use chrono::Duration;
use kernel::testing::OpenVault;
use kernel::{RouterId, Secret};

use crate::world::{ACTIVE, World, pppoe, router, subject, tenant};

async fn settled(count: u64) -> World {
    let world = World::new().await;
    for number in 10..10 + count {
        world.grant(number, &format!("l{number}")).await.unwrap();
    }
    world.sync().await.unwrap();
    world.reconcile(ReconcileMode::Apply).await;
    world
}

fn secrets(world: &World) -> usize {
    world.gateway.actual(router()).rows(Menu::PppSecret).len()
}

fn events(world: &World, name: &str) -> usize {
    let names = world.store.event_names(tenant());
    names.iter().filter(|it| **it == name).count()
}

#[tokio::test]
async fn a_router_that_was_reset_is_provisioned_anew_without_asking() {
    let world = settled(8).await;
    world.gateway.set_actual(router(), Actual::default());
    let report = world.reconcile(ReconcileMode::Apply).await;
    assert_eq!((report.paused, report.applied), (None, true));
    assert_eq!(secrets(&world), 8);
}

#[tokio::test]
async fn a_router_with_somebody_elses_backup_waits_for_an_operator() {
    let world = settled(8).await;
    world.gateway.set_actual(router(), Actual::default());
    let by_hand = |name| {
        world
            .gateway
            .insert(router(), Menu::PppSecret, name, &[], "")
    };
    by_hand("stranger");
    for _ in 0..2 {
        let report = world.reconcile(ReconcileMode::Apply).await;
        assert!(report.paused.is_some_and(|it| it.contains("all 8 rows")));
        assert!(!report.applied && !report.commands.is_empty());
        assert_eq!(
            secrets(&world),
            1,
            "nothing is made, however often it is compared"
        );
    }
    let report = world.reconcile(ReconcileMode::ApplyEverything).await;
    assert_eq!((report.paused, report.applied), (None, true));
    assert_eq!(secrets(&world), 9);
    assert_eq!(world.reconcile(ReconcileMode::Apply).await.paused, None);
}

#[tokio::test]
async fn a_restart_is_noticed_by_the_next_sync_and_recorded_once() {
    let world = settled(1).await;
    assert!(!world.sync().await.unwrap().rebooted);
    world.clock.advance(Duration::hours(5));
    let restarted = RouterFacts {
        uptime_s: 60,
        ..sample_facts(router())
    };
    world.gateway.become_another(router(), restarted);
    assert!(world.sync().await.unwrap().rebooted);
    let report = world.reconcile(ReconcileMode::Apply).await;
    assert!(report.rebooted);
    assert!(!world.sync().await.unwrap().rebooted);
    assert!(!world.reconcile(ReconcileMode::Apply).await.rebooted);
    assert_eq!(events(&world, "access.router_rebooted"), 1);
}

#[tokio::test]
async fn a_router_is_asked_anew_who_it_is_after_a_restart_and_an_upgrade_and_not_otherwise() {
    let world = settled(1).await;
    let inspected = || world.gateway.inspections(router());
    let version = async || world.router().await.facts().version.clone();
    let before = inspected();
    world.reconcile(ReconcileMode::Apply).await;
    assert_eq!(inspected(), before, "nothing is new");
    world.clock.advance(Duration::hours(5));
    let upgraded = |version: &str, uptime_s| RouterFacts {
        version: version.to_owned(),
        uptime_s,
        ..sample_facts(router())
    };
    world
        .gateway
        .become_another(router(), upgraded("7.20 (stable)", 60));
    world.reconcile(ReconcileMode::Apply).await;
    assert_eq!(version().await, "7.20 (stable)");
    assert_eq!(inspected(), before + 1);
    world.reconcile(ReconcileMode::Apply).await;
    assert_eq!(inspected(), before + 1, "once");
    // A restart that nobody has noticed.
    world
        .gateway
        .become_another(router(), upgraded("7.21 (stable)", 60));
    world.reconcile(ReconcileMode::DryRun).await;
    assert_eq!(version().await, "7.21 (stable)");
    assert_eq!(events(&world, "access.router_rebooted"), 1);
}

#[tokio::test]
async fn who_cannot_be_cut_is_an_alert_until_gone() {
    let world = settled(1).await;
    let login = pppoe("l10");
    assert!(world.gateway.dial(router(), &login, "password-10"));
    world.gateway.make_stubborn(router(), login.clone(), true);
    world.follow(10, Allowance::Blocked, 2).await;
    let count = || async {
        use access::AccessQueries;
        let shown = world.store.router(tenant(), router()).await.unwrap();
        shown.unwrap().still_online
    };
    for _ in 0..3 {
        world.sync().await.unwrap();
        world.reconcile(ReconcileMode::Apply).await;
    }
    assert_eq!(count().await, 1);
    assert_eq!(events(&world, "access.cut_failed"), 1, "said once");
    world.gateway.make_stubborn(router(), login, false);
    world.sync().await.unwrap();
    assert_eq!(count().await, 0);
    assert_eq!(events(&world, "access.cut_settled"), 1);
}

fn row(menu: Menu, name: &str) -> DriftRowRef {
    DriftRowRef {
        router: router(),
        menu,
        name: name.to_owned(),
    }
}

async fn review(world: &World) -> Vec<DriftRow> {
    let World {
        store,
        gateway,
        clock,
        scope,
        ..
    } = world;
    let review = access::review_drift(store, gateway, &OpenVault, clock, scope, router());
    review.await.unwrap().rows
}

async fn accept(world: &World, it: DriftRowRef) -> Result<(), DriftError> {
    let World {
        store,
        gateway,
        clock,
        scope,
        ..
    } = world;
    access::accept_drift(store, gateway, &OpenVault, clock, scope, it).await
}

async fn restore(world: &World, it: DriftRowRef) -> Result<(), DriftError> {
    let World {
        store,
        gateway,
        clock,
        scope,
        ..
    } = world;
    access::restore_drift(store, gateway, &OpenVault, clock, scope, it).await
}

fn classes(rows: &[DriftRow]) -> Vec<(DriftClass, &str)> {
    rows.iter().map(|it| (it.class, it.name.as_str())).collect()
}

#[tokio::test]
async fn every_way_to_differ_is_shown_by_its_row() {
    let world = settled(3).await;
    let mut actual = world.gateway.actual(router());
    actual
        .rows_mut(Menu::PppSecret)
        .retain(|it| it.name != "l10");
    let copied = {
        let secret = &mut actual.rows_mut(Menu::PppSecret)[0];
        secret.values.insert(Attribute::Disabled, "yes".to_owned());
        let mut copy = secret.clone();
        copy.id = access::RowId::new("*99");
        copy.name = "copy".to_owned();
        copy
    };
    actual.push(Menu::PppSecret, copied);
    world.gateway.set_actual(router(), actual);
    let by_hand = |name| {
        world
            .gateway
            .insert(router(), Menu::PppSecret, name, &[], "")
    };
    by_hand("stranger");
    by_hand("l20");
    world.grant(20, "l20").await.unwrap();
    let rows = review(&world).await;
    assert_eq!(
        classes(&rows),
        [
            (DriftClass::Missing, "l10"),
            (DriftClass::Changed, "l11"),
            (DriftClass::Orphan, "copy"),
            (DriftClass::Conflict, "l20"),
            (DriftClass::Foreign, "stranger"),
        ]
    );
    let changed = &rows[1].values[0];
    let shown = (
        changed.attribute,
        changed.ours.as_deref(),
        changed.routers.as_deref(),
    );
    assert_eq!(shown, ("disabled", None, Some("yes")));
    assert!(
        !rows[1].may_be_accepted,
        "access is decided by what is paid"
    );
}

#[tokio::test]
async fn a_value_that_is_kept_stays_through_syncs_and_comparisons_until_taken_back() {
    let world = settled(1).await;
    let set = |rate: &str| {
        let mut actual = world.gateway.actual(router());
        actual.rows_mut(Menu::PppProfile)[0]
            .values
            .insert(Attribute::RateLimit, rate.to_owned());
        world.gateway.set_actual(router(), actual);
    };
    let rate = || world.value(Menu::PppProfile, "wb-home", Attribute::RateLimit);
    set("9M/9M");
    accept(&world, row(Menu::PppProfile, "wb-home"))
        .await
        .unwrap();
    assert_eq!(review(&world).await, []);
    world.grant(30, "later").await.unwrap();
    world.sync().await.unwrap();
    world.reconcile(ReconcileMode::Apply).await;
    assert_eq!(rate().as_deref(), Some("9M/9M"));
    restore(&world, row(Menu::PppProfile, "wb-home"))
        .await
        .unwrap();
    assert_eq!(rate().as_deref(), Some("5M/20M"));
    assert_eq!(events(&world, "access.drift_accepted"), 1);
    assert_eq!(events(&world, "access.drift_restored"), 1);
}

#[tokio::test]
async fn one_row_is_taken_back_and_no_other() {
    let world = settled(3).await;
    let mut actual = world.gateway.actual(router());
    actual
        .rows_mut(Menu::PppSecret)
        .retain(|it| it.name == "l12");
    world.gateway.set_actual(router(), actual);
    restore(&world, row(Menu::PppSecret, "l10")).await.unwrap();
    assert_eq!(
        classes(&review(&world).await),
        [(DriftClass::Missing, "l11")]
    );
    let nothing = restore(&world, row(Menu::PppSecret, "l10")).await;
    assert!(matches!(nothing, Err(DriftError::NoSuchRow)));
}

#[tokio::test]
async fn access_cannot_be_kept_and_strangers_cannot_be_restored() {
    let world = settled(1).await;
    let mut actual = world.gateway.actual(router());
    actual.rows_mut(Menu::PppSecret)[0]
        .values
        .insert(Attribute::Disabled, "yes".to_owned());
    world.gateway.set_actual(router(), actual);
    let refused = accept(&world, row(Menu::PppSecret, "l10")).await;
    assert!(matches!(refused, Err(DriftError::NotAcceptable)));
    world
        .gateway
        .insert(router(), Menu::PppSecret, "l20", &[], "");
    world.grant(20, "l20").await.unwrap();
    let refused = restore(&world, row(Menu::PppSecret, "l20")).await;
    assert!(matches!(refused, Err(DriftError::Foreign)));
    let unknown = accept(&world, row(Menu::PppSecret, "nobody")).await;
    assert!(matches!(unknown, Err(DriftError::NoSuchRow)));
}

#[tokio::test]
async fn an_orphan_that_is_accepted_stays() {
    let world = settled(1).await;
    let comment = world.gateway.actual(router()).rows(Menu::PppSecret)[0]
        .comment
        .clone();
    let fake = &world.gateway;
    fake.insert(router(), Menu::SimpleQueue, "copy", &[], &comment);
    let exists = || fake.row(router(), Menu::SimpleQueue, "copy").is_some();
    accept(&world, row(Menu::SimpleQueue, "copy"))
        .await
        .unwrap();
    world.reconcile(ReconcileMode::Apply).await;
    assert!(exists());
    restore(&world, row(Menu::SimpleQueue, "copy"))
        .await
        .unwrap();
    assert!(!exists());
}

#[tokio::test]
async fn an_orphan_that_lets_somebody_connect_is_never_accepted() {
    let menus = [
        Menu::PppSecret,
        Menu::HotspotUser,
        Menu::IpBinding,
        Menu::DhcpLease,
        Menu::AddressList,
    ];
    let world = settled(1).await;
    let comment = world.gateway.actual(router()).rows(Menu::PppSecret)[0]
        .comment
        .clone();
    for menu in menus {
        let list = [(Attribute::List, "wb-active")];
        let values: &[_] = if menu == Menu::AddressList {
            &list
        } else {
            &[]
        };
        world
            .gateway
            .insert(router(), menu, "copy", values, &comment);
        let refused = accept(&world, row(menu, "copy")).await;
        assert!(
            matches!(refused, Err(DriftError::NotAcceptable)),
            "{menu:?}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn voucher_codes_are_hidden_from_who_may_not_see_them() {
    let world = World::new().await;
    for (number, login) in [(10_u64, "code-1234"), (11, "siti-spot")] {
        let subject = match number {
            10 => Subject::Voucher(numbered(number)),
            _ => subject(number),
        };
        let command = GrantAccess {
            id: numbered(number),
            router: router(),
            subject,
            login: login.parse().unwrap(),
            address: None,
            secret: Secret::new("pw"),
            profile: numbered(5),
            allowance: ACTIVE,
            limits: Limits::NONE,
            access_version: 1,
        };
        let (store, ids, clock, scope) = (&world.store, &world.ids, &world.clock, &world.scope);
        access::grant_access(store, &OpenVault, ids, clock, scope, command)
            .await
            .unwrap();
    }
    let report = world.reconcile(ReconcileMode::DryRun).await;
    let all = report.commands.join("\n");
    assert!(all.contains("code-1234") && all.contains("password=***"));
    let masked = report.without_codes().commands.join("\n");
    assert!(
        !masked.contains("code-1234") && masked.contains("co…"),
        "{masked}"
    );
    assert!(
        masked.contains("siti-spot"),
        "a subscription's login is no secret"
    );
}

#[tokio::test]
async fn pools_and_the_walled_garden_are_kept_on_the_router() {
    let world = settled(1).await;
    let pool = Pool {
        name: "home".parse().unwrap(),
        ranges: "10.0.0.2-10.0.0.9".parse().unwrap(),
    };
    let command = ChangeSetup {
        router: router(),
        pools: vec![pool],
        walled_garden: vec!["pay.example.com".parse().unwrap()],
    };
    let (store, ids, clock, scope) = (&world.store, &world.ids, &world.clock, &world.scope);
    let _ = world.store.take_jobs(tenant());
    access::change_setup(store, ids, clock, scope, command.clone())
        .await
        .unwrap();
    access::change_setup(store, ids, clock, scope, command)
        .await
        .unwrap();
    assert_eq!(world.store.jobs(tenant()).len(), 1, "compared at once");
    world.reconcile(ReconcileMode::Apply).await;
    let has = |menu, name| world.gateway.row(router(), menu, name).is_some();
    assert!(has(Menu::Pool, "home") && has(Menu::WalledGarden, "pay.example.com"));
    assert_eq!(review(&world).await, []);
    assert_eq!(events(&world, "access.router_setup_changed"), 1);
    let shown = access::show_setup(store, scope, router()).await.unwrap();
    assert_eq!(shown.unwrap().pools.len(), 1);
    let nothing = access::show_setup(store, scope, numbered(99))
        .await
        .unwrap();
    assert!(nothing.is_none());
}

/// A router during whose first batch of changes a customer pays.
struct PaidMeanwhile<'a> {
    world: &'a World,
    pays: Mutex<Option<u64>>,
    order: Mutex<Vec<String>>,
    cuts: Mutex<Vec<String>>,
}

#[async_trait]
impl RouterGateway for PaidMeanwhile<'_> {
    async fn inspect(&self, target: &Target) -> Result<RouterFacts, GatewayError> {
        self.fake().inspect(target).await
    }

    async fn read(&self, target: &Target, which: &Selection) -> Result<Actual, GatewayError> {
        self.fake().read(target, which).await
    }

    async fn apply(&self, target: &Target, changes: &[Change]) -> Vec<Result<(), GatewayError>> {
        let names = changes.iter().map(|it| it.name.clone());
        self.order.lock().unwrap().extend(names);
        let results = self.fake().apply(target, changes).await;
        let pays = self.pays.lock().unwrap().take();
        if let Some(number) = pays {
            self.world.clock.advance(Duration::seconds(1));
            assert!(self.world.follow(number, ACTIVE, 9).await);
        }
        results
    }

    async fn sessions(&self, target: &Target) -> Result<Vec<LiveSession>, GatewayError> {
        self.fake().sessions(target).await
    }

    async fn cut(&self, target: &Target, logins: &[LoginRef]) -> Result<CutReport, GatewayError> {
        let names = logins.iter().map(|it| it.name.clone());
        self.cuts.lock().unwrap().extend(names);
        self.fake().cut(target, logins).await
    }

    async fn forget(&self, router: RouterId) {
        self.fake().forget(router).await;
    }

    async fn uptime(&self, target: &Target) -> Result<u64, GatewayError> {
        self.fake().uptime(target).await
    }

    async fn pulse(&self, target: &Target) -> Result<Pulse, GatewayError> {
        self.fake().pulse(target).await
    }

    async fn execute(
        &self,
        target: &Target,
        execution: &Execution,
    ) -> Result<ExecutionAnswer, GatewayError> {
        self.fake().execute(target, execution).await
    }

    fn statistics(&self, router: RouterId) -> Option<GatewayStatistics> {
        self.fake().statistics(router)
    }

    async fn examine(&self, target: &Target) -> Findings {
        self.fake().examine(target).await
    }

    async fn usage(
        &self,
        target: &Target,
        scope: UsageScope,
    ) -> Result<UsageReading, GatewayError> {
        self.fake().usage(target, scope).await
    }

    async fn survey(&self, target: &Target) -> Result<Survey, GatewayError> {
        self.fake().survey(target).await
    }
}

impl PaidMeanwhile<'_> {
    const fn fake(&self) -> &FakeRouter {
        &self.world.gateway
    }
}

#[tokio::test]
async fn who_pays_during_a_long_comparison_goes_before_the_rest_of_it() {
    let world = World::new().await;
    for number in 1_000..1_600 {
        world.grant(number, &format!("l{number}")).await.unwrap();
    }
    assert!(world.follow(1_599, Allowance::Blocked, 2).await);
    let gateway = PaidMeanwhile {
        world: &world,
        pays: Mutex::new(Some(1_599)),
        order: Mutex::default(),
        cuts: Mutex::default(),
    };
    let command = ReconcileRouter {
        router: router(),
        mode: ReconcileMode::Apply,
    };
    let (store, clock, scope) = (&world.store, &world.clock, &world.scope);
    access::reconcile_router(store, &gateway, &OpenVault, clock, scope, command)
        .await
        .unwrap();
    let cuts = gateway.cuts.into_inner().unwrap();
    let times = cuts.iter().filter(|it| *it == "l1599").count();
    assert_eq!(times, 1, "when served, and not again at the end");
    let order = gateway.order.into_inner().unwrap();
    let place = order.iter().position(|it| it == "l1599").unwrap();
    assert!((200..250).contains(&place), "{place} of {}", order.len());
    let times = order.iter().filter(|it| *it == "l1599").count();
    assert_eq!(times, 1, "what the plan said before is not done any more");
    let disabled = world.value(Menu::PppSecret, "l1599", Attribute::Disabled);
    assert_eq!(disabled, None);
    let mut tx = world.store.begin(&world.scope).await.unwrap();
    let left = tx
        .grants()
        .pending(router(), world.now(), 10)
        .await
        .unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_menu_that_refuses_to_be_read_stops_nobody_else() {
    let world = settled(1).await;
    world
        .gateway
        .hide(router(), Menu::HotspotUser, "not enough permissions (9)");
    let command = GrantAccess {
        id: numbered(50),
        router: router(),
        subject: subject(50),
        login: "spot".parse().unwrap(),
        address: None,
        secret: Secret::new("pw"),
        profile: numbered(5),
        allowance: ACTIVE,
        limits: Limits::NONE,
        access_version: 1,
    };
    let (store, ids, clock, scope) = (&world.store, &world.ids, &world.clock, &world.scope);
    access::grant_access(store, &OpenVault, ids, clock, scope, command)
        .await
        .unwrap();
    world.grant(51, "line").await.unwrap();
    let report = world.sync().await.unwrap();
    assert_eq!((report.confirmed, report.refused), (1, 1));
    let waiting = world.waiting().await;
    let reason = waiting[0].as_deref().unwrap();
    assert!(reason.contains("not enough permissions"), "{reason}");
    let report = world.reconcile(ReconcileMode::Apply).await;
    assert_eq!(report.unknown.len(), 1);
    let kind = GatewayErrorKind::Forbidden;
    assert!(!GatewayError::new(kind, "").concerns_router());
    let hotspot = LoginRef::new(Service::Hotspot, "spot");
    assert!(
        world
            .gateway
            .row(router(), Menu::HotspotUser, &hotspot.name)
            .is_none()
    );
}
