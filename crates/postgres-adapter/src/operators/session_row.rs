//! The row of a session.

use kernel::{OperatorId, SessionId, StoreError};
use operators::{EndReason, Session, SessionSnapshot, SessionStatus};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) operator_id: Uuid,
    pub(super) digest: Vec<u8>,
    pub(super) previous_digest: Option<Vec<u8>>,
    pub(super) started_at: DateTimeUtc,
    pub(super) last_used_at: DateTimeUtc,
    pub(super) expires_at: DateTimeUtc,
    pub(super) ended_at: Option<DateTimeUtc>,
    pub(super) end_reason: Option<String>,
    pub(super) version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row to write for a session.
pub(super) fn written(tenant_id: Uuid, it: &SessionSnapshot, version: i64) -> Model {
    let (ended_at, end_reason) = match it.status {
        SessionStatus::Open => (None, None),
        SessionStatus::Ended { at, reason } => (Some(at.utc()), Some(reason.as_str().to_owned())),
    };
    Model {
        tenant_id,
        id: it.id.uuid(),
        operator_id: it.operator.uuid(),
        digest: it.digest.to_vec(),
        previous_digest: it.previous_digest.map(|it| it.to_vec()),
        started_at: it.started_at.utc(),
        last_used_at: it.last_used_at.utc(),
        expires_at: it.expires_at.utc(),
        ended_at,
        end_reason,
        version,
    }
}

/// The session a row stands for.
pub(super) fn restore(it: Model) -> Result<Session, StoreError> {
    let previous = it.previous_digest.clone();
    let snapshot = SessionSnapshot {
        id: SessionId::from_uuid(it.id),
        operator: OperatorId::from_uuid(it.operator_id),
        status: status(&it)?,
        digest: row::digest("digest", it.digest)?,
        previous_digest: previous
            .map(|bytes| row::digest("previous_digest", bytes))
            .transpose()?,
        started_at: row::instant(it.started_at),
        last_used_at: row::instant(it.last_used_at),
        expires_at: row::instant(it.expires_at),
        version: it.version,
    };
    Session::restore(snapshot).map_err(StoreError::corrupt)
}

fn status(it: &Model) -> Result<SessionStatus, StoreError> {
    match (it.ended_at.map(row::instant), it.end_reason.as_deref()) {
        (None, None) => Ok(SessionStatus::Open),
        (Some(at), Some(word)) => {
            let reason = EndReason::from_word(word).ok_or_else(|| row::bad("end_reason", word))?;
            Ok(SessionStatus::Ended { at, reason })
        }
        (ended_at, _) => Err(row::bad("ended_at", &format!("{ended_at:?}"))),
    }
}

#[cfg(test)]
mod tests;
