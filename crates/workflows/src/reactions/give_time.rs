//! A voucher that was redeemed on a subscription before days were given in the same transaction: the deliveries of then that
//! still wait, or that a person retries, give them once.

use billing::{SubscriptionError, give_time};
use kernel::{Scope, SubscriptionId, VoucherId, rerun_on_conflict};
use serde::Deserialize;

use crate::failure::Failure;
use crate::workbench::Workbench;

pub(super) const NAME: &str = "give_time";

#[derive(Deserialize)]
pub(super) struct VoucherRedeemed {
    voucher: VoucherId,
    subscription: SubscriptionId,
    days: u16,
}

pub(super) async fn handle(
    bench: &Workbench,
    scope: &Scope,
    event: VoucherRedeemed,
) -> Result<(), Failure> {
    let reason = format!("voucher {}", event.voucher);
    let what = (event.subscription, event.days);
    let work = || give_time(&*bench.billing, &*bench.clock, scope, what, &reason);
    match rerun_on_conflict(work).await {
        Ok(_) => Ok(()),
        Err(SubscriptionError::Store(err)) => Err(err.into()),
        // The voucher is used: a person decides what its buyer gets instead.
        Err(err) => Err(Failure::park_because(&err)),
    }
}
