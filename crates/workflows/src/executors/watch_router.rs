//! Looks at who is online on a router, and starts the clock of vouchers that are used for the first time.

use access::{LiveSession, Service, Subject};
use chrono::Duration;
use kernel::{RouterId, Scope, Timestamp, VoucherId, rerun_on_conflict};
use vouchers::{ActivateVoucher, VoucherError, activate_voucher};

use super::router_jobs;
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
    let now = bench.clock.now();
    let mut first_seen = Vec::new();
    for (login, subject) in known {
        let Subject::Voucher(voucher) = subject else {
            continue;
        };
        let begun = hotspot
            .iter()
            .filter(|it| it.login == login)
            .map(|it| began(it, now))
            .min();
        first_seen.push(ActivateVoucher {
            voucher,
            at: begun.unwrap_or(now),
        });
    }
    activate(bench, scope, first_seen).await
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
    for command in seen.into_iter().filter(|it| unused.contains(&it.voucher)) {
        let started =
            rerun_on_conflict(|| activate_voucher(&*bench.vouchers, scope, command)).await;
        match started {
            Ok(()) | Err(VoucherError::Refused(_) | VoucherError::NotFound(_)) => {}
            Err(VoucherError::Store(err)) => return Err(err.into()),
        }
    }
    Ok(())
}
