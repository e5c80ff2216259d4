//! When a voucher is first used, its grant runs until its validity ends.

use access::{Allowance, FollowAccess, GrantError, Subject, follow_access};
use kernel::{Scope, Timestamp, VoucherId, rerun_on_conflict};
use serde::Deserialize;

use crate::failure::Failure;
use crate::workbench::Workbench;

pub(super) const NAME: &str = "start_voucher_clock";

/// A voucher's grant follows one decision in its life, so it has the number one.
const ACTIVATION: u64 = 1;

#[derive(Deserialize)]
pub(super) struct VoucherActivated {
    voucher: VoucherId,
    until: Option<Timestamp>,
}

pub(super) async fn handle(
    bench: &Workbench,
    scope: &Scope,
    event: VoucherActivated,
) -> Result<(), Failure> {
    let command = FollowAccess {
        subject: Subject::Voucher(event.voucher),
        allowance: Allowance::Active { until: event.until },
        profile: None,
        version: ACTIVATION,
    };
    let followed = rerun_on_conflict(|| {
        follow_access(&*bench.access, &*bench.ids, &*bench.clock, scope, command)
    });
    match followed.await {
        Ok(_) | Err(GrantError::NoGrant(_)) => Ok(()),
        Err(err) => Err(err.into()),
    }
}
