//! Many customers, put straight into the table.

use anyhow::{Result, ensure};
use kernel::CustomerId;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use super::storage::Pool;

/// Rows per statement.
const CHUNK: usize = 5_000;
/// 2026-11-01 in milliseconds: ids look as if customers had been registered from then on.
const FIRST_MS: u128 = 1_793_491_200_000;

/// Copies the one customer that is there until there are `count` more; gives the ids of the copies.
///
/// The columns are read from the catalogue, so this goes with the schema.
pub(super) async fn fill(pool: &Pool, count: usize) -> Result<Vec<CustomerId>> {
    let ids: Vec<_> = (0..count).map(|number| id(number as u128)).collect();
    let others = columns(pool).await?;
    ensure!(!others.is_empty(), "there is no table of customers");
    for chunk in ids.chunks(CHUNK) {
        match pool {
            Pool::Postgres(pool) => {
                let statement = copy(&others, "unnest($1::uuid[]) AS fresh(value)", "fresh.value");
                let insert = sqlx::query(AssertSqlSafe(statement)).bind(chunk.to_vec());
                insert.execute(pool).await?;
            }
            Pool::Sqlite(pool) => {
                let statement = copy(&others, "json_each($1) AS fresh", "unhex(fresh.value)");
                let texts: Vec<_> = chunk.iter().map(|id| id.simple().to_string()).collect();
                let insert = sqlx::query(AssertSqlSafe(statement));
                insert
                    .bind(serde_json::to_string(&texts)?)
                    .execute(pool)
                    .await?;
            }
        }
    }
    analyze(pool).await?;
    Ok(ids.into_iter().map(CustomerId::from_uuid).collect())
}

/// Every column but the id.
async fn columns(pool: &Pool) -> Result<Vec<String>> {
    const POSTGRES: &str = "SELECT column_name::text AS name FROM information_schema.columns \
         WHERE table_name = 'customers' AND table_schema = current_schema()";
    const SQLITE: &str = "SELECT name FROM pragma_table_info('customers')";
    let names: Vec<String> = match pool {
        Pool::Postgres(pool) => {
            let rows = sqlx::query(POSTGRES).fetch_all(pool).await?;
            rows.iter()
                .map(|row| row.try_get("name"))
                .collect::<Result<_, _>>()?
        }
        Pool::Sqlite(pool) => {
            let rows = sqlx::query(SQLITE).fetch_all(pool).await?;
            rows.iter()
                .map(|row| row.try_get("name"))
                .collect::<Result<_, _>>()?
        }
    };
    Ok(names.into_iter().filter(|name| name != "id").collect())
}

fn copy(columns: &[String], source: &str, id: &str) -> String {
    let into = columns.join(", ");
    let from: Vec<_> = columns
        .iter()
        .map(|name| format!("template.{name}"))
        .collect();
    format!(
        "INSERT INTO customers (id, {into}) SELECT {id}, {} \
         FROM (SELECT * FROM customers ORDER BY id DESC LIMIT 1) AS template, {source}",
        from.join(", ")
    )
}

async fn analyze(pool: &Pool) -> Result<()> {
    match pool {
        Pool::Postgres(pool) => {
            sqlx::query("VACUUM ANALYZE customers")
                .execute(pool)
                .await?;
        }
        Pool::Sqlite(pool) => {
            sqlx::query("ANALYZE").execute(pool).await?;
        }
    }
    Ok(())
}

/// A UUIDv7 with a scattered tail (SplitMix64).
fn id(number: u128) -> Uuid {
    let tail = u128::from(scatter(u64::try_from(number).unwrap_or(u64::MAX)));
    let time = FIRST_MS + number;
    Uuid::from_u128(time << 80 | 0x7 << 76 | 0x2 << 62 | tail >> 2)
}

/// Spreads consecutive numbers over all numbers.
pub(super) fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
