//! An operator is disabled or enabled again: load, tell, save.

use kernel::{Actor, Clock, MayConflict, OperatorId, Scope, StoreError};

use crate::operator::{Operator, OperatorRefusal};
use crate::ports::reads::OperatorView;
use crate::ports::store::OperatorsStore;

/// Why an operator's status did not change.
#[derive(Debug, thiserror::Error)]
pub enum MoveOperatorError {
    /// The tenant has no such operator.
    #[error("there is no operator {0}")]
    NotFound(OperatorId),
    /// It is not allowed.
    #[error("the operator's status cannot change like that")]
    Refused(#[source] OperatorRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for MoveOperatorError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Lets an operator sign in no more. Their sessions end at the next refresh, at the latest when the access token expires.
///
/// # Errors
/// [`MoveOperatorError`] says what the caller can do.
pub async fn disable_operator(
    store: &dyn OperatorsStore,
    clock: &dyn Clock,
    scope: &Scope,
    operator: OperatorId,
) -> Result<OperatorView, MoveOperatorError> {
    let now = clock.now();
    let by = match scope.actor {
        Actor::Operator(id) => Some(id),
        Actor::System(_) => None,
    };
    tell(store, scope, operator, |it| it.disable(by, now)).await
}

/// Lets an operator sign in again, and ends a lockout.
///
/// # Errors
/// [`MoveOperatorError`] says what the caller can do.
pub async fn enable_operator(
    store: &dyn OperatorsStore,
    scope: &Scope,
    operator: OperatorId,
) -> Result<OperatorView, MoveOperatorError> {
    let enable = |it: &mut Operator| {
        it.enable();
        Ok(())
    };
    tell(store, scope, operator, enable).await
}

async fn tell(
    store: &dyn OperatorsStore,
    scope: &Scope,
    id: OperatorId,
    verb: impl FnOnce(&mut Operator) -> Result<(), OperatorRefusal> + Send,
) -> Result<OperatorView, MoveOperatorError> {
    let mut tx = store.begin(scope).await?;
    let Some(mut operator) = tx.operators().find(id).await? else {
        return Err(MoveOperatorError::NotFound(id));
    };
    verb(&mut operator).map_err(MoveOperatorError::Refused)?;
    tx.operators().save(&mut operator).await?;
    tx.commit().await?;
    Ok(operator.view())
}
