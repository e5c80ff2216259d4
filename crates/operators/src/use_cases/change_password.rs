//! An operator chooses a new password, knowing the current one.

use kernel::{Clock, MayConflict, OperatorId, Scope, Secret, StoreError};

use crate::operator::OperatorRefusal;
use crate::password::{Password, PasswordHash};
use crate::policy::SignInPolicy;
use crate::ports::credentials::{CannotHash, PasswordHasher};
use crate::ports::store::OperatorsStore;

/// Change a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePassword {
    /// Whose.
    pub operator: OperatorId,
    /// The current one.
    pub current: Secret,
    /// The next one.
    pub next: Password,
}

/// Why the password stays.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The tenant has no such operator.
    #[error("there is no operator {0}")]
    NotFound(OperatorId),
    /// The current password is wrong; counts like a wrong one at sign-in.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The operator is disabled or locked out.
    #[error("the operator may not change the password")]
    Refused(#[source] OperatorRefusal),
    /// Passwords cannot be hashed now.
    #[error("the password cannot be hashed now")]
    Hasher(#[from] CannotHash),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for ChangePasswordError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Sets a new password; every session begun before ends at its next refresh.
///
/// # Errors
/// [`ChangePasswordError`] says what the caller can do.
pub async fn change_password(
    store: &dyn OperatorsStore,
    hasher: &dyn PasswordHasher,
    clock: &dyn Clock,
    policy: &SignInPolicy,
    scope: &Scope,
    command: ChangePassword,
) -> Result<(), ChangePasswordError> {
    let id = command.operator;
    let current = current_hash(store, scope, id).await?;
    let verified = hasher.verify(&command.current, Some(&current)).await?;
    let next = match verified {
        true => Some(hasher.hash(&command.next).await?),
        false => None,
    };
    let mut tx = store.begin(scope).await?;
    let Some(mut operator) = tx.operators().find(id).await? else {
        return Err(ChangePasswordError::NotFound(id));
    };
    let now = clock.now();
    let outcome = match next {
        Some(hash) => operator
            .set_password(hash, now)
            .map_err(ChangePasswordError::Refused),
        None => {
            operator.fail_sign_in(policy, now);
            Err(ChangePasswordError::WrongPassword)
        }
    };
    tx.operators().save(&mut operator).await?;
    tx.commit().await?;
    outcome
}

async fn current_hash(
    store: &dyn OperatorsStore,
    scope: &Scope,
    id: OperatorId,
) -> Result<PasswordHash, ChangePasswordError> {
    let mut tx = store.begin(&scope.preliminary()).await?;
    let operator = tx.operators().find(id).await?;
    tx.commit().await?;
    operator
        .map(|it| it.password().clone())
        .ok_or(ChangePasswordError::NotFound(id))
}
