//! Events of sessions, which are many and are not kept for long, are found without looking at all others.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// An index for forgetting.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, INDEX).await
    }
}

const INDEX: &str = r"
CREATE INDEX events_of_sessions ON events (position)
    WHERE name IN ('access.sessions_started', 'access.sessions_ended');
";
