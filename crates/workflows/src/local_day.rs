//! Which day it is for a provider.

use billing::BillingQueries;
use kernel::{StoreError, TenantId, Zone};

/// Where the provider's days begin and end: the zone of its first legal entity, UTC before there is one.
///
/// # Errors
/// [`StoreError`] as the store's own.
pub async fn zone_of(queries: &dyn BillingQueries, tenant: TenantId) -> Result<Zone, StoreError> {
    let entities = queries.entities(tenant).await?;
    Ok(entities.first().map_or(Zone::UTC, |it| it.zone))
}
