//! The fake keeps the promises that every adapter must keep.

use kernel::Ids;
use kernel::testing::CountingIds;

use super::MemoryBilling;
use crate::testing::billing_store_contract;

#[tokio::test]
async fn the_memory_store_keeps_billings_promises() {
    let (store, ids) = (MemoryBilling::new(), CountingIds::from(1));
    let tenant = (&ids as &dyn Ids).next();
    billing_store_contract(&store, &store, tenant, &ids).await;
}
