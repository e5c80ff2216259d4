//! What documents showed on the day they were issued, and what notes have left of the charges of dunning.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// What was so.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, CHARGES).await?;
        dialect::run(manager, LOGOS).await?;
        dialect::run(manager, BUYERS).await
    }
}

/// Of a charge of before nothing had been given back.
const CHARGES: &str = r"
ALTER TABLE dunning_charges ADD COLUMN credited_minor BIGINT NOT NULL DEFAULT 0
    CHECK (credited_minor BETWEEN 0 AND amount_minor);
";

/// No file means no logo from that day on. A logo of before has been on every document of its entity, so it counts from the
/// first day of all.
const LOGOS: &str = r"
CREATE TABLE dated_logos (
    tenant_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    valid_from DATE NOT NULL,
    file BYTEA,
    CONSTRAINT dated_logos_entity_id_valid_from_key PRIMARY KEY (tenant_id, entity_id, valid_from),
    CONSTRAINT dated_logos_entity FOREIGN KEY (tenant_id, entity_id) REFERENCES legal_entities (tenant_id, id)
);
INSERT INTO dated_logos (tenant_id, entity_id, valid_from, file)
SELECT tenant_id, entity_id, '0001-01-01', file FROM logos;
";

/// Who stood on a document, from the moment that its customer is called otherwise. A document without a row shows its customer
/// as they are: nothing about them has changed since it was issued, or since this table is there.
const BUYERS: &str = r"
CREATE TABLE document_buyers (
    tenant_id UUID NOT NULL,
    document_id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note', 'payment')),
    body JSONB NOT NULL,
    CONSTRAINT document_buyers_document_id_kind_key PRIMARY KEY (tenant_id, document_id, kind)
);
";
