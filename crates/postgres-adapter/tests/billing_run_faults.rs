//! What is wrong with one account is no trouble of the run's others, and the limits of the installation hold everywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use billing::{
    Account, BillAccountError, BillLimits, BillingRunStore, BillingStore, DunningPolicy, Interval,
    LegalEntity, NewEntity, NewPlan, NewSubscription, Plan, RunPage, SoldAs, Subscription,
    Unbillable, bill_account,
};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{AccountId, EntityId, Ids, Money, Scope, StoreError, SubscriptionId, Timestamp};
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{Store, Subscriptions};
use sea_orm::{ConnectionTrait, Database};

/// An entity whose accounts are due.
struct Due {
    store: Store,
    ids: Arc<dyn Ids>,
    clock: Arc<FixedClock>,
    scope: Scope,
    entity: EntityId,
    plan: Plan,
    database: TestDatabase,
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

impl Due {
    async fn open(database: TestDatabase) -> Self {
        let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
        let clock = Arc::new(FixedClock::at(noon()));
        let subscriptions = Subscriptions::default();
        let store = database.store(Arc::clone(&clock) as _, Arc::clone(&ids), subscriptions);
        let store = store.await;
        let scope = Scope::system(ids.next(), "test", ids.fresh());
        let mut entity = LegalEntity::found(NewEntity {
            id: ids.next(),
            name: "Harbour Net".parse().unwrap(),
            currency: "KES".parse().unwrap(),
            zone: "Africa/Nairobi".parse().unwrap(),
            scale_digits: 2,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        })
        .unwrap();
        let plan = Plan::define(NewPlan {
            id: ids.next(),
            name: "Home 10".parse().unwrap(),
            price: Money::from_minor(300_000, "KES".parse().unwrap()),
            interval: Interval::MONTH,
            profile: ids.next(),
            sold_as: SoldAs::Subscription,
        })
        .unwrap();
        let mut tx = BillingStore::begin(&store, &scope).await.unwrap();
        tx.entities().save(&mut entity).await.unwrap();
        tx.commit().await.unwrap();
        Self {
            store,
            clock,
            scope,
            entity: entity.id(),
            plan,
            ids,
            database,
        }
    }

    async fn account(&self) -> AccountId {
        let currency = "KES".parse().unwrap();
        let id = self.ids.next();
        let mut account = Account::open(id, self.ids.next(), self.entity, currency);
        let mut tx = BillingStore::begin(&self.store, &self.scope).await.unwrap();
        tx.accounts().save(&mut account).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn sell(&self, account: AccountId, starts_on: &str) -> SubscriptionId {
        let id = self.ids.next();
        let new = NewSubscription {
            id,
            account,
            customer: self.ids.next(),
            bill_day: None,
            starts_on: starts_on.parse().unwrap(),
        };
        let mut sold = Subscription::start(new, &self.plan, starts_on.parse().unwrap()).unwrap();
        let mut tx = BillingStore::begin(&self.store, &self.scope).await.unwrap();
        tx.subscriptions().save(&mut sold).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn bill(&self, account: AccountId) -> Result<(), BillAccountError> {
        let (ids, clock) = (&*self.ids, &*self.clock);
        let billed = bill_account(&self.store, ids, clock, &self.scope, account).await;
        billed.map(|_| ())
    }
}

async fn what_cannot_be_read_spoils_its_own_account(due: Due) {
    let mut accounts = Vec::new();
    for _ in 0..3 {
        let account = due.account().await;
        due.sell(account, "2026-11-21").await;
        accounts.push(account);
    }
    let connection = Database::connect(due.database.url()).await.unwrap();
    let planted = "UPDATE subscriptions SET interval_unit = 'fortnights' \
        WHERE account_id = (SELECT account_id FROM subscriptions ORDER BY account_id LIMIT 1)";
    let done = connection.execute_unprepared(planted).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
    let page = RunPage {
        now: noon(),
        after: None,
        limit: 10,
    };
    let tenant = due.scope.tenant;
    let found = due.store.facts_to_bill(tenant, due.entity, page).await;
    let (_, found) = found.unwrap().unwrap();
    let ids: Vec<_> = found.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, accounts);
    assert!(
        matches!(found[0].1, Err(StoreError::Corrupt(_))),
        "{found:?}"
    );
    assert!(found[1..].iter().all(|(_, it)| it.is_ok()), "{found:?}");
    let count = due.store.count_to_bill(tenant, due.entity, noon()).await;
    assert_eq!(count.unwrap(), 3);
}

async fn each_subscription_brings_what_its_own_horizon_needs(due: Due) {
    let account = due.account().await;
    let own = due.sell(account, "2026-08-21").await;
    due.bill(account).await.unwrap();
    // Another one that was never billed reaches farther back.
    due.sell(account, "2026-08-21").await;
    let found = due.store.facts_of(due.scope.tenant, account, noon()).await;
    let (_, facts) = found.unwrap().unwrap();
    let billed = &facts.papers.billed[&own];
    assert_eq!(billed.len(), 1, "only the present cycle: {billed:?}");
}

async fn the_limit_of_the_installation_holds_for_one_account(due: Due) {
    let limits = BillLimits {
        months: 1,
        lines: 1_000,
    };
    let due = Due {
        store: due.store.clone().with_bill_limits(limits),
        ..due
    };
    let (near, far) = (due.account().await, due.account().await);
    due.sell(near, "2026-10-21").await;
    due.sell(far, "2026-08-21").await;
    due.bill(near).await.unwrap();
    let refused = due.bill(far).await.unwrap_err();
    let BillAccountError::Parked { reason, .. } = refused else {
        panic!("parked, not {refused:?}");
    };
    assert!(
        matches!(reason, Unbillable::TooFar { months: 1, .. }),
        "{reason}"
    );
}

#[tokio::test]
async fn sqlite_reads_the_others() {
    what_cannot_be_read_spoils_its_own_account(Due::open(TestDatabase::sqlite().await).await).await;
}

#[tokio::test]
async fn postgres_reads_the_others() {
    let database = TestDatabase::postgres().await;
    what_cannot_be_read_spoils_its_own_account(Due::open(database).await).await;
}

#[tokio::test]
async fn sqlite_reads_by_horizon() {
    let database = TestDatabase::sqlite().await;
    each_subscription_brings_what_its_own_horizon_needs(Due::open(database).await).await;
}

#[tokio::test]
async fn postgres_reads_by_horizon() {
    let database = TestDatabase::postgres().await;
    each_subscription_brings_what_its_own_horizon_needs(Due::open(database).await).await;
}

#[tokio::test]
async fn one_account_is_billed_within_the_limit() {
    let database = TestDatabase::sqlite().await;
    the_limit_of_the_installation_holds_for_one_account(Due::open(database).await).await;
}
