//! Rows as the version before writes them are understood: two neighbouring versions run side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use access::{AccessQueries, RouterStatus, Transport};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{Ids, RouterId, TenantId, Timestamp};
use postgres_adapter::Subscriptions;
use postgres_adapter::testing::TestDatabase;
use sqlx::{PgPool, SqlitePool};

/// A router as it was enrolled before there was TLS. Both dialects take it, with the ids bound first.
const ROUTER_WITHOUT_TRANSPORT: &str = "\
INSERT INTO routers (tenant_id, id, name, host, port, method, username, password, identity, serial, os_version, board,
    uptime_s, status, version)
VALUES ($1, $2, 'tower', '10.0.0.1', 8728, 'plain', 'api', $3, 'tower', 'HEX', '7.18.2', 'RB', 1, 'enrolled', 1)";

async fn is_in_the_clear(database: &TestDatabase, tenant: TenantId, router: RouterId) {
    let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    let clock = Arc::new(FixedClock::at(noon));
    let ids = Arc::new(CountingIds::from(100));
    let store = database.store(clock, ids, Subscriptions::default()).await;
    let shown = store.router(tenant, router).await.unwrap().unwrap();
    assert_eq!(shown.transport, Transport::Plain);
    assert_eq!(shown.status, RouterStatus::Enrolled);
}

fn ids() -> (TenantId, RouterId) {
    let ids: &dyn Ids = &CountingIds::from(1);
    (ids.next(), ids.next())
}

#[tokio::test]
async fn sqlite_keeps_routers_of_before_in_the_clear() {
    let (tenant, router) = ids();
    let database = TestDatabase::sqlite().await;
    let pool = SqlitePool::connect(database.url()).await.unwrap();
    sqlx::query(ROUTER_WITHOUT_TRANSPORT)
        .bind(tenant.uuid())
        .bind(router.uuid())
        .bind(vec![7_u8])
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    is_in_the_clear(&database, tenant, router).await;
}

#[tokio::test]
async fn postgres_keeps_routers_of_before_in_the_clear() {
    let (tenant, router) = ids();
    let database = TestDatabase::postgres().await;
    let pool = PgPool::connect(database.url()).await.unwrap();
    sqlx::query(ROUTER_WITHOUT_TRANSPORT)
        .bind(tenant.uuid())
        .bind(router.uuid())
        .bind(vec![7_u8])
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    is_in_the_clear(&database, tenant, router).await;
}
