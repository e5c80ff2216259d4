//! When prepaid time is about to end, or money came in for what has ended, the credit of the account pays for more.

use billing::{BillAccountError, RenewError, SubscriptionError, renew_due};
use kernel::{AccountId, Scope, rerun_on_conflict};
use serde::Deserialize;

use crate::failure::Failure;
use crate::workbench::Workbench;

pub(super) const NAME: &str = "renew_prepaid";

#[derive(Deserialize)]
pub(super) struct RenewalAsked {
    account: AccountId,
}

pub(super) async fn handle(
    bench: &Workbench,
    scope: &Scope,
    event: RenewalAsked,
) -> Result<(), Failure> {
    let work = || {
        renew_due(
            &*bench.billing,
            &*bench.ids,
            &*bench.clock,
            scope,
            event.account,
        )
    };
    match rerun_on_conflict(work).await {
        Ok(_) => Ok(()),
        Err(RenewError::Subscription(
            SubscriptionError::Store(err)
            | SubscriptionError::Billing(BillAccountError::Store(err)),
        )) => Err(err.into()),
        Err(err) => Err(Failure::park_because(&err)),
    }
}
