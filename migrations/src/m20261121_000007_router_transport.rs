//! How the way to a router is protected, and which certificate it shows. Routers that are known already stay in the clear.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Transport and certificates of routers.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TRANSPORT).await
    }
}

/// The default lets a version that knows nothing of this enrol routers side by side with this one.
const TRANSPORT: &str = r"
ALTER TABLE routers ADD COLUMN transport TEXT NOT NULL DEFAULT 'plain' CHECK (transport IN ('plain', 'tls'));
ALTER TABLE routers ADD COLUMN certificate_pin BYTEA CHECK (LENGTH(certificate_pin) = 32);
ALTER TABLE routers ADD COLUMN certificate_authority TEXT;
ALTER TABLE routers ADD COLUMN certificate_seen BYTEA CHECK (LENGTH(certificate_seen) = 32);
";
