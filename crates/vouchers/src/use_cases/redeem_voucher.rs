//! Gives the days of a voucher to a subscription instead of a hotspot login.

use kernel::{MayConflict, Secret, StoreError, SubscriptionId, Timestamp, Vault, VoucherId};

use crate::code::code_digest;
use crate::ports::VouchersTx;
use crate::voucher::VoucherRefusal;

/// Redeems a voucher.
#[derive(Debug, Clone)]
pub struct RedeemVoucher {
    /// Its code.
    pub code: Secret,
    /// Who gets its days.
    pub subscription: SubscriptionId,
}

/// Why a voucher was not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum RedeemVoucherError {
    /// No voucher has this code, or it was used, has expired or was withdrawn: whoever guesses learns nothing.
    #[error("the code is unknown, or was used")]
    Unusable,
    /// It is good for hours, time online or data, and not for whole days.
    #[error("the voucher is not good for whole days")]
    NoDays,
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for RedeemVoucherError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// A voucher that belongs to a subscription now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redeemed {
    /// The voucher.
    pub voucher: VoucherId,
    /// How many days it is good for.
    pub days: u16,
    /// Whether that is news: the same code for the same subscription again is none.
    pub is_news: bool,
}

/// Ends a voucher that was never used, and records that its days belong to a subscription. The caller gives the days in the
/// same transaction, and commits.
///
/// # Errors
/// [`RedeemVoucherError`]; nothing is changed then.
pub async fn redeem_within<T: VouchersTx + ?Sized>(
    tx: &mut T,
    vault: &dyn Vault,
    now: Timestamp,
    command: &RedeemVoucher,
) -> Result<Redeemed, RedeemVoucherError> {
    let digest = code_digest(vault, &command.code);
    let voucher = tx.vouchers().find_by_digest(digest).await?;
    let mut voucher = voucher.ok_or(RedeemVoucherError::Unusable)?;
    let batch = tx.batches().find(voucher.batch()).await?;
    let batch = batch.ok_or_else(|| StoreError::corrupt("a voucher without its batch"))?;
    let days = batch.ordered().validity.whole_days();
    let days = days.ok_or(RedeemVoucherError::NoDays)?;
    let is_news = voucher
        .redeem(command.subscription, days, now)
        .map_err(|_: VoucherRefusal| RedeemVoucherError::Unusable)?;
    if is_news {
        tx.vouchers().save(&mut voucher).await?;
    }
    Ok(Redeemed {
        voucher: voucher.id(),
        days,
        is_news,
    })
}
