//! The schema, append-only, for PostgreSQL and SQLite.
//!
//! Every migration is PostgreSQL text; [`dialect::for_sqlite`] swaps the words that SQLite spells otherwise. Whoever
//! needs more than that passes two texts. A migration that has been released is never edited.

use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait};

mod dialect;
mod m20261121_000001_background_work;
mod m20261121_000002_billing;
mod m20261121_000003_access;
mod m20261121_000004_vouchers;
mod m20261121_000005_customers;
mod m20261121_000006_operators;
mod m20261121_000007_router_transport;
mod m20261121_000008_services;
mod m20261121_000009_usage;
mod m20261121_000010_adoption;
mod m20261121_000011_billing_run;
mod m20261121_000012_payments;
mod m20261121_000013_imports;
mod m20261121_000014_session_events;
mod m20261121_000015_components;
mod m20261121_000016_documents;
mod m20261121_000017_payment_life;
mod m20261121_000018_dunning;
mod m20261121_000020_payment_gateways;
mod m20261121_000021_letterheads;
mod m20261121_000022_dunning_fees;
mod m20261121_000023_reports;
mod m20261121_000024_provider_money;
mod m20261121_000025_tills_and_refunds;
mod m20261121_000026_views;

pub use sea_orm_migration;

/// Every migration, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_background_work::Migration),
            Box::new(m20261121_000002_billing::Migration),
            Box::new(m20261121_000003_access::Migration),
            Box::new(m20261121_000004_vouchers::Migration),
            Box::new(m20261121_000005_customers::Migration),
            Box::new(m20261121_000006_operators::Migration),
            Box::new(m20261121_000007_router_transport::Migration),
            Box::new(m20261121_000008_services::Migration),
            Box::new(m20261121_000009_usage::Migration),
            Box::new(m20261121_000010_adoption::Migration),
            Box::new(m20261121_000011_billing_run::Migration),
            Box::new(m20261121_000012_payments::Migration),
            Box::new(m20261121_000013_imports::Migration),
            Box::new(m20261121_000014_session_events::Migration),
            Box::new(m20261121_000015_components::Migration),
            Box::new(m20261121_000016_documents::Migration),
            Box::new(m20261121_000017_payment_life::Migration),
            Box::new(m20261121_000018_dunning::Migration),
            Box::new(m20261121_000020_payment_gateways::Migration),
            Box::new(m20261121_000021_letterheads::Migration),
            Box::new(m20261121_000022_dunning_fees::Migration),
            Box::new(m20261121_000023_reports::Migration),
            Box::new(m20261121_000024_provider_money::Migration),
            Box::new(m20261121_000025_tills_and_refunds::Migration),
            Box::new(m20261121_000026_views::Migration),
        ]
    }
}

/// The names of every migration, oldest first: a database that has recorded them all is current.
#[must_use]
pub fn names() -> Vec<String> {
    Migrator::migrations()
        .iter()
        .map(|it| it.name().to_owned())
        .collect()
}
