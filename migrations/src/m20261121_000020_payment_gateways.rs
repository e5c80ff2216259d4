//! Providers' accounts, the payment links opened there, and what providers have sent.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Paying through providers.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, GATEWAYS).await
    }
}

/// A message is taken once: its account and the provider's name for it are unique. Keys are sealed, tokens are digests.
const GATEWAYS: &str = r"
CREATE TABLE gateway_accounts (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    gateway TEXT NOT NULL,
    name TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    method TEXT NOT NULL,
    api_key BYTEA NOT NULL,
    webhook_secrets BYTEA NOT NULL,
    token_digest BYTEA NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT gateway_accounts_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT gateway_accounts_name_key UNIQUE (tenant_id, name)
);

CREATE TABLE payment_links (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    gateway_account_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency CHAR(3) NOT NULL,
    description TEXT NOT NULL,
    return_url TEXT NOT NULL,
    email TEXT,
    attempt BIGINT NOT NULL CHECK (attempt > 0),
    reference TEXT,
    pay_url TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'failed', 'expired', 'cancelled')),
    note TEXT,
    opened_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    next_poll_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    CONSTRAINT payment_links_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT payment_links_gateway_account FOREIGN KEY (tenant_id, gateway_account_id)
        REFERENCES gateway_accounts (tenant_id, id),
    CONSTRAINT payment_links_reference_gateway_account_id_key UNIQUE (tenant_id, reference, gateway_account_id)
);

CREATE INDEX payment_links_to_ask ON payment_links (tenant_id, next_poll_at) WHERE next_poll_at IS NOT NULL;

CREATE TABLE webhook_inbox (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    gateway_account_id UUID NOT NULL,
    event TEXT NOT NULL,
    payment TEXT NOT NULL,
    order_reference TEXT,
    body BYTEA NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'done', 'parked')),
    note TEXT,
    version BIGINT NOT NULL,
    CONSTRAINT webhook_inbox_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT webhook_inbox_gateway_account FOREIGN KEY (tenant_id, gateway_account_id)
        REFERENCES gateway_accounts (tenant_id, id),
    CONSTRAINT webhook_inbox_event_gateway_account_id_key UNIQUE (tenant_id, event, gateway_account_id)
);

CREATE INDEX webhook_inbox_parked ON webhook_inbox (tenant_id, id) WHERE status = 'parked';
";
