//! The row of a grant.

use std::net::Ipv4Addr;

use access::{
    Allowance, Applied, Grant, GrantSnapshot, GrantView, Limits, Login, NotApplied, Subject,
};
use kernel::{GrantId, ProfileId, RouterId, StoreError, SubscriptionId, VoucherId};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) router_id: Uuid,
    pub(super) subject_kind: String,
    pub(super) subject_id: Uuid,
    pub(super) service: String,
    pub(super) login: String,
    pub(super) secret: Vec<u8>,
    pub(super) profile_id: Uuid,
    pub(super) state: String,
    pub(super) active_until: Option<DateTimeUtc>,
    pub(super) limit_uptime_s: Option<i64>,
    pub(super) limit_bytes: Option<i64>,
    pub(super) access_version: i64,
    pub(super) revision: i64,
    pub(super) changed_at: DateTimeUtc,
    pub(super) cut_owed: bool,
    pub(super) applied_revision: i64,
    pub(super) applied_at: Option<DateTimeUtc>,
    pub(super) error: Option<String>,
    pub(super) failing_since: Option<DateTimeUtc>,
    pub(super) version: i64,
    pub(super) address: Option<String>,
    pub(super) server: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row to write for a grant.
pub(super) fn written(
    tenant_id: Uuid,
    it: &GrantSnapshot,
    version: i64,
) -> Result<Model, StoreError> {
    let (subject_kind, subject_id) = subject_columns(it.subject);
    let (state, active_until) = allowance_columns(it.allowance);
    let limit = |name, limit: Option<u64>| limit.map(|it| row::column(name, it)).transpose();
    Ok(Model {
        tenant_id,
        id: it.id.uuid(),
        router_id: it.router.uuid(),
        subject_kind: subject_kind.to_owned(),
        subject_id,
        service: it.service.as_str().to_owned(),
        login: it.login.to_string(),
        secret: it.secret.as_bytes().to_vec(),
        profile_id: it.profile.uuid(),
        state: state.to_owned(),
        active_until,
        limit_uptime_s: limit("limit_uptime_s", it.limits.uptime_s)?,
        limit_bytes: limit("limit_bytes", it.limits.bytes)?,
        access_version: row::column("access_version", it.access_version)?,
        revision: i64::from(it.revision),
        changed_at: it.changed_at.utc(),
        cut_owed: it.cut_owed,
        applied_revision: i64::from(it.applied.revision),
        applied_at: row::utc(it.applied.at),
        error: it.applied.error.clone(),
        failing_since: row::utc(it.applied.failing_since),
        version,
        address: row::text(it.address.as_ref()),
        server: it.server.clone(),
    })
}

/// The grant a row stands for.
pub(super) fn restore(it: Model) -> Result<Grant, StoreError> {
    let snapshot = GrantSnapshot {
        id: GrantId::from_uuid(it.id),
        router: RouterId::from_uuid(it.router_id),
        subject: subject(&it.subject_kind, it.subject_id)?,
        service: row::parse("service", &it.service)?,
        // The login of a voucher is its code, which must not reach a log.
        login: it.login.parse().map_err(|_| row::bad("login", &it.id))?,
        address: address(&it)?,
        allowance: allowance(&it)?,
        secret: row::sealed(it.secret),
        profile: ProfileId::from_uuid(it.profile_id),
        limits: Limits {
            uptime_s: limit("limit_uptime_s", it.limit_uptime_s)?,
            bytes: limit("limit_bytes", it.limit_bytes)?,
        },
        server: it.server,
        access_version: row::number("access_version", it.access_version)?,
        revision: row::number("revision", it.revision)?,
        changed_at: row::instant(it.changed_at),
        cut_owed: it.cut_owed,
        applied: Applied {
            revision: row::number("applied_revision", it.applied_revision)?,
            at: it.applied_at.map(row::instant),
            error: it.error,
            failing_since: it.failing_since.map(row::instant),
        },
        version: it.version,
    };
    Grant::restore(snapshot).map_err(StoreError::corrupt)
}

/// What people see of a row.
pub(super) fn view(it: Model) -> Result<GrantView, StoreError> {
    let subject = subject(&it.subject_kind, it.subject_id)?;
    let login: Login = it.login.parse().map_err(|_| row::bad("login", &it.id))?;
    Ok(GrantView {
        id: GrantId::from_uuid(it.id),
        router: RouterId::from_uuid(it.router_id),
        subject,
        service: row::parse("service", &it.service)?,
        login: match subject {
            Subject::Subscription(_) => login.to_string(),
            Subject::Voucher(_) => login.masked(),
        },
        profile: ProfileId::from_uuid(it.profile_id),
        address: address(&it)?,
        allowance: allowance(&it)?,
        revision: row::number("revision", it.revision)?,
        changed_at: row::instant(it.changed_at),
        applied_revision: row::number("applied_revision", it.applied_revision)?,
        applied_at: it.applied_at.map(row::instant),
        error: it.error,
    })
}

/// What people see of a row that waits, and `silence`: why its router is out of reach.
pub(super) fn not_applied(it: Model, silence: Option<&String>) -> Result<NotApplied, StoreError> {
    let since = it.failing_since.unwrap_or(it.changed_at);
    let grant = view(it)?;
    Ok(NotApplied {
        reason: grant.error.clone().or_else(|| silence.cloned()),
        since: row::instant(since),
        grant,
    })
}

/// The two columns that name a subject.
pub(super) const fn subject_columns(subject: Subject) -> (&'static str, Uuid) {
    match subject {
        Subject::Subscription(id) => ("subscription", id.uuid()),
        Subject::Voucher(id) => ("voucher", id.uuid()),
    }
}

/// The subject that two columns name.
pub(super) fn subject(kind: &str, id: Uuid) -> Result<Subject, StoreError> {
    match kind {
        "subscription" => Ok(Subject::Subscription(SubscriptionId::from_uuid(id))),
        "voucher" => Ok(Subject::Voucher(VoucherId::from_uuid(id))),
        _ => Err(row::bad("subject_kind", kind)),
    }
}

fn allowance_columns(it: Allowance) -> (&'static str, Option<DateTimeUtc>) {
    match it {
        Allowance::Active { until } => ("active", row::utc(until)),
        Allowance::Restricted => ("restricted", None),
        Allowance::Blocked => ("blocked", None),
        Allowance::Ended => ("ended", None),
    }
}

fn allowance(it: &Model) -> Result<Allowance, StoreError> {
    match (it.state.as_str(), it.active_until.map(row::instant)) {
        ("active", until) => Ok(Allowance::Active { until }),
        ("restricted", None) => Ok(Allowance::Restricted),
        ("blocked", None) => Ok(Allowance::Blocked),
        ("ended", None) => Ok(Allowance::Ended),
        _ => Err(row::bad("state", &it.state)),
    }
}

fn address(it: &Model) -> Result<Option<Ipv4Addr>, StoreError> {
    let stored = it.address.as_deref();
    stored.map(|text| row::parse("address", text)).transpose()
}

fn limit(column: &'static str, stored: Option<i64>) -> Result<Option<u64>, StoreError> {
    stored.map(|it| row::number(column, it)).transpose()
}

#[cfg(test)]
mod tests;
