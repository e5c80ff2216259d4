//! Stops offering a service profile.

use kernel::{ProfileId, Scope};

use super::change_profile::ChangeProfileError;
use crate::ports::AccessStore;

/// Stops offering a profile; who has it keeps it. Doing it twice is harmless.
///
/// # Errors
/// [`ChangeProfileError::NotFound`] or [`ChangeProfileError::Store`].
pub async fn retire_profile(
    store: &dyn AccessStore,
    scope: &Scope,
    id: ProfileId,
) -> Result<(), ChangeProfileError> {
    let mut tx = store.begin(scope).await?;
    let Some(mut profile) = tx.profiles().find(id).await? else {
        return Err(ChangeProfileError::NotFound(id));
    };
    profile.retire();
    tx.profiles().save(&mut profile).await?;
    tx.commit().await?;
    Ok(())
}
