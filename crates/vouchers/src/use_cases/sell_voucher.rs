//! Marks a voucher as sold.

use kernel::{Clock, Scope, VoucherId};

use super::{VoucherError, load};
use crate::ports::VouchersStore;

/// Sells a voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SellVoucher {
    /// The voucher.
    pub voucher: VoucherId,
}

/// Marks the voucher as sold; twice is harmless.
///
/// # Errors
/// [`VoucherError::Refused`] once it was used or has ended.
pub async fn sell_voucher(
    store: &dyn VouchersStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: SellVoucher,
) -> Result<(), VoucherError> {
    let mut tx = store.begin(scope).await?;
    let mut voucher = load(&mut *tx, command.voucher).await?;
    voucher.sell(clock.now())?;
    tx.vouchers().save(&mut voucher).await?;
    tx.commit().await?;
    Ok(())
}
