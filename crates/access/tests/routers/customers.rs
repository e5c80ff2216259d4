//! Customers come, pay, fall behind and leave, and the router follows.

use access::AccessQueries;
use access::testing::{numbered, sample_terms};
use access::{
    Allowance, Attribute, BadProfile, ChangeProfile, ChangeProfileError, FollowAccess, GrantEntry,
    GrantError, GrantFilter, GrantMany, GrantRefusal, Limits, Menu, RateLimit, ReconcileMode,
    Subject, SyncReport, Terms,
};
use kernel::testing::OpenVault;
use kernel::{PageRequest, Priority, Secret};

use crate::world::{ACTIVE, World, pppoe, router, subject, tenant};

#[tokio::test]
async fn a_customers_story_reaches_the_router_step_by_step() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    assert_eq!(world.sync().await.unwrap().confirmed, 1);
    assert!(world.gateway.dial(router(), &pppoe("siti"), "password-10"));
    world.follow(10, Allowance::Restricted, 2).await;
    let report = world.sync().await.unwrap();
    assert_eq!((report.confirmed, report.cut), (1, 1));
    let profile = world.value(Menu::PppSecret, "siti", Attribute::Profile);
    assert_eq!(profile.as_deref(), Some("wb-restricted"));
    let list = world.value(Menu::PppProfile, "wb-restricted", Attribute::AddressList);
    assert_eq!(list.as_deref(), Some("wb-restricted"));
    world.follow(10, Allowance::Blocked, 3).await;
    world.sync().await.unwrap();
    assert!(!world.gateway.dial(router(), &pppoe("siti"), "password-10"));
    world.follow(10, ACTIVE, 4).await;
    world.sync().await.unwrap();
    assert!(world.gateway.dial(router(), &pppoe("siti"), "password-10"));
    let World {
        store,
        ids,
        clock,
        scope,
        ..
    } = &world;
    assert!(
        access::end_access(store, ids, clock, scope, subject(10))
            .await
            .unwrap()
    );
    assert!(
        !access::end_access(store, ids, clock, scope, subject(10))
            .await
            .unwrap()
    );
    assert_eq!(world.sync().await.unwrap().cut, 1);
    assert!(
        world
            .gateway
            .row(router(), Menu::PppSecret, "siti")
            .is_none()
    );
    assert_eq!(
        world.sync().await.unwrap(),
        SyncReport::default(),
        "nothing is left to do"
    );
}

#[tokio::test]
async fn granting_asks_for_one_sync_and_payment_makes_it_urgent() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    world.grant(11, "budi").await.unwrap();
    world.grant(10, "siti").await.unwrap();
    world.follow(10, Allowance::Blocked, 2).await;
    world.follow(10, ACTIVE, 3).await;
    let jobs = world.store.jobs(tenant());
    assert_eq!(jobs.len(), 1);
    assert_eq!(
        (jobs[0].kind.as_str(), jobs[0].priority),
        ("sync_router", Priority::Critical)
    );
    assert_eq!(jobs[0].payload["router"], router().to_string());
}

#[tokio::test]
async fn a_login_that_has_ended_is_granted_to_nobody_again() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    let (store, ids, clock, scope) = (&world.store, &world.ids, &world.clock, &world.scope);
    access::end_access(store, ids, clock, scope, subject(10))
        .await
        .unwrap();
    let again = world.grant(10, "siti").await;
    assert!(matches!(
        again,
        Err(GrantError::Refused(GrantRefusal::Ended))
    ));
    world.grant(11, "siti").await.unwrap();
}

/// Paid in time, though the news of the debt came late: the older decision must not undo the newer one.
#[tokio::test]
async fn a_decision_that_changes_nothing_still_overtakes_an_older_one() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    world.sync().await.unwrap();
    let _waiting = world.store.take_jobs(tenant());
    assert!(!world.follow(10, ACTIVE, 6).await, "nothing changes");
    assert_eq!(world.store.jobs(tenant()), [], "and no router is bothered");
    assert!(
        !world.follow(10, Allowance::Restricted, 5).await,
        "too late"
    );
    assert!(world.gateway.dial(router(), &pppoe("siti"), "password-10"));
    let profile = world.value(Menu::PppSecret, "siti", Attribute::Profile);
    assert_ne!(profile.as_deref(), Some("wb-restricted"));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    assert!(matches!(
        world.grant(11, "siti").await,
        Err(GrantError::LoginTaken)
    ));
    let World {
        store,
        ids,
        clock,
        scope,
        ..
    } = &world;
    let follow = |subject, profile| FollowAccess {
        subject,
        allowance: ACTIVE,
        profile,
        version: 9,
    };
    let nobody = access::follow_access(store, ids, clock, scope, follow(subject(99), None)).await;
    assert!(matches!(nobody, Err(GrantError::NoGrant(_))));
    let other = follow(subject(10), Some(numbered(5)));
    let other = access::follow_access(store, ids, clock, scope, other).await;
    assert!(
        matches!(other, Err(GrantError::Refused(_))),
        "a hotspot profile for a PPPoE login"
    );
    access::retire_profile(store, scope, numbered(3))
        .await
        .unwrap();
    assert!(matches!(
        world.grant(12, "new").await,
        Err(GrantError::Refused(_))
    ));
    let terms = Terms {
        shared_users: 7,
        ..sample_terms()
    };
    let change = ChangeProfile {
        id: numbered(4),
        terms,
    };
    let refused = access::change_profile(store, ids, clock, scope, change).await;
    assert!(matches!(
        refused,
        Err(ChangeProfileError::Refused(BadProfile::SharedUsers))
    ));
}

#[tokio::test]
async fn many_are_brought_in_pages_and_again_only_once() {
    let world = World::new().await;
    let entries = |range: std::ops::Range<u64>| {
        let entry = |number: u64| GrantEntry {
            id: numbered(number),
            subject: Subject::Voucher(numbered(number)),
            login: format!("code{number}").parse().unwrap(),
            secret: Secret::new(format!("code{number}")),
        };
        range.map(entry).collect::<Vec<_>>()
    };
    let limits = Limits {
        uptime_s: Some(3_600),
        bytes: None,
    };
    let many = |entries| GrantMany {
        router: router(),
        profile: numbered(5),
        limits,
        entries,
    };
    let World {
        store,
        ids,
        clock,
        scope,
        ..
    } = &world;
    let grant = |it| access::grant_many(store, &OpenVault, ids, clock, scope, it);
    assert_eq!(grant(many(entries(100..350))).await.unwrap(), 250);
    assert_eq!(grant(many(entries(100..360))).await.unwrap(), 10);
    let mut runs = 0;
    while world.sync_page(100).await.unwrap().more {
        runs += 1;
    }
    assert_eq!(runs, 2);
    assert_eq!(
        world.gateway.actual(router()).rows(Menu::HotspotUser).len(),
        260
    );
    let writes = world.gateway.writes(router());
    world.reconcile(ReconcileMode::Apply).await;
    assert_eq!(
        world.gateway.writes(router()),
        writes,
        "nothing is written twice"
    );
    let page = PageRequest::default();
    let shown = world
        .store
        .grants(tenant(), GrantFilter::default(), page)
        .await
        .unwrap();
    assert!(shown.items.iter().all(|it| it.login == "co…"));
}

#[tokio::test]
async fn changing_a_profile_reaches_every_router_that_uses_it() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    world.sync().await.unwrap();
    let _ = world.store.take_jobs(tenant());
    let rate = RateLimit::steady(1_000_000, 2_000_000);
    let World {
        store,
        ids,
        clock,
        scope,
        ..
    } = &world;
    for id in [3, 4] {
        let terms = Terms {
            rate,
            ..sample_terms()
        };
        let change = ChangeProfile {
            id: numbered(id),
            terms,
        };
        access::change_profile(store, ids, clock, scope, change)
            .await
            .unwrap();
    }
    assert_eq!(
        world.store.jobs(tenant()).len(),
        1,
        "nobody uses the other profile"
    );
    world.sync().await.unwrap();
    let rate = world.value(Menu::PppProfile, "wb-home", Attribute::RateLimit);
    assert_eq!(rate.as_deref(), Some("1M/2M"));
}
