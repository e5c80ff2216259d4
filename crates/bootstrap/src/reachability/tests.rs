//! What the gateway notices ends up where people look.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use access::testing::{FakeRouter, numbered, sample_router};
use access::{Reachability, ReachabilityChange, RouterStatus};
use kernel::{RouterId, Scope, TenantId};
use tokio::time::timeout;

use super::watch;
use crate::{Ports, Product, Settings, first_start};

fn change(router: RouterId, to: Reachability) -> ReachabilityChange {
    ReachabilityChange { router, to }
}

async fn enrol(ports: &Ports, tenant: TenantId, router: RouterId) {
    let scope = Scope::system(tenant, "test", ports.ids.fresh());
    let mut tx = ports.access.begin(&scope).await.unwrap();
    let mut sample = sample_router(router).unwrap();
    tx.routers().save(&mut sample).await.unwrap();
    tx.commit().await.unwrap();
}

async fn until(ports: &Ports, tenant: TenantId, router: RouterId, is: fn(&RouterStatus) -> bool) {
    let shown = async {
        loop {
            let view = ports.access_queries.router(tenant, router).await.unwrap();
            if is(&view.unwrap().status) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), shown)
        .await
        .expect("never");
}

#[tokio::test]
async fn an_outage_that_the_gateway_notices_is_shown_and_so_is_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::load(None).unwrap();
    settings.data.dir = dir.path().to_owned();
    let product = Product::open(&settings).await.unwrap();
    first_start(product.ports(), &settings.founding)
        .await
        .unwrap();
    let fake = Arc::new(FakeRouter::new());
    let mut ports = product.ports().clone();
    ports.gateway = Arc::<FakeRouter>::clone(&fake);
    let tenant = ports.tenants.all().await.unwrap()[0];
    let (router, later) = (numbered(2), numbered(3));
    enrol(&ports, tenant, router).await;
    let story = async {
        let lost = || Reachability::Lost {
            reason: "it did not answer in time".to_owned(),
        };
        fake.tell(change(numbered(99), lost()));
        fake.tell(change(router, lost()));
        until(&ports, tenant, router, |it| {
            matches!(it, RouterStatus::Unreachable { reason, .. } if reason == "it did not answer in time")
        })
        .await;
        fake.tell(change(router, Reachability::Back));
        until(&ports, tenant, router, |it| *it == RouterStatus::Online).await;
        // Enrolled after the others were looked up.
        enrol(&ports, tenant, later).await;
        fake.tell(change(later, lost()));
        until(&ports, tenant, later, |it| it.silence().is_some()).await;
    };
    tokio::select! {
        () = watch(&ports) => unreachable!("it never ends"),
        () = story => {}
    }
    product.close().await;
}
