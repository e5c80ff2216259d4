//! Shows the codes of a part of a batch, and records that they were shown.

use kernel::{BatchId, CannotOpen, MayConflict, Scope, Secret, StoreError, Vault, VoucherId};

use crate::code::voucher_owner;
use crate::ports::VouchersStore;
use crate::voucher::VoucherStateName;

/// Asks for codes in the order of their vouchers' ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevealCodes {
    /// The batch.
    pub batch: BatchId,
    /// After this voucher; from the start if absent.
    pub after: Option<VoucherId>,
    /// How many, 1 to 1,000.
    pub limit: u16,
}

/// One code in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealedCode {
    /// The voucher.
    pub voucher: VoucherId,
    /// Its code.
    pub code: Secret,
    /// Where it stands.
    pub state: VoucherStateName,
}

/// Why no codes were shown.
#[derive(Debug, thiserror::Error)]
pub enum RevealCodesError {
    /// The tenant has no such batch.
    #[error("there is no voucher batch {0}")]
    NotFound(BatchId),
    /// The key is not the one the codes were sealed with.
    #[error("a code cannot be opened")]
    Sealed(#[from] CannotOpen),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for RevealCodesError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Opens up to `limit` codes and records the fact. No codes are returned unless the record is stored.
///
/// # Errors
/// [`RevealCodesError`].
pub async fn reveal_codes(
    store: &dyn VouchersStore,
    vault: &dyn Vault,
    scope: &Scope,
    command: RevealCodes,
) -> Result<Vec<RevealedCode>, RevealCodesError> {
    let mut tx = store.begin(scope).await?;
    let batch = tx.batches().find(command.batch).await?;
    let mut batch = batch.ok_or(RevealCodesError::NotFound(command.batch))?;
    let limit = command.limit.clamp(1, 1_000);
    let page = tx
        .vouchers()
        .page_of_batch(command.batch, command.after, limit)
        .await?;
    let mut codes = Vec::with_capacity(page.len());
    for voucher in &page {
        let owner = voucher_owner(command.batch, voucher.id());
        let code = vault.open(&owner, voucher.code())?;
        codes.push(RevealedCode {
            voucher: voucher.id(),
            code,
            state: voucher.state().name(),
        });
    }
    batch.record_reveal(u32::try_from(codes.len()).unwrap_or(u32::MAX));
    tx.batches().save(&mut batch).await?;
    tx.commit().await?;
    Ok(codes)
}
