//! How a long job says how far it is.

use async_trait::async_trait;
use kernel::StoreError;

/// Takes the steps of one job.
#[async_trait]
pub trait Progress: Send + Sync {
    /// Records steps done, and the total if it is known now. `false`: the job was cancelled or another worker has it;
    /// stop working.
    async fn report(&self, done: u64, total: Option<u64>) -> Result<bool, StoreError>;
}
