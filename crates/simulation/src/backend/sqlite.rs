//! The real store, on a file in a temporary folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use async_trait::async_trait;
use kernel::testing::{CountingIds, FixedClock};
use kernel::{AccountId, Clock, Ids, TenantId, Timestamp};
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{Store, Subscriptions};

use super::{Backend, Outbox, Ports, Sides, Told};

/// Whose events come first, as with stores that are apart. Those of others are nobody's business here.
const ORDER: [&str; 3] = ["billing.", "access.", "vouchers."];

/// A database file.
pub(crate) struct Sqlite {
    file: TestDatabase,
    store: Store,
    clock: Arc<FixedClock>,
    ids: Arc<CountingIds>,
    /// The position of the last event that was taken.
    taken: AtomicI64,
}

impl Sqlite {
    /// A new file with the schema.
    pub(crate) async fn found(clock: Arc<FixedClock>) -> Self {
        let file = TestDatabase::sqlite().await;
        // Far from those of the simulation, so that both count alike on every backend.
        let ids = Arc::new(CountingIds::from(1 << 40));
        let store = open(&file, &clock, &ids).await;
        Self {
            file,
            store,
            clock,
            ids,
            taken: AtomicI64::new(0),
        }
    }
}

async fn open(file: &TestDatabase, clock: &Arc<FixedClock>, ids: &Arc<CountingIds>) -> Store {
    let clock: Arc<dyn Clock> = Arc::<FixedClock>::clone(clock);
    let ids: Arc<dyn Ids> = Arc::<CountingIds>::clone(ids);
    let subscriptions = workflows::subscriptions().iter().copied();
    file.store(clock, ids, Subscriptions::of(subscriptions))
        .await
}

#[async_trait]
impl Backend for Sqlite {
    fn ports(&self) -> Ports {
        let store = Arc::new(self.store.clone());
        Ports {
            customers: Arc::<Store>::clone(&store),
            customer_queries: Arc::<Store>::clone(&store),
            billing: Arc::<Store>::clone(&store),
            run: Arc::<Store>::clone(&store),
            access: Arc::<Store>::clone(&store),
            sales: Arc::<Store>::clone(&store),
            vouchers: Arc::<Store>::clone(&store),
            jobs: Arc::<Store>::clone(&store),
            billing_queries: Arc::<Store>::clone(&store),
            access_queries: Arc::<Store>::clone(&store),
            voucher_queries: Arc::<Store>::clone(&store),
            usage: store,
        }
    }

    async fn take_outbox(&self, tenant: TenantId, _now: Timestamp) -> Result<Outbox> {
        let after = self.taken.load(Ordering::Relaxed);
        let events = self.store.told_after(tenant, after).await?;
        if let Some((last, _)) = events.last() {
            self.taken.store(last.position, Ordering::Relaxed);
        }
        let place = |name: &str| ORDER.iter().position(|it| name.starts_with(it));
        let told = events
            .into_iter()
            .map(|(event, handlers)| Told { event, handlers });
        let mut told: Vec<_> = told.filter(|it| place(&it.event.name).is_some()).collect();
        told.sort_by_key(|it| place(&it.event.name));
        let jobs = self.store.take_jobs(tenant).await?;
        Ok(Outbox { told, jobs })
    }

    async fn postings_of(&self, tenant: TenantId, account: AccountId) -> Result<Vec<Sides>> {
        Ok(self.store.sides_of(tenant, account).await?)
    }

    async fn reopen(&mut self) -> Result<()> {
        self.store.db().close().await;
        self.store = open(&self.file, &self.clock, &self.ids).await;
        Ok(())
    }
}
