//! Numbers set aside for the billing run, so that its transactions do not wait for one another's commit.
//!
//! Every number up to the last of its series is on an invoice or set aside here. A transaction that takes one deletes
//! it, and gives it back by failing. Whoever issues an invoice takes what lies here before a new number.

use billing::LegalEntity;
use kernel::{EntityId, StoreError, TenantId};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::dialect::Dialect;
use crate::error::Stored;
use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct NumberRow {
    number: i64,
}

/// The lowest number set aside that nobody else is taking, or a new one. The row of the series stays locked until the
/// transaction ends if it is a new one, so that numbers have no gaps.
pub(super) async fn next<C: ConnectionTrait>(
    connection: &C,
    dialect: Dialect,
    tenant: uuid::Uuid,
    (entity, series): (EntityId, &str),
) -> Result<u64, StoreError> {
    let values: [Value; 3] = [tenant.into(), entity.uuid().into(), series.into()];
    let left = take_lowest(dialect);
    let taken: Option<NumberRow> = sql::row(connection, left, values.clone()).await?;
    let taken = match taken {
        Some(taken) => Some(taken),
        None => sql::row(connection, draw("1"), values).await?,
    };
    let taken = taken.ok_or_else(|| row::bad("last", "no number"))?;
    row::number("last", taken.number)
}

/// Sets `count` numbers aside, those included that are so already.
pub(super) async fn reserve(
    store: &Store,
    tenant: TenantId,
    entity: &LegalEntity,
    count: u16,
) -> Result<Vec<u64>, StoreError> {
    let tx = store.db().begin().await?;
    let whose: [Value; 3] = whose(tenant, entity);
    let [tenant, id, series] = whose.clone();
    let wanted = [tenant, id, series, i64::from(count).into()];
    let mut numbers: Vec<NumberRow> = sql::rows(&tx, LEFT, wanted).await?;
    let missing = usize::from(count).saturating_sub(numbers.len());
    if missing > 0 {
        let missing = row::column::<i64, _>("count", missing)?;
        let [tenant, id, series] = whose.clone();
        let drawn = [tenant, id, series, missing.into()];
        let last: Option<NumberRow> = sql::row(&tx, draw("$4"), drawn).await?;
        let last = last.ok_or_else(|| row::bad("last", "no number"))?.number;
        let [tenant, id, series] = whose;
        let first = last - missing + 1;
        let range = [tenant, id, series, first.into(), last.into()];
        sql::execute(&tx, SET_ASIDE, range).await?;
        numbers.extend((first..=last).map(|number| NumberRow { number }));
    }
    tx.commit().await.stored()?;
    numbers
        .iter()
        .map(|it| row::number("number", it.number))
        .collect()
}

/// Takes the last numbers of a series back as long as they are set aside.
pub(super) async fn give_back(
    store: &Store,
    tenant: TenantId,
    entity: &LegalEntity,
) -> Result<(), StoreError> {
    let tx = store.db().begin().await?;
    let locked: Option<NumberRow> = sql::row(&tx, draw("0"), whose(tenant, entity)).await?;
    let mut last = locked.map_or(0, |it| it.number);
    while last > 0 {
        let [tenant, id, series] = whose(tenant, entity);
        let gone = sql::execute(&tx, GIVE_BACK, [tenant, id, series, last.into()]).await?;
        if gone == 0 {
            break;
        }
        last -= 1;
    }
    let [tenant, id, series] = whose(tenant, entity);
    sql::execute(&tx, SET_LAST, [tenant, id, series, last.into()]).await?;
    tx.commit().await.stored()
}

fn whose(tenant: TenantId, entity: &LegalEntity) -> [Value; 3] {
    [
        tenant.uuid().into(),
        entity.id().uuid().into(),
        entity.series().into(),
    ]
}

fn take_lowest(dialect: Dialect) -> String {
    let skip_locked = dialect.skip_locked("slot");
    format!(
        "\
DELETE FROM number_slots WHERE tenant_id = $1 AND entity_id = $2 AND series = $3 AND number = (
    SELECT slot.number FROM number_slots AS slot
    WHERE slot.tenant_id = $1 AND slot.entity_id = $2 AND slot.series = $3
    ORDER BY slot.number LIMIT 1 {skip_locked})
RETURNING number"
    )
}

/// Moves the end of a series on; a series begins with its first number.
fn draw(count: &str) -> String {
    format!(
        "\
INSERT INTO number_series (tenant_id, entity_id, series, last) VALUES ($1, $2, $3, {count})
ON CONFLICT (tenant_id, entity_id, series) DO UPDATE SET last = number_series.last + {count}
RETURNING last AS number"
    )
}

const LEFT: &str = "\
SELECT number FROM number_slots WHERE tenant_id = $1 AND entity_id = $2 AND series = $3 ORDER BY number LIMIT $4";

const SET_ASIDE: &str = "\
INSERT INTO number_slots (tenant_id, entity_id, series, number)
SELECT $1, $2, $3, number FROM generate_series($4::bigint, $5::bigint) AS number";

const GIVE_BACK: &str = "\
DELETE FROM number_slots WHERE tenant_id = $1 AND entity_id = $2 AND series = $3 AND number = $4";

const SET_LAST: &str = "\
UPDATE number_series SET last = $4 WHERE tenant_id = $1 AND entity_id = $2 AND series = $3";
