//! Reads of use and sessions.

use access::{DayUsage, GrantUsage, Load, RouterOnline, SessionFilter, SessionView, UsageQueries};
use async_trait::async_trait;
use kernel::{Cursor, GrantId, LocalDate, Page, PageRequest, RouterId, StoreError, TenantId};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use super::grant_row::subject_columns;
use super::usage_rows::{SessionRow, load};
use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct DayRow {
    day: LocalDate,
    bytes_up: i64,
    bytes_down: i64,
    seconds: i64,
}

impl DayRow {
    fn into_day(self) -> Result<DayUsage, StoreError> {
        Ok(DayUsage {
            day: self.day,
            used: load(self.bytes_up, self.bytes_down, self.seconds)?,
        })
    }
}

#[derive(Debug, FromQueryResult)]
struct TotalRow {
    bytes_up: i64,
    bytes_down: i64,
    seconds: i64,
}

#[derive(Debug, FromQueryResult)]
struct OnlineRow {
    tenant_id: Uuid,
    router_id: Uuid,
    online_hotspot: i64,
    online_pppoe: i64,
    polled_at: DateTimeUtc,
}

#[async_trait]
impl UsageQueries for Store {
    async fn usage_of(
        &self,
        tenant: TenantId,
        grant: GrantId,
        from: LocalDate,
        to: LocalDate,
    ) -> Result<Option<GrantUsage>, StoreError> {
        let key: [Value; 2] = [tenant.uuid().into(), grant.uuid().into()];
        let total: Option<TotalRow> = sql::row(self.reader(), TOTAL, key.clone()).await?;
        let Some(total) = total else {
            return Ok(None);
        };
        let values = key.into_iter().chain([from.into(), to.into()]);
        let days: Vec<DayRow> = sql::rows(self.reader(), DAYS, values).await?;
        let days: Result<Vec<_>, _> = days.into_iter().map(DayRow::into_day).collect();
        let total: Load = load(total.bytes_up, total.bytes_down, total.seconds)?;
        Ok(Some(GrantUsage { days: days?, total }))
    }

    async fn sessions(
        &self,
        tenant: TenantId,
        filter: SessionFilter,
        page: PageRequest,
    ) -> Result<Page<SessionView>, StoreError> {
        let (text, values) = wanted(tenant, filter, page);
        let rows: Vec<SessionRow> = sql::rows(self.reader(), text, values).await?;
        let view = |it: SessionRow| {
            let router = RouterId::from_uuid(it.router_id);
            it.into_session().map(|it| it.view(router))
        };
        let views: Result<Vec<_>, _> = rows.into_iter().map(view).collect();
        Ok(Page::from_overfetch(views?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn online(&self) -> Result<Vec<RouterOnline>, StoreError> {
        let rows: Vec<OnlineRow> = sql::rows(self.reader(), ONLINE, []).await?;
        let online = |it: OnlineRow| {
            Ok(RouterOnline {
                tenant: TenantId::from_uuid(it.tenant_id),
                router: RouterId::from_uuid(it.router_id),
                hotspot: row::number("online_hotspot", it.online_hotspot)?,
                pppoe: row::number("online_pppoe", it.online_pppoe)?,
                at: row::instant(it.polled_at),
            })
        };
        rows.into_iter().map(online).collect()
    }
}

/// The statement for a page of sessions, and the values it binds.
fn wanted(tenant: TenantId, filter: SessionFilter, page: PageRequest) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = vec![tenant.uuid().into()];
    let mut text = String::from("SELECT * FROM access_sessions WHERE tenant_id = $1");
    let mut and = |condition: &str, value: Value| {
        values.push(value);
        let place = format!("${}", values.len());
        text.push_str(" AND ");
        text.push_str(&condition.replace("{}", &place));
    };
    if let Some(router) = filter.router {
        and("router_id = {}", router.uuid().into());
    }
    if let Some(grant) = filter.grant {
        and("grant_id = {}", grant.uuid().into());
    }
    if let Some(subject) = filter.subject {
        let (kind, id) = subject_columns(subject);
        let condition = OF_SUBJECT.replace("{kind}", kind);
        and(&condition, id.into());
    }
    if let Some(after) = page.after() {
        and("id < {}", after.uuid().into());
    }
    match filter.is_open {
        Some(true) => text.push_str(" AND ended_at IS NULL"),
        Some(false) => text.push_str(" AND ended_at IS NOT NULL"),
        None => {}
    }
    values.push((i64::from(page.limit()) + 1).into());
    let text = format!("{text} ORDER BY id DESC LIMIT ${}", values.len());
    (text, values)
}

/// A subject has one grant. The kind is one of our own words.
const OF_SUBJECT: &str = "grant_id IN (
    SELECT id FROM grants WHERE tenant_id = $1 AND subject_kind = '{kind}' AND subject_id = {})";

/// Days that were folded, and those that were not; nothing without the grant.
const TOTAL: &str = "\
SELECT CAST(COALESCE(SUM(part.bytes_up), 0) AS BIGINT) AS bytes_up,
    CAST(COALESCE(SUM(part.bytes_down), 0) AS BIGINT) AS bytes_down,
    CAST(COALESCE(SUM(part.seconds), 0) AS BIGINT) AS seconds
FROM grants AS owner LEFT JOIN (
    SELECT grant_id, bytes_up, bytes_down, seconds FROM usage_daily WHERE tenant_id = $1 AND grant_id = $2
    UNION ALL
    SELECT grant_id, bytes_up, bytes_down, seconds FROM usage_carried WHERE tenant_id = $1 AND grant_id = $2
) AS part ON part.grant_id = owner.id
WHERE owner.tenant_id = $1 AND owner.id = $2 GROUP BY owner.id";

const DAYS: &str = "\
SELECT day, bytes_up, bytes_down, seconds FROM usage_daily
WHERE tenant_id = $1 AND grant_id = $2 AND day BETWEEN $3 AND $4 ORDER BY day";

const ONLINE: &str = "\
SELECT tenant_id, router_id, online_hotspot, online_pppoe, polled_at FROM usage_polls ORDER BY tenant_id, router_id";
