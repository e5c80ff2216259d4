//! What prepaid subscriptions are paid for, the day books of cashiers, and what reports read by date.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Prepaid time, day books and reports.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, COLUMNS).await?;
        dialect::run(manager, TILLS).await?;
        dialect::run(manager, BY_DATE).await
    }
}

/// No subscription of before is prepaid.
const COLUMNS: &str = r"
ALTER TABLE subscriptions ADD COLUMN prepaid JSONB;
";

/// Nobody knows who took the payments of before: they have no taking, and belong to no day.
const TILLS: &str = r"
CREATE TABLE till_days (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    entity_id UUID NOT NULL,
    operator_id UUID NOT NULL,
    currency CHAR(3) NOT NULL,
    business_day DATE NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    opening_minor BIGINT NOT NULL CHECK (opening_minor >= 0),
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    closed_at TIMESTAMPTZ,
    closed_by UUID,
    expected_minor BIGINT,
    counted_minor BIGINT CHECK (counted_minor >= 0),
    note TEXT,
    version BIGINT NOT NULL,
    CONSTRAINT till_days_pkey PRIMARY KEY (tenant_id, id),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL AND expected_minor IS NOT NULL AND counted_minor IS NOT NULL))
);
CREATE UNIQUE INDEX till_days_entity_id_operator_id_key ON till_days (tenant_id, entity_id, operator_id)
    WHERE status = 'open';
CREATE INDEX till_days_by_entity ON till_days (tenant_id, entity_id, business_day, id);

CREATE TABLE takings (
    tenant_id UUID NOT NULL,
    source_id UUID NOT NULL,
    payment_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    operator_id UUID NOT NULL,
    till_day_id UUID,
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT takings_source_id_key PRIMARY KEY (tenant_id, source_id),
    CONSTRAINT takings_till_day FOREIGN KEY (tenant_id, till_day_id) REFERENCES till_days (tenant_id, id)
);
CREATE INDEX takings_by_day ON takings (tenant_id, till_day_id) WHERE till_day_id IS NOT NULL;
CREATE INDEX takings_by_payment ON takings (tenant_id, payment_id);
";

/// The journal is read in the order of time: the books of an entity were indexed by book, which nothing has read.
const BY_DATE: &str = r"
DROP INDEX ledger_entries_by_book;
CREATE INDEX ledger_entries_by_time ON ledger_entries (tenant_id, entity_id, posted_at, posting_id, side);
CREATE INDEX invoices_by_date ON invoices (tenant_id, entity_id, issued_on, id);
CREATE INDEX credit_notes_by_date ON credit_notes (tenant_id, entity_id, issued_on, id);
CREATE INDEX payments_by_time ON payments (tenant_id, received_at, id);
";
