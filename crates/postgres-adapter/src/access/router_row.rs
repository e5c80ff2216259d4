//! The row of a router.

use access::{
    DriftCounts, Endpoint, Fingerprint, LoginMethod, Reconciled, Router, RouterFacts,
    RouterSnapshot, RouterStatus, RouterView, Transport, Trust,
};
use kernel::{RouterId, StoreError, Timestamp};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, Json, PrimaryKeyTrait, Uuid,
};
use serde::{Deserialize, Serialize};

use crate::row;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "routers")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) host: String,
    pub(super) port: i32,
    pub(super) method: String,
    pub(super) username: String,
    pub(super) password: Vec<u8>,
    pub(super) identity: String,
    pub(super) serial: Option<String>,
    pub(super) os_version: String,
    pub(super) board: String,
    pub(super) uptime_s: i64,
    pub(super) status: String,
    pub(super) silent_since: Option<DateTimeUtc>,
    pub(super) silent_reason: Option<String>,
    pub(super) reconciled_at: Option<DateTimeUtc>,
    pub(super) drift: Option<Json>,
    pub(super) version: i64,
    pub(super) transport: String,
    pub(super) certificate_pin: Option<Vec<u8>>,
    pub(super) certificate_authority: Option<String>,
    pub(super) certificate_seen: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What the last comparison left in the column `drift`.
#[derive(Debug, Serialize, Deserialize)]
struct StoredDrift {
    #[serde(flatten)]
    drift: DriftCounts,
    #[serde(default)]
    booted_at: Option<Timestamp>,
}

/// How many grants a router has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GrantCounts {
    pub(super) live: u64,
    pub(super) pending: u64,
    pub(super) still_online: u64,
}

/// The row to write for a router.
pub(super) fn written(
    tenant_id: Uuid,
    it: &RouterSnapshot,
    version: i64,
) -> Result<Model, StoreError> {
    let (status, certificate_seen) = status_columns(&it.status);
    let silence = it.status.silence();
    let (certificate_pin, certificate_authority) = trust_columns(&it.endpoint.transport);
    let drift = it.last_reconcile.map(|it| {
        serde_json::to_value(StoredDrift {
            drift: it.drift,
            booted_at: it.booted_at,
        })
    });
    Ok(Model {
        tenant_id,
        id: it.id.uuid(),
        name: it.name.to_string(),
        host: it.endpoint.host.to_string(),
        port: i32::from(it.endpoint.port),
        method: word(it.endpoint.method).to_owned(),
        username: it.endpoint.username.as_str().to_owned(),
        password: it.endpoint.password.as_bytes().to_vec(),
        identity: it.facts.identity.clone(),
        serial: it.facts.serial.clone(),
        os_version: it.facts.version.clone(),
        board: it.facts.board.clone(),
        uptime_s: row::column("uptime_s", it.facts.uptime_s)?,
        status: status.to_owned(),
        silent_since: silence.as_ref().map(|(since, _)| since.utc()),
        silent_reason: silence.map(|(_, reason)| reason),
        reconciled_at: it.last_reconcile.map(|it| it.at.utc()),
        drift: drift.transpose().map_err(StoreError::corrupt)?,
        version,
        transport: it.endpoint.transport.word().to_owned(),
        certificate_pin,
        certificate_authority,
        certificate_seen,
    })
}

/// A certificate that somebody must look at is stored beside the state that a version without TLS knows.
fn status_columns(status: &RouterStatus) -> (&'static str, Option<Vec<u8>>) {
    let bytes = |it: &Fingerprint| Some(it.as_bytes().to_vec());
    match status {
        RouterStatus::Enrolled => ("enrolled", None),
        RouterStatus::AwaitingConfirmation { seen } => ("enrolled", bytes(seen)),
        RouterStatus::Online => ("online", None),
        RouterStatus::Unreachable { .. } => ("unreachable", None),
        RouterStatus::CertificateChanged { seen, .. } => ("unreachable", bytes(seen)),
        RouterStatus::Retired => ("retired", None),
    }
}

fn trust_columns(transport: &Transport) -> (Option<Vec<u8>>, Option<String>) {
    match transport {
        Transport::Plain | Transport::Tls(Trust::FirstUse) => (None, None),
        Transport::Tls(Trust::Pinned(pin)) => (Some(pin.as_bytes().to_vec()), None),
        Transport::Tls(Trust::Authority(ca)) => (None, Some(ca.as_str().to_owned())),
    }
}

/// The router a row stands for.
pub(super) fn restore(it: Model) -> Result<Router, StoreError> {
    let snapshot = RouterSnapshot {
        id: RouterId::from_uuid(it.id),
        name: row::parse("name", &it.name)?,
        facts: facts(&it)?,
        status: status(&it)?,
        last_reconcile: last_reconcile(&it)?,
        endpoint: Endpoint {
            host: row::parse("host", &it.host)?,
            port: row::number("port", it.port)?,
            transport: transport(&it)?,
            method: method(&it.method)?,
            username: row::parse("username", &it.username)?,
            password: row::sealed(it.password),
        },
        version: it.version,
    };
    Ok(Router::restore(snapshot))
}

/// What people see of a row.
pub(super) fn view(it: Model, grants: GrantCounts) -> Result<RouterView, StoreError> {
    Ok(RouterView {
        id: RouterId::from_uuid(it.id),
        port: row::number("port", it.port)?,
        transport: transport(&it)?,
        method: method(&it.method)?,
        facts: facts(&it)?,
        status: status(&it)?,
        last_reconcile: last_reconcile(&it)?,
        name: it.name,
        host: it.host,
        username: it.username,
        grants: grants.live,
        pending: grants.pending,
        still_online: grants.still_online,
    })
}

fn facts(it: &Model) -> Result<RouterFacts, StoreError> {
    Ok(RouterFacts {
        identity: it.identity.clone(),
        serial: it.serial.clone(),
        version: it.os_version.clone(),
        board: it.board.clone(),
        uptime_s: row::number("uptime_s", it.uptime_s)?,
    })
}

fn last_reconcile(it: &Model) -> Result<Option<Reconciled>, StoreError> {
    let (Some(at), Some(drift)) = (it.reconciled_at, it.drift.clone()) else {
        return Ok(None);
    };
    let stored: StoredDrift = serde_json::from_value(drift).map_err(StoreError::corrupt)?;
    Ok(Some(Reconciled {
        at: row::instant(at),
        drift: stored.drift,
        booted_at: stored.booted_at,
    }))
}

fn status(it: &Model) -> Result<RouterStatus, StoreError> {
    let silence = it.silent_since.zip(it.silent_reason.clone());
    let seen = fingerprint("certificate_seen", it.certificate_seen.as_deref())?;
    let pin = fingerprint("certificate_pin", it.certificate_pin.as_deref())?;
    match (it.status.as_str(), silence) {
        ("enrolled", None) => Ok(match seen {
            Some(seen) => RouterStatus::AwaitingConfirmation { seen },
            None => RouterStatus::Enrolled,
        }),
        ("online", None) => Ok(RouterStatus::Online),
        ("retired", None) => Ok(RouterStatus::Retired),
        ("unreachable", Some((since, reason))) => {
            let since = row::instant(since);
            Ok(match pin.zip(seen) {
                Some((expected, seen)) => RouterStatus::CertificateChanged {
                    since,
                    expected,
                    seen,
                },
                None => RouterStatus::Unreachable { since, reason },
            })
        }
        _ => Err(row::bad("status", &it.status)),
    }
}

fn transport(it: &Model) -> Result<Transport, StoreError> {
    let pin = fingerprint("certificate_pin", it.certificate_pin.as_deref())?;
    match (it.transport.as_str(), pin, &it.certificate_authority) {
        ("plain", None, None) => Ok(Transport::Plain),
        ("tls", None, None) => Ok(Transport::Tls(Trust::FirstUse)),
        ("tls", Some(pin), None) => Ok(Transport::Tls(Trust::Pinned(pin))),
        ("tls", None, Some(pem)) => {
            let ca = row::parse("certificate_authority", pem)?;
            Ok(Transport::Tls(Trust::Authority(ca)))
        }
        _ => Err(row::bad("transport", &it.transport)),
    }
}

fn fingerprint(
    column: &'static str,
    stored: Option<&[u8]>,
) -> Result<Option<Fingerprint>, StoreError> {
    let parsed = stored.map(Fingerprint::from_bytes).transpose();
    parsed.map_err(|_| row::bad(column, "not 32 bytes"))
}

const fn word(method: LoginMethod) -> &'static str {
    match method {
        LoginMethod::Plain => "plain",
        LoginMethod::LegacyMd5 => "legacy_md5",
    }
}

fn method(stored: &str) -> Result<LoginMethod, StoreError> {
    [LoginMethod::Plain, LoginMethod::LegacyMd5]
        .into_iter()
        .find(|it| word(*it) == stored)
        .ok_or_else(|| row::bad("method", stored))
}

#[cfg(test)]
mod tests;
