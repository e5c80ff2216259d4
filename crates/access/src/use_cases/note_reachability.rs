//! Notes that a router stopped answering or began again, so that a person sees since when and why.

use kernel::{Clock, Scope, StoreError, rerun_on_conflict};

use crate::ports::AccessStore;
use crate::reachability::ReachabilityChange;

/// Notes what whoever talks to a router has noticed. Noting it twice is harmless; a router that is gone or retired is
/// left as it is.
///
/// # Errors
/// [`StoreError`] as the store's own.
pub async fn note_reachability(
    store: &dyn AccessStore,
    clock: &dyn Clock,
    scope: &Scope,
    change: &ReachabilityChange,
) -> Result<(), StoreError> {
    rerun_on_conflict(|| async move {
        let mut tx = store.begin(scope).await?;
        let Some(mut router) = tx.routers().find(change.router).await? else {
            return Ok(());
        };
        if router.noticed(&change.to, clock.now()) {
            tx.routers().save(&mut router).await?;
            tx.commit().await?;
        }
        Ok(())
    })
    .await
}
