//! Changes what a service profile allows, on every router that uses it.

use kernel::{Clock, Ids, MayConflict, Priority, ProfileId, Scope, StoreError};

use crate::ports::AccessStore;
use crate::profile::{BadProfile, Terms};
use crate::sync_request::request_sync;

/// Change a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeProfile {
    /// The profile.
    pub id: ProfileId,
    /// What it allows from now on.
    pub terms: Terms,
}

/// Why a profile was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeProfileError {
    /// There is no such profile.
    #[error("no such service profile")]
    NotFound(ProfileId),
    /// The change makes no sense.
    #[error("the change is refused")]
    Refused(#[from] BadProfile),
    /// The store could not.
    #[error("the profile could not be stored")]
    Store(#[from] StoreError),
}

impl MayConflict for ChangeProfileError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Changes a profile and asks every router that uses it to follow. Sessions keep their speed until they reconnect.
///
/// # Errors
/// [`ChangeProfileError`].
pub async fn change_profile(
    store: &dyn AccessStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: ChangeProfile,
) -> Result<(), ChangeProfileError> {
    let mut tx = store.begin(scope).await?;
    let Some(mut profile) = tx.profiles().find(command.id).await? else {
        return Err(ChangeProfileError::NotFound(command.id));
    };
    profile.change(command.terms)?;
    tx.profiles().save(&mut profile).await?;
    for router in tx.routers().using(command.id).await? {
        request_sync(tx.as_mut(), ids, router, Priority::Normal, clock.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}
