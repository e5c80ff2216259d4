//! Whose each router is.

use std::collections::HashMap;

use kernel::{RouterId, Scope, StoreError, TenantId};

use crate::ports::Ports;

/// The tenant of every router in service: one statement for each tenant.
pub(crate) async fn find(ports: &Ports) -> Result<HashMap<RouterId, TenantId>, StoreError> {
    let mut homes = HashMap::new();
    for tenant in ports.tenants.all().await? {
        let scope = Scope::system(tenant, "routers", ports.ids.fresh());
        let mut tx = ports.access.begin(&scope).await?;
        let routers = tx.routers().in_service().await?;
        homes.extend(routers.into_iter().map(|it| (it, tenant)));
    }
    Ok(homes)
}
