//! What an earlier release has written survives the migrations of later ones.
#![allow(clippy::unwrap_used)]

use migrations::Migrator;
use migrations::sea_orm_migration::MigratorTrait;
use postgres_adapter::testing::TestDatabase;
use sea_orm::{ConnectionTrait, Database, Statement};

/// How many migrations the first release had.
const FIRST_RELEASE: u32 = 6;

const ROWS: &str = "\
INSERT INTO routers (tenant_id, id, name, host, port, method, username, password, identity, os_version, board, uptime_s,
    status, version)
    VALUES (X'01', X'02', 'tower', '10.0.0.1', 8728, 'plain', 'api', X'00', 'tower', '7.18', 'CHR', 1, 'online', 1);
INSERT INTO service_profiles (tenant_id, id, name, service, terms, status, revision, version)
    VALUES (X'01', X'03', 'home', 'pppoe', '{}', 'offered', 1, 1);
INSERT INTO grants (tenant_id, id, router_id, subject_kind, subject_id, service, login, secret, profile_id, state,
    access_version, revision, changed_at, cut_owed, applied_revision, version)
    VALUES (X'01', X'04', X'02', 'subscription', X'05', 'pppoe', 'siti', X'00', X'03', 'active', 1, 1,
        '2026-11-21T00:00:00Z', 0, 1, 1)";

/// SQLite cannot widen a check, so two tables are made anew: nothing may be lost, and nothing dangle.
#[tokio::test]
async fn sqlite_keeps_its_grants_when_services_are_added() {
    let database = TestDatabase::empty_sqlite();
    let url = format!("{}?mode=rwc", database.url());
    let connection = Database::connect(url).await.unwrap();
    Migrator::up(&connection, Some(FIRST_RELEASE))
        .await
        .unwrap();
    connection.execute_unprepared(ROWS).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    let count = |sql: &'static str| {
        let connection = connection.clone();
        async move {
            let backend = connection.get_database_backend();
            let rows = connection.query_all_raw(Statement::from_string(backend, sql));
            rows.await.unwrap().len()
        }
    };
    assert_eq!(
        count("SELECT 1 FROM grants WHERE login = 'siti' AND address IS NULL").await,
        1
    );
    assert_eq!(
        count("SELECT 1 FROM service_profiles WHERE name = 'home'").await,
        1
    );
    assert_eq!(count("PRAGMA foreign_key_check").await, 0);
    assert_eq!(
        count("SELECT 1 FROM sqlite_master WHERE name LIKE '%aside%'").await,
        0
    );
    let widened = "UPDATE service_profiles SET service = 'static_ip'";
    connection.execute_unprepared(widened).await.unwrap();
    let unknown = "UPDATE service_profiles SET service = 'carrier_pigeon'";
    assert!(connection.execute_unprepared(unknown).await.is_err());
    let orphan = "DELETE FROM service_profiles";
    assert!(
        connection.execute_unprepared(orphan).await.is_err(),
        "the reference still holds"
    );
}

const LOGO: &str = "\
INSERT INTO legal_entities (tenant_id, id, name, currency, zone, scale_digits, series, terms_days, grace_days,
    suspend_after_days, tolerance_minor, version)
    VALUES (X'01', X'02', 'Harbour Net', 'KES', 'Africa/Nairobi', 2, 'INV', 7, 3, 10, 0, 1);
INSERT INTO logos (tenant_id, entity_id, file) VALUES (X'01', X'02', X'07')";

/// A logo that was kept without a day has been on every document.
#[tokio::test]
async fn sqlite_keeps_its_logos_when_they_have_days() {
    let database = TestDatabase::empty_sqlite();
    let url = format!("{}?mode=rwc", database.url());
    let connection = Database::connect(url).await.unwrap();
    let dated = migrations::names();
    let dated = dated.iter().position(|it| it.contains("000026")).unwrap();
    let before = u32::try_from(dated).unwrap();
    Migrator::up(&connection, Some(before)).await.unwrap();
    connection.execute_unprepared(LOGO).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    let text = "SELECT 1 FROM dated_logos WHERE entity_id = X'02' AND valid_from = '0001-01-01' AND file = X'07'";
    let found = Statement::from_string(connection.get_database_backend(), text);
    assert_eq!(connection.query_all_raw(found).await.unwrap().len(), 1);
}
