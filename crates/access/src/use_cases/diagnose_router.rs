//! Finds out what is wrong with a router, enrolled or not, and changes nothing.

use kernel::{Clock, Priority, RouterId, Scope, Vault};

use super::enrol_router::EnrolRouter;
use super::router_task::{RouterTaskError, load_target};
use crate::diagnosis::{Diagnosis, Expected, diagnose};
use crate::gateway::{RouterGateway, Target};
use crate::ports::AccessStore;

/// Diagnoses an enrolled router. Its status is left alone: the diagnosis is for the person who asks.
///
/// # Errors
/// [`RouterTaskError`], never for what is wrong with the router: that is the diagnosis.
pub async fn diagnose_router(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    id: RouterId,
) -> Result<Diagnosis, RouterTaskError> {
    let (_, target) = load_target(store, vault, scope, id).await?;
    Ok(look(gateway, clock, &target).await)
}

/// Diagnoses a router that may be enrolled like this. Nothing is stored.
pub async fn diagnose_candidate(
    gateway: &dyn RouterGateway,
    clock: &dyn Clock,
    candidate: EnrolRouter,
) -> Diagnosis {
    let target = Target {
        router: candidate.id,
        host: candidate.host,
        port: candidate.port,
        transport: candidate.transport,
        method: candidate.method,
        username: candidate.username.as_str().to_owned(),
        password: candidate.password,
        expected_serial: None,
        priority: Priority::High,
    };
    look(gateway, clock, &target).await
}

async fn look(gateway: &dyn RouterGateway, clock: &dyn Clock, target: &Target) -> Diagnosis {
    let findings = gateway.examine(target).await;
    let expected = Expected {
        transport: target.transport.clone(),
        method: target.method,
        serial: target.expected_serial.clone(),
        now: clock.now(),
    };
    diagnose(&findings, &expected)
}
