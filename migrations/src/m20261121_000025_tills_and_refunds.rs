//! When a provider was told of a refund, and cash in tills that no account has.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Refunds that can be called off until their provider hears of them, and cash of unknown payers.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, REFUNDS).await?;
        dialect::run(manager, TILLS).await
    }
}

/// Nobody knows which providers were told of the refunds of before: all of them count as told.
const REFUNDS: &str = r"
ALTER TABLE provider_refunds ADD COLUMN told_at TIMESTAMPTZ;
UPDATE provider_refunds SET told_at = asked_at WHERE origin = 'here';
CREATE INDEX provider_refunds_failed ON provider_refunds (tenant_id, id) WHERE status = 'failed';
";

/// Cash without an account from before is in no till.
const TILLS: &str = r"
CREATE TABLE suspense_takings (
    tenant_id UUID NOT NULL,
    unmatched_id UUID NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    operator_id UUID NOT NULL,
    till_day_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT suspense_takings_unmatched_id_direction_key PRIMARY KEY (tenant_id, unmatched_id, direction),
    CONSTRAINT suspense_takings_till_day FOREIGN KEY (tenant_id, till_day_id) REFERENCES till_days (tenant_id, id)
);
CREATE INDEX suspense_takings_by_day ON suspense_takings (tenant_id, till_day_id);
";
