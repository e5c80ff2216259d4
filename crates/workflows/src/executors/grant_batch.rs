//! Gives every voucher of a batch its grant, so that its router lets the code in.

use access::{GrantEntry, GrantMany, Limits, Subject, grant_many, request_sync};
use kernel::{BatchId, Priority, Scope, StoreError, VoucherId, rerun_on_conflict};
use vouchers::{Batch, Voucher, voucher_owner};

use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Vouchers per transaction.
const PAGE: u16 = 500;

pub(super) async fn run(
    bench: &Workbench,
    scope: &Scope,
    id: BatchId,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let batch = bench
        .vouchers
        .begin(scope)
        .await?
        .batches()
        .find(id)
        .await?;
    let batch = batch.ok_or_else(|| Failure::park(format!("there is no voucher batch {id}")))?;
    let total = u64::from(batch.ordered().count);
    let (mut after, mut done) = (None, 0);
    loop {
        let page = page(bench, scope, id, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        done += page.len() as u64;
        grant_page(bench, scope, &batch, &page).await?;
        bench.probe.reached("grant_vouchers.page_stored");
        end_what_ended_meanwhile(bench, scope, id, after, page.len()).await?;
        after = Some(last.id());
        if !progress.report(done, Some(total)).await? {
            return Ok(());
        }
    }
}

async fn page(
    bench: &Workbench,
    scope: &Scope,
    batch: BatchId,
    after: Option<VoucherId>,
    limit: u16,
) -> Result<Vec<Voucher>, StoreError> {
    bench
        .vouchers
        .begin(scope)
        .await?
        .vouchers()
        .page_of_batch(batch, after, limit)
        .await
}

async fn grant_page(
    bench: &Workbench,
    scope: &Scope,
    batch: &Batch,
    page: &[Voucher],
) -> Result<(), Failure> {
    let order = batch.ordered();
    let open = page.iter().filter(|it| !it.has_ended());
    let entries: Vec<_> = open
        .map(|it| entry(bench, batch, it))
        .collect::<Result<_, _>>()?;
    if entries.is_empty() {
        return Ok(());
    }
    let command = GrantMany {
        router: order.router,
        profile: order.profile,
        limits: Limits {
            uptime_s: order.validity.online_s,
            bytes: order.validity.data_bytes,
        },
        entries,
    };
    rerun_on_conflict(|| {
        let (store, vault, ids) = (&*bench.access, &*bench.vault, &*bench.ids);
        grant_many(store, vault, ids, &*bench.clock, scope, command.clone())
    })
    .await?;
    Ok(())
}

fn entry(bench: &Workbench, batch: &Batch, voucher: &Voucher) -> Result<GrantEntry, Failure> {
    let owner = voucher_owner(batch.ordered().id, voucher.id());
    let code = bench
        .vault
        .open(&owner, voucher.code())
        .map_err(|err| Failure::park_because(&err))?;
    Ok(GrantEntry {
        id: bench.ids.next(),
        subject: Subject::Voucher(voucher.id()),
        login: code
            .expose()
            .parse()
            .map_err(|err| Failure::park_because(&err))?,
        secret: code,
    })
}

/// A voucher may end between being read and being granted, when the reaction to its end found no grant yet: look again.
async fn end_what_ended_meanwhile(
    bench: &Workbench,
    scope: &Scope,
    batch: BatchId,
    after: Option<VoucherId>,
    count: usize,
) -> Result<(), Failure> {
    let again = page(
        bench,
        scope,
        batch,
        after,
        u16::try_from(count).unwrap_or(PAGE),
    )
    .await?;
    let ended = again.iter().filter(|it| it.has_ended());
    let ended: Vec<_> = ended.map(|it| Subject::Voucher(it.id())).collect();
    end_grants(bench, scope, &ended).await
}

/// Ends the grants of some subjects and has their routers told.
pub(crate) async fn end_grants(
    bench: &Workbench,
    scope: &Scope,
    subjects: &[Subject],
) -> Result<(), Failure> {
    if subjects.is_empty() {
        return Ok(());
    }
    let work = || async {
        let now = bench.clock.now();
        let mut tx = bench.access.begin(scope).await?;
        for router in tx.grants().end_many(subjects, now).await? {
            request_sync(&mut *tx, &*bench.ids, router, Priority::High, now).await?;
        }
        tx.commit().await
    };
    rerun_on_conflict(work).await.map_err(Failure::from)
}
