//! Asks, inside the transaction that changed something, that a router be brought up to date.

use kernel::{Ids, JobRequest, Lane, Priority, RouterId, StoreError, Timestamp, UnitOfWork};
use serde_json::json;

/// The kind of the job that brings pending grants to a router: its payload is `{"router": "rtr_…"}`.
pub const SYNC_ROUTER_JOB: &str = "sync_router";

/// The kind of the job that compares a router with what it should be: same payload.
pub const RECONCILE_ROUTER_JOB: &str = "reconcile_router";

/// The lane of a router: at most one job of it runs at a time, so a dead router delays nobody else.
#[must_use]
pub fn router_lane(router: RouterId) -> Lane {
    Lane::named(format!("router:{router}"))
}

/// Enqueues one `sync_router` job; while one waits already, it only becomes more urgent.
///
/// # Errors
/// [`StoreError`] as the transaction's own.
pub async fn request_sync<T: UnitOfWork + ?Sized>(
    tx: &mut T,
    ids: &dyn Ids,
    router: RouterId,
    priority: Priority,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = format!("sync:{router}");
    tx.enqueue(router_job(SYNC_ROUTER_JOB, key, ids, router, priority, now))
        .await
}

/// Enqueues one `reconcile_router` job; while one waits already, it only becomes more urgent.
///
/// # Errors
/// [`StoreError`] as the transaction's own.
pub async fn request_reconcile<T: UnitOfWork + ?Sized>(
    tx: &mut T,
    ids: &dyn Ids,
    router: RouterId,
    priority: Priority,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = format!("reconcile:{router}");
    tx.enqueue(router_job(
        RECONCILE_ROUTER_JOB,
        key,
        ids,
        router,
        priority,
        now,
    ))
    .await
}

/// Never parked for being tried too often: a router may be out of reach for days.
fn router_job(
    kind: &str,
    unique_key: String,
    ids: &dyn Ids,
    router: RouterId,
    priority: Priority,
    now: Timestamp,
) -> JobRequest {
    JobRequest {
        id: ids.next(),
        kind: kind.to_owned(),
        lane: router_lane(router),
        priority,
        run_at: now,
        unique_key: Some(unique_key),
        payload: json!({ "router": router }),
        max_attempts: u16::MAX,
        total: None,
    }
}
