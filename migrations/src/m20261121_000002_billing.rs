//! Legal entities, plans, accounts, subscriptions, invoices, payments and the ledger.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Money and what is sold.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, SOLD).await?;
        dialect::run(manager, MONEY).await
    }
}

/// `next_bill_on` and `next_change_on` are derived from the rest of a subscription, for the sweeps.
const SOLD: &str = r"
CREATE TABLE legal_entities (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    currency CHAR(3) NOT NULL,
    zone TEXT NOT NULL,
    scale_digits SMALLINT NOT NULL,
    series TEXT NOT NULL,
    terms_days BIGINT NOT NULL,
    grace_days BIGINT NOT NULL,
    suspend_after_days BIGINT NOT NULL,
    tolerance_minor BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT legal_entities_pkey PRIMARY KEY (tenant_id, id)
);

CREATE TABLE plans (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    price_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    interval_unit TEXT NOT NULL,
    interval_count BIGINT NOT NULL,
    profile_id UUID NOT NULL,
    sold_as TEXT NOT NULL CHECK (sold_as IN ('subscription', 'voucher')),
    status TEXT NOT NULL CHECK (status IN ('offered', 'retired')),
    version BIGINT NOT NULL,
    CONSTRAINT plans_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX plans_name_key ON plans (tenant_id, name) WHERE status = 'offered';

CREATE TABLE accounts (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    customer_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    currency CHAR(3) NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('clear', 'overdue', 'restricted', 'suspended')),
    hold TEXT,
    parked TEXT,
    version BIGINT NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX accounts_customer_id_entity_id_key ON accounts (tenant_id, customer_id, entity_id);
CREATE INDEX accounts_by_entity ON accounts (tenant_id, entity_id, id);
CREATE INDEX accounts_not_clear ON accounts (tenant_id, entity_id, id) WHERE level <> 'clear';

CREATE TABLE subscriptions (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    interval_unit TEXT NOT NULL,
    interval_count BIGINT NOT NULL,
    bill_day SMALLINT CHECK (bill_day BETWEEN 1 AND 31),
    started_on DATE NOT NULL,
    agreements JSONB NOT NULL,
    pauses JSONB NOT NULL,
    scheduled JSONB,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'ended')),
    status_on DATE,
    status_reason TEXT,
    ends_on DATE,
    charged_until DATE,
    billed_through DATE,
    rebill_on DATE,
    access TEXT NOT NULL CHECK (access IN ('active', 'restricted', 'suspended', 'ended')),
    access_profile_id UUID NOT NULL,
    access_version BIGINT NOT NULL,
    next_bill_on DATE,
    next_change_on DATE,
    version BIGINT NOT NULL,
    CONSTRAINT subscriptions_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX subscriptions_by_account ON subscriptions (tenant_id, account_id, id);
CREATE INDEX subscriptions_to_bill ON subscriptions (tenant_id, next_bill_on) WHERE next_bill_on IS NOT NULL;
CREATE INDEX subscriptions_to_change ON subscriptions (tenant_id, next_change_on) WHERE next_change_on IS NOT NULL;
";

const MONEY: &str = r"
CREATE TABLE invoices (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    series TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    total_minor BIGINT NOT NULL CHECK (total_minor > 0),
    allocated_minor BIGINT NOT NULL CHECK (allocated_minor BETWEEN 0 AND total_minor),
    currency CHAR(3) NOT NULL,
    issued_on DATE NOT NULL,
    due_on DATE NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT invoices_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX invoices_entity_id_series_number_key ON invoices (tenant_id, entity_id, series, number);
CREATE INDEX invoices_by_account ON invoices (tenant_id, account_id, id);
CREATE INDEX invoices_open ON invoices (tenant_id, account_id, issued_on, number) WHERE allocated_minor < total_minor;
CREATE INDEX invoices_open_by_due ON invoices (tenant_id, entity_id, due_on, account_id) WHERE allocated_minor < total_minor;

CREATE TABLE invoice_lines (
    tenant_id UUID NOT NULL,
    invoice_id UUID NOT NULL,
    line BIGINT NOT NULL,
    subscription_id UUID NOT NULL,
    plan_id UUID NOT NULL,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    cycle_start DATE NOT NULL,
    cycle_end DATE NOT NULL,
    price_minor BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    repairs_invoice_id UUID,
    repairs_line BIGINT,
    CONSTRAINT invoice_lines_invoice_id_line_key PRIMARY KEY (tenant_id, invoice_id, line),
    CONSTRAINT invoice_lines_invoice FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id),
    CHECK ((repairs_invoice_id IS NULL) = (repairs_line IS NULL))
);
CREATE INDEX invoice_lines_by_subscription ON invoice_lines (tenant_id, subscription_id, cycle_end);
CREATE INDEX invoice_lines_by_repaired ON invoice_lines (tenant_id, repairs_invoice_id, repairs_line) WHERE repairs_line IS NOT NULL;

CREATE TABLE number_series (
    tenant_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    series TEXT NOT NULL,
    last BIGINT NOT NULL,
    CONSTRAINT number_series_entity_id_series_key PRIMARY KEY (tenant_id, entity_id, series)
);

CREATE TABLE payments (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    allocated_minor BIGINT NOT NULL CHECK (allocated_minor BETWEEN 0 AND amount_minor),
    currency CHAR(3) NOT NULL,
    method TEXT NOT NULL,
    reference TEXT,
    received_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT payments_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX payments_reference_method_key ON payments (tenant_id, reference, method);
CREATE INDEX payments_by_account ON payments (tenant_id, account_id, id);
CREATE INDEX payments_with_credit ON payments (tenant_id, account_id, received_at, id) WHERE allocated_minor < amount_minor;

CREATE TABLE allocations (
    tenant_id UUID NOT NULL,
    payment_id UUID NOT NULL,
    place BIGINT NOT NULL,
    invoice_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    CONSTRAINT allocations_payment_id_place_key PRIMARY KEY (tenant_id, payment_id, place),
    CONSTRAINT allocations_payment FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
);
CREATE INDEX allocations_by_invoice ON allocations (tenant_id, invoice_id);

CREATE TABLE ledger_entries (
    tenant_id UUID NOT NULL,
    posting_id UUID NOT NULL,
    side SMALLINT NOT NULL,
    entity_id UUID NOT NULL,
    account_id UUID NOT NULL,
    what TEXT NOT NULL,
    source TEXT NOT NULL,
    posted_at TIMESTAMPTZ NOT NULL,
    ledger_account TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    CONSTRAINT ledger_entries_posting_id_side_key PRIMARY KEY (tenant_id, posting_id, side)
);
CREATE INDEX ledger_entries_by_account ON ledger_entries (tenant_id, account_id, posting_id);
CREATE INDEX ledger_entries_by_book ON ledger_entries (tenant_id, entity_id, ledger_account, posted_at);
";
