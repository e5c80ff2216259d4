//! Forgets what is kept only for a while: answers to idempotent requests, after seven days.

use chrono::Duration;

use crate::failure::Failure;
use crate::workbench::Workbench;

/// How long a client may repeat a request with the same key.
const RECEIPTS_KEPT: Duration = Duration::days(7);

pub(super) async fn run(bench: &Workbench) -> Result<(), Failure> {
    bench
        .receipts
        .prune(bench.clock.now().minus(RECEIPTS_KEPT))
        .await?;
    Ok(())
}
