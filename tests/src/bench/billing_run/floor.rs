//! The rows that a run wrote, inserted once more by plain multi-row statements: invoices, their lines, the days that
//! stand billed, the entries of the books, and the events.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::{PgPool, QueryBuilder};
use uuid::Uuid;

use crate::bench::storage::Pool;

/// Rows per statement and commit.
const CHUNK: i64 = 1_000;

type Invoice = (
    Uuid,
    Uuid,
    Uuid,
    String,
    i64,
    i64,
    i64,
    String,
    NaiveDate,
    NaiveDate,
    i64,
);
type Line = (
    Uuid,
    i64,
    Uuid,
    i64,
    String,
    Uuid,
    i64,
    NaiveDate,
    NaiveDate,
    NaiveDate,
    NaiveDate,
    i64,
    i64,
    String,
);
type Segment = (Uuid, i64, NaiveDate, NaiveDate, Uuid, String);
type Entry = (
    Uuid,
    i16,
    Uuid,
    Uuid,
    String,
    String,
    DateTime<Utc>,
    String,
    i64,
    String,
);
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

/// Inserts the rows of one tenant for another one; returns what the inserts alone took.
pub(super) async fn insert_again(pool: &Pool, from: Uuid, into: Uuid) -> Result<Duration> {
    let Pool::Postgres(pool) = pool else {
        bail!("only PostgreSQL is measured");
    };
    Ok(invoices(pool, from, into).await?
        + lines(pool, from, into).await?
        + segments(pool, from, into).await?
        + entries(pool, from, into).await?
        + events(pool, from, into).await?)
}

/// Reads chunk after chunk behind the last key, outside the clock, and inserts each, inside.
macro_rules! copied {
    ($name:ident, $row:ty, $key:tt, $read:literal, $write:literal, |$tuple:ident, $it:ident, $into:ident| $bind:block) => {
        async fn $name(pool: &PgPool, from: Uuid, into: Uuid) -> Result<Duration> {
            let (mut time, mut after) = (Duration::ZERO, Uuid::nil());
            loop {
                let rows: Vec<$row> = sqlx::query_as($read)
                    .bind(from)
                    .bind(after)
                    .bind(CHUNK)
                    .fetch_all(pool)
                    .await?;
                let Some(last) = rows.last() else {
                    return Ok(time);
                };
                after = last.$key;
                let begun = Instant::now();
                let $into = into;
                let mut insert = QueryBuilder::new($write);
                insert.push_values(rows, |mut $tuple, $it| {
                    $tuple.push_bind($into);
                    $bind
                });
                insert.build().execute(pool).await?;
                time += begun.elapsed();
            }
        }
    };
}

copied!(
    invoices,
    Invoice,
    0,
    "SELECT id, account_id, entity_id, series, number, total_minor, allocated_minor, currency, issued_on, due_on, \
     version FROM invoices WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    "INSERT INTO invoices (tenant_id, id, account_id, entity_id, series, number, total_minor, allocated_minor, \
     currency, issued_on, due_on, version) ",
    |row, it, into| {
        row.push_bind(it.0).push_bind(it.1).push_bind(it.2);
        row.push_bind(it.3).push_bind(it.4).push_bind(it.5);
        row.push_bind(it.6).push_bind(it.7).push_bind(it.8);
        row.push_bind(it.9).push_bind(it.10);
    }
);

copied!(
    lines,
    Line,
    0,
    "SELECT invoice_id, line, subscription_id, component, kind, plan_id, quantity, period_start, period_end, \
     cycle_start, cycle_end, price_minor, amount_minor, currency FROM invoice_lines WHERE tenant_id = $1 AND invoice_id > $2 \
     ORDER BY invoice_id LIMIT $3",
    "INSERT INTO invoice_lines (tenant_id, invoice_id, line, subscription_id, component, kind, plan_id, quantity, \
     period_start, period_end, cycle_start, cycle_end, price_minor, amount_minor, currency) ",
    |row, it, into| {
        row.push_bind(it.0).push_bind(it.1).push_bind(it.2);
        row.push_bind(it.3).push_bind(it.4).push_bind(it.5);
        row.push_bind(it.6).push_bind(it.7).push_bind(it.8);
        row.push_bind(it.9).push_bind(it.10).push_bind(it.11);
        row.push_bind(it.12).push_bind(it.13);
    }
);

copied!(
    segments,
    Segment,
    0,
    "SELECT invoice_id, line, period_start, period_end, subscription_id, component FROM net_segments \
     WHERE tenant_id = $1 AND invoice_id > $2 ORDER BY invoice_id LIMIT $3",
    "INSERT INTO net_segments (tenant_id, invoice_id, line, period_start, period_end, subscription_id, component) ",
    |row, it, into| {
        row.push_bind(it.0).push_bind(it.1).push_bind(it.2);
        row.push_bind(it.3).push_bind(it.4).push_bind(it.5);
    }
);

copied!(
    entries,
    Entry,
    0,
    "SELECT posting_id, side, entity_id, account_id, what, source, posted_at, ledger_account, amount_minor, currency \
     FROM ledger_entries WHERE tenant_id = $1 AND posting_id > $2 ORDER BY posting_id, side LIMIT $3",
    "INSERT INTO ledger_entries (tenant_id, posting_id, side, entity_id, account_id, what, source, posted_at, \
     ledger_account, amount_minor, currency) ",
    |row, it, into| {
        row.push_bind(it.0).push_bind(it.1).push_bind(it.2);
        row.push_bind(it.3).push_bind(it.4).push_bind(it.5);
        row.push_bind(it.6).push_bind(it.7).push_bind(it.8);
        row.push_bind(it.9);
    }
);

copied!(
    events,
    Event,
    0,
    "SELECT id, aggregate_kind, aggregate_id, name, version, body, actor, correlation, occurred_at FROM events \
     WHERE tenant_id = $1 AND id > $2 AND name = 'billing.invoice_issued' ORDER BY id LIMIT $3",
    "INSERT INTO events (tenant_id, id, aggregate_kind, aggregate_id, name, version, body, actor, correlation, \
     occurred_at) ",
    |row, it, into| {
        row.push_bind(it.0).push_bind(it.1).push_bind(it.2);
        row.push_bind(it.3).push_bind(it.4).push_bind(it.5);
        row.push_bind(it.6).push_bind(it.7).push_bind(it.8);
    }
);
