//! Whoever runs the machine gives an operator a new password, without knowing the old one.
//!
//! Nobody reaches this through the API: it is for the first password that was lost, and for an admin who is locked out.

use kernel::{Clock, MayConflict, Scope, StoreError};

use crate::login::Login;
use crate::password::Password;
use crate::ports::credentials::{CannotHash, PasswordHasher};
use crate::ports::reads::OperatorView;
use crate::ports::store::OperatorsStore;

/// Reset a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetPassword {
    /// Whose.
    pub login: Login,
    /// The next one.
    pub next: Password,
}

/// Why the password stays.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// The tenant has no such operator.
    #[error("there is no operator {0}")]
    NotFound(Login),
    /// Passwords cannot be hashed now.
    #[error("the password cannot be hashed now")]
    Hasher(#[from] CannotHash),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for ResetPasswordError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Sets a new password and lets the operator in again; every session begun before ends at its next refresh.
///
/// # Errors
/// [`ResetPasswordError`] says what the caller can do.
pub async fn reset_password(
    store: &dyn OperatorsStore,
    hasher: &dyn PasswordHasher,
    clock: &dyn Clock,
    scope: &Scope,
    command: ResetPassword,
) -> Result<OperatorView, ResetPasswordError> {
    let hash = hasher.hash(&command.next).await?;
    let mut tx = store.begin(scope).await?;
    let Some(mut operator) = tx.operators().find_by_login(&command.login).await? else {
        return Err(ResetPasswordError::NotFound(command.login));
    };
    operator.reset_password(hash, clock.now());
    tx.operators().save(&mut operator).await?;
    tx.commit().await?;
    Ok(operator.view())
}
