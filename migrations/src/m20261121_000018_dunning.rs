//! What dunning remembers: procedures, holds with an end, promises, the steps that were taken, charges and runs.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Dunning.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, COLUMNS).await?;
        dialect::run(manager, TABLES).await
    }
}

/// An entity of before has defined no procedure: its three numbers go on counting. An account of before is looked at by the
/// first sweep, since 1970 lies behind, and has taken no steps: they are taken then, and its level stays. A hold of before
/// has no end.
const COLUMNS: &str = r"
ALTER TABLE legal_entities ADD COLUMN dunning_procedure JSONB NULL;
ALTER TABLE legal_entities ADD COLUMN dunning_procedures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN terms_days BIGINT NULL;
ALTER TABLE accounts ADD COLUMN hold_until DATE NULL;
ALTER TABLE accounts ADD COLUMN promise JSONB NULL;
ALTER TABLE accounts ADD COLUMN episode JSONB NOT NULL DEFAULT '{}';
ALTER TABLE accounts ADD COLUMN dunning_procedure JSONB NULL;
ALTER TABLE accounts ADD COLUMN dunning_procedure_version BIGINT NULL;
ALTER TABLE accounts ADD COLUMN look_at TIMESTAMPTZ DEFAULT '1970-01-01T00:00:00+00:00';
CREATE INDEX accounts_to_look_at ON accounts (tenant_id, entity_id, look_at, id) WHERE look_at IS NOT NULL;
CREATE INDEX accounts_parked ON accounts (tenant_id, id) WHERE parked IS NOT NULL;
";

const TABLES: &str = r"
CREATE TABLE dunning_procedures (
    tenant_id UUID NOT NULL,
    owner_id UUID NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    procedure JSONB NOT NULL,
    CONSTRAINT dunning_procedures_owner_id_version_key PRIMARY KEY (tenant_id, owner_id, version)
);

CREATE TABLE dunning_steps (
    tenant_id UUID NOT NULL,
    account_id UUID NOT NULL,
    episode BIGINT NOT NULL CHECK (episode > 0),
    step BIGINT NOT NULL CHECK (step >= 0),
    kind TEXT NOT NULL CHECK (kind IN ('reminder', 'fee', 'restriction', 'suspension', 'termination')),
    day BIGINT NOT NULL,
    taken_on DATE NOT NULL,
    merged BOOLEAN NOT NULL,
    CONSTRAINT dunning_steps_account_id_episode_step_key PRIMARY KEY (tenant_id, account_id, episode, step)
);

CREATE TABLE dunning_charges (
    tenant_id UUID NOT NULL,
    account_id UUID NOT NULL,
    episode BIGINT NOT NULL CHECK (episode > 0),
    step BIGINT NOT NULL CHECK (step >= 0),
    reason TEXT NOT NULL CHECK (reason IN ('late_fee', 'reconnection')),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency CHAR(3) NOT NULL,
    charged_on DATE NOT NULL,
    invoice_id UUID NULL,
    CONSTRAINT dunning_charges_account_id_episode_step_key PRIMARY KEY (tenant_id, account_id, episode, step)
);
CREATE INDEX dunning_charges_waiting ON dunning_charges (tenant_id, account_id) WHERE invoice_id IS NULL;

CREATE TABLE dunning_runs (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    entity_id UUID NOT NULL,
    run_on DATE NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('going', 'waiting', 'approved', 'refused')),
    cuts BIGINT NOT NULL CHECK (cuts >= 0),
    active BIGINT NOT NULL CHECK (active >= 0),
    reason TEXT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT dunning_runs_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX dunning_runs_entity_id_run_on_key ON dunning_runs (tenant_id, entity_id, run_on);
CREATE INDEX dunning_runs_by_state ON dunning_runs (tenant_id, state, id);
";
