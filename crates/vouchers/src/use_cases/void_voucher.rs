//! Withdraws one voucher.

use kernel::{Clock, Scope, VoucherId};

use super::{VoucherError, load};
use crate::ports::VouchersStore;

/// Withdraws a voucher for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoidVoucher {
    /// The voucher.
    pub voucher: VoucherId,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// Withdraws the voucher; on one that has ended this changes nothing.
///
/// # Errors
/// [`VoucherError::Refused`] without a usable reason.
pub async fn void_voucher(
    store: &dyn VouchersStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: VoidVoucher,
) -> Result<(), VoucherError> {
    let mut tx = store.begin(scope).await?;
    let mut voucher = load(&mut *tx, command.voucher).await?;
    voucher.void(&command.reason, clock.now())?;
    tx.vouchers().save(&mut voucher).await?;
    tx.commit().await?;
    Ok(())
}
