//! What went back of payments: refunds, reversals, and reversals that were undone.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Money that goes back.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, RETURNS).await
    }
}

/// `allocated_minor` counts what is not left: what pays invoices, and what went back.
const RETURNS: &str = r"
ALTER TABLE payments ADD COLUMN returns JSONB NOT NULL DEFAULT '[]';
";
