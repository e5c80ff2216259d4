//! Defines a service profile.

use kernel::{MayConflict, ProfileId, Scope, Slug, StoreError};

use crate::login::Service;
use crate::ports::{AccessStore, PROFILE_NAME_UNIQUE};
use crate::profile::{BadProfile, ServiceProfile, Terms};

/// Define a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefineProfile {
    /// The id it will have.
    pub id: ProfileId,
    /// Its name, unique in the tenant.
    pub name: Slug,
    /// The service it is for.
    pub service: Service,
    /// What it allows.
    pub terms: Terms,
}

/// Why a profile was not defined.
#[derive(Debug, thiserror::Error)]
pub enum DefineProfileError {
    /// The profile makes no sense.
    #[error("the profile is refused")]
    Refused(#[from] BadProfile),
    /// Another profile has the name.
    #[error("another profile has this name")]
    NameTaken,
    /// The store could not.
    #[error("the profile could not be stored")]
    Store(#[source] StoreError),
}

impl From<StoreError> for DefineProfileError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(PROFILE_NAME_UNIQUE) {
            Self::NameTaken
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for DefineProfileError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Defines a profile; routers learn of it when a grant first uses it.
///
/// # Errors
/// [`DefineProfileError`].
pub async fn define_profile(
    store: &dyn AccessStore,
    scope: &Scope,
    command: DefineProfile,
) -> Result<(), DefineProfileError> {
    let DefineProfile {
        id,
        name,
        service,
        terms,
    } = command;
    let mut profile = ServiceProfile::define(id, name, service, terms)?;
    let mut tx = store.begin(scope).await?;
    tx.profiles().save(&mut profile).await?;
    tx.commit().await?;
    Ok(())
}
