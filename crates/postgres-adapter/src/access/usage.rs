//! Stores what customers use: a poll's page in a handful of statements, whatever its length.

use std::collections::BTreeMap;

use access::{
    Load, LoginChange, LoginRef, Meter, Owner, PollState, TrackedSession, UsageStore,
    session_events,
};
use async_trait::async_trait;
use kernel::{GrantId, LocalDate, RouterId, Scope, StoreError, TenantId, Timestamp, UnitOfWork};
use sea_orm::{DatabaseTransaction, FromQueryResult, Value};
use uuid::Uuid;

use super::grant_row::subject;
use super::usage_rows::{
    METER_COLUMNS, MeterRow, PollRow, SESSION_COLUMNS, SessionRow, load, load_columns,
    meter_values, poll_values, session_values,
};
use crate::error::Stored;
use crate::store::Store;
use crate::{row, sql};

/// Rows per statement: within the bind limit of either database.
const CHUNK: usize = 500;

/// Columns of a day and of a carried total.
const DAY_COLUMNS: usize = 6;
const CARRIED_COLUMNS: usize = 5;

#[derive(Debug, FromQueryResult)]
struct OwnerRow {
    id: Uuid,
    service: String,
    login: String,
    subject_kind: String,
    subject_id: Uuid,
}

#[derive(Debug, FromQueryResult)]
struct DayRow {
    tenant_id: Uuid,
    grant_id: Uuid,
    day: LocalDate,
    bytes_up: i64,
    bytes_down: i64,
    seconds: i64,
}

#[async_trait]
impl UsageStore for Store {
    async fn poll_state(
        &self,
        tenant: TenantId,
        router: RouterId,
    ) -> Result<Option<PollState>, StoreError> {
        let values = [tenant.uuid().into(), router.uuid().into()];
        let found: Option<PollRow> = sql::row(self.reader(), POLL, values).await?;
        found.map(PollRow::into_state).transpose()
    }

    async fn open_sessions(
        &self,
        tenant: TenantId,
        router: RouterId,
    ) -> Result<Vec<TrackedSession>, StoreError> {
        let values = [tenant.uuid().into(), router.uuid().into()];
        let rows: Vec<SessionRow> = sql::rows(self.reader(), OPEN_SESSIONS, values).await?;
        rows.into_iter().map(SessionRow::into_session).collect()
    }

    async fn meters(
        &self,
        tenant: TenantId,
        router: RouterId,
        after: Option<&LoginRef>,
        limit: u32,
    ) -> Result<Vec<Meter>, StoreError> {
        let values = [
            tenant.uuid().into(),
            router.uuid().into(),
            after.map_or("", |it| it.service.as_str()).into(),
            after.map_or("", |it| it.name.as_str()).into(),
            i64::from(limit).into(),
        ];
        let rows: Vec<MeterRow> = sql::rows(self.reader(), METERS, values).await?;
        rows.into_iter().map(MeterRow::into_meter).collect()
    }

    async fn meters_of(
        &self,
        tenant: TenantId,
        router: RouterId,
        logins: &[LoginRef],
    ) -> Result<Vec<Meter>, StoreError> {
        let rows: Vec<MeterRow> = named(self, METERS_OF, tenant, router, logins).await?;
        let meters: Result<Vec<_>, _> = rows.into_iter().map(MeterRow::into_meter).collect();
        Ok(wanted(meters?, logins, |it| &it.login))
    }

    async fn owners_of(
        &self,
        tenant: TenantId,
        router: RouterId,
        logins: &[LoginRef],
    ) -> Result<Vec<Owner>, StoreError> {
        let rows: Vec<OwnerRow> = named(self, OWNERS_OF, tenant, router, logins).await?;
        let owner = |it: OwnerRow| {
            Ok::<_, StoreError>(Owner {
                login: LoginRef::new(row::parse("service", &it.service)?, it.login),
                grant: GrantId::from_uuid(it.id),
                subject: subject(&it.subject_kind, it.subject_id)?,
            })
        };
        let owners: Result<Vec<_>, _> = rows.into_iter().map(owner).collect();
        Ok(wanted(owners?, logins, |it| &it.login))
    }

    async fn record(
        &self,
        tenant: TenantId,
        router: RouterId,
        state: &PollState,
        day: LocalDate,
        changes: &[LoginChange],
    ) -> Result<i64, StoreError> {
        let scope = Scope::system(tenant, "usage", self.surroundings.ids.fresh());
        let mut unit = self.transaction(&scope).await?;
        unit.record_raw(session_events(router, changes)?);
        let tx = unit.connection();
        let values = poll_values(tenant.uuid(), router, state)?;
        if sql::execute(tx, SAVE_POLL, values).await? == 0 {
            return Err(StoreError::Conflict);
        }
        for chunk in changes.chunks(CHUNK) {
            save_meters(tx, tenant.uuid(), router, chunk).await?;
            save_sessions(tx, tenant.uuid(), router, chunk).await?;
            add_days(tx, tenant.uuid(), day, chunk).await?;
            let carried = summed(chunk, |it| it.carried);
            let carried = carried
                .into_iter()
                .map(|(it, load)| ((tenant.uuid(), it), load));
            carry(tx, carried.collect()).await?;
        }
        Box::new(unit).commit().await?;
        Ok(state.version + 1)
    }

    async fn forget_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let values = [before.utc().into(), i64::from(limit).into()];
        sql::execute(self.writer(), FORGET_SESSIONS, values).await
    }

    async fn fold_days(&self, before: LocalDate, limit: u32) -> Result<u64, StoreError> {
        let tx = self.db.begin().await?;
        let lock = self.db.dialect().skip_locked("usage_daily");
        let text = format!("{OLD_DAYS} {lock}");
        let old: Vec<DayRow> =
            sql::rows(&tx, text, [before.into(), i64::from(limit).into()]).await?;
        let mut totals = BTreeMap::<(Uuid, Uuid), Load>::new();
        for it in &old {
            let total = totals.entry((it.tenant_id, it.grant_id)).or_default();
            *total = total.plus(load(it.bytes_up, it.bytes_down, it.seconds)?);
        }
        carry(&tx, totals).await?;
        let mut folded = 0;
        for chunk in old.chunks(CHUNK) {
            let places = sql::placeholders(&tx, chunk.len(), 3);
            let keys = chunk
                .iter()
                .flat_map(|it| [it.tenant_id.into(), it.grant_id.into(), Value::from(it.day)]);
            let text = format!("{DELETE_DAYS} (VALUES {places})");
            folded += sql::execute(&tx, text, keys).await?;
        }
        tx.commit().await.stored()?;
        Ok(folded)
    }

    async fn forget_session_events(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let values = [before.utc().into(), i64::from(limit).into()];
        sql::execute(self.writer(), FORGET_SESSION_EVENTS, values).await
    }

    async fn forget_meters(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let values = [before.utc().into(), i64::from(limit).into()];
        sql::execute(self.writer(), FORGET_METERS, values).await
    }
}

/// The rows of one router with these names, of whatever service.
async fn named<T: FromQueryResult>(
    store: &Store,
    text: &str,
    tenant: TenantId,
    router: RouterId,
    logins: &[LoginRef],
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    for chunk in logins.chunks(CHUNK) {
        let text = text.replace("{logins}", &sql::list_from(chunk.len(), 3));
        let head: [Value; 2] = [tenant.uuid().into(), router.uuid().into()];
        let names = chunk.iter().map(|it| it.name.as_str().into());
        let rows: Vec<T> = sql::rows(store.reader(), text, head.into_iter().chain(names)).await?;
        found.extend(rows);
    }
    Ok(found)
}

/// What belongs to one of the logins, each thing once.
fn wanted<T>(found: Vec<T>, logins: &[LoginRef], login: impl Fn(&T) -> &LoginRef) -> Vec<T> {
    let wanted: std::collections::HashSet<&LoginRef> = logins.iter().collect();
    let mut known = BTreeMap::new();
    for it in found {
        if wanted.contains(login(&it)) {
            known.insert(login(&it).clone(), it);
        }
    }
    known.into_values().collect()
}

async fn save_meters(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    router: RouterId,
    changes: &[LoginChange],
) -> Result<(), StoreError> {
    let rows = changes
        .iter()
        .map(|it| meter_values(tenant, router, &it.meter));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    write(tx, SAVE_METERS, KEEP_METER, METER_COLUMNS, rows).await
}

async fn save_sessions(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    router: RouterId,
    changes: &[LoginChange],
) -> Result<(), StoreError> {
    let sessions = changes.iter().flat_map(|it| &it.sessions);
    let rows = sessions.map(|it| session_values(tenant, router, it));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    write(tx, SAVE_SESSIONS, KEEP_SESSION, SESSION_COLUMNS, rows).await
}

async fn add_days(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    day: LocalDate,
    changes: &[LoginChange],
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (grant, load) in summed(changes, |it| it.used) {
        let mut values = vec![tenant.into(), grant.into(), Value::from(day)];
        values.extend(load_columns(load)?);
        rows.push(values);
    }
    write(tx, ADD_DAYS, TO_DAY, DAY_COLUMNS, rows).await
}

async fn carry(
    tx: &DatabaseTransaction,
    totals: BTreeMap<(Uuid, Uuid), Load>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for ((tenant, grant), load) in totals {
        let mut values = vec![Value::from(tenant), grant.into()];
        values.extend(load_columns(load)?);
        rows.push(values);
    }
    write(tx, CARRY, TO_CARRIED, CARRIED_COLUMNS, rows).await
}

/// One statement must not touch a row twice, and everybody takes the rows in the same order.
fn summed(changes: &[LoginChange], load: impl Fn(&LoginChange) -> Load) -> BTreeMap<Uuid, Load> {
    let mut sums = BTreeMap::<Uuid, Load>::new();
    for change in changes.iter().filter(|it| !load(it).is_zero()) {
        let sum = sums.entry(change.meter.grant.uuid()).or_default();
        *sum = sum.plus(load(change));
    }
    sums
}

async fn write(
    tx: &DatabaseTransaction,
    head: &str,
    tail: &str,
    columns: usize,
    rows: Vec<Vec<Value>>,
) -> Result<(), StoreError> {
    for chunk in rows.chunks(CHUNK) {
        let places = sql::placeholders(tx, chunk.len(), columns);
        let text = format!("{head}{places}{tail}");
        sql::execute(tx, text, chunk.iter().flatten().cloned()).await?;
    }
    Ok(())
}

const POLL: &str = "\
SELECT boot, uptime_s, polled_at, users_polled_at, online_hotspot, online_pppoe, version FROM usage_polls
WHERE tenant_id = $1 AND router_id = $2";

/// $10 is the version it had when it was read, 0 for none.
const SAVE_POLL: &str = "\
INSERT INTO usage_polls (tenant_id, router_id, version, boot, uptime_s, polled_at, users_polled_at, online_hotspot,
    online_pppoe)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (tenant_id, router_id) DO UPDATE SET version = excluded.version, boot = excluded.boot,
    uptime_s = excluded.uptime_s, polled_at = excluded.polled_at, users_polled_at = excluded.users_polled_at,
    online_hotspot = excluded.online_hotspot, online_pppoe = excluded.online_pppoe
WHERE usage_polls.version = $10";

const OPEN_SESSIONS: &str = "\
SELECT * FROM access_sessions WHERE tenant_id = $1 AND router_id = $2 AND ended_at IS NULL ORDER BY id";

const METERS: &str = "\
SELECT * FROM usage_meters WHERE tenant_id = $1 AND router_id = $2 AND (service, login) > ($3, $4)
ORDER BY service, login LIMIT $5";

const METERS_OF: &str =
    "SELECT * FROM usage_meters WHERE tenant_id = $1 AND router_id = $2 AND login IN ({logins})";

const OWNERS_OF: &str = "\
SELECT id, service, login, subject_kind, subject_id FROM grants
WHERE tenant_id = $1 AND router_id = $2 AND state <> 'ended' AND login IN ({logins})";

const SAVE_METERS: &str = "\
INSERT INTO usage_meters (tenant_id, router_id, service, login, grant_id, subject_kind, subject_id, user_row, user_boot,
    user_up, user_down, user_s, owed_up, owed_down, owed_s)
VALUES ";

const KEEP_METER: &str = "
ON CONFLICT (tenant_id, router_id, service, login) DO UPDATE SET grant_id = excluded.grant_id,
    subject_kind = excluded.subject_kind, subject_id = excluded.subject_id, user_row = excluded.user_row,
    user_boot = excluded.user_boot, user_up = excluded.user_up, user_down = excluded.user_down,
    user_s = excluded.user_s, owed_up = excluded.owed_up, owed_down = excluded.owed_down, owed_s = excluded.owed_s";

const SAVE_SESSIONS: &str = "\
INSERT INTO access_sessions (tenant_id, id, router_id, service, login, grant_id, subject_kind, subject_id, session_key,
    started_at, seen_at, ended_at, cause, address, device, seen_up, seen_down, seen_s, counted_up, counted_down,
    counted_s)
VALUES ";

const KEEP_SESSION: &str = "
ON CONFLICT (tenant_id, id) DO UPDATE SET seen_at = excluded.seen_at, ended_at = excluded.ended_at,
    cause = excluded.cause, address = excluded.address, device = excluded.device, seen_up = excluded.seen_up,
    seen_down = excluded.seen_down, seen_s = excluded.seen_s, counted_up = excluded.counted_up,
    counted_down = excluded.counted_down, counted_s = excluded.counted_s";

const ADD_DAYS: &str =
    "INSERT INTO usage_daily (tenant_id, grant_id, day, bytes_up, bytes_down, seconds) VALUES ";

const TO_DAY: &str = "
ON CONFLICT (tenant_id, grant_id, day) DO UPDATE SET bytes_up = usage_daily.bytes_up + excluded.bytes_up,
    bytes_down = usage_daily.bytes_down + excluded.bytes_down, seconds = usage_daily.seconds + excluded.seconds";

const CARRY: &str =
    "INSERT INTO usage_carried (tenant_id, grant_id, bytes_up, bytes_down, seconds) VALUES ";

const TO_CARRIED: &str = "
ON CONFLICT (tenant_id, grant_id) DO UPDATE SET bytes_up = usage_carried.bytes_up + excluded.bytes_up,
    bytes_down = usage_carried.bytes_down + excluded.bytes_down, seconds = usage_carried.seconds + excluded.seconds";

const FORGET_SESSIONS: &str = "\
DELETE FROM access_sessions WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM access_sessions WHERE ended_at IS NOT NULL AND ended_at < $1 ORDER BY ended_at LIMIT $2)";

/// The names are literals, so that the partial index serves. The newest stays because SQLite counts on from its place.
const FORGET_SESSION_EVENTS: &str = "\
DELETE FROM events WHERE position < (SELECT max(position) FROM events) AND position IN (
    SELECT position FROM (
        SELECT e.position, e.occurred_at FROM events AS e
        WHERE e.name IN ('access.sessions_started', 'access.sessions_ended')
        AND NOT EXISTS (
            SELECT 1 FROM deliveries AS d WHERE d.position = e.position AND d.state <> 'done')
        ORDER BY e.position LIMIT $2) AS oldest
    WHERE occurred_at < $1)";

const OLD_DAYS: &str = "\
SELECT tenant_id, grant_id, day, bytes_up, bytes_down, seconds FROM usage_daily WHERE day < $1
ORDER BY day, tenant_id, grant_id LIMIT $2";

const DELETE_DAYS: &str = "DELETE FROM usage_daily WHERE (tenant_id, grant_id, day) IN";

const FORGET_METERS: &str = "\
DELETE FROM usage_meters WHERE (tenant_id, router_id, service, login) IN (
    SELECT meter.tenant_id, meter.router_id, meter.service, meter.login FROM usage_meters AS meter
    JOIN grants AS owner ON owner.tenant_id = meter.tenant_id AND owner.id = meter.grant_id
    WHERE owner.state = 'ended' AND owner.changed_at < $1
        AND NOT EXISTS (SELECT 1 FROM access_sessions AS session WHERE session.tenant_id = meter.tenant_id
            AND session.router_id = meter.router_id AND session.service = meter.service
            AND session.login = meter.login AND session.ended_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM grants AS heir WHERE heir.tenant_id = meter.tenant_id
            AND heir.router_id = meter.router_id AND heir.service = meter.service AND heir.login = meter.login
            AND heir.state <> 'ended')
    LIMIT $2)";
