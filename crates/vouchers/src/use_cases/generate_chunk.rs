//! Makes the next vouchers of a batch: as many as fit in one short transaction.

use kernel::{
    BatchId, Ids, MayConflict, Randomness, Scope, StoreError, Timestamp, Vault, VoucherId,
};

use crate::batch::{Batch, BatchRefusal};
use crate::code::{code_digest, voucher_owner};
use crate::ports::VouchersStore;
use crate::voucher::NewVoucher;

/// How often a chunk is drawn again because one of its codes was issued before.
const DRAWS: u8 = 5;

/// Makes up to `chunk` vouchers of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GenerateChunk {
    /// The batch.
    pub batch: BatchId,
    /// How many at most; 1,000 is a good size.
    pub chunk: u32,
}

/// How far a batch is after a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generated {
    /// How many vouchers exist.
    pub generated: u32,
    /// How many were ordered.
    pub count: u32,
    /// How many of them this chunk has made.
    pub made: u32,
}

impl Generated {
    /// Whether every voucher exists.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.generated >= self.count
    }
}

/// Why a chunk was not made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateChunkError {
    /// The tenant has no such batch.
    #[error("there is no voucher batch {0}")]
    NotFound(BatchId),
    /// The batch takes no more vouchers.
    #[error("the batch refuses it")]
    Refused(#[from] BatchRefusal),
    /// The codes of this style are nearly used up.
    #[error("every draw of codes hit one that was issued before: the style has too few codes left")]
    CodesUsedUp,
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for GenerateChunkError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Makes the next chunk; on a batch that is complete this changes nothing, so it can be repeated after a crash.
///
/// # Errors
/// [`GenerateChunkError`]; a failed chunk leaves no voucher behind.
pub async fn generate_chunk(
    store: &dyn VouchersStore,
    vault: &dyn Vault,
    randomness: &dyn Randomness,
    ids: &dyn Ids,
    scope: &Scope,
    command: GenerateChunk,
) -> Result<Generated, GenerateChunkError> {
    let batch = store
        .begin(scope)
        .await?
        .batches()
        .find(command.batch)
        .await?;
    let batch = batch.ok_or(GenerateChunkError::NotFound(command.batch))?;
    let wanted = batch.missing().min(command.chunk);
    if wanted == 0 {
        return Ok(progress(&batch, 0));
    }
    for _ in 0..DRAWS {
        let vouchers = draw(&batch, wanted, vault, randomness, ids);
        match store_chunk(store, scope, &batch, vouchers).await {
            Err(GenerateChunkError::Store(err)) if err.is_duplicate_of("vouchers_digest") => {}
            outcome => return outcome,
        }
    }
    Err(GenerateChunkError::CodesUsedUp)
}

/// Draws and seals before any transaction is open.
fn draw(
    batch: &Batch,
    wanted: u32,
    vault: &dyn Vault,
    randomness: &dyn Randomness,
    ids: &dyn Ids,
) -> Vec<NewVoucher> {
    let order = batch.ordered();
    let expires_at: Option<Timestamp> = order.validity.shelf_end(batch.ordered_at());
    let codes = order.style.draw(wanted as usize, randomness);
    codes
        .iter()
        .map(|code| {
            let id: VoucherId = ids.next();
            let owner = voucher_owner(order.id, id);
            NewVoucher {
                id,
                code: vault.seal(&owner, code),
                digest: code_digest(vault, code),
                expires_at,
            }
        })
        .collect()
}

async fn store_chunk(
    store: &dyn VouchersStore,
    scope: &Scope,
    drawn_for: &Batch,
    vouchers: Vec<NewVoucher>,
) -> Result<Generated, GenerateChunkError> {
    let mut batch = drawn_for.clone();
    let made = u32::try_from(vouchers.len()).unwrap_or(u32::MAX);
    batch.add_generated(made)?;
    let mut tx = store.begin(scope).await?;
    tx.batches().save(&mut batch).await?;
    tx.vouchers()
        .insert_many(batch.ordered().id, vouchers)
        .await?;
    tx.commit().await?;
    Ok(progress(&batch, made))
}

const fn progress(batch: &Batch, made: u32) -> Generated {
    Generated {
        generated: batch.generated(),
        count: batch.ordered().count,
        made,
    }
}
