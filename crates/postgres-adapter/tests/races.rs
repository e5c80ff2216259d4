//! What two transactions want at the same time, both databases decide the same way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use kernel::testing::{CountingIds, FixedClock};
use kernel::{BatchId, Ids, Scope, Sealed, StoreError, TenantId, Timestamp};
use operators::{
    NewOperator, Operator, OperatorQueries, OperatorsStore, PasswordHash, Role, SignInPolicy,
    Tenant,
};
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{Store, Subscriptions};
use vouchers::{Alphabet, Batch, CodeStyle, NewBatch, NewVoucher, Validity, VouchersStore};

struct World {
    _database: TestDatabase,
    store: Store,
    ids: Arc<dyn Ids>,
    tenant: TenantId,
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

impl World {
    async fn on(database: TestDatabase) -> Self {
        let clock = Arc::new(FixedClock::at(noon()));
        let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
        let store = database
            .store(clock, Arc::clone(&ids), Subscriptions::default())
            .await;
        let tenant = ids.next();
        Self {
            _database: database,
            store,
            ids,
            tenant,
        }
    }

    fn scope(&self) -> Scope {
        Scope::system(self.tenant, "race", self.ids.fresh())
    }

    async fn hire(&self) -> Operator {
        let (slug, name) = ("isp".parse().unwrap(), "Isp".parse().unwrap());
        let mut tenant = Tenant::found(self.tenant, slug, name, noon());
        let new = NewOperator {
            id: self.ids.next(),
            login: "siti".parse().unwrap(),
            name: "Siti".parse().unwrap(),
            role: Role::Cashier,
            password: PasswordHash::from_phc("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")
                .unwrap(),
        };
        let mut operator = Operator::hire(new, noon());
        let mut tx = OperatorsStore::begin(&self.store, &self.scope())
            .await
            .unwrap();
        tx.tenants().save(&mut tenant).await.unwrap();
        tx.operators().save(&mut operator).await.unwrap();
        tx.commit().await.unwrap();
        operator
    }

    async fn order(&self) -> BatchId {
        let order = NewBatch {
            id: self.ids.next(),
            name: "Kiosk".parse().unwrap(),
            plan: self.ids.next(),
            profile: self.ids.next(),
            router: self.ids.next(),
            count: 2,
            style: CodeStyle::new(Alphabet::Mix2, 12, "").unwrap(),
            validity: Validity {
                shelf_days: None,
                from_first_login_minutes: Some(60),
                online_s: None,
                data_bytes: None,
            },
            price: kernel::Money::from_minor(100, "KES".parse().unwrap()),
        };
        let mut batch = Batch::order(order, noon()).unwrap();
        let mut tx = VouchersStore::begin(&self.store, &self.scope())
            .await
            .unwrap();
        tx.batches().save(&mut batch).await.unwrap();
        tx.commit().await.unwrap();
        batch.ordered().id
    }
}

async fn fail_sign_in(store: Store, scope: Scope) -> Result<(), StoreError> {
    let login = "siti".parse().unwrap();
    let mut tx = OperatorsStore::begin(&store, &scope).await?;
    let found = tx.operators().find_by_login(&login).await?;
    let mut operator = found.expect("hired");
    operator.fail_sign_in(&SignInPolicy::standard(), noon());
    tx.operators().save(&mut operator).await?;
    tx.commit().await
}

/// Four, because the fifth would lock the operator out and count from zero again.
async fn every_wrong_password_counts(world: World) {
    let operator = world.hire().await;
    let attempts: Vec<_> = (0..4)
        .map(|_| tokio::spawn(fail_sign_in(world.store.clone(), world.scope())))
        .collect();
    for attempt in attempts {
        attempt.await.unwrap().unwrap();
    }
    let mut tx = OperatorsStore::begin(&world.store, &world.scope())
        .await
        .unwrap();
    let stored = tx.operators().find(operator.id()).await.unwrap().unwrap();
    assert_eq!(stored.snapshot().failed_logins, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_wrong_password_counts_on_sqlite() {
    every_wrong_password_counts(World::on(TestDatabase::sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_wrong_password_counts_on_postgres() {
    every_wrong_password_counts(World::on(TestDatabase::postgres().await).await).await;
}

async fn issue(store: Store, scope: Scope, batch: BatchId, new: NewVoucher) -> Option<StoreError> {
    let mut tx = VouchersStore::begin(&store, &scope).await.unwrap();
    match tx.vouchers().insert_many(batch, vec![new]).await {
        Ok(()) => tx.commit().await.err(),
        Err(err) => Some(err),
    }
}

async fn one_of_two_equal_codes_is_issued(world: World) {
    let batch = world.order().await;
    let races: Vec<_> = (0..2)
        .map(|_| {
            let new = NewVoucher {
                id: world.ids.next(),
                code: Sealed::from_bytes(vec![1]),
                digest: [7; 32],
                expires_at: None,
            };
            tokio::spawn(issue(world.store.clone(), world.scope(), batch, new))
        })
        .collect();
    let mut refusals = Vec::new();
    for race in races {
        refusals.extend(race.await.unwrap());
    }
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(
        refusals[0].is_duplicate_of("vouchers_digest"),
        "{refusals:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_two_equal_codes_is_issued_on_sqlite() {
    one_of_two_equal_codes_is_issued(World::on(TestDatabase::sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_two_equal_codes_is_issued_on_postgres() {
    one_of_two_equal_codes_is_issued(World::on(TestDatabase::postgres().await).await).await;
}

async fn a_transaction_writes_no_tenant_but_its_own(world: World) {
    world.hire().await;
    let (slug, name) = ("rival".parse().unwrap(), "Rival".parse().unwrap());
    let rival: TenantId = world.ids.next();
    let mut tenant = Tenant::found(rival, slug, name, noon());
    let mut tx = OperatorsStore::begin(&world.store, &world.scope())
        .await
        .unwrap();
    let refused = tx.tenants().save(&mut tenant).await;
    assert!(
        matches!(refused, Err(StoreError::Corrupt(_))),
        "{refused:?}"
    );
    assert_eq!(world.store.tenant(rival).await.unwrap(), None);
}

#[tokio::test]
async fn a_transaction_writes_no_tenant_but_its_own_on_sqlite() {
    a_transaction_writes_no_tenant_but_its_own(World::on(TestDatabase::sqlite().await).await).await;
}

#[tokio::test]
async fn a_transaction_writes_no_tenant_but_its_own_on_postgres() {
    let world = World::on(TestDatabase::postgres().await).await;
    a_transaction_writes_no_tenant_but_its_own(world).await;
}
