//! Ends vouchers whose time is over.

use kernel::{Scope, rerun_on_conflict};
use vouchers::expire_vouchers;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Vouchers per transaction.
const PAGE: u16 = 200;

pub(super) async fn expire(
    bench: &Workbench,
    scope: &Scope,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut done = 0;
    loop {
        let work = || expire_vouchers(&*bench.vouchers, &*bench.clock, scope, PAGE);
        let ended = rerun_on_conflict(work).await?;
        bench.probe.reached("expire_vouchers.page_stored");
        done += u64::from(ended);
        if ended < PAGE || !progress.report(done, None).await? {
            return Ok(());
        }
    }
}
