//! Letterheads and logos of legal entities.

use async_trait::async_trait;
use billing::{DatedLetterhead, LetterheadQueries, LetterheadRepository};
use kernel::{EntityId, LocalDate, StoreError, TenantId};
use sea_orm::{FromQueryResult, Value};
use serde_json::Value as Json;

use crate::sql;
use crate::store::Store;
use crate::tx::Tx;

#[derive(Debug, FromQueryResult)]
struct HeadRow {
    valid_from: LocalDate,
    body: Json,
}

#[derive(Debug, FromQueryResult)]
struct LogoRow {
    file: Option<Vec<u8>>,
}

const KEEP: &str = "\
INSERT INTO letterheads (tenant_id, entity_id, valid_from, body) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, entity_id, valid_from) DO UPDATE SET body = excluded.body";

const HEADS: &str = "\
SELECT valid_from, body FROM letterheads WHERE tenant_id = $1 AND entity_id = $2 ORDER BY valid_from";

const KEEP_LOGO: &str = "\
INSERT INTO dated_logos (tenant_id, entity_id, valid_from, file) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, entity_id, valid_from) DO UPDATE SET file = excluded.file";

const LOGO: &str = "\
SELECT file FROM dated_logos WHERE tenant_id = $1 AND entity_id = $2 AND valid_from <= $3
ORDER BY valid_from DESC LIMIT 1";

#[async_trait]
impl LetterheadRepository for Tx {
    async fn keep(&mut self, entity: EntityId, dated: &DatedLetterhead) -> Result<(), StoreError> {
        let body = serde_json::to_value(&dated.letterhead).map_err(StoreError::corrupt)?;
        let values: [Value; 4] = [
            self.tenant().into(),
            entity.uuid().into(),
            dated.from.into(),
            body.into(),
        ];
        sql::execute(self.connection(), KEEP, values).await?;
        Ok(())
    }

    async fn keep_logo(
        &mut self,
        entity: EntityId,
        from: LocalDate,
        file: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let values: [Value; 4] = [
            self.tenant().into(),
            entity.uuid().into(),
            from.into(),
            file.into(),
        ];
        sql::execute(self.connection(), KEEP_LOGO, values).await?;
        Ok(())
    }
}

#[async_trait]
impl LetterheadQueries for Store {
    async fn letterheads(
        &self,
        tenant: TenantId,
        entity: EntityId,
    ) -> Result<Vec<DatedLetterhead>, StoreError> {
        let values: [Value; 2] = [tenant.uuid().into(), entity.uuid().into()];
        let found: Vec<HeadRow> = sql::rows(self.reader(), HEADS, values).await?;
        let dated = found.into_iter().map(|it| {
            Ok(DatedLetterhead {
                from: it.valid_from,
                letterhead: serde_json::from_value(it.body).map_err(StoreError::corrupt)?,
            })
        });
        dated.collect()
    }

    async fn logo(
        &self,
        tenant: TenantId,
        entity: EntityId,
        on: LocalDate,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let values: [Value; 3] = [tenant.uuid().into(), entity.uuid().into(), on.into()];
        let found: Option<LogoRow> = sql::row(self.reader(), LOGO, values).await?;
        Ok(found.and_then(|it| it.file))
    }
}
