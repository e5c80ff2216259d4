//! Which function runs a job, by its kind.

mod apply_import;
mod bill_entity;
mod billing_sweeps;
mod fill_batch;
mod gateway_jobs;
mod gateway_reconciling;
mod grant_batch;
mod payment_sweeps;
mod prune;
mod router_jobs;
mod router_sweeps;
mod tally;
mod voucher_sweeps;
mod watch_router;
mod withdraw_batch;

pub(crate) use grant_batch::end_grants;
pub use router_sweeps::request_watch;

use jobs::ClaimedJob;
use kernel::Scope;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::job_kinds as kinds;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Runs a job to its end. Every executor can be repeated after a crash at any point: what is done stays done and is
/// found done.
///
/// # Errors
/// [`Failure`] says whether to try again, to wait for something outside, or to ask a person.
pub async fn run_job(
    bench: &Workbench,
    job: &ClaimedJob,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let scope = Scope::system(job.tenant, format!("job:{}", job.kind), job.id.uuid());
    match job.kind.as_str() {
        kinds::GENERATE_VOUCHERS => fill_batch::run(bench, &scope, batch_of(job)?, progress).await,
        kinds::GRANT_VOUCHERS => grant_batch::run(bench, &scope, batch_of(job)?, progress).await,
        kinds::WITHDRAW_VOUCHERS => {
            withdraw_batch::run(bench, &scope, batch_of(job)?, progress).await
        }
        kinds::SYNC_ROUTER => router_jobs::sync(bench, &scope, router_of(job)?, progress).await,
        kinds::RECONCILE_ROUTER => router_jobs::reconcile(bench, &scope, router_of(job)?).await,
        kinds::WATCH_ROUTER => watch_router::run(bench, &scope, router_of(job)?).await,
        kinds::APPLY_IMPORT => apply_import::run(bench, &scope, import_of(job)?, progress).await,
        kinds::RAISE_INVOICES => billing_sweeps::raise_invoices(bench, &scope).await,
        kinds::BILL_ENTITY => bill_entity::run(bench, &scope, entity_of(job)?, progress).await,
        kinds::EVALUATE_OVERDUE => billing_sweeps::evaluate_overdue(bench, &scope, progress).await,
        kinds::EXPIRE_PAYMENTS => payment_sweeps::expire(bench, &scope, progress).await,
        kinds::SETTLE_WEBHOOK => gateway_jobs::settle(bench, &scope, webhook_of(job)?).await,
        kinds::REFUND_AT_PROVIDER => gateway_jobs::refund(bench, &scope, refund_of(job)?).await,
        kinds::RECONCILE_GATEWAY => {
            gateway_reconciling::compare(bench, &scope, reconciliation_of(job)?).await
        }
        kinds::RECONCILE_GATEWAYS => gateway_reconciling::ask(bench, &scope, progress).await,
        kinds::POLL_PAYMENT_LINKS => gateway_jobs::poll(bench, &scope, progress).await,
        kinds::EXPIRE_VOUCHERS => voucher_sweeps::expire(bench, &scope, progress).await,
        kinds::WATCH_SESSIONS => router_sweeps::watch_all(bench, &scope).await,
        kinds::RECONCILE_ROUTERS => router_sweeps::reconcile_all(bench, &scope).await,
        kinds::PRUNE => prune::run(bench, progress).await,
        other => Err(Failure::park(format!(
            "nothing here runs jobs of the kind {other}"
        ))),
    }
}

fn batch_of(job: &ClaimedJob) -> Result<kernel::BatchId, Failure> {
    #[derive(Deserialize)]
    struct Payload {
        batch: kernel::BatchId,
    }
    read::<Payload>(job).map(|it| it.batch)
}

fn entity_of(job: &ClaimedJob) -> Result<kernel::EntityId, Failure> {
    #[derive(Deserialize)]
    struct Payload {
        entity: kernel::EntityId,
    }
    read::<Payload>(job).map(|it| it.entity)
}

fn import_of(job: &ClaimedJob) -> Result<kernel::ImportId, Failure> {
    #[derive(Deserialize)]
    struct Payload {
        import: kernel::ImportId,
    }
    read::<Payload>(job).map(|it| it.import)
}

fn webhook_of(job: &ClaimedJob) -> Result<kernel::WebhookId, Failure> {
    #[derive(Deserialize)]
    struct Payload {
        webhook: kernel::WebhookId,
    }
    read::<Payload>(job).map(|it| it.webhook)
}

fn reconciliation_of(job: &ClaimedJob) -> Result<kernel::ReconciliationId, Failure> {
    #[derive(Deserialize)]
    struct Payload {
        reconciliation: kernel::ReconciliationId,
    }
    read::<Payload>(job).map(|it| it.reconciliation)
}

fn refund_of(job: &ClaimedJob) -> Result<billing::RefundId, Failure> {
    #[derive(Deserialize)]
    struct Payload {
        refund: billing::RefundId,
    }
    read::<Payload>(job).map(|it| it.refund)
}

fn router_of(job: &ClaimedJob) -> Result<kernel::RouterId, Failure> {
    #[derive(Deserialize)]
    struct Payload {
        router: kernel::RouterId,
    }
    read::<Payload>(job).map(|it| it.router)
}

fn read<T: DeserializeOwned>(job: &ClaimedJob) -> Result<T, Failure> {
    serde_json::from_value(job.payload.clone()).map_err(|err| {
        Failure::park(format!(
            "the payload of the job does not fit its kind: {err}"
        ))
    })
}
