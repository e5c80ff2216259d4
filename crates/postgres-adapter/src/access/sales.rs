//! Historical sales: written once, never changed.

use access::adoption::{HistoricalSale, Raw};
use chrono::NaiveDateTime;
use kernel::{HistoricalSaleId, ImportId, PageRequest, RouterId, StoreError};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::tx::Tx;
use crate::{row, sql};

/// Sales per statement: within the bind limit of either database.
const CHUNK: usize = 1_000;

/// Parameters of an inserted sale.
const COLUMNS: usize = 15;

/// How a router's clock is written down.
const LOCAL: &str = "%Y-%m-%dT%H:%M:%S";

#[derive(Debug, FromQueryResult)]
struct Stored {
    id: Uuid,
    router_id: Uuid,
    import_id: Uuid,
    digest: Vec<u8>,
    sold_at: DateTimeUtc,
    sold_local: String,
    login: Vec<u8>,
    price_minor: i64,
    currency: String,
    address: Vec<u8>,
    device: Vec<u8>,
    validity_s: Option<i64>,
    profile: Vec<u8>,
    comment: Vec<u8>,
}

fn restore(it: Stored) -> Result<HistoricalSale, StoreError> {
    let local = NaiveDateTime::parse_from_str(&it.sold_local, LOCAL);
    let validity = it.validity_s.map(|it| row::number("validity_s", it));
    Ok(HistoricalSale {
        id: HistoricalSaleId::from_uuid(it.id),
        router: RouterId::from_uuid(it.router_id),
        import: ImportId::from_uuid(it.import_id),
        digest: row::digest("digest", it.digest)?,
        at: row::instant(it.sold_at),
        local: local.map_err(|_| row::bad("sold_local", &it.sold_local))?,
        login: Raw::new(it.login),
        price: row::money(it.price_minor, &it.currency)?,
        address: Raw::new(it.address),
        device: Raw::new(it.device),
        validity_s: validity.transpose()?,
        profile: Raw::new(it.profile),
        comment: Raw::new(it.comment),
    })
}

/// Writes sales that are new; returns how many were.
pub(super) async fn insert(tx: &Tx, sales: &[HistoricalSale]) -> Result<u64, StoreError> {
    let mut new = 0;
    for chunk in sales.chunks(CHUNK) {
        let mut values: Vec<Value> = Vec::with_capacity(chunk.len() * COLUMNS);
        for it in chunk {
            values.extend(columns(tx.tenant(), it)?);
        }
        let places = sql::placeholders(tx.connection(), chunk.len(), COLUMNS);
        let text = format!("{INSERT}{places}{UNLESS_KNOWN}");
        new += sql::execute(tx.connection(), text, values).await?;
    }
    Ok(new)
}

fn columns(tenant: Uuid, it: &HistoricalSale) -> Result<[Value; COLUMNS], StoreError> {
    let bytes = |it: &Raw| Value::from(it.as_bytes().to_vec());
    let validity_s = it
        .validity_s
        .map(|it| row::column::<i64, _>("validity_s", it));
    Ok([
        tenant.into(),
        it.id.uuid().into(),
        it.router.uuid().into(),
        it.import.uuid().into(),
        it.digest.to_vec().into(),
        it.at.utc().into(),
        it.local.format(LOCAL).to_string().into(),
        bytes(&it.login),
        it.price.minor().into(),
        it.price.currency().code().into(),
        bytes(&it.address),
        bytes(&it.device),
        validity_s.transpose()?.into(),
        bytes(&it.profile),
        bytes(&it.comment),
    ])
}

/// The sales of a router, newest id first, and one more if there is one.
pub(super) async fn page<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    router: RouterId,
    page: PageRequest,
) -> Result<Vec<HistoricalSale>, StoreError> {
    let before = page.after().map_or(Uuid::max(), |it| it.uuid());
    let values = [
        tenant.into(),
        router.uuid().into(),
        before.into(),
        (i64::from(page.limit()) + 1).into(),
    ];
    let rows: Vec<Stored> = sql::rows(connection, PAGE, values).await?;
    rows.into_iter().map(restore).collect()
}

const INSERT: &str = "\
INSERT INTO historical_sales (tenant_id, id, router_id, import_id, digest, sold_at, sold_local, login, price_minor,
    currency, address, device, validity_s, profile, comment)
VALUES ";

const UNLESS_KNOWN: &str = " ON CONFLICT (tenant_id, router_id, digest) DO NOTHING";

const PAGE: &str = "\
SELECT id, router_id, import_id, digest, sold_at, sold_local, login, price_minor, currency, address, device, validity_s,
    profile, comment
FROM historical_sales WHERE tenant_id = $1 AND router_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
