//! Imports of what routers already have, and the sales found on them.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// What routers had before the product came.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, ADOPTED_PROFILES).await?;
        dialect::run(manager, IMPORTS).await?;
        dialect::run(manager, HISTORICAL_SALES).await
    }
}

const ADOPTED_PROFILES: &str = r"
ALTER TABLE service_profiles ADD COLUMN adopted_router UUID ;
ALTER TABLE service_profiles ADD COLUMN adopted_name TEXT;
CREATE INDEX service_profiles_adopted ON service_profiles (tenant_id, adopted_router) WHERE adopted_router IS NOT NULL;
";

const IMPORTS: &str = r"
CREATE TABLE imports (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    router_id UUID NOT NULL,
    zone TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('previewed', 'applying', 'applied')),
    job_id UUID,
    status_since TIMESTAMPTZ,
    digest BYTEA NOT NULL,
    unread JSONB NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT imports_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT imports_router FOREIGN KEY (tenant_id, router_id) REFERENCES routers (tenant_id, id),
    CHECK ((status = 'applying') = (job_id IS NOT NULL)),
    CHECK ((status = 'previewed') = (status_since IS NULL))
);
CREATE INDEX imports_of_router ON imports (tenant_id, router_id, id);

CREATE TABLE import_rows (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    import_id UUID NOT NULL,
    menu TEXT NOT NULL,
    row_id TEXT NOT NULL,
    name BYTEA NOT NULL,
    comment BYTEA NOT NULL,
    kind TEXT NOT NULL,
    proposal JSONB NOT NULL,
    seen BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'recorded', 'imported', 'known', 'listed', 'refused')),
    reason TEXT,
    notes JSONB NOT NULL,
    CONSTRAINT import_rows_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT import_rows_import FOREIGN KEY (tenant_id, import_id) REFERENCES imports (tenant_id, id)
);
CREATE INDEX import_rows_of_import ON import_rows (tenant_id, import_id, id);
CREATE INDEX import_rows_open ON import_rows (tenant_id, import_id, id) WHERE state IN ('pending', 'recorded');
";

const HISTORICAL_SALES: &str = r"
CREATE TABLE historical_sales (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    router_id UUID NOT NULL,
    import_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    sold_at TIMESTAMPTZ NOT NULL,
    sold_local TEXT NOT NULL,
    login BYTEA NOT NULL,
    price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
    currency CHAR(3) NOT NULL,
    address BYTEA NOT NULL,
    device BYTEA NOT NULL,
    validity_s BIGINT,
    profile BYTEA NOT NULL,
    comment BYTEA NOT NULL,
    CONSTRAINT historical_sales_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT historical_sales_digest_key UNIQUE (tenant_id, router_id, digest),
    CONSTRAINT historical_sales_router FOREIGN KEY (tenant_id, router_id) REFERENCES routers (tenant_id, id)
);
CREATE INDEX historical_sales_of_router ON historical_sales (tenant_id, router_id, id);
CREATE INDEX historical_sales_by_time ON historical_sales (tenant_id, sold_at);
";
