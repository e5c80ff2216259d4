//! When a batch is withdrawn, the grants of its vouchers end.

use kernel::{BatchId, JobRequest, Lane, Priority, Scope};
use serde::Deserialize;

use crate::failure::Failure;
use crate::job_kinds::WITHDRAW_VOUCHERS;
use crate::workbench::Workbench;

pub(super) const NAME: &str = "withdraw_batch";

#[derive(Deserialize)]
pub(super) struct BatchVoided {
    batch: BatchId,
}

pub(super) async fn handle(
    bench: &Workbench,
    scope: &Scope,
    event: BatchVoided,
) -> Result<(), Failure> {
    let mut tx = bench.jobs_store.begin(scope).await?;
    tx.enqueue(JobRequest {
        id: bench.ids.next(),
        kind: WITHDRAW_VOUCHERS.to_owned(),
        lane: Lane::named(format!("batch:{}", event.batch)),
        priority: Priority::High,
        run_at: bench.clock.now(),
        unique_key: Some(format!("{WITHDRAW_VOUCHERS}:{}", event.batch)),
        payload: serde_json::json!({ "batch": event.batch }),
        max_attempts: 20,
        total: None,
    })
    .await?;
    tx.commit().await?;
    Ok(())
}
