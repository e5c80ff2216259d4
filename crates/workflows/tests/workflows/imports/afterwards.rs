//! Life after an import: what is used, lost, forgotten, or left to its name.

use access::adoption::{ImportQueries, ImportRowFilter};
use access::testing::mikhmon_survey;
use access::{Actual, Attribute, LoginRef, Menu, Service, UsageQueries};
use kernel::testing::OpenVault;
use workflows::job_kinds;

use crate::world::World;

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
