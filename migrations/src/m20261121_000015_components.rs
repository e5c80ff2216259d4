//! What is sold besides days of one plan: components and quantities on lines, add-ons, trials, fees and arrears on plans,
//! and the decisions about a subscription one by one.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Components of subscriptions.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, COLUMNS).await
    }
}

/// Every line of before is for one unit of the base plan. `net_segments.component` keeps its word for that, `plan`;
/// another component is its number there.
///
/// Every plan of before is paid ahead, without a trial or a fee. An add-on is stored as a `subscription` with the mark:
/// the check of `sold_as` knows no other word.
///
/// A subscription without `decisions` was last written before they were kept: its agreements, its scheduled change and
/// its pauses are what was decided.
const COLUMNS: &str = r"
ALTER TABLE invoice_lines ADD COLUMN component BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invoice_lines ADD COLUMN kind TEXT NOT NULL DEFAULT 'recurring';
ALTER TABLE invoice_lines ADD COLUMN quantity BIGINT NOT NULL DEFAULT 1;
ALTER TABLE plans ADD COLUMN add_on BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE plans ADD COLUMN timing TEXT NOT NULL DEFAULT 'in_advance';
ALTER TABLE plans ADD COLUMN trial_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE plans ADD COLUMN fee_minor BIGINT;
ALTER TABLE subscriptions ADD COLUMN decisions JSONB;
ALTER TABLE subscriptions ADD COLUMN timing TEXT NOT NULL DEFAULT 'in_advance';
";
