//! Forgets previews of imports that nobody applied.

use kernel::{StoreError, Timestamp};
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use crate::error::Stored;
use crate::sql;
use crate::store::Store;

#[derive(Debug, FromQueryResult)]
struct Old {
    tenant_id: Uuid,
    id: Uuid,
}

/// Forgets up to `limit` of those made before an instant, with their rows; returns how many. A preview that is being
/// applied at this moment is left alone: its row is locked.
pub(super) async fn forget(
    store: &Store,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let db = store.db();
    let tx = db.begin().await?;
    let lock = db.dialect().skip_locked("imports");
    let values = [before.utc().into(), i64::from(limit).into()];
    let old: Vec<Old> = sql::rows(&tx, format!("{OLD} {lock}"), values).await?;
    for it in &old {
        let key: [Value; 2] = [it.tenant_id.into(), it.id.into()];
        sql::execute(&tx, FORGET_ROWS, key.clone()).await?;
        sql::execute(&tx, FORGET, key).await?;
    }
    tx.commit().await.stored()?;
    u64::try_from(old.len()).map_err(StoreError::corrupt)
}

const OLD: &str = "\
SELECT tenant_id, id FROM imports WHERE status = 'previewed' AND made_at < $1 ORDER BY made_at LIMIT $2";

const FORGET_ROWS: &str = "DELETE FROM import_rows WHERE tenant_id = $1 AND import_id = $2";

const FORGET: &str = "DELETE FROM imports WHERE tenant_id = $1 AND id = $2";
