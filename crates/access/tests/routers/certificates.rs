//! Certificates: seen, confirmed by an operator, and never followed when they change.

use access::testing::{FAKE_CERTIFICATE, FakeRouter, MemoryAccess, numbered, sample_facts};
use access::{
    AccessQueries, AccessStore, ChangeRouter, ChangeRouterError, EnrolRouter, EnrolRouterError,
    Enrolment, Fingerprint, GatewayErrorKind, LoginMethod, RouterFacts, RouterRefusal,
    RouterStatus, RouterTaskError, Transport, Trust, TrustRouter,
};
use kernel::testing::OpenVault;
use kernel::{RouterId, Secret};

use crate::world::{World, tenant};

const NEW: Fingerprint = Fingerprint::new([7; 32]);

fn north() -> RouterId {
    numbered(60)
}

fn enrolment(transport: Transport) -> EnrolRouter {
    EnrolRouter {
        id: north(),
        name: "north".parse().unwrap(),
        host: "10.0.0.2".parse().unwrap(),
        port: 8729,
        transport,
        method: LoginMethod::Plain,
        username: "billing".parse().unwrap(),
        password: Secret::new("right"),
    }
}

async fn enrol(world: &World, transport: Transport) -> Result<Enrolment, EnrolRouterError> {
    let (store, gateway, scope) = (&world.store, &world.gateway, &world.scope);
    access::enrol_router(store, gateway, &OpenVault, scope, enrolment(transport)).await
}

async fn trust(world: &World, certificate: Fingerprint) -> Result<RouterFacts, ChangeRouterError> {
    let command = TrustRouter {
        router: north(),
        certificate,
    };
    let World {
        store,
        gateway,
        ids,
        clock,
        scope,
    } = world;
    access::trust_router(store, gateway, &OpenVault, ids, clock, scope, command).await
}

async fn test(world: &World) -> Result<RouterFacts, RouterTaskError> {
    let World {
        store,
        gateway,
        clock,
        scope,
        ..
    } = world;
    access::test_router(store, gateway, &OpenVault, clock, scope, north()).await
}

async fn change(world: &World, transport: Transport) -> Result<(), ChangeRouterError> {
    let command = ChangeRouter {
        id: north(),
        name: None,
        host: None,
        port: None,
        transport: Some(transport),
        method: None,
        username: None,
        password: None,
    };
    let (store, gateway, scope) = (&world.store, &world.gateway, &world.scope);
    access::change_router(store, gateway, &OpenVault, scope, command).await
}

async fn status(store: &MemoryAccess) -> RouterStatus {
    let view = store.router(tenant(), north()).await.unwrap();
    view.unwrap().status
}

async fn port(world: &World) -> u16 {
    let view = world.store.router(tenant(), north()).await.unwrap();
    view.unwrap().port
}

fn logins(gateway: &FakeRouter) -> u64 {
    gateway.logins(north())
}

#[tokio::test]
async fn credentials_wait_until_the_certificate_is_confirmed() {
    let world = World::new().await;
    let seen = FAKE_CERTIFICATE;
    let enrolled = enrol(&world, Transport::Tls(Trust::FirstUse))
        .await
        .unwrap();
    assert_eq!(enrolled, Enrolment::AwaitingConfirmation(seen));
    let waiting = RouterStatus::AwaitingConfirmation { seen };
    assert_eq!(status(&world.store).await, waiting);
    let tested = test(&world).await.unwrap_err();
    assert!(
        matches!(tested, RouterTaskError::Gateway(err) if err.kind == GatewayErrorKind::CertificateUnconfirmed { seen })
    );
    let other = trust(&world, NEW).await.unwrap_err();
    let mismatch = GatewayErrorKind::CertificateChanged {
        expected: NEW,
        seen,
    };
    assert!(
        matches!(other, ChangeRouterError::Enrol(EnrolRouterError::Gateway(err)) if err.kind == mismatch)
    );
    assert_eq!(status(&world.store).await, waiting, "nothing was confirmed");
    assert_eq!(logins(&world.gateway), 0, "nothing was sent");
    assert!(world.store.jobs(tenant()).is_empty());
    assert_eq!(trust(&world, seen).await.unwrap(), sample_facts(north()));
    let jobs = world.store.jobs(tenant());
    assert_eq!(jobs.len(), 1, "what has waited goes now");
    assert_eq!(jobs[0].kind, access::SYNC_ROUTER_JOB);
    assert_eq!(status(&world.store).await, RouterStatus::Enrolled);
    assert!(test(&world).await.is_ok());
    assert_eq!(status(&world.store).await, RouterStatus::Online);
    let names = world.store.event_names(tenant());
    let story: Vec<_> = names
        .iter()
        .filter(|it| it.starts_with("access.router_"))
        .skip(1)
        .copied()
        .collect();
    let expected = [
        "access.router_awaits_confirmation",
        "access.router_trusted",
        "access.router_enrolled",
        "access.router_online",
    ];
    assert_eq!(story, expected);
}

#[tokio::test]
async fn a_changed_certificate_is_refused_shown_and_followed_only_when_confirmed() {
    let world = World::new().await;
    let expected = FAKE_CERTIFICATE;
    let pinned = Transport::Tls(Trust::Pinned(expected));
    assert!(matches!(
        enrol(&world, pinned).await.unwrap(),
        Enrolment::Answered(_)
    ));
    assert!(test(&world).await.is_ok());
    let before = logins(&world.gateway);
    world.gateway.show_certificate(north(), NEW);
    for _ in 0..2 {
        let refused = test(&world).await.unwrap_err();
        let kind = GatewayErrorKind::CertificateChanged {
            expected,
            seen: NEW,
        };
        assert!(matches!(refused, RouterTaskError::Gateway(err) if err.kind == kind));
    }
    let since = kernel::Clock::now(&world.clock);
    let changed = RouterStatus::CertificateChanged {
        since,
        expected,
        seen: NEW,
    };
    assert_eq!(status(&world.store).await, changed);
    assert_eq!(logins(&world.gateway), before, "nothing was sent");
    let names = world.store.event_names(tenant());
    let alerts = names
        .iter()
        .filter(|it| **it == "access.router_certificate_changed");
    assert_eq!(alerts.count(), 1, "one event, not one per try");
    trust(&world, NEW).await.unwrap();
    assert_eq!(status(&world.store).await, RouterStatus::Online);
    assert!(test(&world).await.is_ok());
}

#[tokio::test]
async fn confirming_a_certificate_does_not_move_to_another_board() {
    let world = World::new().await;
    let pinned = Transport::Tls(Trust::Pinned(FAKE_CERTIFICATE));
    enrol(&world, pinned.clone()).await.unwrap();
    world.gateway.show_certificate(north(), NEW);
    let other = sample_facts(numbered(61));
    world.gateway.become_another(north(), other);
    let refused = trust(&world, NEW).await.unwrap_err();
    assert!(
        matches!(refused, ChangeRouterError::Enrol(EnrolRouterError::Gateway(err)) if err.kind == GatewayErrorKind::WrongRouter)
    );
    let mut tx = world.store.begin(&world.scope).await.unwrap();
    let kept = tx.routers().find(north()).await.unwrap().unwrap();
    assert_eq!(kept.endpoint().transport, pinned);
}

#[tokio::test]
async fn moving_to_tls_waits_for_the_certificate_and_moving_back_does_not() {
    let world = World::new().await;
    enrol(&world, Transport::Plain).await.unwrap();
    assert!(test(&world).await.is_ok());
    let refused = trust(&world, NEW).await.unwrap_err();
    assert!(matches!(
        refused,
        ChangeRouterError::Refused(RouterRefusal::NothingToConfirm)
    ));
    let before = logins(&world.gateway);
    change(&world, Transport::Tls(Trust::FirstUse))
        .await
        .unwrap();
    let seen = FAKE_CERTIFICATE;
    let waiting = RouterStatus::AwaitingConfirmation { seen };
    assert_eq!(status(&world.store).await, waiting);
    assert_eq!(port(&world).await, 8729, "an odd port stays");
    assert_eq!(logins(&world.gateway), before);
    change(&world, Transport::Plain).await.unwrap();
    assert!(test(&world).await.is_ok());
    assert_eq!(status(&world.store).await, RouterStatus::Online);
    change(&world, Transport::Tls(Trust::FirstUse))
        .await
        .unwrap();
    trust(&world, seen).await.unwrap();
    assert_eq!(status(&world.store).await, RouterStatus::Online);
}

#[tokio::test]
async fn the_usual_port_moves_along_with_the_transport() {
    let world = World::new().await;
    let pinned = Transport::Tls(Trust::Pinned(FAKE_CERTIFICATE));
    enrol(&world, pinned.clone()).await.unwrap();
    change(&world, Transport::Plain).await.unwrap();
    assert_eq!(port(&world).await, 8728);
    change(&world, pinned).await.unwrap();
    assert_eq!(port(&world).await, 8729);
}
