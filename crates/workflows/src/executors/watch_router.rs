//! Looks at who is online on a router, and starts the clock of vouchers that are used for the first time.

use std::collections::{BTreeMap, HashSet};

use access::{LiveSession, LoginRef, Service, Subject};
use chrono::Duration;
use kernel::{RouterId, Scope, Timestamp, VoucherId, rerun_on_conflict};
use vouchers::{ActivateVoucher, VoucherError, activate_voucher};

use super::router_jobs;
use super::tally::Tally;
use crate::failure::Failure;
use crate::workbench::Workbench;

pub(super) async fn run(bench: &Workbench, scope: &Scope, router: RouterId) -> Result<(), Failure> {
    let sessions = router_jobs::live_sessions(bench, scope, router).await?;
    let hotspot: Vec<_> = sessions
        .into_iter()
        .filter(|it| it.login.service == Service::Hotspot)
        .collect();
    let logins: Vec<_> = hotspot.iter().map(|it| it.login.clone()).collect();
    if logins.is_empty() {
        return Ok(());
    }
    let known = bench
        .access_queries
        .subjects_of(scope.tenant, router, &logins)
        .await?;
    let begun = earliest(&hotspot, bench.clock.now());
    let first_seen = known.into_iter().filter_map(|(login, subject)| {
        let Subject::Voucher(voucher) = subject else {
            return None;
        };
        let at = *begun.get(&login)?;
        Some(ActivateVoucher { voucher, at })
    });
    activate(bench, scope, first_seen.collect()).await
}

/// When each login came online, by its oldest session.
fn earliest(sessions: &[LiveSession], now: Timestamp) -> BTreeMap<LoginRef, Timestamp> {
    let mut begun = BTreeMap::new();
    for session in sessions {
        let at = began(session, now);
        let first = begun.entry(session.login.clone()).or_insert(at);
        *first = at.min(*first);
    }
    begun
}

/// The login happened before it was seen: the session's own age tells when.
fn began(session: &LiveSession, now: Timestamp) -> Timestamp {
    now.minus(Duration::seconds(
        i64::try_from(session.uptime_s).unwrap_or(0),
    ))
}

async fn activate(
    bench: &Workbench,
    scope: &Scope,
    seen: Vec<ActivateVoucher>,
) -> Result<(), Failure> {
    let ids: Vec<VoucherId> = seen.iter().map(|it| it.voucher).collect();
    let unused = bench
        .voucher_queries
        .unused_among(scope.tenant, &ids)
        .await?;
    let unused: HashSet<VoucherId> = unused.into_iter().collect();
    let mut tally = Tally::new();
    for command in seen.into_iter().filter(|it| unused.contains(&it.voucher)) {
        let work = || activate_voucher(&*bench.vouchers, scope, command);
        let started = match rerun_on_conflict(work).await {
            Ok(()) | Err(VoucherError::Refused(_) | VoucherError::NotFound(_)) => Ok(()),
            Err(VoucherError::Store(err)) => Err(err),
        };
        tally.note(command.voucher, started)?;
    }
    tally.end("vouchers could not be started")
}
