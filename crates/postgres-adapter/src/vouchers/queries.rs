//! Reads of batches and vouchers.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{BatchId, Cursor, Page, PageRequest, StoreError, TenantId, VoucherId};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryTrait, Value};
use uuid::Uuid;
use vouchers::{BatchFilter, BatchView, StateCounts, VoucherFilter, VoucherQueries, VoucherView};

use super::{batch_row, voucher_row};
use crate::error::Stored;
use crate::store::Store;
use crate::{row, sql};

/// Vouchers per statement: within the bind limit of either database.
const CHUNK: usize = 30_000;

#[async_trait]
impl VoucherQueries for Store {
    async fn batch(&self, tenant: TenantId, id: BatchId) -> Result<Option<BatchView>, StoreError> {
        let found = batch_row::Entity::find_by_id((tenant.uuid(), id.uuid()))
            .one(self.reader())
            .await
            .stored()?;
        let views = batch_views(self, tenant, found.into_iter().collect()).await?;
        Ok(views.into_iter().next())
    }

    async fn batches(
        &self,
        tenant: TenantId,
        filter: BatchFilter,
        page: PageRequest,
    ) -> Result<Page<BatchView>, StoreError> {
        let rows = batch_row::Entity::find()
            .apply_if(filter.router, |rows, it| {
                rows.filter(batch_row::Column::RouterId.eq(it.uuid()))
            })
            .apply_if(filter.plan, |rows, it| {
                rows.filter(batch_row::Column::PlanId.eq(it.uuid()))
            });
        let rows = row::newest(self.reader(), rows, tenant.uuid(), page).await?;
        let items = batch_views(self, tenant, rows).await?;
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn voucher(
        &self,
        tenant: TenantId,
        id: VoucherId,
    ) -> Result<Option<VoucherView>, StoreError> {
        let values = [tenant.uuid().into(), id.uuid().into()];
        let found = sql::row(self.reader(), VOUCHER, values).await?;
        found.map(voucher_row::view).transpose()
    }

    async fn vouchers(
        &self,
        tenant: TenantId,
        filter: VoucherFilter,
        page: PageRequest,
    ) -> Result<Page<VoucherView>, StoreError> {
        let mut values: Vec<Value> = vec![tenant.uuid().into()];
        let mut text = LIST.to_owned();
        let mut only = |condition: &str, value: Value| {
            values.push(value);
            text.push_str(&format!(" AND {condition} ${}", values.len()));
        };
        if let Some(batch) = filter.batch {
            only("batch_id =", batch.uuid().into());
        }
        if let Some(state) = filter.state {
            only("state =", state.as_str().into());
        }
        if let Some(after) = page.after() {
            only("id <", after.uuid().into());
        }
        let limit = u32::from(page.limit()) + 1;
        text.push_str(&format!(" ORDER BY id DESC LIMIT {limit}"));
        let rows: Vec<voucher_row::Shown> = sql::rows(self.reader(), text, values).await?;
        let items = rows.into_iter().map(voucher_row::view);
        let items = items.collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn unused_among(
        &self,
        tenant: TenantId,
        vouchers: &[VoucherId],
    ) -> Result<Vec<VoucherId>, StoreError> {
        let mut unused = Vec::new();
        for chunk in vouchers.chunks(CHUNK) {
            let text = UNUSED.replace("{vouchers}", &sql::list_from(chunk.len(), 2));
            let values = std::iter::once(Value::from(tenant.uuid()));
            let values = values.chain(chunk.iter().map(|it| it.uuid().into()));
            let rows: Vec<Unused> = sql::rows(self.reader(), text, values).await?;
            unused.extend(rows.iter().map(|it| VoucherId::from_uuid(it.id)));
        }
        Ok(unused)
    }
}

#[derive(Debug, FromQueryResult)]
struct Unused {
    id: Uuid,
}

#[derive(Debug, FromQueryResult)]
struct CountedState {
    batch_id: Uuid,
    state: String,
    count: i64,
}

async fn batch_views(
    store: &Store,
    tenant: TenantId,
    rows: Vec<batch_row::Model>,
) -> Result<Vec<BatchView>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let text = COUNTS.replace("{batches}", &sql::list_from(rows.len(), 2));
    let values = std::iter::once(Value::from(tenant.uuid()));
    let values = values.chain(rows.iter().map(|it| it.id.into()));
    let counted: Vec<CountedState> = sql::rows(store.reader(), text, values).await?;
    let mut states = BTreeMap::<Uuid, StateCounts>::new();
    for it in counted {
        let state = voucher_row::state_name(&it.state)?;
        let counts = states.entry(it.batch_id).or_default();
        *counts.of(state) = row::number("count", it.count)?;
    }
    let view = |it: batch_row::Model| {
        let states = states.get(&it.id).copied().unwrap_or_default();
        batch_row::view(it, states)
    };
    rows.into_iter().map(view).collect()
}

const VOUCHER: &str = "\
SELECT id, batch_id, state, state_since, voided_reason, expires_at FROM vouchers WHERE tenant_id = $1 AND id = $2";

const LIST: &str = "SELECT id, batch_id, state, state_since, voided_reason, expires_at FROM vouchers WHERE tenant_id = $1";

const UNUSED: &str = "\
SELECT id FROM vouchers WHERE tenant_id = $1 AND id IN ({vouchers}) AND state IN ('generated', 'sold')";

const COUNTS: &str = "\
SELECT batch_id, state, COUNT(*) AS count FROM vouchers WHERE tenant_id = $1 AND batch_id IN ({batches})
GROUP BY batch_id, state";
