//! More services than logins: static addresses, leases and devices that pass; and what a router holds besides customers.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

/// Services by address and device.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => {
                dialect::run(manager, PUT_ASIDE).await?;
                dialect::run(manager, PROFILES).await?;
                dialect::run(manager, GRANTS).await?;
                dialect::run(manager, PUT_BACK).await?;
            }
            _ => dialect::run(manager, WIDENED).await?,
        }
        dialect::run(manager, SETUPS).await
    }
}

/// PostgreSQL can replace a check where it stands.
const WIDENED: &str = r"
ALTER TABLE service_profiles DROP CONSTRAINT service_profiles_service_check;
ALTER TABLE service_profiles ADD CONSTRAINT service_profiles_service_check
    CHECK (service IN ('pppoe', 'hotspot', 'static_ip', 'dhcp_lease', 'mac_bypass'));
ALTER TABLE grants DROP CONSTRAINT grants_service_check;
ALTER TABLE grants ADD CONSTRAINT grants_service_check
    CHECK (service IN ('pppoe', 'hotspot', 'static_ip', 'dhcp_lease', 'mac_bypass'));
ALTER TABLE grants ADD COLUMN address TEXT;
";

/// SQLite cannot, so both tables are made anew: the one that refers goes first and comes last.
const PUT_ASIDE: &str = r"
CREATE TABLE grants_aside AS SELECT * FROM grants;
CREATE TABLE profiles_aside AS SELECT * FROM service_profiles;
DROP TABLE grants;
DROP TABLE service_profiles;
";

const PROFILES: &str = r"
CREATE TABLE service_profiles (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    service TEXT NOT NULL CHECK (service IN ('pppoe', 'hotspot', 'static_ip', 'dhcp_lease', 'mac_bypass')),
    terms JSONB NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('offered', 'retired')),
    revision BIGINT NOT NULL CHECK (revision > 0),
    version BIGINT NOT NULL,
    CONSTRAINT service_profiles_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT service_profiles_name_key UNIQUE (tenant_id, name)
);
";

const GRANTS: &str = r"
CREATE TABLE grants (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    router_id UUID NOT NULL,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('subscription', 'voucher')),
    subject_id UUID NOT NULL,
    service TEXT NOT NULL CHECK (service IN ('pppoe', 'hotspot', 'static_ip', 'dhcp_lease', 'mac_bypass')),
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
    address TEXT,
    CONSTRAINT grants_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT grants_router FOREIGN KEY (tenant_id, router_id) REFERENCES routers (tenant_id, id),
    CONSTRAINT grants_profile FOREIGN KEY (tenant_id, profile_id) REFERENCES service_profiles (tenant_id, id),
    CHECK (active_until IS NULL OR state = 'active'),
    CHECK (applied_revision BETWEEN 0 AND revision)
);
";

const PUT_BACK: &str = r"
INSERT INTO service_profiles (tenant_id, id, name, service, terms, status, revision, version)
    SELECT tenant_id, id, name, service, terms, status, revision, version FROM profiles_aside;
INSERT INTO grants (tenant_id, id, router_id, subject_kind, subject_id, service, login, secret, profile_id, state,
    active_until, limit_uptime_s, limit_bytes, access_version, revision, changed_at, cut_owed, applied_revision,
    applied_at, error, failing_since, version)
    SELECT tenant_id, id, router_id, subject_kind, subject_id, service, login, secret, profile_id, state,
        active_until, limit_uptime_s, limit_bytes, access_version, revision, changed_at, cut_owed, applied_revision,
        applied_at, error, failing_since, version FROM grants_aside;
DROP TABLE grants_aside;
DROP TABLE profiles_aside;
CREATE UNIQUE INDEX grants_subject_kind_subject_id_key ON grants (tenant_id, subject_kind, subject_id);
CREATE UNIQUE INDEX grants_login_router_id_service_key ON grants (tenant_id, login, router_id, service) WHERE state <> 'ended';
CREATE INDEX grants_of_router ON grants (tenant_id, router_id, id) WHERE state <> 'ended' OR applied_revision < revision;
CREATE INDEX grants_of_profile ON grants (tenant_id, profile_id, router_id) WHERE state <> 'ended';
CREATE INDEX grants_pending ON grants (tenant_id, router_id, subject_kind, id) WHERE applied_revision < revision;
CREATE INDEX grants_running_out ON grants (tenant_id, router_id, active_until) WHERE active_until IS NOT NULL AND (applied_at IS NULL OR applied_at < active_until);
";

/// The id is the router's.
const SETUPS: &str = r"
CREATE TABLE router_setups (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    pools JSONB NOT NULL,
    walled_garden JSONB NOT NULL,
    exceptions JSONB NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT router_setups_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT router_setups_router FOREIGN KEY (tenant_id, id) REFERENCES routers (tenant_id, id)
);
";
