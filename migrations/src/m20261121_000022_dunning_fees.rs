//! Fees of dunning on invoices and let off; and whom a day's run has cut off.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Fees on bills.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, FEES).await?;
        dialect::run(manager, CUTS).await
    }
}

/// A charge of before is on no invoice and was not let off: it waits, and the next bill carries it. An invoice of before
/// carries no fees. A line stays as it was issued; one of an invoice that was voided does not stand any more.
const FEES: &str = r"
ALTER TABLE dunning_charges ADD COLUMN waived TEXT NULL;

CREATE TABLE invoice_fees (
    tenant_id UUID NOT NULL,
    invoice_id UUID NOT NULL,
    line BIGINT NOT NULL CHECK (line >= 0),
    account_id UUID NOT NULL,
    episode BIGINT NOT NULL CHECK (episode > 0),
    step BIGINT NOT NULL CHECK (step >= 0),
    reason TEXT NOT NULL CHECK (reason IN ('late_fee', 'reconnection')),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency CHAR(3) NOT NULL,
    charged_on DATE NOT NULL,
    standing BOOLEAN NOT NULL,
    CONSTRAINT invoice_fees_invoice_id_line_key PRIMARY KEY (tenant_id, invoice_id, line),
    CONSTRAINT invoice_fees_invoice FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id)
);
CREATE UNIQUE INDEX invoice_fees_account_id_episode_step_key ON invoice_fees (tenant_id, account_id, episode, step) WHERE standing;
";

/// Whom the runs of before have cut off is not known one by one: `dunning_runs.cuts` says how many they were.
const CUTS: &str = r"
CREATE TABLE dunning_cuts (
    tenant_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    run_on DATE NOT NULL,
    account_id UUID NOT NULL,
    CONSTRAINT dunning_cuts_entity_id_run_on_account_id_key PRIMARY KEY (tenant_id, entity_id, run_on, account_id)
);
";
