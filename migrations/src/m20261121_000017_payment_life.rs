//! The whole life of payments: what a provider was asked for and told; and money that fits no account.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Money that is asked for, and money that is nobody's.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, LIFE).await?;
        dialect::run(manager, UNMATCHED).await
    }
}

/// Payments written before were recorded as the money lay there: settled, asked of nobody. No route took money back then, so
/// none is reversed. While a payment is not settled, `allocated_minor` is all of it: nothing is left to use.
const LIFE: &str = r"
ALTER TABLE payments ADD COLUMN status TEXT NOT NULL DEFAULT 'settled';
ALTER TABLE payments ADD COLUMN failure TEXT;
ALTER TABLE payments ADD COLUMN provider TEXT;
ALTER TABLE payments ADD COLUMN asked_as TEXT;
ALTER TABLE payments ADD COLUMN asked_minor BIGINT ;
ALTER TABLE payments ADD COLUMN expires_at TIMESTAMPTZ ;
ALTER TABLE payments ADD COLUMN meant_for UUID ;
ALTER TABLE payments ADD COLUMN settled_as JSONB ;
ALTER TABLE payments ADD COLUMN told_late JSONB NOT NULL DEFAULT '[]';
CREATE UNIQUE INDEX payments_provider_asked_as_key ON payments (tenant_id, provider, asked_as);
CREATE INDEX payments_pending ON payments (tenant_id, id) WHERE status = 'pending';
";

const UNMATCHED: &str = r"
CREATE TABLE unmatched_money (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    entity_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency CHAR(3) NOT NULL,
    method TEXT NOT NULL,
    reference TEXT,
    payer TEXT,
    note TEXT,
    received_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL,
    account_id UUID,
    payment_id UUID,
    reason TEXT,
    version BIGINT NOT NULL,
    CONSTRAINT unmatched_money_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX unmatched_money_reference_method_key ON unmatched_money (tenant_id, reference, method);
CREATE INDEX unmatched_money_by_status ON unmatched_money (tenant_id, status, id);
";
