//! An operator signs out: the session cannot be refreshed any more.

use kernel::{Clock, Scope, SessionId, StoreError};

use crate::ports::store::OperatorsStore;
use crate::session::EndReason;

/// Ends a session; one that has ended or never was is fine. Access tokens given out stay good until they expire.
///
/// # Errors
/// [`StoreError`] if the store could not do it.
pub async fn sign_out(
    store: &dyn OperatorsStore,
    clock: &dyn Clock,
    scope: &Scope,
    session: SessionId,
) -> Result<(), StoreError> {
    let mut tx = store.begin(scope).await?;
    let Some(mut session) = tx.sessions().find(session).await? else {
        return Ok(());
    };
    session.end(EndReason::SignedOut, clock.now());
    if session.is_changed() {
        tx.sessions().save(&mut session).await?;
    }
    tx.commit().await
}
