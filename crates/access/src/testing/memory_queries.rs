//! The lists and views of the store in memory.

use async_trait::async_trait;
use kernel::{Cursor, Id, Page, PageRequest, ProfileId, RouterId, StoreError, TenantId};

use super::memory_access::MemoryAccess;
use super::memory_tables::Tables;
use crate::grant::{Allowance, GrantSnapshot, STILL_ONLINE, Subject};
use crate::login::LoginRef;
use crate::ports::{AccessQueries, GrantFilter, GrantView, NotApplied, ProfileView, RouterView};
use crate::profile::ServiceProfileSnapshot;
use crate::router::RouterSnapshot;

#[async_trait]
impl AccessQueries for MemoryAccess {
    async fn router(
        &self,
        tenant: TenantId,
        id: RouterId,
    ) -> Result<Option<RouterView>, StoreError> {
        let tables = self.tables(tenant);
        Ok(tables.routers.get(&id).map(|it| router_view(it, &tables)))
    }

    async fn routers(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<RouterView>, StoreError> {
        let tables = self.tables(tenant);
        let views = tables
            .routers
            .values()
            .rev()
            .map(|it| router_view(it, &tables));
        Ok(paged(views, page, |it| it.id))
    }

    async fn profile(
        &self,
        tenant: TenantId,
        id: ProfileId,
    ) -> Result<Option<ProfileView>, StoreError> {
        Ok(self.tables(tenant).profiles.get(&id).map(profile_view))
    }

    async fn profiles(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<ProfileView>, StoreError> {
        let tables = self.tables(tenant);
        Ok(paged(
            tables.profiles.values().rev().map(profile_view),
            page,
            |it| it.id,
        ))
    }

    async fn grants(
        &self,
        tenant: TenantId,
        filter: GrantFilter,
        page: PageRequest,
    ) -> Result<Page<GrantView>, StoreError> {
        let tables = self.tables(tenant);
        let fits = |it: &&GrantSnapshot| {
            filter.router.is_none_or(|id| it.router == id)
                && filter.subject.is_none_or(|id| it.subject == id)
        };
        let views = tables.grants().rev().filter(fits).map(grant_view);
        Ok(paged(views, page, |it| it.id))
    }

    async fn subjects_of(
        &self,
        tenant: TenantId,
        router: RouterId,
        logins: &[LoginRef],
    ) -> Result<Vec<(LoginRef, Subject)>, StoreError> {
        let tables = self.tables(tenant);
        let login = |it: &GrantSnapshot| LoginRef::new(it.service, it.login.as_str());
        let pairs = tables.live_on(router).map(|it| (login(it), it.subject));
        Ok(pairs.filter(|(it, _)| logins.contains(it)).collect())
    }

    async fn routers_of(
        &self,
        tenant: TenantId,
        subjects: &[Subject],
    ) -> Result<Vec<(Subject, RouterId)>, StoreError> {
        let tables = self.tables(tenant);
        let latest = |subject: &Subject| {
            let mut grants = tables.grants().rev();
            let found = grants.find(|it| it.subject == *subject);
            found.map(|it| (*subject, it.router))
        };
        Ok(subjects.iter().filter_map(latest).collect())
    }

    async fn not_applied(
        &self,
        tenant: TenantId,
        router: Option<RouterId>,
        page: PageRequest,
    ) -> Result<Page<NotApplied>, StoreError> {
        let tables = self.tables(tenant);
        let waits = |it: &&GrantSnapshot| {
            it.applied.revision < it.revision && router.is_none_or(|id| it.router == id)
        };
        let rows = tables.grants().rev().filter(waits);
        Ok(paged(rows.map(|it| not_applied(it, &tables)), page, |it| {
            it.grant.id
        }))
    }
}

fn paged<T, K>(
    rows: impl Iterator<Item = T>,
    page: PageRequest,
    id: impl Fn(&T) -> Id<K>,
) -> Page<T> {
    let after = |it: &T| page.after().is_none_or(|last| id(it).uuid() < last.uuid());
    let rows = rows
        .filter(after)
        .take(usize::from(page.limit()) + 1)
        .collect();
    Page::from_overfetch(rows, page, |it| Cursor::after(id(it)))
}

fn router_view(it: &RouterSnapshot, tables: &Tables) -> RouterView {
    let on = || tables.grants.on(it.id);
    let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
    let lives = |grant: &&GrantSnapshot| grant.allowance != Allowance::Ended;
    let waits = |grant: &&GrantSnapshot| grant.applied.revision < grant.revision;
    let online = |grant: &&GrantSnapshot| grant.applied.error.as_deref() == Some(STILL_ONLINE);
    RouterView {
        id: it.id,
        name: it.name.to_string(),
        host: it.endpoint.host.to_string(),
        port: it.endpoint.port,
        transport: it.endpoint.transport.clone(),
        method: it.endpoint.method,
        username: it.endpoint.username.as_str().to_owned(),
        facts: it.facts.clone(),
        status: it.status.clone(),
        last_reconcile: it.last_reconcile,
        grants: count(on().filter(lives).count()),
        pending: count(on().filter(waits).count()),
        still_online: count(on().filter(online).count()),
    }
}

fn profile_view(it: &ServiceProfileSnapshot) -> ProfileView {
    ProfileView {
        id: it.id,
        name: it.name.to_string(),
        service: it.service,
        terms: it.terms.clone(),
        status: it.status,
        revision: it.revision,
    }
}

fn grant_view(it: &GrantSnapshot) -> GrantView {
    let login = match it.subject {
        Subject::Subscription(_) => it.login.to_string(),
        Subject::Voucher(_) => it.login.masked(),
    };
    GrantView {
        id: it.id,
        router: it.router,
        subject: it.subject,
        service: it.service,
        login,
        address: it.address,
        profile: it.profile,
        allowance: it.allowance,
        revision: it.revision,
        changed_at: it.changed_at,
        applied_revision: it.applied.revision,
        applied_at: it.applied.at,
        error: it.applied.error.clone(),
    }
}

fn not_applied(it: &GrantSnapshot, tables: &Tables) -> NotApplied {
    let silence = || {
        let (_, reason) = tables.routers.get(&it.router)?.status.silence()?;
        Some(reason)
    };
    NotApplied {
        grant: grant_view(it),
        reason: it.applied.error.clone().or_else(silence),
        since: it.applied.failing_since.unwrap_or(it.changed_at),
    }
}
