//! Reads of profiles, routers and grants.

use std::collections::{BTreeMap, BTreeSet};

use access::{
    AccessQueries, GrantFilter, GrantView, LoginRef, NotApplied, ProfileView, RouterView,
    STILL_ONLINE, Subject,
};
use async_trait::async_trait;
use kernel::{Cursor, Page, PageRequest, ProfileId, RouterId, StoreError, TenantId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryTrait, Value};
use uuid::Uuid;

use super::router_row::GrantCounts;
use super::{grant_row, profile_row, router_row};
use crate::error::Stored;
use crate::store::Store;
use crate::{row, sql};

/// Logins per statement: within the bind limit of either database.
const LOGINS: usize = 30_000;

#[async_trait]
impl AccessQueries for Store {
    async fn router(
        &self,
        tenant: TenantId,
        id: RouterId,
    ) -> Result<Option<RouterView>, StoreError> {
        let found = router_row::Entity::find_by_id((tenant.uuid(), id.uuid()))
            .one(self.reader())
            .await
            .stored()?;
        let views = router_views(self, tenant, found.into_iter().collect()).await?;
        Ok(views.into_iter().next())
    }

    async fn routers(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<RouterView>, StoreError> {
        let rows = router_row::Entity::find();
        let rows = row::newest(self.reader(), rows, tenant.uuid(), page).await?;
        let items = router_views(self, tenant, rows).await?;
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn profile(
        &self,
        tenant: TenantId,
        id: ProfileId,
    ) -> Result<Option<ProfileView>, StoreError> {
        let found = profile_row::Entity::find_by_id((tenant.uuid(), id.uuid()))
            .one(self.reader())
            .await
            .stored()?;
        found.map(profile_row::view).transpose()
    }

    async fn profiles(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<ProfileView>, StoreError> {
        let rows = profile_row::Entity::find();
        let rows = row::newest(self.reader(), rows, tenant.uuid(), page).await?;
        let items = rows.into_iter().map(profile_row::view);
        let items = items.collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn grants(
        &self,
        tenant: TenantId,
        filter: GrantFilter,
        page: PageRequest,
    ) -> Result<Page<GrantView>, StoreError> {
        let rows = grant_row::Entity::find()
            .apply_if(filter.router, |rows, it| {
                rows.filter(grant_row::Column::RouterId.eq(it.uuid()))
            })
            .apply_if(filter.subject, |rows, it| {
                let (kind, id) = grant_row::subject_columns(it);
                rows.filter(grant_row::Column::SubjectKind.eq(kind))
                    .filter(grant_row::Column::SubjectId.eq(id))
            });
        let rows = row::newest(self.reader(), rows, tenant.uuid(), page).await?;
        let items = rows.into_iter().map(grant_row::view);
        let items = items.collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn subjects_of(
        &self,
        tenant: TenantId,
        router: RouterId,
        logins: &[LoginRef],
    ) -> Result<Vec<(LoginRef, Subject)>, StoreError> {
        let wanted: BTreeSet<&LoginRef> = logins.iter().collect();
        let names: Vec<&LoginRef> = wanted.iter().copied().collect();
        let mut found = Vec::new();
        for chunk in names.chunks(LOGINS) {
            let owned = owners(self, tenant, router, chunk).await?;
            found.extend(owned.into_iter().filter(|(it, _)| wanted.contains(it)));
        }
        Ok(found)
    }

    async fn routers_of(
        &self,
        tenant: TenantId,
        subjects: &[Subject],
    ) -> Result<Vec<(Subject, RouterId)>, StoreError> {
        let ids = subjects.iter().map(|it| grant_row::subject_columns(*it).1);
        let found = grant_row::Entity::find()
            .filter(grant_row::Column::TenantId.eq(tenant.uuid()))
            .filter(grant_row::Column::SubjectId.is_in(ids))
            .all(self.reader())
            .await
            .stored()?;
        let mut routers = Vec::with_capacity(found.len());
        for it in found {
            let subject = grant_row::subject(&it.subject_kind, it.subject_id)?;
            if subjects.contains(&subject) {
                routers.push((subject, RouterId::from_uuid(it.router_id)));
            }
        }
        Ok(routers)
    }

    async fn not_applied(
        &self,
        tenant: TenantId,
        router: Option<RouterId>,
        page: PageRequest,
    ) -> Result<Page<NotApplied>, StoreError> {
        let waits = Expr::col(grant_row::Column::AppliedRevision)
            .lt(Expr::col(grant_row::Column::Revision));
        let rows = grant_row::Entity::find()
            .filter(waits)
            .apply_if(router, |rows, it| {
                rows.filter(grant_row::Column::RouterId.eq(it.uuid()))
            });
        let rows = row::newest(self.reader(), rows, tenant.uuid(), page).await?;
        let silent = silent_routers(self, tenant).await?;
        let item = |it: grant_row::Model| {
            let silence = silent.get(&it.router_id);
            grant_row::not_applied(it, silence)
        };
        let items = rows.into_iter().map(item).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(items, page, |it: &NotApplied| {
            Cursor::after(it.grant.id)
        }))
    }
}

#[derive(Debug, FromQueryResult)]
struct CountedGrants {
    router_id: Uuid,
    live: i64,
    pending: i64,
    still_online: i64,
}

async fn router_views(
    store: &Store,
    tenant: TenantId,
    rows: Vec<router_row::Model>,
) -> Result<Vec<RouterView>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let text = COUNTS.replace("{routers}", &sql::list_from(rows.len(), 3));
    let values = [Value::from(tenant.uuid()), Value::from(STILL_ONLINE)].into_iter();
    let values = values.chain(rows.iter().map(|it| it.id.into()));
    let counted: Vec<CountedGrants> = sql::rows(store.reader(), text, values).await?;
    let mut counts = BTreeMap::new();
    for it in counted {
        let count = GrantCounts {
            live: row::number("live", it.live)?,
            pending: row::number("pending", it.pending)?,
            still_online: row::number("still_online", it.still_online)?,
        };
        counts.insert(it.router_id, count);
    }
    let view = |it: router_row::Model| {
        let grants = counts.get(&it.id).copied().unwrap_or_default();
        router_row::view(it, grants)
    };
    rows.into_iter().map(view).collect()
}

#[derive(Debug, FromQueryResult)]
struct Owner {
    service: String,
    login: String,
    subject_kind: String,
    subject_id: Uuid,
}

/// Whose the live logins with these names are, of whatever service.
async fn owners(
    store: &Store,
    tenant: TenantId,
    router: RouterId,
    logins: &[&LoginRef],
) -> Result<Vec<(LoginRef, Subject)>, StoreError> {
    let text = OWNERS.replace("{logins}", &sql::list_from(logins.len(), 3));
    let head: [Value; 2] = [tenant.uuid().into(), router.uuid().into()];
    let names = logins.iter().map(|it| it.name.as_str().into());
    let rows: Vec<Owner> = sql::rows(store.reader(), text, head.into_iter().chain(names)).await?;
    let owned = |it: Owner| {
        let login = LoginRef::new(row::parse("service", &it.service)?, it.login);
        Ok((login, grant_row::subject(&it.subject_kind, it.subject_id)?))
    };
    rows.into_iter().map(owned).collect()
}

#[derive(Debug, FromQueryResult)]
struct Silent {
    id: Uuid,
    silent_reason: String,
}

async fn silent_routers(
    store: &Store,
    tenant: TenantId,
) -> Result<BTreeMap<Uuid, String>, StoreError> {
    let rows: Vec<Silent> = sql::rows(store.reader(), SILENT, [tenant.uuid().into()]).await?;
    Ok(rows
        .into_iter()
        .map(|it| (it.id, it.silent_reason))
        .collect())
}

const COUNTS: &str = "\
SELECT router_id, COUNT(*) FILTER (WHERE state <> 'ended') AS live,
    COUNT(*) FILTER (WHERE applied_revision < revision) AS pending,
    COUNT(*) FILTER (WHERE error = $2) AS still_online
FROM grants WHERE tenant_id = $1 AND router_id IN ({routers}) AND (state <> 'ended' OR applied_revision < revision)
GROUP BY router_id";

const OWNERS: &str = "\
SELECT service, login, subject_kind, subject_id FROM grants
WHERE tenant_id = $1 AND router_id = $2 AND state <> 'ended' AND login IN ({logins})";

const SILENT: &str =
    "SELECT id, silent_reason FROM routers WHERE tenant_id = $1 AND status = 'unreachable'";
