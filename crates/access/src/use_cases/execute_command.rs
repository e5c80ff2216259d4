//! Executes a command of an operator's own on a router, and writes down that it was.

use kernel::{Clock, Priority, RouterId, Scope, StoreError, Vault, rerun_on_conflict};

use super::router_task::{RouterTaskError, failed, load_target};
use crate::execution::{Execution, ExecutionAnswer};
use crate::gateway::{GatewayError, RouterGateway};
use crate::ports::AccessStore;

/// Execute a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecuteCommand {
    /// The router.
    pub router: RouterId,
    /// What.
    pub execution: Execution,
    /// How urgent it is.
    pub priority: Priority,
}

/// Executes a command once, and records the names of what was asked and how it ended, whichever way.
///
/// # Errors
/// [`RouterTaskError`]; if it cannot be written down, though it was executed, that is the error.
pub async fn execute_command(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    command: ExecuteCommand,
) -> Result<ExecutionAnswer, RouterTaskError> {
    let ExecuteCommand {
        router: id,
        execution,
        priority,
    } = command;
    let (_, target) = load_target(store, vault, scope, id).await?;
    let answer = gateway.execute(&target.at(priority), &execution).await;
    rerun_on_conflict(|| record(store, scope, id, &execution, &answer)).await?;
    match answer {
        Ok(answer) => Ok(answer),
        Err(err) => Err(failed(store, scope, id, err, clock.now()).await),
    }
}

async fn record(
    store: &dyn AccessStore,
    scope: &Scope,
    id: RouterId,
    execution: &Execution,
    answer: &Result<ExecutionAnswer, GatewayError>,
) -> Result<(), StoreError> {
    let mut tx = store.begin(scope).await?;
    if let Some(mut router) = tx.routers().find(id).await? {
        let names = execution.names().map(str::to_owned).collect();
        let outcome = answer
            .as_ref()
            .map_or_else(|err| err.kind.word(), |_| "done");
        router.executed(execution.path(), names, outcome);
        tx.routers().save(&mut router).await?;
    }
    tx.commit().await
}
