//! How urgent each call to a router is.

use access::{CutLogin, GatewayError, GatewayErrorKind, Priority, ReconcileMode};
use kernel::Scope;
use kernel::testing::OpenVault;

use crate::world::{World, pppoe, router, tenant};

impl World {
    /// The urgency of the calls since the last look.
    fn fresh_priorities(&self, seen: &mut usize) -> Vec<Priority> {
        let all = self.gateway.priorities(router());
        let fresh = all.get(*seen..).unwrap_or_default().to_vec();
        *seen = all.len();
        fresh
    }
}

#[tokio::test]
async fn who_is_cut_or_has_paid_comes_before_those_who_look_and_sweeps_come_last() {
    let world = World::new().await;
    let mut seen = 0;
    world.grant(10, "siti").await.unwrap();
    world.sync().await.unwrap();
    let calls = world.fresh_priorities(&mut seen);
    assert!(!calls.is_empty() && calls.iter().all(|it| *it == Priority::Critical));
    world.reconcile(ReconcileMode::Apply).await;
    let calls = world.fresh_priorities(&mut seen);
    assert!(!calls.is_empty() && calls.iter().all(|it| *it == Priority::Low));
    let (store, gateway, clock) = (&world.store, &world.gateway, &world.clock);
    let cut = CutLogin {
        router: router(),
        login: pppoe("siti"),
    };
    access::cut_login(store, gateway, &OpenVault, clock, &world.scope, cut)
        .await
        .unwrap();
    assert_eq!(world.fresh_priorities(&mut seen), [Priority::Critical]);
    access::test_router(store, gateway, &OpenVault, clock, &world.scope, router())
        .await
        .unwrap();
    assert_eq!(world.fresh_priorities(&mut seen), [Priority::High]);
    let person = Scope::operator(
        tenant(),
        access::testing::numbered(1),
        world.scope.correlation,
    );
    for (scope, urgency) in [(&world.scope, Priority::Low), (&person, Priority::High)] {
        access::list_sessions(store, gateway, &OpenVault, clock, scope, router())
            .await
            .unwrap();
        assert_eq!(world.fresh_priorities(&mut seen), [urgency]);
    }
}

#[tokio::test]
async fn a_page_full_of_customers_is_bulk_work() {
    let world = World::new().await;
    for number in 0..51 {
        world
            .grant(100 + number, &format!("c{number}"))
            .await
            .unwrap();
    }
    world.sync().await.unwrap();
    let calls = world.gateway.priorities(router());
    assert!(calls.iter().all(|it| *it == Priority::Normal), "{calls:?}");
}

#[tokio::test]
async fn a_router_with_too_much_to_do_is_not_taken_for_a_dead_one() {
    let world = World::new().await;
    world.grant(10, "siti").await.unwrap();
    world.sync().await.unwrap();
    let busy = GatewayError::new(GatewayErrorKind::Overloaded, "1000 wait already");
    world.gateway.fail_with(router(), Some(busy));
    world.grant(11, "budi").await.unwrap();
    assert!(world.sync().await.is_err(), "tried again later");
    let names = world.store.event_names(tenant());
    assert!(!names.contains(&"access.router_unreachable"), "{names:?}");
}
