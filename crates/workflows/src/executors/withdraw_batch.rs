//! Ends the grants of a batch that was withdrawn, page by page.

use access::Subject;
use kernel::{BatchId, Scope};

use super::grant_batch::end_grants;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Vouchers per transaction.
const PAGE: u16 = 500;

pub(super) async fn run(
    bench: &Workbench,
    scope: &Scope,
    batch: BatchId,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let (mut after, mut done) = (None, 0);
    loop {
        let mut tx = bench.vouchers.begin(scope).await?;
        let page = tx.vouchers().page_of_batch(batch, after, PAGE).await?;
        drop(tx);
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.id());
        done += page.len() as u64;
        let ended: Vec<_> = page
            .iter()
            .filter(|it| it.has_ended())
            .map(|it| Subject::Voucher(it.id()))
            .collect();
        end_grants(bench, scope, &ended).await?;
        bench.probe.reached("withdraw_vouchers.page_stored");
        if !progress.report(done, None).await? {
            return Ok(());
        }
    }
}
