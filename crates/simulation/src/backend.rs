//! Where the simulated product keeps what it knows: the contexts' own stores in memory, or a real database.

mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::sync::Arc;

use access::{AccessQueries, AccessStore, UsageStore};
use anyhow::Result;
use async_trait::async_trait;
use billing::{BillingQueries, BillingRunStore, BillingStore};
use customers::{CustomerQueries, CustomersStore};
use jobs::JobsStore;
use kernel::testing::FixedClock;
use kernel::{AccountId, DeliveryId, EventRow, JobRequest, TenantId, Timestamp};
use vouchers::{VoucherQueries, VouchersStore};
use workflows::SubscriptionStore;

use crate::Kept;

/// Every store and every reader of the product.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(crate) customers: Arc<dyn CustomersStore>,
    pub(crate) customer_queries: Arc<dyn CustomerQueries>,
    pub(crate) billing: Arc<dyn BillingStore>,
    pub(crate) run: Arc<dyn BillingRunStore>,
    pub(crate) access: Arc<dyn AccessStore>,
    pub(crate) sales: Arc<dyn SubscriptionStore>,
    pub(crate) vouchers: Arc<dyn VouchersStore>,
    pub(crate) jobs: Arc<dyn JobsStore>,
    pub(crate) billing_queries: Arc<dyn BillingQueries>,
    pub(crate) access_queries: Arc<dyn AccessQueries>,
    pub(crate) voucher_queries: Arc<dyn VoucherQueries>,
    pub(crate) usage: Arc<dyn UsageStore>,
}

/// What was committed for others to carry on.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) told: Vec<Told>,
    pub(crate) jobs: Vec<JobRequest>,
}

/// An event, and who is to hear of it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) event: EventRow,
    pub(crate) handlers: Vec<(String, DeliveryId)>,
}

/// The two sides or more of a posting: the ledger account and minor units.
pub(crate) type Sides = Vec<(String, i64)>;

/// What the product is kept in.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    fn ports(&self) -> Ports;

    /// Takes away what was committed since the last time, oldest first: billing's before that of the others.
    async fn take_outbox(&self, tenant: TenantId, now: Timestamp) -> Result<Outbox>;

    /// Every posting of an account, oldest first.
    async fn postings_of(&self, tenant: TenantId, account: AccountId) -> Result<Vec<Sides>>;

    /// The process that died is started again: what was not committed is gone.
    async fn reopen(&mut self) -> Result<()>;
}

/// A backend with nothing in it.
///
/// # Errors
/// When this program was built without it.
#[cfg_attr(
    not(feature = "sqlite"),
    expect(clippy::unused_async, reason = "only a database is waited for")
)]
pub(crate) async fn found(kept: Kept, clock: &Arc<FixedClock>) -> Result<Box<dyn Backend>> {
    match kept {
        Kept::InMemory => Ok(Box::new(memory::Memory::new())),
        #[cfg(feature = "sqlite")]
        Kept::OnSqlite => Ok(Box::new(sqlite::Sqlite::found(Arc::clone(clock)).await)),
        #[cfg(not(feature = "sqlite"))]
        Kept::OnSqlite => anyhow::bail!("built without the feature sqlite, on {clock:?}"),
    }
}
