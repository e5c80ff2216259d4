//! The schema itself keeps its promises: both catalogues are read and compared with the rules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use postgres_adapter::testing::TestDatabase;
use sqlx::{PgPool, SqlitePool};

/// Tables that are not any tenant's: the record of migrations, and the directory that is asked for the tenant.
const REFERENCE_TABLES: [&str; 2] = ["seaql_migrations", "tenants"];

/// One unique constraint: table, name and columns in order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
struct Unique {
    tbl: String,
    name: String,
    columns: String,
}

const POSTGRES_UNIQUES: &str = "\
SELECT t.relname::text AS tbl, i.relname::text AS name,
    string_agg(a.attname, ',' ORDER BY k.place)::text AS columns
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace AND n.nspname = 'public'
CROSS JOIN LATERAL unnest(x.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.attnum
WHERE x.indisunique
GROUP BY t.relname, i.relname";

const SQLITE_UNIQUES: &str = "\
SELECT t.name AS tbl, l.name AS name,
    (SELECT group_concat(i.name) FROM pragma_index_info(l.name) AS i) AS columns
FROM sqlite_master AS t JOIN pragma_index_list(t.name) AS l ON l.\"unique\" = 1
WHERE t.type = 'table'";

async fn postgres_uniques() -> Vec<Unique> {
    let database = TestDatabase::postgres().await;
    let pool = PgPool::connect(database.url()).await.unwrap();
    let mut found: Vec<Unique> = sqlx::query_as(POSTGRES_UNIQUES)
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    found.sort();
    found
}

async fn sqlite_uniques() -> Vec<Unique> {
    let database = TestDatabase::sqlite().await;
    let pool = SqlitePool::connect(database.url()).await.unwrap();
    let mut found: Vec<Unique> = sqlx::query_as(SQLITE_UNIQUES)
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    found.sort();
    found
}

fn assert_tenant_first(uniques: &[Unique]) {
    assert!(
        uniques.len() > 20,
        "the catalogue was not read: {uniques:?}"
    );
    let own = uniques
        .iter()
        .filter(|it| !REFERENCE_TABLES.contains(&it.tbl.as_str()));
    for unique in own {
        assert!(
            unique.columns.starts_with("tenant_id"),
            "{unique:?} must start with tenant_id"
        );
    }
}

#[tokio::test]
async fn every_unique_constraint_of_postgres_starts_with_the_tenant() {
    assert_tenant_first(&postgres_uniques().await);
}

#[tokio::test]
async fn every_unique_constraint_of_sqlite_starts_with_the_tenant() {
    assert_tenant_first(&sqlite_uniques().await);
}

#[tokio::test]
async fn both_databases_have_the_same_unique_constraints() {
    let columns = |them: Vec<Unique>| -> Vec<(String, String)> {
        let mut them: Vec<_> = them.into_iter().map(|it| (it.tbl, it.columns)).collect();
        them.sort();
        them.retain(|(table, _)| table != "seaql_migrations");
        them
    };
    assert_eq!(
        columns(postgres_uniques().await),
        columns(sqlite_uniques().await)
    );
}

#[tokio::test]
async fn constraints_are_called_as_sqlite_errors_are_translated() {
    for unique in postgres_uniques().await {
        if unique.tbl == "seaql_migrations" {
            continue;
        }
        let own: Vec<&str> = unique
            .columns
            .split(',')
            .filter(|it| *it != "tenant_id")
            .collect();
        let expected = match own[..] {
            [] | ["id"] => format!("{}_pkey", unique.tbl),
            _ => format!("{}_{}_key", unique.tbl, own.join("_")),
        };
        assert_eq!(unique.name, expected);
    }
}

#[tokio::test]
async fn tables_without_a_unique_key_do_not_exist() {
    let database = TestDatabase::postgres().await;
    let pool = PgPool::connect(database.url()).await.unwrap();
    let bare: Vec<(String,)> = sqlx::query_as(
        "SELECT tablename::text FROM pg_tables AS t WHERE schemaname = 'public' AND NOT EXISTS (
            SELECT 1 FROM pg_constraint AS c
            WHERE c.conrelid = format('public.%I', t.tablename)::regclass AND c.contype = 'p')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    assert!(bare.is_empty(), "{bare:?}");
}
