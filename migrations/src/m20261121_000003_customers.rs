//! Customers.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Who buys access.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, CUSTOMERS).await
    }
}

/// `search_name` is the name in lower case: what a search by its beginning compares.
const CUSTOMERS: &str = r"
CREATE TABLE customers (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    search_name TEXT NOT NULL,
    phone TEXT,
    email TEXT,
    address TEXT,
    note TEXT,
    status TEXT NOT NULL CHECK (status IN ('prospect', 'active', 'blocked', 'left')),
    status_since TIMESTAMPTZ,
    blocked_reason TEXT,
    registered_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT customers_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX customers_by_status ON customers (tenant_id, status, id);
CREATE INDEX customers_by_name ON customers (tenant_id, search_name text_pattern_ops);
CREATE INDEX customers_by_phone ON customers (tenant_id, phone text_pattern_ops);
";
