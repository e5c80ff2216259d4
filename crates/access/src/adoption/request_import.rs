//! Has an import applied, by a job in the lane of its router.

use kernel::{
    Clock, ImportId, JobId, JobRequest, MayConflict, Priority, RouterId, Scope, StoreError,
};
use serde_json::json;

use crate::ports::AccessStore;
use crate::router::RouterRefusal;
use crate::sync_request::router_lane;

/// The kind of the job that applies an import: its payload is `{"import": "imp_…"}`.
pub const APPLY_IMPORT_JOB: &str = "apply_import";

/// Apply an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestImport {
    /// The import.
    pub import: ImportId,
    /// Its router.
    pub router: RouterId,
    /// The id the job will have.
    pub job: JobId,
    /// The job before it, if that has ended without finishing: it is not waited for.
    pub ended: Option<JobId>,
}

/// Why it is not applied.
#[derive(Debug, thiserror::Error)]
pub enum RequestImportError {
    /// The router has no such import.
    #[error("there is no import {0} of this router")]
    NotFound(ImportId),
    /// The router is out of service.
    #[error("the router is refused")]
    Refused(#[from] RouterRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for RequestImportError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Puts the job into the queue; gives back its id, or that of the job that is at it already.
///
/// # Errors
/// [`RequestImportError`].
pub async fn request_import(
    store: &dyn AccessStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: RequestImport,
) -> Result<JobId, RequestImportError> {
    let mut tx = store.begin(scope).await?;
    let found = tx.imports().find(command.import).await?;
    let found = found.filter(|it| it.router() == command.router);
    let mut import = found.ok_or(RequestImportError::NotFound(command.import))?;
    let router = tx.routers().find(command.router).await?;
    let router = router.ok_or(RequestImportError::NotFound(command.import))?;
    router.in_service()?;
    let now = clock.now();
    let job = import.begin(command.job, command.ended, now);
    if job == command.job {
        tx.imports().save(&mut import).await?;
        tx.enqueue(JobRequest {
            id: job,
            kind: APPLY_IMPORT_JOB.to_owned(),
            lane: router_lane(command.router),
            priority: Priority::Normal,
            run_at: now,
            // The import itself knows its one job; a key would let an earlier one absorb it.
            unique_key: None,
            payload: json!({ "import": command.import }),
            // A router may be out of reach for days.
            max_attempts: u16::MAX,
            total: None,
        })
        .await?;
    }
    tx.commit().await?;
    Ok(job)
}
