//! The fakes keep the promises that every adapter must keep.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use access::testing::{
    Bench, FakeRouter, MemoryAccess, MemoryUsage, access_store_contract, import_store_contract,
    numbered, router_gateway_contract, sample_router, usage_store_contract,
};
use access::{Load, LoginRef, Menu, RouterGateway, Target, target_of};
use kernel::testing::{CountingIds, OpenVault};

#[tokio::test]
async fn the_store_in_memory_keeps_its_promises() {
    let store = MemoryAccess::new();
    let ids = Arc::new(CountingIds::from(1_000));
    access_store_contract(&store, &store, ids, numbered(1), numbered(2)).await;
}

#[tokio::test]
async fn the_store_in_memory_keeps_its_promises_about_imports() {
    let store = MemoryAccess::new();
    let ids = Arc::new(CountingIds::from(1_000));
    import_store_contract(&store, &store, ids, numbered(1), numbered(2)).await;
}

struct FakeBench(FakeRouter);

impl Bench for FakeBench {
    fn gateway(&self) -> &dyn RouterGateway {
        &self.0
    }

    fn target(&self) -> Target {
        let target = target_of(&sample_router(numbered(7)).unwrap(), &OpenVault).unwrap();
        self.0
            .require_password(numbered(7), target.password.expose());
        Target {
            expected_serial: None,
            priority: access::Priority::Normal,
            ..target
        }
    }

    fn insert_by_hand(&self, login: &LoginRef, comment: &str) {
        self.0.insert(
            numbered(7),
            Menu::logins_of(login.service),
            &login.name,
            &[],
            comment,
        );
    }

    fn dial(&self, login: &LoginRef, password: &str) -> bool {
        self.0.dial(numbered(7), login, password)
    }

    fn use_up(&self, login: &LoginRef, bytes_up: u64, bytes_down: u64) {
        let load = Load {
            bytes_up,
            bytes_down,
            seconds: 0,
        };
        self.0.use_up(numbered(7), login, load);
    }

    fn hang_up(&self, login: &LoginRef) {
        self.0.hang_up(numbered(7), login);
    }
}

#[tokio::test]
async fn the_fake_router_keeps_the_promises_of_a_gateway() {
    router_gateway_contract(&FakeBench(FakeRouter::new())).await;
}

#[tokio::test]
async fn the_store_of_use_in_memory_keeps_its_promises() {
    let access = MemoryAccess::new();
    let usage = MemoryUsage::beside(access.clone());
    let ids = Arc::new(CountingIds::from(1_000));
    usage_store_contract((&access, &usage, &usage), ids, numbered(1), numbered(2)).await;
}
