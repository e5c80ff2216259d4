//! Withdraws a batch with everything in it that has not ended.

use kernel::{BatchId, Clock, MayConflict, Scope, StoreError};

use crate::batch::BatchRefusal;
use crate::ports::VouchersStore;

/// Withdraws a batch for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoidBatch {
    /// The batch.
    pub batch: BatchId,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// Why a batch was not withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum VoidBatchError {
    /// The tenant has no such batch.
    #[error("there is no voucher batch {0}")]
    NotFound(BatchId),
    /// The reason is unusable.
    #[error("the batch refuses it")]
    Refused(#[from] BatchRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for VoidBatchError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Withdraws the batch and its vouchers; twice is harmless.
///
/// # Errors
/// [`VoidBatchError::Refused`] without a usable reason.
pub async fn void_batch(
    store: &dyn VouchersStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: VoidBatch,
) -> Result<(), VoidBatchError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let batch = tx.batches().find(command.batch).await?;
    let mut batch = batch.ok_or(VoidBatchError::NotFound(command.batch))?;
    let vouchers = tx
        .vouchers()
        .void_all_of(command.batch, &command.reason, now)
        .await?;
    batch.void(&command.reason, vouchers, now)?;
    tx.batches().save(&mut batch).await?;
    tx.commit().await?;
    Ok(())
}
