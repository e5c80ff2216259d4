//! Finds and forgets the answers to idempotent requests.

use async_trait::async_trait;
use kernel::{IdempotencyKey, Receipts, StoreError, StoredReceipt, TenantId, Timestamp};
use sea_orm::FromQueryResult;
use serde_json::Value;

use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct ReceiptRow {
    digest: Vec<u8>,
    answer: Value,
}

#[async_trait]
impl Receipts for Store {
    async fn find(
        &self,
        tenant: TenantId,
        key: &IdempotencyKey,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        let values = [
            tenant.uuid().into(),
            key.operator.uuid().into(),
            key.route.as_str().into(),
            key.key.as_str().into(),
        ];
        let found: Option<ReceiptRow> = sql::row(self.reader(), FIND, values).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        Ok(Some(StoredReceipt {
            digest: row::digest("digest", found.digest)?,
            answer: found.answer,
        }))
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        sql::execute(self.writer(), PRUNE, [before.utc().into()]).await
    }
}

const FIND: &str = "\
SELECT digest, answer FROM idempotency_keys WHERE tenant_id = $1 AND operator_id = $2 AND route = $3 AND key = $4";

const PRUNE: &str = "DELETE FROM idempotency_keys WHERE created_at < $1";
