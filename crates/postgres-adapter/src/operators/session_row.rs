//! A session's row.

use kernel::{OperatorId, SessionId, StoreError};
use operators::{EndReason, Session, SessionSnapshot, SessionStatus};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    operator_id: Uuid,
    digest: Vec<u8>,
    previous_digest: Option<Vec<u8>>,
    started_at: DateTimeUtc,
    last_used_at: DateTimeUtc,
    expires_at: DateTimeUtc,
    ended_at: Option<DateTimeUtc>,
    end_reason: Option<String>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, snapshot: &SessionSnapshot) -> Self {
        let (ended_at, end_reason) = match snapshot.status {
            SessionStatus::Open => (None, None),
            SessionStatus::Ended { at, reason } => {
                (Some(at.utc()), Some(reason.as_str().to_owned()))
            }
        };
        Self {
            tenant_id: tenant,
            id: snapshot.id.uuid(),
            operator_id: snapshot.operator.uuid(),
            digest: snapshot.digest.to_vec(),
            previous_digest: snapshot.previous_digest.map(|it| it.to_vec()),
            started_at: snapshot.started_at.utc(),
            last_used_at: snapshot.last_used_at.utc(),
            expires_at: snapshot.expires_at.utc(),
            ended_at,
            end_reason,
            version: snapshot.version + 1,
        }
    }

    /// The aggregate, or why there can be no such session.
    pub(super) fn into_session(self) -> Result<Session, StoreError> {
        let status = status(self.ended_at.map(row::instant), self.end_reason.as_deref())?;
        let previous = self.previous_digest;
        let snapshot = SessionSnapshot {
            id: SessionId::from_uuid(self.id),
            operator: OperatorId::from_uuid(self.operator_id),
            digest: row::digest("digest", self.digest)?,
            previous_digest: previous.map(|it| row::digest("previous_digest", it)).transpose()?,
            started_at: row::instant(self.started_at),
            last_used_at: row::instant(self.last_used_at),
            expires_at: row::instant(self.expires_at),
            status,
            version: self.version,
        };
        Session::restore(snapshot).map_err(StoreError::corrupt)
    }
}

fn status(
    ended_at: Option<kernel::Timestamp>,
    reason: Option<&str>,
) -> Result<SessionStatus, StoreError> {
    match (ended_at, reason) {
        (None, None) => Ok(SessionStatus::Open),
        (Some(at), Some(word)) => {
            let reason = EndReason::from_word(word).ok_or_else(|| row::bad("end_reason", word))?;
            Ok(SessionStatus::Ended { at, reason })
        }
        _ => Err(row::bad("end_reason", reason.unwrap_or("nothing"))),
    }
}
