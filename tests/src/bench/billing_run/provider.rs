//! An internet provider with as many subscriptions as wanted, all due today.

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use billing::{
    Charging, DunningPolicy, Interval, LegalEntity, NewEntity, NewPlan, SoldAs, define_plan,
};
use bootstrap::{Ports, Product};
use jobs::ClaimedJob;
use kernel::{EntityId, Lane, Money, Priority, Scope, StoreError, TenantId};
use sqlx::{PgPool, QueryBuilder};
use workflows::{Progress, job_kinds, run_job};

use super::payload;
use crate::bench::storage::Pool;

/// Rows per statement while the tables are filled.
const CHUNK: usize = 1_000;

/// A tenant with entities and their subscribers.
pub(in crate::bench) struct Provider {
    pub(in crate::bench) tenant: TenantId,
    pub(in crate::bench) entities: Vec<EntityId>,
}

impl Provider {
    /// A new tenant with an entity for each count, and as many accounts with a subscription of it.
    pub(in crate::bench) async fn found(
        product: &Product,
        pool: &Pool,
        counts: &[u32],
    ) -> Result<Self> {
        let ports = product.ports();
        let tenant = ports.ids.next();
        let scope = Scope::system(tenant, "bench", ports.ids.fresh());
        let plan = NewPlan {
            id: ports.ids.next(),
            name: "Home 10".parse()?,
            price: Money::from_minor(300_000, "KES".parse()?),
            interval: Interval::MONTH,
            profile: ports.ids.next(),
            sold_as: SoldAs::Subscription,
            charging: Charging::AHEAD,
        };
        let Pool::Postgres(pool) = pool else {
            anyhow::bail!("only PostgreSQL is measured");
        };
        let mut entities = Vec::new();
        for _ in counts {
            let entity = NewEntity {
                id: ports.ids.next(),
                name: "Harbour Net".parse()?,
                currency: "KES".parse()?,
                zone: "Africa/Nairobi".parse()?,
                scale_digits: 2,
                series: "INV".to_owned(),
                terms_days: 7,
                dunning: DunningPolicy::STANDARD,
            };
            entities.push(entity.id);
            // A tenant's second one can only be written.
            let mut entity = LegalEntity::found(entity)?;
            let mut tx = ports.billing.begin(&scope).await?;
            tx.entities().save(&mut entity).await?;
            tx.commit().await?;
        }
        define_plan(&*ports.billing, &scope, plan.clone()).await?;
        let provider = Self { tenant, entities };
        for (entity, count) in provider.entities.iter().zip(counts) {
            provider
                .subscribe(ports, pool, *entity, &plan, *count)
                .await?;
        }
        sqlx::query("ANALYZE accounts, subscriptions")
            .execute(pool)
            .await?;
        Ok(provider)
    }

    /// As if each had been sold a month ago and billed then.
    async fn subscribe(
        &self,
        ports: &Ports,
        pool: &PgPool,
        entity: EntityId,
        plan: &NewPlan,
        count: u32,
    ) -> Result<()> {
        let today = "Africa/Nairobi"
            .parse::<kernel::Zone>()?
            .date_at(ports.clock.now());
        let start = today - chrono::Months::new(1);
        let agreements = serde_json::json!([{
            "from": start, "plan": plan.id, "price": plan.price, "profile": plan.profile,
        }]);
        let ids: Vec<_> = (0..count)
            .map(|_| (ports.ids.fresh(), ports.ids.fresh(), ports.ids.fresh()))
            .collect();
        for chunk in ids.chunks(CHUNK) {
            let mut accounts = QueryBuilder::new(
                "INSERT INTO accounts (tenant_id, id, customer_id, entity_id, currency, level, version) ",
            );
            accounts.push_values(chunk, |mut row, (account, customer, _)| {
                row.push_bind(self.tenant.uuid()).push_bind(*account);
                row.push_bind(*customer).push_bind(entity.uuid());
                row.push_bind("KES").push_bind("clear").push_bind(1_i64);
            });
            accounts.build().execute(pool).await?;
            let mut subscriptions = QueryBuilder::new(SUBSCRIPTIONS);
            subscriptions.push_values(chunk, |mut row, (account, _, id)| {
                row.push_bind(self.tenant.uuid())
                    .push_bind(*id)
                    .push_bind(*account);
                row.push_bind("months").push_bind(1_i64).push_bind(start);
                row.push_bind(agreements.clone())
                    .push_bind(serde_json::json!([]));
                row.push_bind("active").push_bind(today).push_bind("active");
                row.push_bind(plan.profile.uuid()).push_bind(1_i64);
                row.push_bind(today).push_bind(1_i64);
            });
            subscriptions.build().execute(pool).await?;
        }
        Ok(())
    }

    /// The billing run of an entity, as a worker runs it.
    pub(in crate::bench) async fn bill(&self, product: &Product, entity: EntityId) -> Result<()> {
        run(&product.ports().workbench(), self.tenant, entity).await
    }

    /// The dunning run of every entity, as a worker runs it.
    pub(in crate::bench) async fn dun(&self, product: &Product) -> Result<()> {
        let (bench, none) = (product.ports().workbench(), serde_json::json!({}));
        work(&bench, self.tenant, job_kinds::EVALUATE_OVERDUE, none).await
    }

    /// The same on a task of its own.
    pub(in crate::bench) async fn dun_aside(&self, product: &Product) -> Result<()> {
        let (bench, tenant) = (product.ports().workbench(), self.tenant);
        let none = serde_json::json!({});
        tokio::spawn(async move { work(&bench, tenant, job_kinds::EVALUATE_OVERDUE, none).await })
            .await?
    }

    /// The billing run on a task of its own.
    pub(super) async fn bill_aside(&self, product: &Product, entity: EntityId) -> Result<()> {
        let (bench, tenant) = (product.ports().workbench(), self.tenant);
        tokio::spawn(async move { run(&bench, tenant, entity).await }).await?
    }
}

async fn run(bench: &workflows::Workbench, tenant: TenantId, entity: EntityId) -> Result<()> {
    work(bench, tenant, job_kinds::BILL_ENTITY, payload(entity)).await
}

async fn work(
    bench: &workflows::Workbench,
    tenant: TenantId,
    kind: &str,
    payload: serde_json::Value,
) -> Result<()> {
    let job = ClaimedJob {
        id: bench.ids.next(),
        tenant,
        kind: kind.to_owned(),
        lane: Lane::open(),
        priority: Priority::Normal,
        payload,
        attempt: 1,
        max_attempts: 1,
        done: 0,
        total: None,
        worker: "bench".to_owned(),
    };
    run_job(bench, &job, &Unwatched)
        .await
        .map_err(|err| anyhow!("{err}"))
}

/// Nobody looks.
struct Unwatched;

#[async_trait]
impl Progress for Unwatched {
    async fn report(&self, _done: u64, _total: Option<u64>) -> Result<bool, StoreError> {
        Ok(true)
    }
}

const SUBSCRIPTIONS: &str = "INSERT INTO subscriptions (tenant_id, id, account_id, interval_unit, interval_count, \
    started_on, agreements, pauses, status, billed_through, access, access_profile_id, access_version, \
    next_bill_on, version) ";
