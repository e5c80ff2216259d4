//! The hotspot server a login is bound to, and a way to old previews.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// What makes imports whole.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, BOUND_LOGINS).await?;
        dialect::run(manager, OLD_PREVIEWS).await
    }
}

const BOUND_LOGINS: &str = r"
ALTER TABLE grants ADD COLUMN server TEXT;
";

const OLD_PREVIEWS: &str = r"
CREATE INDEX imports_previewed ON imports (made_at) WHERE status = 'previewed';
";
