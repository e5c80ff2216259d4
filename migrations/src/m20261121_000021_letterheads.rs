//! What stands at the head of a legal entity's documents, day by day, and its logo.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager};

use crate::dialect;

/// Letterheads.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, LETTERHEADS).await
    }
}

/// An entity of before has no letterhead: its documents show its name alone.
const LETTERHEADS: &str = r"
CREATE TABLE letterheads (
    tenant_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    valid_from DATE NOT NULL,
    body JSONB NOT NULL,
    CONSTRAINT letterheads_entity_id_valid_from_key PRIMARY KEY (tenant_id, entity_id, valid_from),
    CONSTRAINT letterheads_entity FOREIGN KEY (tenant_id, entity_id) REFERENCES legal_entities (tenant_id, id)
);

CREATE TABLE logos (
    tenant_id UUID NOT NULL,
    entity_id UUID NOT NULL,
    file BYTEA NOT NULL,
    CONSTRAINT logos_entity_id_key PRIMARY KEY (tenant_id, entity_id),
    CONSTRAINT logos_entity FOREIGN KEY (tenant_id, entity_id) REFERENCES legal_entities (tenant_id, id)
);
";
