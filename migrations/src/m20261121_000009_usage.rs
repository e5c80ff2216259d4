//! Use: polls, meters, sessions and days; and what housekeeping needs to find old work.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// What customers have used, and how old work is found.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, METERS).await?;
        dialect::run(manager, SESSIONS).await?;
        dialect::run(manager, DAYS).await?;
        dialect::run(manager, HOUSEKEEPING).await
    }
}

const METERS: &str = r"
CREATE TABLE usage_polls (
    tenant_id UUID NOT NULL,
    router_id UUID NOT NULL,
    boot BIGINT NOT NULL,
    uptime_s BIGINT NOT NULL,
    polled_at TIMESTAMPTZ NOT NULL,
    users_polled_at TIMESTAMPTZ,
    online_hotspot BIGINT NOT NULL,
    online_pppoe BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT usage_polls_router_id_key PRIMARY KEY (tenant_id, router_id)
);

CREATE TABLE usage_meters (
    tenant_id UUID NOT NULL,
    router_id UUID NOT NULL,
    service TEXT NOT NULL,
    login TEXT NOT NULL,
    grant_id UUID NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    user_row TEXT,
    user_boot BIGINT,
    user_up BIGINT NOT NULL,
    user_down BIGINT NOT NULL,
    user_s BIGINT NOT NULL,
    owed_up BIGINT NOT NULL,
    owed_down BIGINT NOT NULL,
    owed_s BIGINT NOT NULL,
    CONSTRAINT usage_meters_router_id_service_login_key PRIMARY KEY (tenant_id, router_id, service, login),
    CHECK ((user_row IS NULL) = (user_boot IS NULL))
);
";

const SESSIONS: &str = r"
CREATE TABLE access_sessions (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    router_id UUID NOT NULL,
    service TEXT NOT NULL,
    login TEXT NOT NULL,
    grant_id UUID NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    session_key TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    cause TEXT,
    address TEXT,
    device TEXT,
    seen_up BIGINT NOT NULL,
    seen_down BIGINT NOT NULL,
    seen_s BIGINT NOT NULL,
    counted_up BIGINT NOT NULL,
    counted_down BIGINT NOT NULL,
    counted_s BIGINT NOT NULL,
    CONSTRAINT access_sessions_pkey PRIMARY KEY (tenant_id, id),
    CHECK ((ended_at IS NULL) = (cause IS NULL))
);
CREATE INDEX access_sessions_open ON access_sessions (tenant_id, router_id) WHERE ended_at IS NULL;
CREATE INDEX access_sessions_of_router ON access_sessions (tenant_id, router_id, id);
CREATE INDEX access_sessions_of_grant ON access_sessions (tenant_id, grant_id, id);
CREATE INDEX access_sessions_ended ON access_sessions (ended_at) WHERE ended_at IS NOT NULL;
";

const DAYS: &str = r"
CREATE TABLE usage_daily (
    tenant_id UUID NOT NULL,
    grant_id UUID NOT NULL,
    day DATE NOT NULL,
    bytes_up BIGINT NOT NULL,
    bytes_down BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    CONSTRAINT usage_daily_grant_id_day_key PRIMARY KEY (tenant_id, grant_id, day)
);
CREATE INDEX usage_daily_by_day ON usage_daily (day);

CREATE TABLE usage_carried (
    tenant_id UUID NOT NULL,
    grant_id UUID NOT NULL,
    bytes_up BIGINT NOT NULL,
    bytes_down BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    CONSTRAINT usage_carried_grant_id_key PRIMARY KEY (tenant_id, grant_id)
);
";

const HOUSEKEEPING: &str = r"
CREATE INDEX jobs_ended ON jobs (finished_at) WHERE state IN ('done', 'cancelled');
CREATE INDEX deliveries_done ON deliveries (finished_at) WHERE state = 'done';
CREATE INDEX deliveries_parked_in_order ON deliveries (position) WHERE state = 'parked';
";
