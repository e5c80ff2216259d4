//! Reads who is online on a router and what was used, and starts the clock of vouchers that are used for the first time.

use std::collections::{BTreeMap, HashSet};

use access::{PollState, Subject, UsagePage, UsageRun, UsageScope};
use kernel::{RouterId, Scope, Timestamp, VoucherId, rerun_on_conflict};
use vouchers::{ActivateVoucher, VoucherError, activate_voucher};

use super::router_jobs;
use super::tally::Tally;
use crate::failure::Failure;
use crate::local_day::zone_of;
use crate::workbench::Workbench;

pub(super) async fn run(bench: &Workbench, scope: &Scope, router: RouterId) -> Result<(), Failure> {
    let place = (scope.tenant, router);
    let known = bench.usage.poll_state(place.0, router).await?;
    let every = bench.keeping.count_users_every;
    let reach = match PollState::wants_users(known.as_ref(), every, bench.clock.now()) {
        true => UsageScope::Everything,
        false => UsageScope::Sessions,
    };
    let Some(reading) = router_jobs::usage(bench, scope, router, reach).await? else {
        return Ok(());
    };
    let at = bench.clock.now();
    let zone = zone_of(&*bench.billing_queries, scope.tenant).await?;
    let when = (at, zone.date_at(at));
    let mut books = UsageRun::open(&*bench.usage, &*bench.ids, place, reading, when).await?;
    if books.has_restarted() {
        // First, because a restart that is recorded is not come upon again.
        router_jobs::compare_at_once(bench, scope, router).await?;
    }
    let mut tally = Tally::new();
    while let Some(mut page) = books.next_page().await? {
        // First, because what is recorded is not come upon again.
        let missed = start_clocks(bench, scope, &page, &mut tally).await?;
        page.leave_out(&missed);
        books.record(page).await?;
        bench.probe.reached("watch_router.page_recorded");
    }
    tally.end("vouchers could not be started")
}

/// Returns the vouchers that could not be started.
async fn start_clocks(
    bench: &Workbench,
    scope: &Scope,
    page: &UsagePage,
    tally: &mut Tally,
) -> Result<HashSet<Subject>, Failure> {
    let mut used = BTreeMap::<VoucherId, Timestamp>::new();
    for first in page.first_uses() {
        if let Subject::Voucher(voucher) = first.subject {
            used.insert(voucher, first.at);
        }
    }
    let ids: Vec<VoucherId> = used.keys().copied().collect();
    let mut missed = HashSet::new();
    if ids.is_empty() {
        return Ok(missed);
    }
    for voucher in bench
        .voucher_queries
        .unused_among(scope.tenant, &ids)
        .await?
    {
        let Some(at) = used.get(&voucher).copied() else {
            continue;
        };
        let command = ActivateVoucher { voucher, at };
        let work = || activate_voucher(&*bench.vouchers, scope, command);
        let started = match rerun_on_conflict(work).await {
            Ok(()) | Err(VoucherError::Refused(_) | VoucherError::NotFound(_)) => Ok(()),
            Err(VoucherError::Store(err)) => Err(err),
        };
        if started.is_err() {
            missed.insert(Subject::Voucher(voucher));
        }
        tally.note(voucher, started)?;
    }
    Ok(missed)
}
