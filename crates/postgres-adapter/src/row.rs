//! What every aggregate's row has in common: it is saved under its version, listed from the newest, and converted
//! with care.

use kernel::{Currency, Id, Money, PageRequest, Sealed, StoreError, Timestamp};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::error::Stored;

/// A stored value that no aggregate can have.
#[derive(Debug, thiserror::Error)]
#[error("column {column} holds what cannot be: {value}")]
pub(crate) struct BadColumn {
    column: &'static str,
    value: String,
}

/// Refuses a stored value. Never called with a secret.
pub(crate) fn bad<T: ToString + ?Sized>(column: &'static str, value: &T) -> StoreError {
    let value = value.to_string();
    StoreError::corrupt(BadColumn { column, value })
}

/// Parses a stored text back into the value it was.
pub(crate) fn parse<T: std::str::FromStr>(
    column: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse().map_err(|_| bad(column, text))
}

/// The same for a column that may be empty.
pub(crate) fn parse_optional<T: std::str::FromStr>(
    column: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, StoreError> {
    text.map(|it| parse(column, it)).transpose()
}

/// A stored number that must fit a narrower one, or never be negative.
pub(crate) fn number<T, N>(column: &'static str, stored: N) -> Result<T, StoreError>
where
    T: TryFrom<N>,
    N: Copy + ToString,
{
    T::try_from(stored).map_err(|_| bad(column, &stored))
}

/// A number on its way into a column; refused if the column cannot hold it.
pub(crate) fn column<T, N>(name: &'static str, value: N) -> Result<T, StoreError>
where
    T: TryFrom<N>,
    N: Copy + ToString,
{
    number(name, value)
}

/// Two columns as an amount of money.
pub(crate) fn money(minor: i64, currency: &str) -> Result<Money, StoreError> {
    let currency: Currency = parse("currency", currency)?;
    Ok(Money::from_minor(minor, currency))
}

/// A stored instant.
pub(crate) fn instant(at: DateTimeUtc) -> Timestamp {
    Timestamp::from_utc(at)
}

/// An optional instant on its way into a column.
pub(crate) fn utc(at: Option<Timestamp>) -> Option<DateTimeUtc> {
    at.map(Timestamp::utc)
}

/// An optional text value on its way into a column.
pub(crate) fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

/// Stored bytes that a vault produced.
pub(crate) fn sealed(bytes: Vec<u8>) -> Sealed {
    Sealed::from_bytes(bytes)
}

/// Stored bytes that are a digest.
pub(crate) fn digest(column: &'static str, bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    let length = bytes.len();
    <[u8; 32]>::try_from(bytes).map_err(|_| bad(column, &format!("{length} bytes")))
}

/// The stored id of something that may be absent.
pub(crate) fn optional_id<K>(uuid: Option<Uuid>) -> Option<Id<K>> {
    uuid.map(Id::from_uuid)
}

/// Inserts a row whose stored version is 0; updates it, if that version is still the stored one, otherwise.
///
/// Fails with [`StoreError::Conflict`] if the stored version moved on.
pub(crate) async fn save<E, C>(
    connection: &C,
    row: E::Model,
    identity: (Uuid, Uuid),
    stored_version: i64,
) -> Result<(), StoreError>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    E::Model: IntoActiveModel<E::ActiveModel>,
    C: ConnectionTrait,
{
    let row = row.into_active_model().reset_all();
    if stored_version == 0 {
        E::insert(row)
            .exec_without_returning(connection)
            .await
            .stored()?;
        return Ok(());
    }
    let (tenant, id) = identity;
    let done = E::update_many()
        .set(row)
        .filter(Expr::col("tenant_id").eq(tenant))
        .filter(Expr::col("id").eq(id))
        .filter(Expr::col("version").eq(stored_version))
        .exec(connection)
        .await
        .stored()?;
    if done.rows_affected == 0 {
        return Err(StoreError::Conflict);
    }
    Ok(())
}

/// The rows of a page, newest first, and one more if there is one.
pub(crate) async fn newest<E, C>(
    connection: &C,
    rows: Select<E>,
    tenant: Uuid,
    page: PageRequest,
) -> Result<Vec<E::Model>, StoreError>
where
    E: EntityTrait,
    C: ConnectionTrait,
{
    let mut rows = rows.filter(Expr::col("tenant_id").eq(tenant));
    if let Some(after) = page.after() {
        rows = rows.filter(Expr::col("id").lt(after.uuid()));
    }
    rows.order_by_desc(Expr::col("id"))
        .limit(u64::from(page.limit()) + 1)
        .all(connection)
        .await
        .stored()
}
