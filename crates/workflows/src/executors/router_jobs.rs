//! Work with one router: bring pending grants, compare everything, read what was used.

use access::{
    GatewayError, GatewayErrorKind, ReadUsage, ReconcileMode, ReconcileRouter, RouterTaskError,
    SyncRouter, UsageReading, UsageScope, read_usage, reconcile_router, request_reconcile,
    request_sync, sync_router,
};
use chrono::Duration;
use kernel::{Priority, RouterId, Scope, StoreError, rerun_on_conflict};

use crate::failure::{Failure, Remedy};
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Grants per run: a customer who has just paid waits for one page at most.
const PAGE: u32 = 500;
/// How long a router that is out of reach is left alone.
const AWAY: Duration = Duration::seconds(15);
/// How long a router that needs a person is left alone.
const NEEDS_A_PERSON: Duration = Duration::minutes(15);

pub(super) async fn sync(
    bench: &Workbench,
    scope: &Scope,
    router: RouterId,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut done = 0;
    loop {
        let command = SyncRouter { router, page: PAGE };
        let (store, gateway, vault) = (&*bench.access, &*bench.gateway, &*bench.vault);
        let report = sync_router(store, gateway, vault, &*bench.clock, scope, command)
            .await
            .map(Some)
            .or_else(ignore_retired)?;
        bench.probe.reached("sync_router.page_confirmed");
        let Some(report) = report else { return Ok(()) };
        done += report.confirmed;
        if report.rebooted {
            compare_at_once(bench, scope, router).await?;
        }
        if report.more && progress.report(done, None).await? {
            // Who is online still failed, so they come last: everybody else first.
            continue;
        }
        return still_online(report.still_online.len());
    }
}

/// A router that has started anew has lost sessions and passing rows, perhaps what was never written to its flash, and
/// may run another version.
pub(super) async fn compare_at_once(
    bench: &Workbench,
    scope: &Scope,
    router: RouterId,
) -> Result<(), StoreError> {
    let now = bench.clock.now();
    rerun_on_conflict(|| async {
        let mut tx = bench.access.begin(scope).await?;
        request_reconcile(&mut *tx, &*bench.ids, router, Priority::High, now).await?;
        tx.commit().await
    })
    .await
}

/// Sessions that did not end are owed: the job comes back for them.
fn still_online(logins: usize) -> Result<(), Failure> {
    if logins == 0 {
        return Ok(());
    }
    Err(Failure {
        reason: format!("{logins} logins are online still after they were cut"),
        remedy: Remedy::WaitFor(AWAY),
    })
}

pub(super) async fn reconcile(
    bench: &Workbench,
    scope: &Scope,
    router: RouterId,
) -> Result<(), Failure> {
    let command = ReconcileRouter {
        router,
        mode: ReconcileMode::Apply,
    };
    let (store, gateway, vault) = (&*bench.access, &*bench.gateway, &*bench.vault);
    let report = reconcile_router(store, gateway, vault, &*bench.clock, scope, command)
        .await
        .map(Some)
        .or_else(ignore_retired)?;
    bench.probe.reached("reconcile_router.done");
    if report.is_some_and(|it| !it.still_online.is_empty()) {
        end_sessions_later(bench, scope, router).await?;
    }
    Ok(())
}

/// Sessions that did not end are owed: a short sync comes back for them, not another full comparison.
async fn end_sessions_later(
    bench: &Workbench,
    scope: &Scope,
    router: RouterId,
) -> Result<(), StoreError> {
    let later = bench.clock.now().plus(AWAY);
    rerun_on_conflict(|| async {
        let mut tx = bench.access.begin(scope).await?;
        request_sync(&mut *tx, &*bench.ids, router, Priority::High, later).await?;
        tx.commit().await
    })
    .await
}

/// What a router has counted; `None` if it needs no watching any more.
pub(super) async fn usage(
    bench: &Workbench,
    scope: &Scope,
    router: RouterId,
    reach: UsageScope,
) -> Result<Option<UsageReading>, Failure> {
    let command = ReadUsage { router, reach };
    let (store, gateway, vault) = (&*bench.access, &*bench.gateway, &*bench.vault);
    read_usage(store, gateway, vault, &*bench.clock, scope, command)
        .await
        .map(Some)
        .or_else(ignore_retired)
}

/// A router that was retired or is gone needs no work any more.
fn ignore_retired<T>(err: RouterTaskError) -> Result<Option<T>, Failure> {
    match err {
        RouterTaskError::NotFound(_) | RouterTaskError::Refused(_) => Ok(None),
        RouterTaskError::Gateway(err) => Err(Failure::wait(&err, patience(&err))),
        RouterTaskError::Store(err) => Err(err.into()),
        RouterTaskError::Sealed(_) | RouterTaskError::Undesirable(_) => {
            Err(Failure::park_because(&err))
        }
    }
}

/// Hammering a router with a wrong password fills its log and helps nobody.
pub(super) const fn patience(err: &GatewayError) -> Duration {
    match err.kind {
        GatewayErrorKind::Unreachable
        | GatewayErrorKind::Timeout
        | GatewayErrorKind::Ambiguous
        | GatewayErrorKind::Overloaded
        | GatewayErrorKind::Conflict
        | GatewayErrorKind::NotFound
        | GatewayErrorKind::Other => AWAY,
        GatewayErrorKind::AuthFailed
        | GatewayErrorKind::Forbidden
        | GatewayErrorKind::Unsupported
        | GatewayErrorKind::InvalidArgument { .. }
        | GatewayErrorKind::DeviceMode
        | GatewayErrorKind::NotRouterOs
        | GatewayErrorKind::WrongRouter
        | GatewayErrorKind::BadHost
        | GatewayErrorKind::TlsFailed
        | GatewayErrorKind::CertificateInvalid
        | GatewayErrorKind::CertificateUnconfirmed { .. }
        | GatewayErrorKind::CertificateChanged { .. } => NEEDS_A_PERSON,
    }
}
