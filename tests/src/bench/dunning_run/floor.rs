//! The rows that a sweep wrote, written once more by plain multi-row statements: accounts, subscriptions, steps and events.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::{PgPool, QueryBuilder};
use uuid::Uuid;

use crate::bench::storage::Pool;

/// Rows per statement and commit.
const CHUNK: i64 = 1_000;

type Account = (Uuid, String, Value, Option<DateTime<Utc>>, i64);
type Subscription = (Uuid, String, i64, i64);
type Step = (Uuid, i64, i64, String, i64, NaiveDate, bool);
type Event = (
    Uuid,
    String,
    Uuid,
    String,
    i16,
    Value,
    String,
    Uuid,
    DateTime<Utc>,
);

/// Writes the rows of a tenant again: what is there is updated, what was added is added for another tenant. Returns what the
/// writing alone took.
pub(super) async fn write_again(pool: &Pool, tenant: Uuid) -> Result<Duration> {
    let Pool::Postgres(pool) = pool else {
        bail!("only PostgreSQL is measured");
    };
    Ok(accounts(pool, tenant).await?
        + subscriptions(pool, tenant).await?
        + steps(pool, tenant).await?
        + events(pool, tenant).await?)
}

/// Reads chunk after chunk behind the last key, outside the clock, and writes each, inside.
macro_rules! written {
    ($name:ident, $row:ty, $read:literal, |$tenant:ident, $rows:ident| $statement:expr) => {
        async fn $name(pool: &PgPool, $tenant: Uuid) -> Result<Duration> {
            let (mut time, mut after) = (Duration::ZERO, Uuid::nil());
            loop {
                let $rows: Vec<$row> = sqlx::query_as($read)
                    .bind($tenant)
                    .bind(after)
                    .bind(CHUNK)
                    .fetch_all(pool)
                    .await?;
                let Some(last) = $rows.last() else {
                    return Ok(time);
                };
                after = last.0;
                let begun = Instant::now();
                let mut statement = $statement;
                statement.build().execute(pool).await?;
                time += begun.elapsed();
            }
        }
    };
}

written!(
    accounts,
    Account,
    "SELECT id, level, episode, look_at, version FROM accounts WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    |tenant, rows| {
        let mut update = QueryBuilder::new(
            "UPDATE accounts AS a SET level = v.level, episode = v.episode, look_at = v.look_at, version = v.version FROM (",
        );
        update.push_values(rows, |mut row, it| {
            row.push_bind(it.0).push_bind(it.1).push_bind(it.2);
            row.push_bind(it.3).push_bind(it.4 + 1);
        });
        update.push(
            ") AS v (id, level, episode, look_at, version) WHERE a.id = v.id AND a.tenant_id = ",
        );
        update.push_bind(tenant);
        update
    }
);

written!(
    subscriptions,
    Subscription,
    "SELECT id, access, access_version, version FROM subscriptions WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    |tenant, rows| {
        let mut update = QueryBuilder::new(
            "UPDATE subscriptions AS s SET access = v.access, access_version = v.access_version, version = v.version FROM (",
        );
        update.push_values(rows, |mut row, it| {
            row.push_bind(it.0).push_bind(it.1);
            row.push_bind(it.2).push_bind(it.3 + 1);
        });
        update.push(
            ") AS v (id, access, access_version, version) WHERE s.id = v.id AND s.tenant_id = ",
        );
        update.push_bind(tenant);
        update
    }
);

written!(
    steps,
    Step,
    "SELECT account_id, episode, step, kind, day, taken_on, merged FROM dunning_steps \
     WHERE tenant_id = $1 AND account_id > $2 ORDER BY account_id, step LIMIT $3",
    |tenant, rows| {
        let other = Uuid::from_u128(tenant.as_u128() ^ 1);
        let mut insert = QueryBuilder::new(
            "INSERT INTO dunning_steps (tenant_id, account_id, episode, step, kind, day, taken_on, merged) ",
        );
        insert.push_values(rows, |mut row, it| {
            row.push_bind(other).push_bind(it.0).push_bind(it.1);
            row.push_bind(it.2).push_bind(it.3).push_bind(it.4);
            row.push_bind(it.5).push_bind(it.6);
        });
        insert
    }
);

written!(
    events,
    Event,
    "SELECT id, aggregate_kind, aggregate_id, name, version, body, actor, correlation, occurred_at FROM events \
     WHERE tenant_id = $1 AND id > $2 AND name IN ('billing.level_changed', 'billing.access_desired') ORDER BY id LIMIT $3",
    |tenant, rows| {
        let other = Uuid::from_u128(tenant.as_u128() ^ 1);
        let mut insert = QueryBuilder::new(
            "INSERT INTO events (tenant_id, id, aggregate_kind, aggregate_id, name, version, body, actor, correlation, \
             occurred_at) ",
        );
        insert.push_values(rows, |mut row, it| {
            row.push_bind(other).push_bind(it.0).push_bind(it.1);
            row.push_bind(it.2).push_bind(it.3).push_bind(it.4);
            row.push_bind(it.5).push_bind(it.6).push_bind(it.7);
            row.push_bind(it.8);
        });
        insert
    }
);
