//! Sessions that begin or end have their router read at once, and no router is read without end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use access::testing::{FakeRouter, MemoryAccess, numbered, sample_router};
use access::{AccessStore, Endpoint, GatewayError, GatewayErrorKind, Router};
use async_trait::async_trait;
use kernel::testing::{OpenVault, SeededRandomness};
use kernel::{RouterId, Scope, Slug, StoreError, TenantId};
use operators::TenantDirectory;
use tokio::time::{advance, interval, timeout};
use workflows::job_kinds::WATCH_ROUTER;

use super::listen;
use crate::{Ports, Product, Settings};

struct OneTenant;

#[async_trait]
impl TenantDirectory for OneTenant {
    async fn by_slug(&self, _slug: &Slug) -> Result<Option<TenantId>, StoreError> {
        Ok(None)
    }

    async fn all(&self) -> Result<Vec<TenantId>, StoreError> {
        Ok(vec![tenant()])
    }
}

fn tenant() -> TenantId {
    numbered(1)
}

fn router() -> RouterId {
    numbered(2)
}

/// A router in service, and everything that listening needs in memory. The clock stands still but for us.
struct Scene {
    ports: Ports,
    store: MemoryAccess,
    fake: Arc<FakeRouter>,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::load(None).unwrap();
        settings.data.dir = dir.path().to_owned();
        let product = Product::open(&settings).await.unwrap();
        let mut ports = product.ports().clone();
        product.close().await;
        let (store, fake) = (MemoryAccess::new(), Arc::new(FakeRouter::new()));
        ports.access = Arc::new(store.clone());
        ports.gateway = Arc::<FakeRouter>::clone(&fake);
        ports.tenants = Arc::new(OneTenant);
        ports.vault = Arc::new(OpenVault);
        ports.randomness = Arc::new(SeededRandomness::from(7));
        let scene = Self {
            ports,
            store,
            fake,
            _dir: dir,
        };
        scene.save(sample_router(router()).unwrap()).await;
        tokio::time::pause();
        scene
    }

    async fn save(&self, mut router: Router) {
        let scope = Scope::system(tenant(), "test", self.ports.ids.fresh());
        let mut tx = self.store.begin(&scope).await.unwrap();
        tx.routers().save(&mut router).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn change(&self, change: impl FnOnce(&mut Router)) {
        let scope = Scope::system(tenant(), "test", self.ports.ids.fresh());
        let mut tx = self.store.begin(&scope).await.unwrap();
        let mut router = tx.routers().find(router()).await.unwrap().unwrap();
        drop(tx);
        change(&mut router);
        self.save(router).await;
    }

    /// Readings that were asked for since the last look.
    fn readings(&self) -> usize {
        let jobs = self.store.take_jobs(tenant());
        assert!(jobs.iter().all(|it| it.kind == WATCH_ROUTER), "{jobs:?}");
        jobs.len()
    }

    fn listeners(&self) -> usize {
        self.fake.listeners(router()).0
    }

    fn tries(&self) -> u64 {
        self.fake.listeners(router()).1
    }

    async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let met = async {
            let mut looks = interval(Duration::from_millis(100));
            while !holds() {
                looks.tick().await;
            }
        };
        let met = timeout(Duration::from_secs(3_600), met).await;
        assert!(met.is_ok(), "never: {what}");
    }

    /// Lets the story happen beside the listening.
    async fn play(&self, story: impl Future<Output = ()>) {
        tokio::select! {
            () = listen(&self.ports) => unreachable!("it never ends"),
            () = story => {}
        }
    }
}

#[tokio::test]
async fn what_is_heard_has_the_router_read_at_once_and_a_flood_not_more_often() {
    let scene = Scene::open().await;
    let story = async {
        scene
            .until("it is listened to", || scene.listeners() == 1)
            .await;
        scene
            .until("nobody knows what happened before", || {
                scene.readings() == 1
            })
            .await;
        advance(Duration::from_secs(100)).await;
        assert_eq!(scene.readings(), 0, "nothing was heard");
        scene.fake.ring(router());
        let begun = tokio::time::Instant::now();
        scene.until("it is read", || scene.readings() == 1).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "at once");
        let mut readings = 0;
        for _ in 0..200 {
            scene.fake.ring(router());
            advance(Duration::from_millis(100)).await;
            tokio::task::yield_now().await;
            readings += scene.readings();
        }
        assert!((2..=5).contains(&readings), "{readings} in 20 seconds");
        assert_eq!(scene.tries(), 1);
    };
    scene.play(story).await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_again_and_a_retired_router_is_left_alone() {
    let scene = Scene::open().await;
    let story = async {
        scene
            .until("it is listened to", || scene.listeners() == 1)
            .await;
        scene.until("it is read", || scene.readings() == 1).await;
        let broken = GatewayError::new(GatewayErrorKind::Unreachable, "the connection broke");
        scene.fake.hang_up_on_listeners(router(), &broken);
        scene
            .until("it is heard again", || scene.listeners() == 1)
            .await;
        scene
            .until("something may have been missed", || scene.readings() == 1)
            .await;
        scene.change(|it| it.retire(0).unwrap()).await;
        scene
            .until("nobody listens", || scene.listeners() == 0)
            .await;
        let tries = scene.tries();
        advance(Duration::from_secs(7_200)).await;
        assert_eq!(scene.tries(), tries);
    };
    scene.play(story).await;
}

#[tokio::test]
async fn a_router_that_has_moved_is_listened_to_where_it_is() {
    let scene = Scene::open().await;
    let story = async {
        scene
            .until("it is listened to", || scene.listeners() == 1)
            .await;
        scene
            .change(|it| {
                let (name, at) = (it.name().clone(), it.endpoint().clone());
                let moved = Endpoint { port: 18_728, ..at };
                it.change(name, moved, None).unwrap();
            })
            .await;
        scene
            .until("it is listened to anew", || scene.tries() == 2)
            .await;
        scene
            .until("and the old place is not", || scene.listeners() == 1)
            .await;
    };
    scene.play(story).await;
}

#[tokio::test]
async fn a_router_that_cannot_be_listened_to_is_not_pestered() {
    let scene = Scene::open().await;
    let deaf = GatewayError::new(GatewayErrorKind::Unsupported, "no such command");
    scene.fake.let_nobody_listen(router(), Some(deaf));
    let story = async {
        scene.until("it was tried", || scene.tries() == 1).await;
        for _ in 0..80 {
            advance(Duration::from_secs(10)).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(scene.tries(), 1);
        scene.fake.let_nobody_listen(router(), None);
        scene
            .until("it is tried again", || scene.listeners() == 1)
            .await;
    };
    scene.play(story).await;
}
