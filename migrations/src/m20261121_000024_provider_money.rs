//! Money at providers after it was paid: collections, refunds, reconciliations; and proofs of bank transfers.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// What happens at providers after a payment, and what banks tell by paper.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, PROVIDER_MONEY).await
    }
}

/// A link that was paid before has no collection: it gets one when it is asked about the next time. A payment of then
/// that somebody wants to refund is asked about first.
const PROVIDER_MONEY: &str = r"
CREATE TABLE provider_collections (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    gateway_account_id UUID NOT NULL,
    link_id UUID NOT NULL,
    reference TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    given_back_minor BIGINT NOT NULL CHECK (given_back_minor >= 0),
    currency CHAR(3) NOT NULL,
    is_taken_back BOOLEAN NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    next_poll_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    CONSTRAINT provider_collections_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT provider_collections_gateway_account FOREIGN KEY (tenant_id, gateway_account_id)
        REFERENCES gateway_accounts (tenant_id, id),
    CONSTRAINT provider_collections_transaction_id_gateway_account_id_key
        UNIQUE (tenant_id, transaction_id, gateway_account_id)
);

CREATE INDEX provider_collections_received ON provider_collections (tenant_id, gateway_account_id, received_at);
CREATE INDEX provider_collections_to_ask ON provider_collections (tenant_id, next_poll_at) WHERE next_poll_at IS NOT NULL;

CREATE TABLE provider_refunds (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    payment_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency CHAR(3) NOT NULL,
    reason TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('here', 'provider')),
    status TEXT NOT NULL CHECK (status IN ('waiting', 'done', 'failed', 'unbooked')),
    note TEXT,
    asked_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    CONSTRAINT provider_refunds_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT provider_refunds_collection FOREIGN KEY (tenant_id, payment_id)
        REFERENCES provider_collections (tenant_id, id)
);

CREATE INDEX provider_refunds_payment ON provider_refunds (tenant_id, payment_id);
CREATE INDEX provider_refunds_not_done ON provider_refunds (tenant_id, id) WHERE status IN ('waiting', 'unbooked');

CREATE TABLE gateway_reconciliations (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    gateway_account_id UUID NOT NULL,
    first_on DATE NOT NULL,
    last_on DATE NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'done', 'failed')),
    compared BIGINT NOT NULL CHECK (compared >= 0),
    is_complete BOOLEAN NOT NULL,
    differences JSONB NOT NULL,
    note TEXT,
    asked_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    CONSTRAINT gateway_reconciliations_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT gateway_reconciliations_gateway_account FOREIGN KEY (tenant_id, gateway_account_id)
        REFERENCES gateway_accounts (tenant_id, id),
    CHECK (last_on >= first_on)
);

CREATE INDEX gateway_reconciliations_account ON gateway_reconciliations (tenant_id, gateway_account_id, last_on);

CREATE TABLE payment_proofs (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency CHAR(3) NOT NULL,
    note TEXT,
    media_type TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    content BYTEA NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'approved', 'refused')),
    payment_id UUID,
    reason TEXT,
    decided_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    CONSTRAINT payment_proofs_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT payment_proofs_sha256_key UNIQUE (tenant_id, sha256)
);

CREATE INDEX payment_proofs_waiting ON payment_proofs (tenant_id, id) WHERE status = 'waiting';

CREATE INDEX payment_links_noted ON payment_links (tenant_id, id) WHERE note IS NOT NULL;
CREATE INDEX payment_links_opened ON payment_links (tenant_id, gateway_account_id, opened_at);
CREATE INDEX webhook_inbox_bodies ON webhook_inbox (received_at) WHERE status = 'done' AND length(body) > 0;
";
