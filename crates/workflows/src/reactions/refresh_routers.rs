//! When a profile changes, every router that uses it is compared with what it should hold now.

use access::request_reconcile;
use kernel::{Priority, ProfileId, Scope};
use serde::Deserialize;

use crate::failure::Failure;
use crate::workbench::Workbench;

pub(super) const NAME: &str = "refresh_routers";

#[derive(Deserialize)]
pub(super) struct ProfileChanged {
    profile: ProfileId,
}

pub(super) async fn handle(
    bench: &Workbench,
    scope: &Scope,
    event: ProfileChanged,
) -> Result<(), Failure> {
    let now = bench.clock.now();
    let mut tx = bench.access.begin(scope).await?;
    for router in tx.routers().using(event.profile).await? {
        request_reconcile(&mut *tx, &*bench.ids, router, Priority::High, now).await?;
    }
    tx.commit().await?;
    Ok(())
}
