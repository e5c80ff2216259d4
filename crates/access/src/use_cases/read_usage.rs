//! Reads what a router has counted.

use kernel::{Clock, Priority, RouterId, Scope, Vault};

use super::router_task::{RouterTaskError, failed, load_target};
use crate::gateway::RouterGateway;
use crate::ports::AccessStore;
use crate::usage::{UsageReading, UsageScope};

/// What is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadUsage {
    /// The router.
    pub router: RouterId,
    /// How much.
    pub reach: UsageScope,
}

/// What the router has counted, as it says right now.
///
/// # Errors
/// [`RouterTaskError`]; nothing is known then, which is not the same as nobody being online.
pub async fn read_usage(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    command: ReadUsage,
) -> Result<UsageReading, RouterTaskError> {
    let (_, target) = load_target(store, vault, scope, command.router).await?;
    match gateway
        .usage(&target.at(Priority::Low), command.reach)
        .await
    {
        Ok(reading) => Ok(reading),
        Err(err) => Err(failed(store, scope, command.router, err, clock.now()).await),
    }
}
