//! When a voucher's time is over or it is withdrawn, its grant ends.

use access::Subject;
use kernel::{Scope, VoucherId};
use serde::Deserialize;

use crate::executors::end_grants;
use crate::failure::Failure;
use crate::workbench::Workbench;

pub(super) const NAME: &str = "end_voucher_grant";

#[derive(Deserialize)]
pub(super) struct VoucherEnded {
    voucher: VoucherId,
}

pub(super) async fn handle(
    bench: &Workbench,
    scope: &Scope,
    event: VoucherEnded,
) -> Result<(), Failure> {
    end_grants(bench, scope, &[Subject::Voucher(event.voucher)]).await
}
