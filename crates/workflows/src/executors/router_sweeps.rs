//! Has every router in service reconciled or watched, each in a job and lane of its own.

use access::request_reconcile;
use kernel::{
    JobRequest, Lane, Priority, RouterId, Scope, StoreError, Timestamp, rerun_on_conflict,
};

use crate::failure::Failure;
use crate::job_kinds::WATCH_ROUTER;
use crate::workbench::Workbench;

pub(super) async fn reconcile_all(bench: &Workbench, scope: &Scope) -> Result<(), Failure> {
    let now = bench.clock.now();
    let mut tx = bench.access.begin(scope).await?;
    for router in tx.routers().in_service().await? {
        request_reconcile(&mut *tx, &*bench.ids, router, Priority::Low, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(super) async fn watch_all(bench: &Workbench, scope: &Scope) -> Result<(), Failure> {
    let now = bench.clock.now();
    let mut tx = bench.access.begin(scope).await?;
    for router in tx.routers().in_service().await? {
        tx.enqueue(watch(bench, router, Priority::Low, now)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Has one router watched now, because something was heard from it; while that waits already, it only becomes more
/// urgent.
///
/// # Errors
/// [`StoreError`] as the store's own.
pub async fn request_watch(
    bench: &Workbench,
    scope: &Scope,
    router: RouterId,
) -> Result<(), StoreError> {
    let now = bench.clock.now();
    rerun_on_conflict(|| async {
        let mut tx = bench.access.begin(scope).await?;
        tx.enqueue(watch(bench, router, Priority::Normal, now))
            .await?;
        tx.commit().await
    })
    .await
}

/// A lane of its own: watching reads only, and must not wait behind a long reconcile of the same router.
fn watch(bench: &Workbench, router: RouterId, priority: Priority, now: Timestamp) -> JobRequest {
    JobRequest {
        id: bench.ids.next(),
        kind: WATCH_ROUTER.to_owned(),
        lane: Lane::named(format!("watch:{router}")),
        priority,
        run_at: now,
        unique_key: Some(format!("watch:{router}")),
        payload: serde_json::json!({ "router": router }),
        max_attempts: 3,
        total: None,
    }
}
