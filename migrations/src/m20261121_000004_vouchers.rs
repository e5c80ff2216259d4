//! Voucher batches and vouchers.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Codes that are sold ahead.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, VOUCHERS).await
    }
}

const VOUCHERS: &str = r"
CREATE TABLE voucher_batches (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    plan_id UUID NOT NULL,
    profile_id UUID NOT NULL,
    router_id UUID NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    generated INTEGER NOT NULL CHECK (generated BETWEEN 0 AND count),
    alphabet TEXT NOT NULL,
    length SMALLINT NOT NULL,
    prefix TEXT NOT NULL,
    shelf_days INTEGER,
    first_login_minutes BIGINT,
    online_s BIGINT,
    data_bytes BIGINT,
    price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
    currency CHAR(3) NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('generating', 'ready', 'voided')),
    voided_at TIMESTAMPTZ,
    voided_reason TEXT,
    ordered_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT voucher_batches_pkey PRIMARY KEY (tenant_id, id),
    CHECK ((status = 'voided') = (voided_at IS NOT NULL)),
    CHECK ((voided_at IS NULL) = (voided_reason IS NULL))
);
CREATE INDEX voucher_batches_of_router ON voucher_batches (tenant_id, router_id, id);
CREATE INDEX voucher_batches_of_plan ON voucher_batches (tenant_id, plan_id, id);

CREATE TABLE vouchers (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    batch_id UUID NOT NULL,
    code BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('generated', 'sold', 'active', 'expired', 'voided')),
    state_since TIMESTAMPTZ,
    voided_reason TEXT,
    expires_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    CONSTRAINT vouchers_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT vouchers_digest_key UNIQUE (tenant_id, digest),
    CONSTRAINT vouchers_batch FOREIGN KEY (tenant_id, batch_id) REFERENCES voucher_batches (tenant_id, id),
    CHECK ((state = 'generated') = (state_since IS NULL)),
    CHECK ((state = 'voided') = (voided_reason IS NOT NULL))
);
CREATE INDEX vouchers_of_batch ON vouchers (tenant_id, batch_id, id);
CREATE INDEX vouchers_due ON vouchers (tenant_id, expires_at, id) WHERE state IN ('generated', 'sold', 'active') AND expires_at IS NOT NULL;
";
