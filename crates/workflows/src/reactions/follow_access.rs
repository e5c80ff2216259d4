//! When billing decides about access, the subscription's grant follows.

use access::{FollowAccess, Subject, follow_access};
use billing::Access;
use kernel::{ProfileId, Scope, SubscriptionId, rerun_on_conflict};
use serde::Deserialize;

use crate::failure::Failure;
use crate::sell_subscription::allowance;
use crate::workbench::Workbench;

pub(super) const NAME: &str = "follow_access";

#[derive(Deserialize)]
pub(super) struct AccessDesired {
    subscription: SubscriptionId,
    access: Access,
    profile: ProfileId,
    version: u64,
}

pub(super) async fn handle(
    bench: &Workbench,
    scope: &Scope,
    event: AccessDesired,
) -> Result<(), Failure> {
    let command = FollowAccess {
        subject: Subject::Subscription(event.subscription),
        allowance: allowance(event.access),
        profile: Some(event.profile),
        version: event.version,
    };
    rerun_on_conflict(|| follow_access(&*bench.access, &*bench.ids, &*bench.clock, scope, command))
        .await?;
    Ok(())
}
