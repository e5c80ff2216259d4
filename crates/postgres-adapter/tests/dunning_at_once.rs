//! Two workers that dun the same accounts at once take each step once, and an account that cannot be read stops nobody: on
//! both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use billing::{
    BillingQueries, BillingStore, Charging, Cutting, DuePage, DunningPolicy, DunningQueries,
    FoundDebt, Interval, Level, NewEntity, NewPlan, NewProcedure, SoldAs, Step, StepKind,
    Subscribe, bill_account, define_plan, define_procedure, dun_account, found_entity,
    park_unreadable, plan_dunning_run, subscribe,
};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{AccountId, Clock, EntityId, Ids, MayConflict, Money, Scope, TenantId, Timestamp};
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{Store, Subscriptions};
use sea_orm::{ConnectionTrait, Database};

/// Enough for two workers to meet.
const ACCOUNTS: usize = 24;

struct World {
    database: TestDatabase,
    store: Store,
    clock: Arc<FixedClock>,
    ids: Arc<dyn Ids>,
    tenant: TenantId,
    entity: EntityId,
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

impl World {
    async fn on(database: TestDatabase) -> Arc<Self> {
        let noon = Timestamp::from_utc("2026-11-01T09:00:00Z".parse().unwrap());
        let clock = Arc::new(FixedClock::at(noon));
        let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
        let store = database
            .store(
                Arc::<FixedClock>::clone(&clock),
                Arc::clone(&ids),
                Subscriptions::default(),
            )
            .await;
        let (tenant, entity) = (ids.next(), ids.next());
        let world = Arc::new(Self {
            database,
            store,
            clock,
            ids,
            tenant,
            entity,
        });
        world.found().await;
        world
    }

    fn scope(&self) -> Scope {
        Scope::system(self.tenant, "race", self.ids.fresh())
    }

    /// An entity that reminds, charges and then restricts, of all customers if need be.
    async fn found(&self) {
        let entity = NewEntity {
            id: self.entity,
            name: "Harbour Net".parse().unwrap(),
            currency: kes(0).currency(),
            zone: "Africa/Nairobi".parse().unwrap(),
            scale_digits: 2,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        };
        let scope = self.scope();
        found_entity(&self.store, &scope, entity).await.unwrap();
        let step = |day, kind| Step { day, kind };
        let procedure = NewProcedure {
            grace_days: 1,
            steps: vec![
                step(1, StepKind::Reminder),
                step(2, StepKind::Fee { minor: 500 }),
                step(3, StepKind::Restriction),
            ],
            most_cut_percent: Some(100),
            ..NewProcedure::of_policy(DunningPolicy::STANDARD)
        };
        define_procedure(&self.store, &*self.clock, &scope, self.entity, procedure)
            .await
            .unwrap();
    }

    /// Accounts whose first invoice is due on the 8th, a month's price each.
    async fn owing(&self) -> Vec<AccountId> {
        let plan = NewPlan {
            id: self.ids.next(),
            name: "Home 10".parse().unwrap(),
            price: kes(300_000),
            interval: Interval::MONTH,
            profile: self.ids.next(),
            sold_as: SoldAs::Subscription,
            charging: Charging::AHEAD,
        };
        let (scope, of) = (self.scope(), plan.id);
        define_plan(&self.store, &scope, plan).await.unwrap();
        let mut accounts = Vec::new();
        for _ in 0..ACCOUNTS {
            let order = Subscribe {
                id: self.ids.next(),
                customer: self.ids.next(),
                new_account: self.ids.next(),
                plan: of,
                quantity: 1,
                bill_day: None,
                starts_on: None,
            };
            let sold = subscribe(&self.store, &*self.clock, &scope, order).await;
            let account = sold.unwrap().account;
            let billed = bill_account(&self.store, &*self.ids, &*self.clock, &scope, account);
            assert!(billed.await.unwrap().is_some());
            accounts.push(account);
        }
        accounts
    }

    fn days_pass(&self, days: i64) {
        self.clock.advance(chrono::Duration::days(days));
    }

    async fn due(&self) -> Vec<FoundDebt> {
        let page = DuePage {
            now: self.clock.now(),
            after: None,
            limit: 200,
        };
        let found = self
            .store
            .accounts_to_evaluate(self.tenant, self.entity, page);
        found.await.unwrap().unwrap().1
    }

    /// What a worker does: plans the day, and looks at everybody who is due.
    async fn sweep(&self) {
        let (store, clock, scope) = (&self.store, &*self.clock, self.scope());
        let plan = || plan_dunning_run((store, store), &*self.ids, clock, &scope, self.entity);
        let cutting = loop {
            match plan().await {
                Err(err) if err.is_conflict() => {}
                planned => break planned.unwrap(),
            }
        };
        assert_eq!(cutting, Cutting::Allowed);
        for it in self.due().await {
            let (_, id) = it.place;
            if let Err(err) = it.facts {
                park_unreadable(store, clock, &scope, id, &err)
                    .await
                    .unwrap();
                continue;
            }
            loop {
                match dun_account(store, clock, &scope, id, cutting).await {
                    Err(err) if err.is_conflict() => {}
                    done => break done.unwrap(),
                }
            }
        }
    }

    async fn execute(&self, text: &str) {
        let connection = Database::connect(self.database.url()).await.unwrap();
        let done = connection.execute_unprepared(text).await.unwrap();
        assert_eq!(done.rows_affected(), 1);
    }

    /// The kinds of the steps that were taken, the earliest first.
    async fn steps(&self, account: AccountId) -> Vec<String> {
        let steps = self.store.dunning_steps(self.tenant, account).await;
        steps.unwrap().into_iter().rev().map(|it| it.kind).collect()
    }
}

async fn two_workers_take_each_step_once(world: Arc<World>) {
    let accounts = world.owing().await;
    world.days_pass(9);
    for _ in 0..3 {
        let sweep = || {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.sweep().await })
        };
        let (one, two) = (sweep(), sweep());
        one.await.unwrap();
        two.await.unwrap();
        world.days_pass(1);
    }
    for account in &accounts {
        let steps = world.steps(*account).await;
        assert_eq!(steps, ["reminder", "fee", "restriction"]);
        let charges = world.store.dunning_charges(world.tenant, *account).await;
        assert_eq!(charges.unwrap().len(), 1);
        let view = world.store.account(world.tenant, *account).await;
        assert_eq!(view.unwrap().unwrap().level, Level::Restricted);
    }
    let mut tx = BillingStore::begin(&world.store, &world.scope())
        .await
        .unwrap();
    let cut_on = ("2026-11-11").parse().unwrap();
    let cut = tx.dunning_runs().cuts_of((world.entity, cut_on)).await;
    assert_eq!(cut.unwrap().len(), ACCOUNTS);
}

async fn one_that_cannot_be_read_is_parked_and_the_others_go_on(world: Arc<World>) {
    let accounts = world.owing().await;
    world.days_pass(9);
    let (account, invoice) = (accounts[3], accounts[5]);
    world
        .execute(&format!(
            "UPDATE accounts SET currency = '!!!' WHERE id = {}",
            world.literal(account.uuid())
        ))
        .await;
    world
        .execute(&format!(
            "UPDATE invoices SET currency = '???' WHERE account_id = {}",
            world.literal(invoice.uuid())
        ))
        .await;
    let unreadable = |found: Vec<FoundDebt>| -> Vec<AccountId> {
        let bad = found.into_iter().filter(|it| it.facts.is_err());
        bad.map(|it| it.place.1).collect()
    };
    let mut wanted = vec![account, invoice];
    wanted.sort();
    let mut found = unreadable(world.due().await);
    found.sort();
    assert_eq!(found, wanted);
    world.sweep().await;
    assert!(
        unreadable(world.due().await).is_empty(),
        "they come a day later"
    );
    for account in &accounts {
        let steps = world.steps(*account).await;
        assert_eq!(steps.is_empty(), wanted.contains(account), "{steps:?}");
    }
    let reasons = world.store.parked_reasons(world.tenant).await.unwrap();
    assert_eq!(reasons.iter().map(|it| it.accounts).sum::<u64>(), 2);
    assert!(
        reasons.iter().any(|it| it.reason.contains("!!!")),
        "{reasons:?}"
    );
    world.days_pass(1);
    let mut found = unreadable(world.due().await);
    found.sort();
    assert_eq!(found, wanted, "a day later");
}

impl World {
    /// An id as the database writes it.
    fn literal(&self, id: uuid::Uuid) -> String {
        match self.database.url().starts_with("sqlite") {
            true => format!("x'{}'", id.simple()),
            false => format!("'{id}'"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_takes_each_step_once() {
    two_workers_take_each_step_once(World::on(TestDatabase::sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_takes_each_step_once() {
    two_workers_take_each_step_once(World::on(TestDatabase::postgres().await).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_parks_who_cannot_be_read() {
    let world = World::on(TestDatabase::sqlite().await).await;
    one_that_cannot_be_read_is_parked_and_the_others_go_on(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_parks_who_cannot_be_read() {
    let world = World::on(TestDatabase::postgres().await).await;
    one_that_cannot_be_read_is_parked_and_the_others_go_on(world).await;
}
