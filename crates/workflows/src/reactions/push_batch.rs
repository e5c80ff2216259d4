//! When a batch is complete, its vouchers get their grants.

use kernel::{BatchId, JobRequest, Lane, Priority, Scope};
use serde::Deserialize;

use crate::failure::Failure;
use crate::job_kinds::GRANT_VOUCHERS;
use crate::workbench::Workbench;

pub(super) const NAME: &str = "push_batch";

#[derive(Deserialize)]
pub(super) struct BatchGenerated {
    batch: BatchId,
    count: u32,
}

pub(super) async fn handle(
    bench: &Workbench,
    scope: &Scope,
    event: BatchGenerated,
) -> Result<(), Failure> {
    let mut tx = bench.jobs_store.begin(scope).await?;
    tx.enqueue(JobRequest {
        id: bench.ids.next(),
        kind: GRANT_VOUCHERS.to_owned(),
        lane: Lane::named(format!("batch:{}", event.batch)),
        priority: Priority::Normal,
        run_at: bench.clock.now(),
        unique_key: Some(format!("{GRANT_VOUCHERS}:{}", event.batch)),
        payload: serde_json::json!({ "batch": event.batch }),
        max_attempts: 20,
        total: Some(u64::from(event.count)),
    })
    .await?;
    tx.commit().await?;
    Ok(())
}
