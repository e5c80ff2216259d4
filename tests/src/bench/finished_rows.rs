//! The rows of a batch as they were stored, and plain statements that store them again.

use anyhow::Result;
use chrono::{DateTime, Utc};
use kernel::{BatchId, TenantId};
use sqlx::{Database, Encode, QueryBuilder, Type};
use uuid::Uuid;

use super::storage::Pool;

const READ: &str = "SELECT id, code, digest, state, state_since, voided_reason, expires_at, version \
     FROM vouchers WHERE batch_id = $1 ORDER BY id";
const INSERT: &str = "INSERT INTO vouchers (tenant_id, batch_id, id, code, digest, state, \
     state_since, voided_reason, expires_at, version) ";

type Row = (
    Uuid,
    Vec<u8>,
    Vec<u8>,
    String,
    Option<DateTime<Utc>>,
    Option<String>,
    Option<DateTime<Utc>>,
    i64,
);

/// Vouchers with everything already computed.
pub(super) struct FinishedRows(Vec<Row>);

impl FinishedRows {
    /// Reads the rows of a batch.
    pub(super) async fn read(pool: &Pool, batch: BatchId) -> Result<Self> {
        let rows: Vec<Row> = match pool {
            Pool::Postgres(pool) => {
                sqlx::query_as(READ)
                    .bind(batch.uuid())
                    .fetch_all(pool)
                    .await?
            }
            Pool::Sqlite(pool) => {
                sqlx::query_as(READ)
                    .bind(batch.uuid())
                    .fetch_all(pool)
                    .await?
            }
        };
        Ok(Self(rows))
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Stores them for another tenant and batch, `chunk` rows per statement and commit.
    pub(super) async fn insert(
        &self,
        pool: &Pool,
        tenant: TenantId,
        batch: BatchId,
        chunk: usize,
    ) -> Result<()> {
        for rows in self.0.chunks(chunk) {
            match pool {
                Pool::Postgres(pool) => {
                    let mut statement = statement(rows, tenant.uuid(), batch.uuid());
                    statement.build().execute(pool).await?;
                }
                Pool::Sqlite(pool) => {
                    let mut statement = statement(rows, tenant.uuid(), batch.uuid());
                    statement.build().execute(pool).await?;
                }
            }
        }
        Ok(())
    }
}

fn statement<D>(rows: &[Row], tenant: Uuid, batch: Uuid) -> QueryBuilder<D>
where
    D: Database,
    Uuid: for<'a> Encode<'a, D> + Type<D>,
    Vec<u8>: for<'a> Encode<'a, D> + Type<D>,
    String: for<'a> Encode<'a, D> + Type<D>,
    Option<String>: for<'a> Encode<'a, D> + Type<D>,
    Option<DateTime<Utc>>: for<'a> Encode<'a, D> + Type<D>,
    i64: for<'a> Encode<'a, D> + Type<D>,
{
    let mut builder = QueryBuilder::new(INSERT);
    builder.push_values(rows, |mut tuple, row| {
        let (id, code, digest, state, since, reason, expires, version) = row.clone();
        tuple.push_bind(tenant).push_bind(batch).push_bind(id);
        tuple.push_bind(code).push_bind(digest).push_bind(state);
        tuple
            .push_bind(since)
            .push_bind(reason)
            .push_bind(expires)
            .push_bind(version);
    });
    builder
}
