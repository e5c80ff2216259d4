//! What is taken over, and as what: logins, vouchers with their clocks, limits, addresses, passwords.

use access::adoption::{
    ImportQueries, ImportStatus, RowKind, RowState, SurveyedPassword, UnreadablePasswords,
    replacement_password,
};
use access::testing::mikhmon_survey;
use access::{AccessStore, Actual, Allowance, Attribute, Grant, Menu, Service};
use billing::{BillingQueries, PlanStatus};
use kernel::Secret;
use kernel::testing::OpenVault;
use vouchers::{VoucherStateName, VouchersStore, code_digest};

use super::all_bare;
use crate::world::World;

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
