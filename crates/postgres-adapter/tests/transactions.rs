//! What commits along with a change, and what happens when two change the same thing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use chrono::Duration;
use customers::{Customer, CustomerKind, CustomerQueries, CustomersStore, NewCustomer};
use jobs::{AggregateRef, DeliveryClaims, JobClaims, JobFilter, JobQueries, JobsStore};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{
    Clock, CustomerId, IdempotencyKey, Ids, JobRequest, Lane, PageRequest, Priority, Receipt,
    Receipts, Scope, StoreError, TenantId, Timestamp,
};
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{DELIVERY_DONE_ALREADY, Store, Subscriptions};
use serde_json::json;

struct World {
    store: Store,
    ids: Arc<dyn Ids>,
    clock: Arc<FixedClock>,
    scope: Scope,
    // Dropped last: it drops the database.
    database: TestDatabase,
}

impl World {
    async fn on(database: TestDatabase) -> Self {
        let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
        let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
        let clock = Arc::new(FixedClock::at(noon));
        let heard = Subscriptions::of([("customers.customer_registered", "greet")]);
        let shown = Arc::clone(&clock);
        let store = database.store(shown, Arc::clone(&ids), heard).await;
        let tenant: TenantId = ids.next();
        let scope = Scope::system(tenant, "test", ids.fresh());
        Self {
            store,
            ids,
            clock,
            scope,
            database,
        }
    }

    fn customer(&self) -> Customer {
        let new = NewCustomer {
            id: self.ids.next(),
            kind: CustomerKind::Personal,
            name: "Siti".parse().unwrap(),
            phone: None,
            email: None,
            address: None,
            note: None,
        };
        Customer::register(new, self.clock.now())
    }

    async fn register(&self, scope: &Scope) -> Result<CustomerId, StoreError> {
        let mut customer = self.customer();
        let mut tx = CustomersStore::begin(&self.store, scope).await?;
        tx.customers().save(&mut customer).await?;
        tx.commit().await?;
        Ok(customer.id())
    }

    async fn claim(&self) -> Vec<jobs::ClaimedDelivery> {
        let (now, lease) = (self.clock.now(), Duration::minutes(1));
        DeliveryClaims::claim(&self.store, "worker", now, lease, 10)
            .await
            .unwrap()
    }

    async fn exists(&self, id: CustomerId) -> bool {
        let found = CustomerQueries::customer(&self.store, self.scope.tenant, id).await;
        found.unwrap().is_some()
    }

    fn request(&self, key: &str, priority: Priority) -> JobRequest {
        JobRequest {
            id: self.ids.next(),
            kind: "sync_router".to_owned(),
            lane: Lane::named("router:one"),
            priority,
            run_at: self.clock.now(),
            unique_key: Some(key.to_owned()),
            payload: json!({}),
            max_attempts: 3,
            total: None,
        }
    }
}

async fn an_event_is_stored_and_delivered(database: TestDatabase) {
    let world = World::on(database).await;
    let id = world.register(&world.scope).await.unwrap();
    let events = world
        .store
        .events_of(
            world.scope.tenant,
            &AggregateRef::of(id),
            PageRequest::default(),
        )
        .await
        .unwrap();
    assert_eq!(events.items.len(), 1);
    assert_eq!(events.items[0].name, "customers.customer_registered");
    assert_eq!(events.items[0].actor, "system:test");
    let claimed = world.claim().await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].handler, "greet");
    assert_eq!(claimed[0].event, events.items[0]);
}

async fn a_delivery_is_handled_once(database: TestDatabase) {
    let world = World::on(database).await;
    world.register(&world.scope).await.unwrap();
    let delivery = world.claim().await.remove(0);
    let mut scope = world.scope.clone();
    scope.delivery = Some(delivery.id);
    let first = world.register(&scope).await.unwrap();
    let again = world.register(&scope).await.unwrap_err();
    assert!(again.is_duplicate_of(DELIVERY_DONE_ALREADY), "{again:?}");
    assert!(world.exists(first).await);
    let now = world.clock.now();
    let outcome = jobs::Outcome::Retry {
        at: now,
        error: "late".to_owned(),
    };
    let current = DeliveryClaims::finish(&world.store, &delivery, outcome, now).await;
    assert!(!current.unwrap());
}

async fn a_receipt_commits_with_its_effect(database: TestDatabase) {
    let world = World::on(database).await;
    let key = IdempotencyKey {
        operator: world.ids.next(),
        route: "POST /api/v1/customers".to_owned(),
        key: "abc".to_owned(),
    };
    let mut scope = world.scope.clone();
    let answer = json!({"status": 201});
    scope.receipt = Some(Receipt {
        key: key.clone(),
        digest: [7; 32],
        answer: answer.clone(),
    });
    world.register(&scope).await.unwrap();
    let tenant = world.scope.tenant;
    let found = Receipts::find(&world.store, tenant, &key)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.digest, found.answer), ([7; 32], answer));
    let again = world.register(&scope).await.unwrap_err();
    assert!(again.is_duplicate_of("idempotency_keys"), "{again:?}");
    let other: TenantId = world.ids.next();
    assert_eq!(
        Receipts::find(&world.store, other, &key).await.unwrap(),
        None
    );
    let later = world.clock.now().plus(Duration::seconds(1));
    assert_eq!(world.store.prune(later).await.unwrap(), 1);
    assert_eq!(
        Receipts::find(&world.store, tenant, &key).await.unwrap(),
        None
    );
}

async fn a_dropped_transaction_leaves_nothing(database: TestDatabase) {
    let world = World::on(database).await;
    let mut customer = world.customer();
    let mut tx = CustomersStore::begin(&world.store, &world.scope)
        .await
        .unwrap();
    tx.customers().save(&mut customer).await.unwrap();
    tx.enqueue(world.request("one", Priority::Normal))
        .await
        .unwrap();
    drop(tx);
    assert!(!world.exists(customer.id()).await);
    assert!(world.claim().await.is_empty());
    let backlog = world.store.backlog().await.unwrap();
    assert_eq!(backlog.jobs_queued, 0);
}

async fn many_events_of_one_transaction_keep_their_order(database: TestDatabase) {
    let world = World::on(database).await;
    let mut tx = CustomersStore::begin(&world.store, &world.scope)
        .await
        .unwrap();
    let mut registered = Vec::new();
    for _ in 0..1_200 {
        let mut customer = world.customer();
        tx.customers().save(&mut customer).await.unwrap();
        registered.push(customer.id().uuid());
    }
    tx.commit().await.unwrap();
    let (now, lease) = (world.clock.now(), Duration::minutes(1));
    let claimed = DeliveryClaims::claim(&world.store, "worker", now, lease, 2_000)
        .await
        .unwrap();
    let delivered: Vec<_> = claimed.iter().map(|it| it.event.aggregate_id).collect();
    assert_eq!(delivered, registered);
}

/// Eight tasks claim from 200 jobs in 20 lanes: each is handed out once, and never two of a lane at once.
async fn rivals_never_share_a_job_or_a_lane(database: TestDatabase) {
    let world = World::on(database).await;
    let mut tx = JobsStore::begin(&world.store, &world.scope).await.unwrap();
    for number in 0..200 {
        let mut job = world.request(&format!("key {number}"), Priority::Normal);
        job.lane = Lane::named(format!("lane {}", number % 20));
        tx.enqueue(job).await.unwrap();
    }
    tx.commit().await.unwrap();
    let now = world.clock.now();
    let running = Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
    let workers = (0..8).map(|number| {
        let (store, running) = (world.store.clone(), Arc::clone(&running));
        tokio::spawn(async move { drain(&store, &running, &format!("worker {number}"), now).await })
    });
    let mut done = 0;
    for worker in workers.collect::<Vec<_>>() {
        done += worker.await.unwrap();
    }
    assert_eq!(done, 200);
}

async fn drain(
    store: &Store,
    running: &std::sync::Mutex<std::collections::HashSet<String>>,
    worker: &str,
    now: Timestamp,
) -> usize {
    let mut done = 0;
    loop {
        let claimed = JobClaims::claim(store, worker, now, Duration::minutes(1), 5, Priority::Low)
            .await
            .unwrap();
        let backlog = store.backlog().await.unwrap();
        if claimed.is_empty() && backlog.jobs_queued == 0 {
            return done;
        }
        for job in claimed {
            let lane = job.lane.as_str().to_owned();
            assert!(
                running.lock().unwrap().insert(lane.clone()),
                "two of {lane}"
            );
            tokio::task::yield_now().await;
            assert!(running.lock().unwrap().remove(&lane));
            assert!(
                JobClaims::finish(store, &job, jobs::Outcome::Done, now)
                    .await
                    .unwrap()
            );
            done += 1;
        }
    }
}

async fn writers_at_once_all_succeed(database: TestDatabase) {
    let world = Arc::new(World::on(database).await);
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let mut tx = JobsStore::begin(&world.store, &world.scope).await.unwrap();
                tx.enqueue(world.request("a", Priority::Low)).await.unwrap();
                tx.enqueue(world.request("b", Priority::Critical))
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let page = PageRequest::default();
    let jobs = world
        .store
        .jobs(world.scope.tenant, JobFilter::default(), page)
        .await
        .unwrap();
    assert_eq!(jobs.items.len(), 2, "one for each key");
}

/// A commit on one connection pool wakes a waiter on another, as in another process.
async fn a_commit_wakes_waiters(database: TestDatabase) {
    let world = World::on(database).await;
    let heard = Subscriptions::default();
    let (clock, ids) = (Arc::clone(&world.clock), Arc::clone(&world.ids));
    let other = world.database.store(clock, ids, heard).await;
    let waiter = if world.store.db().kind() == "sqlite" {
        &world.store
    } else {
        &other
    };
    let signal = waiter.work_signal();
    let listening = other.clone();
    let listener = tokio::spawn(async move { listening.listen_for_work().await });
    if world.store.db().kind() == "postgres" {
        // It wakes its own waiters once it listens.
        deadline(signal.woken()).await;
    }
    world.register(&world.scope).await.unwrap();
    deadline(signal.woken()).await;
    listener.abort();
}

async fn deadline(woken: impl Future<Output = ()>) {
    let limit = std::time::Duration::from_secs(10);
    tokio::time::timeout(limit, woken)
        .await
        .expect("woken in time");
}

macro_rules! on_both {
    ($($promise:ident, $sqlite:ident, $postgres:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $sqlite() {
            $promise(TestDatabase::sqlite().await).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $postgres() {
            $promise(TestDatabase::postgres().await).await;
        }
    )*};
}

on_both! {
    an_event_is_stored_and_delivered, sqlite_stores_and_delivers_an_event, postgres_stores_and_delivers_an_event;
    a_delivery_is_handled_once, sqlite_handles_a_delivery_once, postgres_handles_a_delivery_once;
    a_receipt_commits_with_its_effect, sqlite_commits_a_receipt_with_its_effect, postgres_commits_a_receipt_with_its_effect;
    a_dropped_transaction_leaves_nothing, sqlite_forgets_a_dropped_transaction, postgres_forgets_a_dropped_transaction;
    many_events_of_one_transaction_keep_their_order, sqlite_keeps_the_order_of_events, postgres_keeps_the_order_of_events;
    rivals_never_share_a_job_or_a_lane, sqlite_hands_out_each_job_once, postgres_hands_out_each_job_once;
    writers_at_once_all_succeed, sqlite_serves_many_writers, postgres_serves_many_writers;
    a_commit_wakes_waiters, sqlite_wakes_waiters, postgres_wakes_waiters;
}
