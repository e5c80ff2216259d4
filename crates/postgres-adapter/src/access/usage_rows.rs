//! The rows of polls, meters and sessions.

use access::{
    EndCause, Load, LoginRef, Meter, PollState, RowId, SessionEnd, TrackedSession, UserSeen,
};
use kernel::{AccessSessionId, GrantId, RouterId, StoreError};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use super::grant_row::{subject, subject_columns};
use crate::row;

/// Three columns as a load.
pub(super) fn load(bytes_up: i64, bytes_down: i64, seconds: i64) -> Result<Load, StoreError> {
    Ok(Load {
        bytes_up: row::number("bytes_up", bytes_up)?,
        bytes_down: row::number("bytes_down", bytes_down)?,
        seconds: row::number("seconds", seconds)?,
    })
}

/// A load on its way into three columns.
pub(super) fn load_columns(it: Load) -> Result<[Value; 3], StoreError> {
    let column = |name, value: u64| row::column::<i64, _>(name, value).map(Value::from);
    Ok([
        column("bytes_up", it.bytes_up)?,
        column("bytes_down", it.bytes_down)?,
        column("seconds", it.seconds)?,
    ])
}

#[derive(Debug, FromQueryResult)]
pub(super) struct PollRow {
    boot: i64,
    uptime_s: i64,
    polled_at: DateTimeUtc,
    users_polled_at: Option<DateTimeUtc>,
    online_hotspot: i64,
    online_pppoe: i64,
    version: i64,
}

impl PollRow {
    pub(super) fn into_state(self) -> Result<PollState, StoreError> {
        Ok(PollState {
            boot: row::number("boot", self.boot)?,
            uptime_s: row::number("uptime_s", self.uptime_s)?,
            polled_at: row::instant(self.polled_at),
            users_polled_at: self.users_polled_at.map(row::instant),
            online_hotspot: row::number("online_hotspot", self.online_hotspot)?,
            online_pppoe: row::number("online_pppoe", self.online_pppoe)?,
            version: self.version,
        })
    }
}

/// In the order of the statement that writes polls: tenant, router, new version, then the rest, the old version last.
pub(super) fn poll_values(
    tenant: Uuid,
    router: RouterId,
    it: &PollState,
) -> Result<[Value; 10], StoreError> {
    let column = |name, value: u64| row::column::<i64, _>(name, value).map(Value::from);
    Ok([
        tenant.into(),
        router.uuid().into(),
        (it.version + 1).into(),
        i64::from(it.boot).into(),
        column("uptime_s", it.uptime_s)?,
        it.polled_at.utc().into(),
        row::utc(it.users_polled_at).into(),
        column("online_hotspot", it.online_hotspot)?,
        column("online_pppoe", it.online_pppoe)?,
        it.version.into(),
    ])
}

/// Columns of a written meter.
pub(super) const METER_COLUMNS: usize = 15;

#[derive(Debug, FromQueryResult)]
pub(super) struct MeterRow {
    service: String,
    login: String,
    grant_id: Uuid,
    subject_kind: String,
    subject_id: Uuid,
    user_row: Option<String>,
    user_boot: Option<i64>,
    user_up: i64,
    user_down: i64,
    user_s: i64,
    owed_up: i64,
    owed_down: i64,
    owed_s: i64,
}

impl MeterRow {
    pub(super) fn into_meter(self) -> Result<Meter, StoreError> {
        let seen = load(self.user_up, self.user_down, self.user_s)?;
        let user = self.user_row.zip(self.user_boot).map(|(at, boot)| {
            Ok::<_, StoreError>(UserSeen {
                row: RowId::new(at),
                load: seen,
                boot: row::number("user_boot", boot)?,
            })
        });
        Ok(Meter {
            login: LoginRef::new(row::parse("service", &self.service)?, self.login),
            grant: GrantId::from_uuid(self.grant_id),
            subject: subject(&self.subject_kind, self.subject_id)?,
            user: user.transpose()?,
            owed: load(self.owed_up, self.owed_down, self.owed_s)?,
        })
    }
}

/// In the order of the statement that writes meters.
pub(super) fn meter_values(
    tenant: Uuid,
    router: RouterId,
    it: &Meter,
) -> Result<Vec<Value>, StoreError> {
    let (kind, id) = subject_columns(it.subject);
    let user = it.user.as_ref();
    let mut values: Vec<Value> = vec![
        tenant.into(),
        router.uuid().into(),
        it.login.service.as_str().into(),
        it.login.name.as_str().into(),
        it.grant.uuid().into(),
        kind.into(),
        id.into(),
        user.map(|it| it.row.as_str().to_owned()).into(),
        user.map(|it| i64::from(it.boot)).into(),
    ];
    values.extend(load_columns(user.map_or(Load::ZERO, |it| it.load))?);
    values.extend(load_columns(it.owed)?);
    Ok(values)
}

/// Columns of a written session.
pub(super) const SESSION_COLUMNS: usize = 21;

#[derive(Debug, FromQueryResult)]
pub(super) struct SessionRow {
    pub(super) id: Uuid,
    pub(super) router_id: Uuid,
    service: String,
    login: String,
    grant_id: Uuid,
    subject_kind: String,
    subject_id: Uuid,
    session_key: String,
    started_at: DateTimeUtc,
    seen_at: DateTimeUtc,
    ended_at: Option<DateTimeUtc>,
    cause: Option<String>,
    address: Option<String>,
    device: Option<String>,
    seen_up: i64,
    seen_down: i64,
    seen_s: i64,
    counted_up: i64,
    counted_down: i64,
    counted_s: i64,
}

impl SessionRow {
    pub(super) fn into_session(self) -> Result<TrackedSession, StoreError> {
        let end = self.ended_at.zip(self.cause).map(|(at, cause)| {
            Ok::<_, StoreError>(SessionEnd {
                at: row::instant(at),
                cause: EndCause::from_word(&cause).ok_or_else(|| row::bad("cause", &cause))?,
            })
        });
        Ok(TrackedSession {
            id: AccessSessionId::from_uuid(self.id),
            login: LoginRef::new(row::parse("service", &self.service)?, self.login),
            grant: GrantId::from_uuid(self.grant_id),
            subject: subject(&self.subject_kind, self.subject_id)?,
            key: self.session_key,
            started_at: row::instant(self.started_at),
            seen_at: row::instant(self.seen_at),
            end: end.transpose()?,
            address: self.address,
            device: self.device,
            seen: load(self.seen_up, self.seen_down, self.seen_s)?,
            counted: load(self.counted_up, self.counted_down, self.counted_s)?,
        })
    }
}

/// In the order of the statement that writes sessions.
pub(super) fn session_values(
    tenant: Uuid,
    router: RouterId,
    it: &TrackedSession,
) -> Result<Vec<Value>, StoreError> {
    let (kind, id) = subject_columns(it.subject);
    let mut values: Vec<Value> = vec![
        tenant.into(),
        it.id.uuid().into(),
        router.uuid().into(),
        it.login.service.as_str().into(),
        it.login.name.as_str().into(),
        it.grant.uuid().into(),
        kind.into(),
        id.into(),
        it.key.as_str().into(),
        it.started_at.utc().into(),
        it.seen_at.utc().into(),
        row::utc(it.end.map(|end| end.at)).into(),
        it.end.map(|end| end.cause.as_str().to_owned()).into(),
        it.address.clone().into(),
        it.device.clone().into(),
    ];
    values.extend(load_columns(it.seen)?);
    values.extend(load_columns(it.counted)?);
    Ok(values)
}
