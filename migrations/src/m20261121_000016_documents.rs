//! Taxes, discounts, credit notes: what documents show besides lines and a sum.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::dialect;

/// Documents.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let relaxed = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE_FREE_INVOICES,
            _ => POSTGRES_FREE_INVOICES,
        };
        manager.get_connection().execute_unprepared(relaxed).await?;
        dialect::run(manager, COLUMNS).await?;
        dialect::run(manager, NOTES).await
    }
}

/// An invoice may come to nothing: everything on it is discounted, or charges and what is taken back are the same.
const POSTGRES_FREE_INVOICES: &str = r"
ALTER TABLE invoices DROP CONSTRAINT invoices_total_minor_check;
ALTER TABLE invoices ADD CONSTRAINT invoices_total_minor_check CHECK (total_minor >= 0);
";

/// SQLite drops no checks; its documentation names this way for changes that leave the rows as they are.
const SQLITE_FREE_INVOICES: &str = r"
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (total_minor > 0)', 'CHECK (total_minor >= 0)')
WHERE type = 'table' AND name = 'invoices';
PRAGMA writable_schema = RESET;
";

/// What was written before has no taxes and no discounts: no pricing, no figures, no category.
///
/// `allocated_minor` counts all that is settled: what was paid, `credited_minor` and `written_off_minor`.
const COLUMNS: &str = r"
ALTER TABLE legal_entities ADD COLUMN pricing JSONB;
ALTER TABLE plans ADD COLUMN tax_category TEXT;
ALTER TABLE accounts ADD COLUMN discounts JSONB NOT NULL DEFAULT '[]';
ALTER TABLE invoices ADD COLUMN figures JSONB;
ALTER TABLE invoices ADD COLUMN discount_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN tax_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN rounding_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN credited_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN written_off_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN voided_on DATE;
ALTER TABLE invoices ADD COLUMN void_reason TEXT;
";

/// A piece is what a note takes off one line: with days it takes these back, without it is an adjustment of the amount.
const NOTES: &str = r"
CREATE TABLE credit_notes (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    invoice_id UUID NOT NULL,
    series TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    net_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    rounding_minor BIGINT NOT NULL,
    total_minor BIGINT NOT NULL CHECK (total_minor >= 0),
    currency CHAR(3) NOT NULL,
    body JSONB NOT NULL,
    issued_on DATE NOT NULL,
    CONSTRAINT credit_notes_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT credit_notes_invoice FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id)
);
CREATE UNIQUE INDEX credit_notes_entity_id_series_number_key ON credit_notes (tenant_id, entity_id, series, number);
CREATE INDEX credit_notes_by_invoice ON credit_notes (tenant_id, invoice_id, number);
CREATE INDEX credit_notes_by_account ON credit_notes (tenant_id, account_id, id);

CREATE TABLE credit_note_pieces (
    tenant_id UUID NOT NULL,
    credit_note_id UUID NOT NULL,
    piece BIGINT NOT NULL,
    invoice_id UUID NOT NULL,
    line BIGINT NOT NULL,
    subscription_id UUID NOT NULL,
    cycle_end DATE NOT NULL,
    period_start DATE,
    period_end DATE,
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    currency CHAR(3) NOT NULL,
    CONSTRAINT credit_note_pieces_credit_note_id_piece_key PRIMARY KEY (tenant_id, credit_note_id, piece),
    CONSTRAINT credit_note_pieces_note FOREIGN KEY (tenant_id, credit_note_id) REFERENCES credit_notes (tenant_id, id),
    CHECK ((period_start IS NULL) = (period_end IS NULL))
);
CREATE INDEX credit_note_pieces_by_subscription ON credit_note_pieces (tenant_id, subscription_id, cycle_end);
";
