//! Somebody new may sign in.

use kernel::{Clock, MayConflict, Name, OperatorId, Scope, StoreError};

use crate::login::Login;
use crate::operator::{NewOperator, Operator};
use crate::password::Password;
use crate::ports::credentials::{CannotHash, PasswordHasher};
use crate::ports::reads::OperatorView;
use crate::ports::store::OperatorsStore;
use crate::role::Role;

/// Hire an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HireOperator {
    /// The id they will have.
    pub operator: OperatorId,
    /// What they will sign in with.
    pub login: Login,
    /// What they are called.
    pub name: Name,
    /// As what.
    pub role: Role,
    /// Their first password.
    pub password: Password,
}

/// Why nobody was hired.
#[derive(Debug, thiserror::Error)]
pub enum HireOperatorError {
    /// Another operator of the tenant signs in with it.
    #[error("the login {0} is taken")]
    LoginTaken(Login),
    /// Passwords cannot be hashed now.
    #[error("the password cannot be hashed now")]
    Hasher(#[from] CannotHash),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for HireOperatorError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Hires an operator.
///
/// # Errors
/// [`HireOperatorError`] says what the caller can do.
pub async fn hire_operator(
    store: &dyn OperatorsStore,
    hasher: &dyn PasswordHasher,
    clock: &dyn Clock,
    scope: &Scope,
    command: HireOperator,
) -> Result<OperatorView, HireOperatorError> {
    let password = hasher.hash(&command.password).await?;
    let login = command.login;
    let new = NewOperator {
        id: command.operator,
        login: login.clone(),
        name: command.name,
        role: command.role,
        password,
    };
    let mut operator = Operator::hire(new, clock.now());
    let mut tx = store.begin(scope).await?;
    if tx.operators().find_by_login(&login).await?.is_some() {
        return Err(HireOperatorError::LoginTaken(login));
    }
    // Somebody may take the login between the look and the write.
    let saved = tx.operators().save(&mut operator).await;
    saved.map_err(|err| taken_or_failed(err, login))?;
    tx.commit().await?;
    Ok(operator.view())
}

fn taken_or_failed(err: StoreError, login: Login) -> HireOperatorError {
    if err.is_duplicate_of("operators_login_key") {
        return HireOperatorError::LoginTaken(login);
    }
    HireOperatorError::Store(err)
}
