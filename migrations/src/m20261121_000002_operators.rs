//! Tenants, their operators and the operators' sessions.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Who works in the product.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, OPERATORS).await
    }
}

const OPERATORS: &str = r"
CREATE TABLE tenants (
    tenant_id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    founded_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id)
);
CREATE UNIQUE INDEX tenants_slug_key ON tenants (slug);

CREATE TABLE operators (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    password_set_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ,
    failed_logins BIGINT NOT NULL CHECK (failed_logins >= 0),
    locked_until TIMESTAMPTZ,
    last_signed_in_at TIMESTAMPTZ,
    hired_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT operators_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX operators_login_key ON operators (tenant_id, login);

CREATE TABLE sessions (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    operator_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    previous_digest BYTEA,
    started_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    end_reason TEXT,
    version BIGINT NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX sessions_by_operator ON sessions (tenant_id, operator_id);
";
