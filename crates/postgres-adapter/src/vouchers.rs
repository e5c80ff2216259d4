//! Stores voucher batches and vouchers.

use async_trait::async_trait;
use kernel::{BatchId, Scope, StoreError, Timestamp, VoucherId};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Value};
use uuid::Uuid;
use vouchers::{
    Batch, BatchRepository, NewVoucher, Voucher, VoucherRepository, VoucherSnapshot, VouchersStore,
    VouchersTx,
};

use crate::error::Stored;
use crate::store::Store;
use crate::tx::Tx;
use crate::{row, sql};

mod batch_row;
mod queries;
mod voucher_row;

/// Vouchers per statement: within the bind limit of either database.
const CHUNK: usize = 1_000;

/// Parameters of an inserted voucher.
const COLUMNS: usize = 8;

/// Parameters of a voucher that is inserted as it stands.
const WHOLE_COLUMNS: usize = 10;

#[async_trait]
impl VouchersStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn VouchersTx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }
}

impl VouchersTx for Tx {
    fn batches(&mut self) -> &mut dyn BatchRepository {
        self
    }

    fn vouchers(&mut self) -> &mut dyn VoucherRepository {
        self
    }
}

#[async_trait]
impl BatchRepository for Tx {
    async fn find(&mut self, id: BatchId) -> Result<Option<Batch>, StoreError> {
        let found = batch_row::Entity::find_by_id((self.tenant(), id.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        found.as_ref().map(batch_row::restore).transpose()
    }

    async fn save(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        let (id, snapshot) = (batch.ordered().id, batch.snapshot());
        let stored = snapshot.version;
        let written = batch_row::written(self.tenant(), &snapshot, stored + 1)?;
        let identity = (self.tenant(), id.uuid());
        row::save::<batch_row::Entity, _>(self.connection(), written, identity, stored).await?;
        self.record(id, batch.take_events())?;
        batch.saved_as(stored + 1);
        Ok(())
    }

    async fn find_many(&mut self, ids: &[BatchId]) -> Result<Vec<Batch>, StoreError> {
        let mut found = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let ids = chunk.iter().map(|it| it.uuid());
            let rows = batch_row::Entity::find()
                .filter(batch_row::Column::TenantId.eq(self.tenant()))
                .filter(batch_row::Column::Id.is_in(ids))
                .all(self.connection())
                .await
                .stored()?;
            for row in &rows {
                found.push(batch_row::restore(row)?);
            }
        }
        Ok(found)
    }

    async fn insert_many(&mut self, mut batches: Vec<Batch>) -> Result<(), StoreError> {
        for chunk in batches.chunks_mut(CHUNK) {
            let (tenant, mut rows) = (self.tenant(), Vec::with_capacity(chunk.len()));
            for batch in chunk {
                let row = batch_row::written(tenant, &batch.snapshot(), 1)?;
                rows.push(row.into_active_model());
                self.record(batch.ordered().id, batch.take_events())?;
            }
            let insert = batch_row::Entity::insert_many(rows);
            let done = insert.exec_without_returning(self.connection()).await;
            done.stored()?;
        }
        Ok(())
    }
}

#[async_trait]
impl VoucherRepository for Tx {
    async fn insert_many(
        &mut self,
        batch: BatchId,
        vouchers: Vec<NewVoucher>,
    ) -> Result<(), StoreError> {
        let mut vouchers = vouchers.into_iter().peekable();
        while vouchers.peek().is_some() {
            insert(self, batch, vouchers.by_ref().take(CHUNK)).await?;
        }
        Ok(())
    }

    async fn find(&mut self, id: VoucherId) -> Result<Option<Voucher>, StoreError> {
        let found = voucher_row::Entity::find_by_id((self.tenant(), id.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        found.map(voucher_row::restore).transpose()
    }

    async fn find_by_digest(&mut self, digest: [u8; 32]) -> Result<Option<Voucher>, StoreError> {
        let found = voucher_row::Entity::find()
            .filter(voucher_row::Column::TenantId.eq(self.tenant()))
            .filter(voucher_row::Column::Digest.eq(digest.to_vec()))
            .one(self.connection())
            .await
            .stored()?;
        found.map(voucher_row::restore).transpose()
    }

    async fn save(&mut self, voucher: &mut Voucher) -> Result<(), StoreError> {
        let (id, snapshot) = (voucher.id(), voucher.snapshot());
        let stored = snapshot.version;
        let written = voucher_row::written(self.tenant(), &snapshot, stored + 1);
        let identity = (self.tenant(), id.uuid());
        row::save::<voucher_row::Entity, _>(self.connection(), written, identity, stored).await?;
        self.record(id, voucher.take_events())?;
        voucher.saved_as(stored + 1);
        Ok(())
    }

    async fn due_to_expire(
        &mut self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<Voucher>, StoreError> {
        let values = [
            self.tenant().into(),
            now.utc().into(),
            i64::from(limit).into(),
        ];
        let due: Vec<voucher_row::Model> = sql::rows(self.connection(), DUE, values).await?;
        due.into_iter().map(voucher_row::restore).collect()
    }

    async fn page_of_batch(
        &mut self,
        batch: BatchId,
        after: Option<VoucherId>,
        limit: u16,
    ) -> Result<Vec<Voucher>, StoreError> {
        let values = [
            self.tenant().into(),
            batch.uuid().into(),
            after.map_or(Uuid::nil(), VoucherId::uuid).into(),
            i64::from(limit).into(),
        ];
        let page: Vec<voucher_row::Model> = sql::rows(self.connection(), PAGE, values).await?;
        page.into_iter().map(voucher_row::restore).collect()
    }

    async fn void_all_of(
        &mut self,
        batch: BatchId,
        reason: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let values = [
            self.tenant().into(),
            batch.uuid().into(),
            at.utc().into(),
            reason.trim().into(),
        ];
        sql::execute(self.connection(), VOID_ALL, values).await
    }

    async fn insert_imported(&mut self, vouchers: Vec<VoucherSnapshot>) -> Result<(), StoreError> {
        for chunk in vouchers.chunks(CHUNK) {
            insert_as_they_stand(self, chunk).await?;
        }
        Ok(())
    }

    async fn find_many_by_digest(
        &mut self,
        digests: &[[u8; 32]],
    ) -> Result<Vec<Voucher>, StoreError> {
        let mut found = Vec::new();
        for chunk in digests.chunks(CHUNK) {
            let text = BY_DIGEST.replace("{digests}", &sql::list_from(chunk.len(), 2));
            let digests = chunk.iter().map(|it| it.to_vec().into());
            let values = std::iter::once(self.tenant().into()).chain(digests);
            let rows: Vec<voucher_row::Model> = sql::rows(self.connection(), text, values).await?;
            for row in rows {
                found.push(voucher_row::restore(row)?);
            }
        }
        Ok(found)
    }
}

/// Writes one chunk of vouchers as they stand.
async fn insert_as_they_stand(tx: &Tx, vouchers: &[VoucherSnapshot]) -> Result<(), StoreError> {
    let mut values: Vec<Value> = Vec::with_capacity(vouchers.len() * WHOLE_COLUMNS);
    for it in vouchers {
        let row = voucher_row::written(tx.tenant(), it, it.version);
        values.extend([
            row.tenant_id.into(),
            row.id.into(),
            row.batch_id.into(),
            row.code.into(),
            row.digest.into(),
            row.state.into(),
            row.state_since.into(),
            row.voided_reason.into(),
            row.expires_at.into(),
            Value::from(row.version),
        ]);
    }
    let rows = sql::placeholders(tx.connection(), vouchers.len(), WHOLE_COLUMNS);
    sql::execute(tx.connection(), format!("{INSERT_WHOLE}{rows}"), values).await?;
    Ok(())
}

/// Writes one chunk.
async fn insert(
    tx: &Tx,
    batch: BatchId,
    vouchers: impl Iterator<Item = NewVoucher>,
) -> Result<(), StoreError> {
    let (tenant, batch) = (tx.tenant(), batch.uuid());
    let mut values: Vec<Value> = Vec::with_capacity(CHUNK * COLUMNS);
    for it in vouchers {
        values.extend([
            tenant.into(),
            batch.into(),
            "generated".into(),
            1_i64.into(),
            it.id.uuid().into(),
            it.code.as_bytes().to_vec().into(),
            it.digest.to_vec().into(),
            row::utc(it.expires_at).into(),
        ]);
    }
    let rows = sql::placeholders(tx.connection(), values.len() / COLUMNS, COLUMNS);
    sql::execute(tx.connection(), format!("{INSERT}{rows}"), values).await?;
    Ok(())
}

const INSERT: &str = "INSERT INTO vouchers (tenant_id, batch_id, state, version, id, code, digest, expires_at) VALUES ";

const INSERT_WHOLE: &str = "\
INSERT INTO vouchers (tenant_id, id, batch_id, code, digest, state, state_since, voided_reason, expires_at, version)
VALUES ";

const BY_DIGEST: &str = "SELECT * FROM vouchers WHERE tenant_id = $1 AND digest IN ({digests})";

const DUE: &str = "\
SELECT * FROM vouchers
WHERE tenant_id = $1 AND state IN ('generated', 'sold', 'active') AND expires_at IS NOT NULL AND expires_at <= $2
ORDER BY expires_at, id LIMIT $3";

const PAGE: &str = "SELECT * FROM vouchers WHERE tenant_id = $1 AND batch_id = $2 AND id > $3 ORDER BY id LIMIT $4";

const VOID_ALL: &str = "\
UPDATE vouchers SET state = 'voided', state_since = $3, voided_reason = $4, version = version + 1
WHERE tenant_id = $1 AND batch_id = $2 AND state IN ('generated', 'sold', 'active')";
