//! Routers that fall silent, refuse, or turn out to be another one.

use access::testing::sample_facts;
use access::{
    Allowance, Attribute, GatewayError, GatewayErrorKind, Menu, Reachability, ReachabilityChange,
    RouterFacts, RouterStatus, RouterTaskError, note_reachability,
};
use chrono::Duration;
use kernel::Clock;

use crate::world::{World, pppoe, router, tenant};

#[tokio::test]
async fn a_silent_router_is_noted_once_and_catches_up() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    let silence = GatewayError::new(GatewayErrorKind::Unreachable, "connection refused");
    world.gateway.fail_with(router(), Some(silence));
    for _ in 0..3 {
        let failed = world.sync().await.unwrap_err();
        assert!(matches!(&failed, RouterTaskError::Gateway(err) if err.is_transient()));
    }
    let expected = RouterStatus::Unreachable {
        since: world.clock.now(),
        reason: "connection refused".to_owned(),
    };
    assert_eq!(world.status().await, expected);
    assert_eq!(
        world.waiting().await,
        [Some("connection refused".to_owned())]
    );
    world.gateway.fail_with(router(), None);
    world.clock.advance(Duration::minutes(7));
    assert_eq!(world.sync().await.unwrap().confirmed, 1);
    assert_eq!(world.status().await, RouterStatus::Online);
    assert!(world.waiting().await.is_empty());
    let names = world.store.event_names(tenant());
    let count = |name| names.iter().filter(|it| **it == name).count();
    assert_eq!(count("access.router_unreachable"), 1);
    assert_eq!(
        (count("access.router_online"), count("access.grant_applied")),
        (1, 1)
    );
}

#[tokio::test]
async fn what_the_gateway_notices_is_an_event_once_and_shows_since_when_and_why() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    world.sync().await.unwrap();
    let note = async |to: Reachability| {
        let change = ReachabilityChange {
            router: router(),
            to,
        };
        let noted = note_reachability(&world.store, &world.clock, &world.scope, &change);
        noted.await.unwrap();
    };
    let lost = |reason: &str| Reachability::Lost {
        reason: reason.to_owned(),
    };
    note(Reachability::Back).await;
    let since = world.clock.now();
    for reason in ["timeout", "timeout", "refused"] {
        note(lost(reason)).await;
        world.clock.advance(Duration::minutes(1));
    }
    let expected = RouterStatus::Unreachable {
        since,
        reason: "refused".to_owned(),
    };
    assert_eq!(world.status().await, expected);
    note(Reachability::Back).await;
    note(Reachability::Back).await;
    assert_eq!(world.status().await, RouterStatus::Online);
    let names = world.store.event_names(tenant());
    let count = |name| names.iter().filter(|it| **it == name).count();
    assert_eq!(count("access.router_unreachable"), 1);
    assert_eq!(count("access.router_online"), 2, "the first time, and back");
}

#[tokio::test]
async fn a_cut_that_was_not_finished_is_still_owed_after_a_crash() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    world.sync().await.unwrap();
    assert!(world.gateway.dial(router(), &pppoe("siti"), "password-10"));
    world.follow(10, Allowance::Blocked, 2).await;
    // The worker died after the row was written and before the session was cut: only the row shows it.
    let mut actual = world.gateway.actual(router());
    for row in actual.rows_mut(Menu::PppSecret) {
        row.values.insert(Attribute::Disabled, "yes".to_owned());
    }
    world.gateway.set_actual(router(), actual);
    let report = world.sync().await.unwrap();
    assert_eq!((report.confirmed, report.cut), (1, 1));
    assert!(world.gateway.online(router()).is_empty());
}

#[tokio::test]
async fn who_cannot_be_cut_is_not_confirmed() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    world.sync().await.unwrap();
    world.gateway.dial(router(), &pppoe("siti"), "password-10");
    world.gateway.make_stubborn(router(), pppoe("siti"), true);
    world.follow(10, Allowance::Blocked, 2).await;
    let report = world.sync().await.unwrap();
    assert_eq!(
        (report.confirmed, report.still_online),
        (0, vec![pppoe("siti")])
    );
    let reason = Some("its sessions could not be ended".to_owned());
    assert_eq!(world.waiting().await, [reason]);
    world.gateway.make_stubborn(router(), pppoe("siti"), false);
    assert_eq!(world.sync().await.unwrap().confirmed, 1);
}

#[tokio::test]
async fn renewals_and_failures_disturb_nobody_else() {
    let world = World::new().await;
    for (number, login) in [(10, "siti"), (11, "budi"), (12, "agus")] {
        world.grant(number, login).await.unwrap();
    }
    let refusal = GatewayError::new(GatewayErrorKind::Other, "out of memory");
    world.gateway.refuse(router(), "budi", Some(refusal));
    world
        .gateway
        .insert(router(), Menu::PppSecret, "agus", &[], "made by hand");
    let report = world.sync().await.unwrap();
    assert_eq!((report.confirmed, report.refused), (1, 2));
    let mut reasons: Vec<String> = world.waiting().await.into_iter().flatten().collect();
    reasons.sort();
    assert!(reasons[0].contains("another hand") && reasons[1].contains("out of memory"));
    assert_eq!(
        world.status().await,
        RouterStatus::Online,
        "a refused row says nothing about it"
    );
    world.gateway.dial(router(), &pppoe("siti"), "password-10");
    let until = Some(world.clock.now().plus(Duration::days(30)));
    world.follow(10, Allowance::Active { until }, 2).await;
    assert_eq!(
        world.sync().await.unwrap().cut,
        0,
        "a renewal disturbs nobody"
    );
    assert_eq!(world.gateway.online(router()).len(), 1);
    world.clock.advance(Duration::days(30));
    let report = world.sync().await.unwrap();
    assert_eq!(report.cut, 1, "time has run out");
    let disabled = world.value(Menu::PppSecret, "siti", Attribute::Disabled);
    assert_eq!(disabled.as_deref(), Some("yes"));
}

#[tokio::test]
async fn another_router_at_the_address_is_never_written_to() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    let other = RouterFacts {
        serial: Some("HEX".to_owned()),
        ..sample_facts(router())
    };
    world.gateway.become_another(router(), other);
    let refused = world.sync().await.unwrap_err();
    assert!(
        matches!(&refused, RouterTaskError::Gateway(err) if err.kind == GatewayErrorKind::WrongRouter)
    );
    assert_eq!(world.gateway.writes(router()), 0);
    assert!(matches!(
        world.status().await,
        RouterStatus::Unreachable { .. }
    ));
}
