//! What is wrong with one account is no trouble of the run's others, and the limits of the installation hold everywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use billing::{
    Account, BillAccountError, BillLimits, BillOrder, BillingRunStore, BillingStore, Charging,
    DunningPolicy, FoundAccount, Interval, LegalEntity, NET_SEGMENTS_APART, NewEntity, NewPlan,
    NewSubscription, Plan, PreparedBill, RunPage, SoldAs, Subscription, Unbillable, bill_account,
    prepare_bill,
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
            charging: Charging::AHEAD,
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
            quantity: 1,
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

/// The bills of every account that is due, each under a number.
async fn bills(due: &Due) -> Vec<(PreparedBill, Option<u64>)> {
    let page = RunPage {
        now: noon(),
        after: None,
        limit: 100,
    };
    let found = due
        .store
        .facts_to_bill(due.scope.tenant, due.entity, page)
        .await;
    let (entity, found) = found.unwrap().unwrap();
    let count = u16::try_from(found.len()).unwrap();
    let numbers = due.store.reserve_numbers(&due.scope, &entity, count).await;
    let mut numbers = numbers.unwrap().into_iter();
    let prepare = |(_, facts): FoundAccount| {
        let order = BillOrder {
            invoice: due.ids.next(),
            now: noon(),
            limits: BillLimits::STANDARD,
        };
        let prepared = prepare_bill(&entity, facts.unwrap(), order).unwrap();
        (prepared, numbers.next())
    };
    found.into_iter().map(prepare).collect()
}

async fn a_bill_that_is_refused_leaves_the_others(due: Due) {
    let mut sold = Vec::new();
    for _ in 0..5 {
        let account = due.account().await;
        sold.push((account, due.sell(account, "2026-11-21").await));
    }
    let bills = bills(&due).await;
    // The days of the second stand billed already, behind the back of the use cases.
    let mut twice = bills[1].0.bill.draft.clone().unwrap();
    twice.id = due.ids.next();
    let mut tx = BillingStore::begin(&due.store, &due.scope).await.unwrap();
    tx.invoices().issue(twice, "OLD").await.unwrap();
    tx.commit().await.unwrap();
    // And somebody is at the fourth.
    let mut tx = BillingStore::begin(&due.store, &due.scope).await.unwrap();
    tx.accounts().lock(sold[3].0).await.unwrap();
    tx.commit().await.unwrap();
    let written = due.store.write_bills(&due.scope, bills).await;
    let refused = written[1].as_ref().unwrap_err();
    assert!(refused.is_duplicate_of(NET_SEGMENTS_APART), "{refused:?}");
    assert!(
        matches!(written[3], Err(StoreError::Conflict)),
        "{written:?}"
    );
    for place in [0, 2, 4] {
        assert!(written[place].is_ok(), "{written:?}");
    }
    let mut tx = BillingStore::begin(&due.store, &due.scope).await.unwrap();
    for (place, (account, subscription)) in sold.into_iter().enumerate() {
        let open = tx.invoices().open_of(account).await.unwrap();
        let billed = matches!(place, 0 | 2 | 4);
        assert_eq!(open.iter().any(|it| it.snapshot().series == "INV"), billed);
        let it = tx
            .subscriptions()
            .find(subscription)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(it.snapshot().billed_through.is_some(), billed);
    }
}

/// One call for all of them; in steps there would be a dozen statements for each.
async fn plain_bills_are_written_in_one_call(database: TestDatabase) {
    let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1_000));
    let clock = Arc::new(FixedClock::at(noon()));
    let (counting, statements) = database.counting_store(clock, ids).await;
    let due = Due::open(database).await;
    for _ in 0..20 {
        let account = due.account().await;
        due.sell(account, "2026-11-21").await;
    }
    let bills = bills(&due).await;
    let before = statements.load(Ordering::SeqCst);
    for written in counting.write_bills(&due.scope, bills).await {
        written.unwrap();
    }
    let run = statements.load(Ordering::SeqCst) - before;
    assert!(run < 20, "{run} statements");
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
async fn sqlite_refuses_one_bill() {
    let database = TestDatabase::sqlite().await;
    a_bill_that_is_refused_leaves_the_others(Due::open(database).await).await;
}

#[tokio::test]
async fn postgres_refuses_one_bill() {
    let database = TestDatabase::postgres().await;
    a_bill_that_is_refused_leaves_the_others(Due::open(database).await).await;
}

#[tokio::test]
async fn postgres_writes_plain_bills_in_one_call() {
    plain_bills_are_written_in_one_call(TestDatabase::postgres().await).await;
}

#[tokio::test]
async fn one_account_is_billed_within_the_limit() {
    let database = TestDatabase::sqlite().await;
    the_limit_of_the_installation_holds_for_one_account(Due::open(database).await).await;
}
