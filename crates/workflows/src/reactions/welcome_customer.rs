//! When a subscription is sold, a prospect becomes a customer.

use customers::{MoveCustomerError, activate_customer};
use kernel::{CustomerId, Scope, rerun_on_conflict};
use serde::Deserialize;

use crate::failure::Failure;
use crate::workbench::Workbench;

pub(super) const NAME: &str = "welcome_customer";

#[derive(Deserialize)]
pub(super) struct Subscribed {
    customer: CustomerId,
}

pub(super) async fn handle(
    bench: &Workbench,
    scope: &Scope,
    event: Subscribed,
) -> Result<(), Failure> {
    let activated =
        rerun_on_conflict(|| activate_customer(&*bench.customers, scope, event.customer)).await;
    match activated {
        // Somebody blocked the customer meanwhile: that decision stands.
        Ok(_) | Err(MoveCustomerError::Refused(_)) => Ok(()),
        Err(MoveCustomerError::Store(err)) => Err(err.into()),
        Err(err @ MoveCustomerError::NotFound(_)) => Err(Failure::park_because(&err)),
    }
}
