//! The row of a voucher.

use kernel::{BatchId, StoreError, VoucherId};
use sea_orm::FromQueryResult;
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};
use vouchers::{Voucher, VoucherSnapshot, VoucherState, VoucherStateName, VoucherView};

use crate::row;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "vouchers")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) batch_id: Uuid,
    pub(super) code: Vec<u8>,
    pub(super) digest: Vec<u8>,
    pub(super) state: String,
    pub(super) state_since: Option<DateTimeUtc>,
    pub(super) voided_reason: Option<String>,
    pub(super) expires_at: Option<DateTimeUtc>,
    pub(super) version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The part of a row that people may see: no code, not even sealed.
#[derive(Debug, FromQueryResult)]
pub(super) struct Shown {
    id: Uuid,
    batch_id: Uuid,
    state: String,
    state_since: Option<DateTimeUtc>,
    voided_reason: Option<String>,
    expires_at: Option<DateTimeUtc>,
}

/// The row to write for a voucher.
pub(super) fn written(tenant_id: Uuid, it: &VoucherSnapshot, version: i64) -> Model {
    let (state_since, voided_reason) = match &it.state {
        VoucherState::Generated => (None, None),
        VoucherState::Sold { at } | VoucherState::Expired { at } => (Some(at.utc()), None),
        VoucherState::Active { since } => (Some(since.utc()), None),
        VoucherState::Voided { at, reason } => (Some(at.utc()), Some(reason.clone())),
    };
    Model {
        tenant_id,
        id: it.id.uuid(),
        batch_id: it.batch.uuid(),
        code: it.code.as_bytes().to_vec(),
        digest: it.digest.to_vec(),
        state: it.state.name().as_str().to_owned(),
        state_since,
        voided_reason,
        expires_at: row::utc(it.expires_at),
        version,
    }
}

/// The voucher a row stands for.
pub(super) fn restore(it: Model) -> Result<Voucher, StoreError> {
    let snapshot = VoucherSnapshot {
        id: VoucherId::from_uuid(it.id),
        batch: BatchId::from_uuid(it.batch_id),
        state: state(&it)?,
        code: row::sealed(it.code),
        digest: row::digest("digest", it.digest)?,
        expires_at: it.expires_at.map(row::instant),
        version: it.version,
    };
    Voucher::restore(snapshot).map_err(StoreError::corrupt)
}

/// What people see of a row.
pub(super) fn view(it: Shown) -> Result<VoucherView, StoreError> {
    Ok(VoucherView {
        id: VoucherId::from_uuid(it.id),
        batch: BatchId::from_uuid(it.batch_id),
        state: state_name(&it.state)?,
        state_since: it.state_since.map(row::instant),
        expires_at: it.expires_at.map(row::instant),
        voided_reason: it.voided_reason,
    })
}

/// The state with this word.
pub(super) fn state_name(word: &str) -> Result<VoucherStateName, StoreError> {
    VoucherStateName::from_word(word).ok_or_else(|| row::bad("state", word))
}

fn state(it: &Model) -> Result<VoucherState, StoreError> {
    let name = state_name(&it.state)?;
    let since = it.state_since.map(row::instant);
    match (name, since, it.voided_reason.clone()) {
        (VoucherStateName::Generated, None, None) => Ok(VoucherState::Generated),
        (VoucherStateName::Sold, Some(at), None) => Ok(VoucherState::Sold { at }),
        (VoucherStateName::Active, Some(since), None) => Ok(VoucherState::Active { since }),
        (VoucherStateName::Expired, Some(at), None) => Ok(VoucherState::Expired { at }),
        (VoucherStateName::Voided, Some(at), Some(reason)) => {
            Ok(VoucherState::Voided { at, reason })
        }
        _ => Err(row::bad("state", &it.state)),
    }
}

#[cfg(test)]
mod tests;
