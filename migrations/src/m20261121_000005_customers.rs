//! Customers.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Who buys.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, CUSTOMERS).await
    }
}

/// `folded_name` is the name in lower case: what a search by its beginning compares.
const CUSTOMERS: &str = r"
CREATE TABLE customers (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('personal', 'business')),
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    phone TEXT,
    email TEXT,
    address TEXT,
    note TEXT,
    status TEXT NOT NULL CHECK (status IN ('prospect', 'active', 'blocked', 'left')),
    status_since TIMESTAMPTZ,
    blocked_reason TEXT,
    registered_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT customers_pkey PRIMARY KEY (tenant_id, id),
    CHECK ((status IN ('blocked', 'left')) = (status_since IS NOT NULL)),
    CHECK ((status = 'blocked') = (blocked_reason IS NOT NULL))
);
CREATE INDEX customers_of_status ON customers (tenant_id, status, id);
CREATE INDEX customers_by_name ON customers (tenant_id, folded_name text_pattern_ops);
CREATE INDEX customers_by_phone ON customers (tenant_id, phone text_pattern_ops);
";
