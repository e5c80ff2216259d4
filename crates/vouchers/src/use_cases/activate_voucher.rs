//! Starts a voucher's validity when its first login is seen.

use kernel::{Scope, StoreError, Timestamp, VoucherId};

use super::{VoucherError, load};
use crate::ports::VouchersStore;

/// Records the first login of a voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivateVoucher {
    /// The voucher.
    pub voucher: VoucherId,
    /// When it was first used, as far as is known.
    pub at: Timestamp,
}

/// Starts the voucher's validity; later logins change nothing.
///
/// # Errors
/// [`VoucherError::Refused`] once it has ended.
pub async fn activate_voucher(
    store: &dyn VouchersStore,
    scope: &Scope,
    command: ActivateVoucher,
) -> Result<(), VoucherError> {
    let mut tx = store.begin(scope).await?;
    let mut voucher = load(&mut *tx, command.voucher).await?;
    let batch = tx.batches().find(voucher.batch()).await?;
    let batch = batch.ok_or_else(|| StoreError::corrupt("a voucher without its batch"))?;
    voucher.activate(batch.ordered().validity, command.at)?;
    tx.vouchers().save(&mut voucher).await?;
    tx.commit().await?;
    Ok(())
}
