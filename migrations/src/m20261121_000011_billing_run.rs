//! What the billing run needs: numbers set aside for it, and the days that stand billed, never twice.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::dialect;

/// The billing run.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TABLES).await?;
        let connection = manager.get_connection();
        // What stands billed already is taken over first: old days that overlap must not stop an upgrade, new ones are
        // refused from now on, on PostgreSQL by its trigger then.
        connection.execute_unprepared(STANDING).await?;
        let guard = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE_GUARD,
            _ => POSTGRES_GUARD,
        };
        connection.execute_unprepared(guard).await?;
        Ok(())
    }
}

/// A number set aside is on no invoice yet: every number up to the last of its series is on one or in `number_slots`.
///
/// `net_segments` holds the days of every charge that were not taken back (billing.md, invariant 17).
const TABLES: &str = r"
CREATE TABLE number_slots (
    tenant_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    series TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    CONSTRAINT number_slots_entity_id_series_number_key PRIMARY KEY (tenant_id, entity_id, series, number)
);

CREATE TABLE net_segments (
    tenant_id UUID NOT NULL,
    invoice_id UUID NOT NULL,
    line BIGINT NOT NULL,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    subscription_id UUID NOT NULL,
    component TEXT NOT NULL,
    CONSTRAINT net_segments_invoice_id_line_period_start_key PRIMARY KEY (tenant_id, invoice_id, line, period_start),
    CHECK (period_start < period_end)
);

CREATE UNIQUE INDEX ledger_entries_source_side_key ON ledger_entries (tenant_id, source, side) WHERE what = 'invoice';
";

/// Where the extension for plain columns in such a constraint cannot be had, a trigger does the same: it lets one writer
/// of a subscription in at a time.
const POSTGRES_GUARD: &str = r"
DO $guard$
BEGIN
    CREATE EXTENSION IF NOT EXISTS btree_gist;
    ALTER TABLE net_segments ADD CONSTRAINT net_segments_overlap EXCLUDE USING gist (
        tenant_id WITH =, subscription_id WITH =, component WITH =, daterange(period_start, period_end) WITH &&);
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'net_segments is guarded by a trigger: %', SQLERRM;
    CREATE INDEX net_segments_by_subscription ON net_segments (tenant_id, subscription_id, component, period_start);
    CREATE FUNCTION net_segments_refuse_overlap() RETURNS trigger LANGUAGE plpgsql AS $refuse$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(NEW.subscription_id::text, 17));
        IF EXISTS (
            SELECT 1 FROM net_segments AS other
            WHERE other.tenant_id = NEW.tenant_id AND other.subscription_id = NEW.subscription_id
            AND other.component = NEW.component
            AND other.period_start < NEW.period_end AND NEW.period_start < other.period_end
            AND (other.invoice_id, other.line, other.period_start) <> (NEW.invoice_id, NEW.line, NEW.period_start))
        THEN
            RAISE EXCEPTION 'days were billed twice' USING ERRCODE = '23P01', CONSTRAINT = 'net_segments_overlap';
        END IF;
        RETURN NEW;
    END $refuse$;
    CREATE TRIGGER net_segments_overlap AFTER INSERT OR UPDATE ON net_segments
        FOR EACH ROW EXECUTE FUNCTION net_segments_refuse_overlap();
END $guard$;
";

const SQLITE_GUARD: &str = r"
CREATE INDEX net_segments_by_subscription ON net_segments (tenant_id, subscription_id, component, period_start);
CREATE TRIGGER net_segments_overlap BEFORE INSERT ON net_segments
WHEN EXISTS (
    SELECT 1 FROM net_segments AS other
    WHERE other.tenant_id = NEW.tenant_id AND other.subscription_id = NEW.subscription_id
    AND other.component = NEW.component
    AND other.period_start < NEW.period_end AND NEW.period_start < other.period_end)
BEGIN SELECT RAISE(ABORT, 'net_segments_overlap'); END;
CREATE TRIGGER net_segments_overlap_later BEFORE UPDATE ON net_segments
WHEN EXISTS (
    SELECT 1 FROM net_segments AS other
    WHERE other.tenant_id = NEW.tenant_id AND other.subscription_id = NEW.subscription_id
    AND other.component = NEW.component AND other.rowid <> OLD.rowid
    AND other.period_start < NEW.period_end AND NEW.period_start < other.period_end)
BEGIN SELECT RAISE(ABORT, 'net_segments_overlap'); END;
";

/// Every charge is cut where something was taken back of it; the pieces that no repair covers stand.
const STANDING: &str = r"
INSERT INTO net_segments (tenant_id, invoice_id, line, period_start, period_end, subscription_id, component)
SELECT tenant_id, invoice_id, line, cut, next_cut, subscription_id, 'plan'
FROM (
    SELECT tenant_id, invoice_id, line, subscription_id, cut,
        LEAD(cut) OVER (PARTITION BY tenant_id, invoice_id, line ORDER BY cut) AS next_cut
    FROM (
        SELECT tenant_id, invoice_id, line, subscription_id, period_start AS cut
        FROM invoice_lines WHERE repairs_line IS NULL AND amount_minor > 0
        UNION
        SELECT tenant_id, invoice_id, line, subscription_id, period_end
        FROM invoice_lines WHERE repairs_line IS NULL AND amount_minor > 0
        UNION
        SELECT tenant_id, repairs_invoice_id, repairs_line, subscription_id, period_start
        FROM invoice_lines WHERE repairs_line IS NOT NULL
        UNION
        SELECT tenant_id, repairs_invoice_id, repairs_line, subscription_id, period_end
        FROM invoice_lines WHERE repairs_line IS NOT NULL
    ) AS cuts
) AS pieces
WHERE next_cut IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM invoice_lines AS r
    WHERE r.tenant_id = pieces.tenant_id AND r.repairs_invoice_id = pieces.invoice_id
    AND r.repairs_line = pieces.line AND r.period_start <= pieces.cut AND pieces.next_cut <= r.period_end)
ON CONFLICT DO NOTHING;
";
