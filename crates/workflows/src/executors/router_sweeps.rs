//! Has every router in service reconciled or watched, each in a job and lane of its own.

use access::request_reconcile;
use kernel::{JobRequest, Lane, Priority, RouterId, Scope, Timestamp};

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
        tx.enqueue(watch(bench, router, now)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A lane of its own: watching reads only, and must not wait behind a long reconcile of the same router.
fn watch(bench: &Workbench, router: RouterId, now: Timestamp) -> JobRequest {
    JobRequest {
        id: bench.ids.next(),
        kind: WATCH_ROUTER.to_owned(),
        lane: Lane::named(format!("watch:{router}")),
        priority: Priority::Low,
        run_at: now,
        unique_key: Some(format!("watch:{router}")),
        payload: serde_json::json!({ "router": router }),
        max_attempts: 3,
        total: None,
    }
}
