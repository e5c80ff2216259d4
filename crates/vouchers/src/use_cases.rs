//! What can be done with batches and vouchers, one file each.

pub(crate) mod activate_voucher;
pub(crate) mod expire_vouchers;
pub(crate) mod generate_chunk;
pub(crate) mod order_batch;
pub(crate) mod redeem_voucher;
pub(crate) mod reveal_codes;
pub(crate) mod sell_voucher;
pub(crate) mod void_batch;
pub(crate) mod void_voucher;

use kernel::{MayConflict, StoreError, VoucherId};

use crate::ports::VouchersTx;
use crate::voucher::{Voucher, VoucherRefusal};

/// Why a voucher could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum VoucherError {
    /// The tenant has no such voucher.
    #[error("there is no voucher {0}")]
    NotFound(VoucherId),
    /// Its state does not allow it.
    #[error("the voucher refuses it")]
    Refused(#[from] VoucherRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for VoucherError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

async fn load(tx: &mut dyn VouchersTx, id: VoucherId) -> Result<Voucher, VoucherError> {
    tx.vouchers()
        .find(id)
        .await?
        .ok_or(VoucherError::NotFound(id))
}

#[cfg(test)]
mod tests;
