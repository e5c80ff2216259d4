//! Ends vouchers whose time is over, a page at a time.

use kernel::{Clock, Scope, StoreError};

use crate::ports::VouchersStore;

/// Ends up to `limit` vouchers whose clock has run out; returns how many there were. Fewer than `limit` means that no
/// more are due.
///
/// # Errors
/// If the store fails; the page is then unchanged.
pub async fn expire_vouchers(
    store: &dyn VouchersStore,
    clock: &dyn Clock,
    scope: &Scope,
    limit: u16,
) -> Result<u16, StoreError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let due = tx.vouchers().due_to_expire(now, limit).await?;
    let count = u16::try_from(due.len()).unwrap_or(limit);
    for mut voucher in due {
        if voucher.expire(now) {
            tx.vouchers().save(&mut voucher).await?;
        }
    }
    tx.commit().await?;
    Ok(count)
}
