//! Ends a subject's access for good, whatever was decided before.

use kernel::{Clock, Ids, Priority, Scope};

use super::grant_access::GrantError;
use crate::grant::Subject;
use crate::ports::AccessStore;
use crate::sync_request::request_sync;

/// Ends the grant of a subject; returns whether there was one that had not ended. Doing it twice is harmless.
///
/// # Errors
/// [`GrantError::Store`].
pub async fn end_access(
    store: &dyn AccessStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    subject: Subject,
) -> Result<bool, GrantError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let mut ended = false;
    if let Some(mut grant) = tx.grants().find_by_subject(subject).await? {
        ended = grant.end(now);
        if ended {
            tx.grants().save(&mut grant).await?;
            request_sync(tx.as_mut(), ids, grant.router(), Priority::High, now).await?;
        }
    }
    tx.commit().await?;
    Ok(ended)
}
