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

/// The slug of a tenant is the one unique value over all tenants: somebody must find the tenant first.
const OPERATORS: &str = r"
CREATE TABLE tenants (
    tenant_id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    founded_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT tenants_slug_key UNIQUE (slug)
);

CREATE TABLE operators (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'cashier', 'technician', 'auditor')),
    password TEXT NOT NULL,
    password_set_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    disabled_since TIMESTAMPTZ,
    failed_logins INTEGER NOT NULL CHECK (failed_logins >= 0),
    locked_until TIMESTAMPTZ,
    last_signed_in_at TIMESTAMPTZ,
    hired_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT operators_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT operators_login_key UNIQUE (tenant_id, login),
    CONSTRAINT operators_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
    CHECK ((status = 'disabled') = (disabled_since IS NOT NULL))
);

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
    end_reason TEXT CHECK (end_reason IN ('signed_out', 'token_reused', 'operator_changed')),
    version BIGINT NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT sessions_operator FOREIGN KEY (tenant_id, operator_id) REFERENCES operators (tenant_id, id),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_of_operator ON sessions (tenant_id, operator_id, id);
";
