//! Service profiles, routers and grants.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// What routers should allow.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, PROFILES_AND_ROUTERS).await?;
        dialect::run(manager, GRANTS).await
    }
}

const PROFILES_AND_ROUTERS: &str = r"
CREATE TABLE service_profiles (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    service TEXT NOT NULL CHECK (service IN ('pppoe', 'hotspot')),
    terms JSONB NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('offered', 'retired')),
    revision BIGINT NOT NULL CHECK (revision > 0),
    version BIGINT NOT NULL,
    CONSTRAINT service_profiles_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT service_profiles_name_key UNIQUE (tenant_id, name)
);

CREATE TABLE routers (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL CHECK (port BETWEEN 0 AND 65535),
    method TEXT NOT NULL CHECK (method IN ('plain', 'legacy_md5')),
    username TEXT NOT NULL,
    password BYTEA NOT NULL,
    identity TEXT NOT NULL,
    serial TEXT,
    os_version TEXT NOT NULL,
    board TEXT NOT NULL,
    uptime_s BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('enrolled', 'online', 'unreachable', 'retired')),
    silent_since TIMESTAMPTZ,
    silent_reason TEXT,
    reconciled_at TIMESTAMPTZ,
    drift JSONB,
    version BIGINT NOT NULL,
    CONSTRAINT routers_pkey PRIMARY KEY (tenant_id, id),
    CHECK ((status = 'unreachable') = (silent_since IS NOT NULL)),
    CHECK ((silent_since IS NULL) = (silent_reason IS NULL)),
    CHECK ((reconciled_at IS NULL) = (drift IS NULL))
);
CREATE UNIQUE INDEX routers_name_key ON routers (tenant_id, name) WHERE status <> 'retired';
CREATE UNIQUE INDEX routers_serial_key ON routers (tenant_id, serial) WHERE status <> 'retired' AND serial IS NOT NULL;
";

const GRANTS: &str = r"
CREATE TABLE grants (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    router_id UUID NOT NULL,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('subscription', 'voucher')),
    subject_id UUID NOT NULL,
    service TEXT NOT NULL CHECK (service IN ('pppoe', 'hotspot')),
    login TEXT NOT NULL,
    secret BYTEA NOT NULL,
    profile_id UUID NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'restricted', 'blocked', 'ended')),
    active_until TIMESTAMPTZ,
    limit_uptime_s BIGINT,
    limit_bytes BIGINT,
    access_version BIGINT NOT NULL,
    revision BIGINT NOT NULL CHECK (revision > 0),
    changed_at TIMESTAMPTZ NOT NULL,
    cut_owed BOOLEAN NOT NULL,
    applied_revision BIGINT NOT NULL,
    applied_at TIMESTAMPTZ,
    error TEXT,
    failing_since TIMESTAMPTZ,
    version BIGINT NOT NULL,
    CONSTRAINT grants_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT grants_router FOREIGN KEY (tenant_id, router_id) REFERENCES routers (tenant_id, id),
    CONSTRAINT grants_profile FOREIGN KEY (tenant_id, profile_id) REFERENCES service_profiles (tenant_id, id),
    CHECK (active_until IS NULL OR state = 'active'),
    CHECK (applied_revision BETWEEN 0 AND revision)
);
CREATE UNIQUE INDEX grants_subject_kind_subject_id_key ON grants (tenant_id, subject_kind, subject_id);
CREATE UNIQUE INDEX grants_login_router_id_service_key ON grants (tenant_id, login, router_id, service) WHERE state <> 'ended';
CREATE INDEX grants_of_router ON grants (tenant_id, router_id, id) WHERE state <> 'ended' OR applied_revision < revision;
CREATE INDEX grants_of_profile ON grants (tenant_id, profile_id, router_id) WHERE state <> 'ended';
CREATE INDEX grants_pending ON grants (tenant_id, router_id, subject_kind, id) WHERE applied_revision < revision;
CREATE INDEX grants_running_out ON grants (tenant_id, router_id, active_until) WHERE active_until IS NOT NULL AND (applied_at IS NULL OR applied_at < active_until);
";
