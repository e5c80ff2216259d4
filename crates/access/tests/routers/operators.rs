//! What operators do with routers: enrol, look, mend, cut and retire.

use access::testing::{numbered, sample_facts};
use access::{
    AccessQueries, Attribute, CutLogin, EnrolRouter, EnrolRouterError, Enrolment, GatewayErrorKind,
    HostRules, LoginMethod, Menu, ReconcileMode, RouterRefusal, RouterTaskError, Transport,
};
use kernel::Secret;
use kernel::testing::OpenVault;

use crate::world::{World, pppoe, router, subject, tenant};

fn enrolment(number: u64, name: &str) -> EnrolRouter {
    EnrolRouter {
        id: numbered(number),
        name: name.parse().unwrap(),
        host: HostRules {
            allow_loopback: false,
        }
        .parse("10.0.0.2")
        .unwrap(),
        port: 8728,
        transport: Transport::Plain,
        method: LoginMethod::Plain,
        username: "billing".parse().unwrap(),
        password: Secret::new("right"),
    }
}

#[tokio::test]
async fn drift_is_shown_then_mended_and_strangers_stay() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    world.grant(11, "budi").await.unwrap();
    world.sync().await.unwrap();
    let mut actual = world.gateway.actual(router());
    actual
        .rows_mut(Menu::PppSecret)
        .retain(|it| it.name != "budi");
    actual.rows_mut(Menu::PppProfile)[0]
        .values
        .insert(Attribute::RateLimit, "1G/1G".to_owned());
    world.gateway.set_actual(router(), actual);
    world
        .gateway
        .insert(router(), Menu::PppSecret, "stranger", &[], "office line");
    let before = world.gateway.actual(router());
    let report = world.reconcile(ReconcileMode::DryRun).await;
    assert_eq!(
        (
            report.drift.missing,
            report.drift.differing,
            report.drift.foreign
        ),
        (1, 1, 1)
    );
    assert_eq!(report.commands.len(), 2);
    assert!(
        report.commands.iter().all(|it| !it.contains("password-")),
        "{report:?}"
    );
    assert_eq!(
        world.gateway.actual(router()),
        before,
        "a dry run changes nothing"
    );
    let report = world.reconcile(ReconcileMode::Apply).await;
    assert!(report.applied && report.refused.is_empty());
    let clean = world.reconcile(ReconcileMode::DryRun).await;
    assert!(clean.drift.is_none() && clean.commands.is_empty());
    assert!(
        world
            .gateway
            .row(router(), Menu::PppSecret, "stranger")
            .is_some()
    );
    let names = world.store.event_names(tenant());
    assert_eq!(
        names
            .iter()
            .filter(|it| **it == "access.drift_found")
            .count(),
        2
    );
}

#[tokio::test]
async fn suspiciously_many_orphans_wait_for_an_operator() {
    let world = World::new().await;
    for number in 10..20 {
        world.grant(number, &format!("l{number}")).await.unwrap();
    }
    world.sync().await.unwrap();
    let lost = World {
        gateway: world.gateway,
        ..World::new().await
    };
    let report = lost.reconcile(ReconcileMode::Apply).await;
    assert_eq!((report.held_back.len(), report.drift.held_back), (10, 10));
    assert_eq!(
        lost.gateway.actual(router()).rows(Menu::PppSecret).len(),
        10
    );
    lost.reconcile(ReconcileMode::ApplyEverything).await;
    assert!(
        lost.gateway
            .actual(router())
            .rows(Menu::PppSecret)
            .is_empty()
    );
}

#[tokio::test]
async fn enrolling_needs_an_answer_and_a_new_router() {
    let world = World::new().await;
    let World {
        store,
        gateway,
        scope,
        ..
    } = &world;
    let enrol = |it| access::enrol_router(store, gateway, &OpenVault, scope, it);
    gateway.require_password(numbered(50), "another");
    let wrong = enrol(enrolment(50, "north")).await.unwrap_err();
    assert!(
        matches!(wrong, EnrolRouterError::Gateway(err) if err.kind == GatewayErrorKind::AuthFailed)
    );
    assert!(
        store
            .router(tenant(), numbered(50))
            .await
            .unwrap()
            .is_none()
    );
    gateway.require_password(numbered(50), "right");
    assert_eq!(
        enrol(enrolment(50, "north")).await.unwrap(),
        Enrolment::Answered(sample_facts(numbered(50)))
    );
    let twin = enrol(enrolment(51, "north")).await;
    assert!(matches!(twin, Err(EnrolRouterError::NameTaken)));
    gateway.become_another(numbered(52), sample_facts(numbered(50)));
    let again = enrol(enrolment(52, "south")).await;
    assert!(matches!(again, Err(EnrolRouterError::AlreadyEnrolled)));
}

#[tokio::test]
async fn an_operator_can_look_cut_and_retire() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    world.sync().await.unwrap();
    world.gateway.dial(router(), &pppoe("siti"), "password-10");
    let World {
        store,
        gateway,
        ids,
        clock,
        scope,
    } = &world;
    let listed = access::list_sessions(store, gateway, &OpenVault, clock, scope, router());
    assert_eq!(listed.await.unwrap().len(), 1);
    let cut = CutLogin {
        router: router(),
        login: pppoe("siti"),
    };
    let report = access::cut_login(store, gateway, &OpenVault, clock, scope, cut)
        .await
        .unwrap();
    assert_eq!(report.removed, 1);
    let facts = access::test_router(store, gateway, &OpenVault, clock, scope, router()).await;
    assert_eq!(facts.unwrap(), sample_facts(router()));
    let retired = access::retire_router(store, gateway, scope, router()).await;
    let expected = RouterRefusal::InUse { grants: 1 };
    assert!(matches!(retired, Err(RouterTaskError::Refused(err)) if err == expected));
    access::end_access(store, ids, clock, scope, subject(10))
        .await
        .unwrap();
    world.sync().await.unwrap();
    access::retire_router(store, gateway, scope, router())
        .await
        .unwrap();
    let refused = world.sync().await.unwrap_err();
    assert!(matches!(
        refused,
        RouterTaskError::Refused(RouterRefusal::Retired)
    ));
}

fn execute(priority: access::Priority) -> access::ExecuteCommand {
    let secret = |name: &str| (name.to_owned(), "hunter2".to_owned());
    let execution = access::Execution::new(access::NewExecution {
        path: "/ppp/secret/add".to_owned(),
        arguments: vec![secret("name"), secret("password")],
        queries: Vec::new(),
        timeout_s: 30,
        freshness: access::Freshness::Fresh,
    });
    access::ExecuteCommand {
        router: router(),
        execution: execution.unwrap(),
        priority,
    }
}

#[tokio::test]
async fn every_executed_command_is_written_down_without_its_values() {
    let world = World::new().await;
    let run = async || {
        let command = execute(access::Priority::High);
        let (store, gateway) = (&world.store, &world.gateway);
        access::execute_command(
            store,
            gateway,
            &OpenVault,
            &world.clock,
            &world.scope,
            command,
        )
        .await
    };
    run().await.unwrap();
    let refusal = access::GatewayError::new(GatewayErrorKind::Forbidden, "not enough permissions");
    world.gateway.fail_with(router(), Some(refusal));
    assert!(matches!(run().await, Err(RouterTaskError::Gateway(_))));
    let events = world.store.events(tenant());
    let bodies: Vec<String> = events
        .iter()
        .map(|it| format!("{it:?}"))
        .filter(|it| it.contains("access.router_command_executed"))
        .collect();
    assert_eq!(bodies.len(), 2);
    assert!(bodies[0].contains("/ppp/secret/add") && bodies[0].contains("done"));
    assert!(bodies[1].contains("forbidden"));
    assert!(
        bodies
            .iter()
            .all(|it| it.contains("password") && !it.contains("hunter2"))
    );
}
