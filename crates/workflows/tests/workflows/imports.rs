//! A router that Mikhmon ran is taken over: everything that can be, once, and nothing else on it changes.

use access::adoption::{
    ImportQueries, ImportRow, ImportRowFilter, ImportStatus, PreviewImport, PreviewPorts, RowKind,
    RowState, SurveyedPassword, UnreadablePasswords, preview_import, replacement_password,
};
use access::testing::{mikhmon_survey, sample_profile};
use access::{
    AccessStore, Actual, ActualRow, Allowance, Attribute, GatewayError, GatewayErrorKind, Grant,
    LoginRef, Menu, ReconcileMode, ReconcileRouter, Service, Tag, UsageQueries, reconcile_router,
};
use billing::{BillingQueries, PlanStatus};
use jobs::{JobControl, JobsStore};
use kernel::testing::OpenVault;
use kernel::{ImportId, JobId, PageRequest, Secret};
use vouchers::{VoucherQueries, VoucherStateName, VouchersStore, code_digest};
use workflows::{
    BeginImport, BeginImportPorts, Failure, PlansOfBilling, Remedy, begin_import, interrupted,
    job_kinds,
};

use crate::world::World;

fn first() -> PageRequest {
    PageRequest::new(PageRequest::MAX_LIMIT, None)
}

impl World {
    /// Noon UTC of 21 November 2026, as the survey expects it.
    async fn with_mikhmon() -> Self {
        let world = Self::open().await;
        world.days_pass(20);
        let survey = mikhmon_survey();
        world.gateway.router.set_survey(world.router, survey);
        world
    }

    async fn look(&self) -> ImportId {
        self.look_and(UnreadablePasswords::Refuse).await
    }

    async fn look_and(&self, unreadable: UnreadablePasswords) -> ImportId {
        let id = self.ids().next();
        let ports = PreviewPorts {
            store: &self.access,
            queries: &self.access,
            plans: &PlansOfBilling(&self.billing),
            gateway: &*self.gateway,
            vault: &OpenVault,
            ids: self.ids(),
            clock: &*self.clock,
        };
        let command = PreviewImport {
            id,
            router: self.router,
            zone: None,
            unreadable,
        };
        preview_import(ports, &self.scope, command).await.unwrap();
        id
    }

    async fn request(&self, import: ImportId) -> JobId {
        let command = BeginImport {
            import,
            router: self.router,
            job: self.ids().next(),
        };
        let ports = BeginImportPorts {
            access: &self.access,
            imports: &self.access,
            jobs: &self.jobs,
            clock: &*self.clock,
        };
        begin_import(ports, &self.scope, command).await.unwrap()
    }

    /// What the store does at commit: the fakes of the contexts keep their own lists.
    async fn queue_what_access_asked_for(&self) {
        let mut tx = self.jobs.begin(&self.scope).await.unwrap();
        for job in self.access.jobs(self.tenant()) {
            tx.enqueue(job).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn take_over(&self, import: ImportId) -> Result<(), Failure> {
        self.request(import).await;
        let payload = serde_json::json!({ "import": import });
        self.run(job_kinds::APPLY_IMPORT, payload).await
    }

    async fn rows(&self, import: ImportId, filter: ImportRowFilter) -> Vec<ImportRow> {
        let page = self
            .access
            .import_rows(self.tenant(), import, filter, first());
        page.await.unwrap().items
    }

    async fn count(&self, import: ImportId, kind: RowKind, state: RowState) -> usize {
        let filter = ImportRowFilter {
            kind: Some(kind),
            state: Some(state),
        };
        self.rows(import, filter).await.len()
    }

    async fn reason(&self, import: ImportId, name: &str) -> String {
        let rows = self.rows(import, ImportRowFilter::default()).await;
        let row = rows.into_iter().find(|it| it.name.lossy() == name);
        row.and_then(|it| it.reason).unwrap_or_default()
    }

    async fn grants(&self) -> Vec<Grant> {
        let mut tx = self.access.begin(&self.scope).await.unwrap();
        tx.grants().page_of(self.router, None, 100).await.unwrap()
    }

    async fn reconcile_commands(&self) -> Vec<String> {
        let command = ReconcileRouter {
            router: self.router,
            mode: ReconcileMode::DryRun,
        };
        let (store, clock) = (&self.access, &*self.clock);
        let report = reconcile_router(
            store,
            &*self.gateway,
            &OpenVault,
            clock,
            &self.scope,
            command,
        );
        report.await.unwrap().commands
    }
}

/// A row without the tag in its comment: what must not change.
fn bare(row: &ActualRow) -> ActualRow {
    let comment = match row.tag() {
        Some(tag) => row.comment.replace(&tag.to_string(), "").trim().to_owned(),
        None => row.comment.clone(),
    };
    ActualRow {
        comment,
        ..row.clone()
    }
}

fn all_bare(actual: &Actual) -> Vec<ActualRow> {
    let menus = Menu::ALL.into_iter().flat_map(|it| actual.rows(it));
    menus.map(bare).collect()
}

#[tokio::test]
async fn a_preview_writes_nothing() {
    let world = World::with_mikhmon().await;
    let before = world.gateway.router.actual(world.router);
    let import = world.look().await;
    assert_eq!(world.gateway.router.actual(world.router), before);
    assert!(world.grants().await.is_empty());
    let view = world.access.import(world.tenant(), import).await.unwrap();
    let view = view.unwrap();
    assert_eq!(view.import.status, ImportStatus::Previewed);
    assert_eq!(view.import.zone.name(), "Asia/Jakarta");
    assert_eq!(
        world
            .count(import, RowKind::Voucher, RowState::Pending)
            .await,
        6
    );
}

#[tokio::test]
async fn a_router_is_taken_over_without_changing_it() {
    let world = World::with_mikhmon().await;
    let before = world.gateway.router.actual(world.router);
    let import = world.look().await;
    world.take_over(import).await.unwrap();

    let after = world.gateway.router.actual(world.router);
    assert_eq!(
        all_bare(&after),
        all_bare(&before),
        "tags, and nothing else"
    );
    let menus = Menu::ALL.into_iter().flat_map(|it| after.rows(it));
    let tagged = menus.filter(|it| it.tag().is_some());
    assert_eq!(tagged.count(), 9);
    let row = world
        .gateway
        .router
        .row(world.router, Menu::HotspotUser, "ab23")
        .unwrap();
    assert!(row.comment.starts_with("[wb:"), "{}", row.comment);
    assert!(row.comment.ends_with(" vc-123-08.14.26-kiosk"));

    let grants = world.grants().await;
    assert_eq!(grants.len(), 9);
    let waits = |it: &&Grant| it.is_pending(world.now());
    let waiting: Vec<_> = grants.iter().filter(waits).map(Grant::service).collect();
    assert_eq!(waiting, [Service::StaticIp], "its place on a list is owed");
    let blocked = |it: &&Grant| it.allowance() == Allowance::Blocked;
    assert_eq!(grants.iter().filter(blocked).count(), 1);
    world.sync().await.unwrap();
    assert_eq!(
        world.reconcile_commands().await,
        [""; 0],
        "nothing is left to do"
    );
    let mut synced = world.gateway.router.actual(world.router);
    let list = std::mem::take(synced.rows_mut(Menu::AddressList));
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].name, "10.0.0.7");
    assert_eq!(all_bare(&synced), all_bare(&after));
    let view = world.access.import(world.tenant(), import).await.unwrap();
    let at = world.now();
    assert_eq!(view.unwrap().import.status, ImportStatus::Applied { at });
}

#[tokio::test]
async fn vouchers_keep_their_clocks() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    world.take_over(import).await.unwrap();
    let mut tx = VouchersStore::begin(&world.vouchers, &world.scope)
        .await
        .unwrap();
    let mut states = Vec::new();
    for code in ["ab23", "ef67", "gh89", "jk23"] {
        let digest = code_digest(&OpenVault, &Secret::new(code));
        let voucher = tx.vouchers().find_by_digest(digest).await.unwrap();
        states.push(voucher.unwrap().snapshot().state.name());
    }
    use VoucherStateName::{Active, Expired, Generated};
    assert_eq!(states, [Generated, Active, Expired, Expired]);

    let batches = world.voucher_batches().await;
    let names: Vec<&str> = batches.iter().map(|it| it.name.as_str()).collect();
    assert!(names.contains(&"1day vc-123-08.14.26 kiosk"), "{names:?}");
    let kiosk = batches
        .iter()
        .find(|it| it.name.as_str().ends_with("kiosk"));
    let kiosk = kiosk.unwrap();
    assert_eq!(
        (kiosk.count, kiosk.generated, kiosk.status),
        (2, 2, "ready")
    );
    let plan = world
        .billing
        .plan(world.tenant(), kiosk.plan)
        .await
        .unwrap();
    let plan = plan.unwrap();
    assert_eq!(
        plan.price.minor(),
        500_000,
        "the selling price, in minor units"
    );
    assert_eq!(plan.interval.as_minutes(), 1_440);
    assert_eq!(plan.status, PlanStatus::Offered);
}

impl World {
    async fn voucher_batches(&self) -> Vec<vouchers::BatchView> {
        let filter = vouchers::BatchFilter::default();
        let page = self.vouchers.batches(self.tenant(), filter, first()).await;
        page.unwrap().items
    }
}

#[tokio::test]
async fn importing_again_imports_nothing_twice() {
    let world = World::with_mikhmon().await;
    let one = world.look().await;
    world.take_over(one).await.unwrap();
    let (grants, sales) = (world.grants().await.len(), world.sales().await);
    assert_eq!(sales, 2);
    // The same import once more, and a new look at the same router.
    world.take_over(one).await.unwrap();
    let two = world.look().await;
    assert_eq!(
        world.count(two, RowKind::Customer, RowState::Pending).await,
        0
    );
    world.take_over(two).await.unwrap();
    assert_eq!(
        (world.grants().await.len(), world.sales().await),
        (grants, sales)
    );
    assert_eq!(
        world
            .voucher_batches()
            .await
            .iter()
            .map(|it| it.generated)
            .sum::<u32>(),
        6
    );
    assert!(world.reason(two, "gh89").await.contains("exists already"));
}

impl World {
    async fn sales(&self) -> usize {
        let page = self
            .access
            .historical_sales(self.tenant(), self.router, first());
        page.await.unwrap().items.len()
    }
}

#[tokio::test]
async fn what_changed_since_the_preview_is_refused_row_by_row() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let mut survey = mikhmon_survey();
    survey.logins[0].password = SurveyedPassword::Shown(Secret::new("new"));
    survey.logins.remove(4);
    survey.sales.remove(0);
    world
        .gateway
        .router
        .set_actual(world.router, Actual::default());
    world.gateway.router.set_survey(world.router, survey);
    world.take_over(import).await.unwrap();
    assert!(world.reason(import, "budi").await.contains("has changed"));
    assert!(world.reason(import, "cd45").await.contains("no longer"));
    assert_eq!(world.grants().await.len(), 7);
    assert_eq!(world.sales().await, 1);
}

#[tokio::test]
async fn a_run_that_was_cut_short_is_finished_by_the_next() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let lost = GatewayError::new(GatewayErrorKind::Ambiguous, "no answer");
    world
        .gateway
        .router
        .refuse(world.router, "budi", Some(lost));
    let failure = world.take_over(import).await.unwrap_err();
    assert!(matches!(failure.remedy, Remedy::WaitFor(_)), "{failure}");
    assert_eq!(
        world
            .count(import, RowKind::Customer, RowState::Recorded)
            .await,
        1
    );

    // The write had happened after all.
    let budi = world
        .gateway
        .router
        .row(world.router, Menu::PppSecret, "budi");
    assert_eq!(budi.unwrap().tag(), None);
    world.gateway.router.refuse(world.router, "budi", None);
    world.take_over(import).await.unwrap();
    assert_eq!(
        world
            .count(import, RowKind::Customer, RowState::Imported)
            .await,
        3
    );
    assert_eq!(world.grants().await.len(), 9);
    world.sync().await.unwrap();
    assert_eq!(world.reconcile_commands().await, [""; 0]);
}

#[tokio::test]
async fn a_tag_that_is_there_already_counts() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let lost = GatewayError::new(GatewayErrorKind::Ambiguous, "no answer");
    world
        .gateway
        .router
        .refuse(world.router, "budi", Some(lost));
    world.take_over(import).await.unwrap_err();
    let budi = world
        .grants()
        .await
        .into_iter()
        .find(|it| it.login().as_str() == "budi");
    let tag = Tag {
        mark: access::Mark::of(world.router),
        id: access::TagId::grant(budi.unwrap().id()),
        revision: 1,
    };
    let mut actual = world.gateway.router.actual(world.router);
    let rows = actual.rows_mut(Menu::PppSecret).iter_mut();
    for row in rows.filter(|it| it.name == "budi") {
        row.comment = tag.adopting(&row.comment).unwrap();
    }
    world.gateway.router.set_actual(world.router, actual);
    world.take_over(import).await.unwrap();
    assert_eq!(
        world
            .count(import, RowKind::Customer, RowState::Imported)
            .await,
        3
    );
}

#[tokio::test]
async fn a_refused_tag_leaves_the_row_to_its_owner() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let refusal = GatewayError::new(GatewayErrorKind::Forbidden, "not enough permissions (9)");
    world
        .gateway
        .router
        .refuse(world.router, "ab23", Some(refusal));
    world.take_over(import).await.unwrap();
    assert!(
        world
            .reason(import, "ab23")
            .await
            .contains("not enough permissions")
    );
    world.gateway.router.refuse(world.router, "ab23", None);
    world.sync().await.unwrap();
    let row = world
        .gateway
        .router
        .row(world.router, Menu::HotspotUser, "ab23");
    assert_eq!(row.unwrap().comment, "vc-123-08.14.26-kiosk");
    let digest = code_digest(&OpenVault, &Secret::new("ab23"));
    let mut tx = VouchersStore::begin(&world.vouchers, &world.scope)
        .await
        .unwrap();
    assert!(
        tx.vouchers()
            .find_by_digest(digest)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn an_unreachable_router_is_waited_for() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let away = GatewayError::new(GatewayErrorKind::Unreachable, "no route");
    world.gateway.router.fail_with(world.router, Some(away));
    let failure = world.take_over(import).await.unwrap_err();
    assert!(matches!(failure.remedy, Remedy::WaitFor(_)));
    world.gateway.router.fail_with(world.router, None);
    world.take_over(import).await.unwrap();
    assert_eq!(world.grants().await.len(), 9);
}

#[tokio::test]
async fn a_refused_profile_leaves_no_plan_behind() {
    let world = World::with_mikhmon().await;
    let plans = || async { world.billing.plans(world.tenant(), first()).await.unwrap() };
    let before = plans().await.items.len();
    let import = world.look().await;
    let rows = world.rows(import, ImportRowFilter::default()).await;
    let mut tx = world.access.begin(&world.scope).await.unwrap();
    for row in rows {
        let access::adoption::Proposal::Profile(it) = row.proposal else {
            continue;
        };
        let taken = sample_profile(world.ids().next(), it.slug.as_str(), it.service);
        tx.profiles().save(&mut taken.unwrap()).await.unwrap();
    }
    tx.commit().await.unwrap();
    world.take_over(import).await.unwrap();
    assert_eq!(plans().await.items.len(), before);
}

#[tokio::test]
async fn an_import_whose_job_was_cancelled_begins_again() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let first = world.request(import).await;
    world.queue_what_access_asked_for().await;
    assert_eq!(world.request(import).await, first, "it is at it still");
    let status = || async {
        let view = world.access.import(world.tenant(), import).await.unwrap();
        view.unwrap().import.status
    };
    let ended = || async {
        let status = status().await;
        interrupted(&world.jobs, world.tenant(), &status).await
    };
    assert_eq!(ended().await.unwrap(), None);

    let cancelled = world.jobs.cancel(world.tenant(), first, world.now());
    cancelled.await.unwrap();
    assert_eq!(ended().await.unwrap(), Some(first));
    let second = world.request(import).await;
    assert_ne!(second, first);
    let since = world.now();
    let now_by = ImportStatus::Applying { since, job: second };
    assert_eq!(status().await, now_by);
}

#[tokio::test]
async fn vouchers_found_later_are_sold_under_the_plan_that_exists() {
    let world = World::with_mikhmon().await;
    let one = world.look().await;
    world.take_over(one).await.unwrap();
    let sold = world.voucher_batches().await;
    let sold = sold.iter().find(|it| it.name.as_str().ends_with("kiosk"));
    let plan = sold.unwrap().plan;
    let mut survey = mikhmon_survey();
    let mut fresh = survey.logins[3].clone();
    fresh.row = access::RowId::new("*77");
    fresh.name = "zz77".into();
    fresh.comment = "vc-900-11.20.26-new".into();
    survey.logins.push(fresh);
    world
        .gateway
        .router
        .set_actual(world.router, Actual::default());
    world.gateway.router.set_survey(world.router, survey);
    let two = world.look().await;
    world.take_over(two).await.unwrap();
    let batches = world.voucher_batches().await;
    let new = batches.iter().find(|it| it.name.as_str().ends_with("new"));
    assert_eq!(new.unwrap().plan, plan);
}

#[tokio::test]
async fn a_queue_and_a_lease_are_taken_over_with_their_limits_and_words() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    world.take_over(import).await.unwrap();
    world.sync().await.unwrap();
    let grants = world.grants().await;
    let of = |service| grants.iter().find(|it| it.service() == service).unwrap();
    let (office, device) = (of(Service::StaticIp), of(Service::DhcpLease));
    assert_eq!(office.login().as_str(), "10.0.0.7");
    assert_eq!(device.login().as_str(), "AA:BB:CC:00:00:08");
    assert_eq!(device.address(), "10.0.0.8".parse().ok());
    let mut tx = world.access.begin(&world.scope).await.unwrap();
    let speed = tx.profiles().find(office.profile()).await.unwrap().unwrap();
    assert_eq!(speed.terms().rate.to_string(), "5M/20M");
    assert_eq!(speed.name().as_str(), "static-ip-5m-20m");
    drop(tx);

    // The router's own queue is the customer's: no second one, and its name stays.
    let queues = world.gateway.router.actual(world.router);
    let queues = queues.rows(Menu::SimpleQueue);
    assert_eq!(queues.len(), 1);
    assert_eq!(queues[0].name, "office");
    let lease = world
        .gateway
        .router
        .row(world.router, Menu::DhcpLease, "AA:BB:CC:00:00:08");
    let lease = lease.unwrap();
    assert!(!lease.values.contains_key(&Attribute::RateLimit));

    // When access ends, both go.
    let ids = world.ids();
    for it in [office, device] {
        let (store, clock, scope) = (&world.access, &*world.clock, &world.scope);
        access::end_access(store, ids, clock, scope, it.subject())
            .await
            .unwrap();
    }
    world.sync().await.unwrap();
    let left = world.gateway.router.actual(world.router);
    for menu in [Menu::SimpleQueue, Menu::AddressList, Menu::DhcpLease] {
        assert_eq!(left.rows(menu), [], "{menu}");
    }
}

#[tokio::test]
async fn limits_that_are_known_get_no_second_profile() {
    let world = World::with_mikhmon().await;
    let one = world.look().await;
    world.take_over(one).await.unwrap();
    let mut survey = mikhmon_survey();
    let mut more = survey.queues[0].clone();
    more.row = access::RowId::new("*78");
    more.name = "shop".into();
    more.target = "10.0.0.9/32".to_owned();
    survey.queues.push(more);
    world
        .gateway
        .router
        .set_actual(world.router, Actual::default());
    world.gateway.router.set_survey(world.router, survey);
    let two = world.look().await;
    let (kind, pending) = (RowKind::Profile, RowState::Pending);
    assert_eq!(world.count(two, kind, pending).await, 0);
    assert_eq!(world.count(two, RowKind::StaticIp, pending).await, 1);
}

#[tokio::test]
async fn what_addresses_and_devices_use_is_counted_per_day_from_the_import_on() {
    let world = World::with_mikhmon().await;
    let mut survey = mikhmon_survey();
    let speed = access::RateLimit::steady(2_000_000, 8_000_000);
    survey.leases[0].rate = access::adoption::SurveyedRate::Known(speed);
    let (router, id) = (&world.gateway.router, world.router);
    router.set_actual(id, Actual::default());
    router.set_survey(id, survey);
    let import = world.look().await;
    world.take_over(import).await.unwrap();
    let logins = [
        LoginRef::new(Service::StaticIp, "10.0.0.7"),
        LoginRef::new(Service::DhcpLease, "AA:BB:CC:00:00:08"),
    ];
    let bytes = |count: u64| access::Load {
        bytes_up: count,
        bytes_down: 2 * count,
        seconds: 0,
    };
    let used = |count: u64| {
        let (world, logins) = (&world, &logins);
        async move {
            logins
                .iter()
                .for_each(|it| router.pass(id, it, bytes(count)));
            let payload = crate::world::router_payload(id);
            world.run(job_kinds::WATCH_ROUTER, payload).await.unwrap();
            world.clock.advance(chrono::Duration::minutes(5));
        }
    };
    // What was counted before the product had the rows is nobody's day.
    used(1_000_000).await;
    used(500).await;
    router.restart(id);
    used(70).await;
    let today = world.now().utc().date_naive();
    for grant in world.grants().await {
        if !logins.iter().any(|it| it.service == grant.service()) {
            continue;
        }
        let usage = world
            .usage
            .usage_of(world.tenant(), grant.id(), today, today);
        let usage = usage.await.unwrap().unwrap();
        let day: Vec<_> = usage.days.iter().map(|it| it.used).collect();
        assert_eq!(day, [bytes(570)], "{}", grant.service());
    }
}

#[tokio::test]
async fn a_login_of_one_hotspot_server_stays_with_it_even_if_its_row_is_lost() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    world.take_over(import).await.unwrap();
    let router = &world.gateway.router;
    let server = || {
        let row = router.row(world.router, Menu::HotspotUser, "mn45");
        row.unwrap().values.get(&Attribute::Server).cloned()
    };
    assert_eq!(server().as_deref(), Some("hs1"));
    world.sync().await.unwrap();
    assert_eq!(world.reconcile_commands().await, [""; 0]);

    let mut actual = router.actual(world.router);
    actual
        .rows_mut(Menu::HotspotUser)
        .retain(|it| it.name != "mn45");
    router.set_actual(world.router, actual);
    let commands = world.reconcile_commands().await;
    assert_eq!(commands.len(), 1);
    assert!(commands[0].contains("server=hs1"), "{commands:?}");
}

#[tokio::test]
async fn passwords_the_router_hides_are_reset_if_that_is_wanted() {
    let world = World::with_mikhmon().await;
    let mut survey = mikhmon_survey();
    let logins = survey.logins.iter_mut();
    logins.for_each(|it| it.password = SurveyedPassword::Hidden);
    let router = &world.gateway.router;
    router.set_actual(world.router, Actual::default());
    router.set_survey(world.router, survey);
    let import = world.look().await;
    assert!(
        world
            .reason(import, "budi")
            .await
            .contains("reset_passwords")
    );
    let import = world.look_and(UnreadablePasswords::Reset).await;
    world.take_over(import).await.unwrap();
    let grants = world.grants().await;
    let budi = grants.iter().find(|it| it.login().as_str() == "budi");
    let new = replacement_password(&OpenVault, budi.unwrap().id());
    assert_eq!(new.expose().len(), 12);
    let password = |menu, name| {
        let row = router.row(world.router, menu, name);
        row.unwrap().password.unwrap()
    };
    assert_eq!(password(Menu::PppSecret, "budi"), new);
    let code = password(Menu::HotspotUser, "ab23");
    assert_eq!(code.expose(), "ab23", "a voucher's password is its code");
    world.sync().await.unwrap();
    assert_eq!(world.reconcile_commands().await, [""; 0]);
}

#[tokio::test]
async fn a_preview_that_nobody_applied_is_forgotten_in_time() {
    let world = World::with_mikhmon().await;
    let (applied, left) = (world.look().await, world.look().await);
    world.take_over(applied).await.unwrap();
    let prune = || world.run(job_kinds::PRUNE, serde_json::json!({}));
    let is_there = async |id| {
        let view = world.access.import(world.tenant(), id).await.unwrap();
        view.is_some()
    };
    world.days_pass(29);
    prune().await.unwrap();
    assert!(is_there(left).await);
    world.days_pass(2);
    prune().await.unwrap();
    assert!(!is_there(left).await);
    assert!(
        world
            .rows(left, ImportRowFilter::default())
            .await
            .is_empty()
    );
    assert!(is_there(applied).await, "what was done is history");
}

#[tokio::test]
async fn a_queue_that_was_taken_over_is_left_or_taken_back_under_its_own_name() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    world.take_over(import).await.unwrap();
    world.sync().await.unwrap();
    let router = &world.gateway.router;
    let mut actual = router.actual(world.router);
    let queue = &mut actual.rows_mut(Menu::SimpleQueue)[0];
    queue.values.insert(Attribute::MaxLimit, "1M/1M".to_owned());
    router.set_actual(world.router, actual);
    let row = || access::DriftRowRef {
        router: world.router,
        menu: Menu::SimpleQueue,
        name: "office".to_owned(),
    };
    let (store, gateway) = (&world.access, &*world.gateway);
    let (clock, scope) = (&*world.clock, &world.scope);
    access::accept_drift(store, gateway, &OpenVault, clock, scope, row())
        .await
        .unwrap();
    assert_eq!(world.reconcile_commands().await, [""; 0], "left as it is");
    access::restore_drift(store, gateway, &OpenVault, clock, scope, row())
        .await
        .unwrap();
    let queue = router.row(world.router, Menu::SimpleQueue, "office");
    let queue = queue.unwrap();
    assert_eq!(queue.values[&Attribute::MaxLimit], "5M/20M");
}
