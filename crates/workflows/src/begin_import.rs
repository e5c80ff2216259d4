//! Has an import applied: one job at a time, and a new one once the job before has ended without finishing.

use access::AccessStore;
use access::adoption::{
    ImportQueries, ImportStatus, RequestImport, RequestImportError, request_import,
};
use jobs::{JobQueries, JobStateName};
use kernel::{Clock, ImportId, JobId, RouterId, Scope, StoreError, TenantId};

/// Have an import applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeginImport {
    /// The import.
    pub import: ImportId,
    /// Its router.
    pub router: RouterId,
    /// The id the job will have.
    pub job: JobId,
}

/// The ports this needs.
#[derive(Clone, Copy)]
pub struct BeginImportPorts<'a> {
    /// Where the import is stored.
    pub access: &'a dyn AccessStore,
    /// How far it is.
    pub imports: &'a dyn ImportQueries,
    /// What has become of its job.
    pub jobs: &'a dyn JobQueries,
    /// The present.
    pub clock: &'a dyn Clock,
}

/// Puts the job into the queue; gives back its id, or that of the job that is at it still.
///
/// # Errors
/// [`RequestImportError`].
pub async fn begin_import(
    ports: BeginImportPorts<'_>,
    scope: &Scope,
    command: BeginImport,
) -> Result<JobId, RequestImportError> {
    let tenant = scope.tenant;
    let ended = match ports.imports.import(tenant, command.import).await? {
        Some(view) => interrupted(ports.jobs, tenant, &view.import.status).await?,
        None => None,
    };
    let request = RequestImport {
        import: command.import,
        router: command.router,
        job: command.job,
        ended,
    };
    request_import(ports.access, ports.clock, scope, request).await
}

/// The job that was to apply an import and no longer will: it was cancelled or parked, ended early because its router
/// was retired, or is forgotten already. `None` while it waits or runs, and if there is none.
///
/// # Errors
/// If the job cannot be read.
pub async fn interrupted(
    jobs: &dyn JobQueries,
    tenant: TenantId,
    status: &ImportStatus,
) -> Result<Option<JobId>, StoreError> {
    let ImportStatus::Applying { job, .. } = *status else {
        return Ok(None);
    };
    let state = jobs.job(tenant, job).await?.map(|it| it.state);
    let goes_on = match state {
        Some(JobStateName::Queued | JobStateName::Running) => true,
        Some(JobStateName::Done | JobStateName::Parked | JobStateName::Cancelled) | None => false,
    };
    Ok((!goes_on).then_some(job))
}
