//! Use in memory, beside an access store in memory that knows whose the logins are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel::{
    AccessSessionId, Cursor, GrantId, LocalDate, NewEvent, Page, PageRequest, RouterId, StoreError,
    TenantId, Timestamp,
};

use super::memory_access::MemoryAccess;
use crate::events::session_events;
use crate::grant::{Allowance, GrantSnapshot, Subject};
use crate::login::LoginRef;
use crate::usage::{
    DayUsage, GrantUsage, Load, LoginChange, Meter, Owner, PollState, RouterOnline, SessionFilter,
    SessionView, TrackedSession, UsageQueries, UsageStore,
};

#[derive(Debug, Default)]
struct Rows {
    polls: BTreeMap<(TenantId, RouterId), PollState>,
    meters: BTreeMap<(TenantId, RouterId, LoginRef), Meter>,
    sessions: BTreeMap<(TenantId, AccessSessionId), (RouterId, TrackedSession)>,
    days: BTreeMap<(LocalDate, TenantId, GrantId), Load>,
    carried: BTreeMap<(TenantId, GrantId), Load>,
    /// Events of sessions, and when they were recorded.
    told: Vec<(Timestamp, TenantId, NewEvent)>,
}

/// The store: clones share what they hold.
#[derive(Debug, Clone)]
pub struct MemoryUsage {
    access: MemoryAccess,
    rows: Arc<Mutex<Rows>>,
}

impl MemoryUsage {
    /// An empty store; the grants are those of `access`.
    #[must_use]
    pub fn beside(access: MemoryAccess) -> Self {
        Self {
            access,
            rows: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grant_of(&self, tenant: TenantId, subject: Subject) -> Option<GrantId> {
        let tables = self.access.tables(tenant);
        tables.grants.of(subject).map(|it| it.id)
    }
}

#[async_trait]
impl UsageStore for MemoryUsage {
    async fn poll_state(
        &self,
        tenant: TenantId,
        router: RouterId,
    ) -> Result<Option<PollState>, StoreError> {
        Ok(self.lock().polls.get(&(tenant, router)).copied())
    }

    async fn open_sessions(
        &self,
        tenant: TenantId,
        router: RouterId,
    ) -> Result<Vec<TrackedSession>, StoreError> {
        let rows = self.lock();
        let own = rows.sessions.iter().filter(|it| it.0.0 == tenant);
        let open = own.filter(|(_, (on, it))| *on == router && it.end.is_none());
        Ok(open.map(|(_, (_, it))| it.clone()).collect())
    }

    async fn meters(
        &self,
        tenant: TenantId,
        router: RouterId,
        after: Option<&LoginRef>,
        limit: u32,
    ) -> Result<Vec<Meter>, StoreError> {
        let rows = self.lock();
        let place = |it: &LoginRef| (it.service.as_str(), it.name.clone());
        let mut found: Vec<Meter> = rows
            .meters
            .values()
            .zip(rows.meters.keys())
            .filter(|(_, key)| (key.0, key.1) == (tenant, router))
            .filter(|(_, key)| after.is_none_or(|last| place(&key.2) > place(last)))
            .map(|(it, _)| it.clone())
            .collect();
        found.sort_by_key(|it| place(&it.login));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn meters_of(
        &self,
        tenant: TenantId,
        router: RouterId,
        logins: &[LoginRef],
    ) -> Result<Vec<Meter>, StoreError> {
        let rows = self.lock();
        let found = |it: &LoginRef| rows.meters.get(&(tenant, router, it.clone())).cloned();
        Ok(logins.iter().filter_map(found).collect())
    }

    async fn owners_of(
        &self,
        tenant: TenantId,
        router: RouterId,
        logins: &[LoginRef],
    ) -> Result<Vec<Owner>, StoreError> {
        let tables = self.access.tables(tenant);
        let owner = |it: &GrantSnapshot| Owner {
            login: LoginRef::new(it.service, it.login.as_str()),
            grant: it.id,
            subject: it.subject,
        };
        let owners = tables.live_on(router).map(owner);
        Ok(owners.filter(|it| logins.contains(&it.login)).collect())
    }

    async fn record(
        &self,
        tenant: TenantId,
        router: RouterId,
        state: &PollState,
        day: LocalDate,
        changes: &[LoginChange],
    ) -> Result<i64, StoreError> {
        let mut rows = self.lock();
        let stored = rows.polls.get(&(tenant, router)).map_or(0, |it| it.version);
        if stored != state.version {
            return Err(StoreError::Conflict);
        }
        let events = session_events(router, changes)?;
        let told = events
            .iter()
            .map(|it| (state.polled_at, tenant, it.clone()));
        rows.told.extend(told);
        let mut tables = self.access.lock();
        tables.entry(tenant).or_default().events.extend(events);
        drop(tables);
        let version = stored + 1;
        let state = PollState { version, ..*state };
        rows.polls.insert((tenant, router), state);
        for change in changes {
            rows.record(tenant, router, day, change);
        }
        Ok(version)
    }

    async fn forget_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut rows = self.lock();
        let is_old = |it: &TrackedSession| it.end.is_some_and(|end| end.at < before);
        let old = rows.sessions.iter().filter(|(_, (_, it))| is_old(it));
        let old = old.map(|(key, _)| *key).take(at_most(limit));
        let old: Vec<_> = old.collect();
        old.iter().for_each(|key| drop(rows.sessions.remove(key)));
        Ok(counted(old.len()))
    }

    async fn forget_session_events(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut rows = self.lock();
        let old = rows.told.extract_if(.., |(at, ..)| *at < before);
        let old: Vec<_> = old.take(at_most(limit)).collect();
        let mut tables = self.access.lock();
        for (_, tenant, event) in &old {
            let events = &mut tables.entry(*tenant).or_default().events;
            // Whichever of those that are alike.
            if let Some(place) = events.iter().position(|it| it == event) {
                events.remove(place);
            }
        }
        Ok(counted(old.len()))
    }

    async fn fold_days(&self, before: LocalDate, limit: u32) -> Result<u64, StoreError> {
        let mut rows = self.lock();
        let old = rows.days.iter().take_while(|((day, ..), _)| *day < before);
        let old = old.map(|(key, load)| (*key, *load)).take(at_most(limit));
        let old: Vec<_> = old.collect();
        for (key, load) in &old {
            rows.days.remove(key);
            rows.carry(key.1, key.2, *load);
        }
        Ok(counted(old.len()))
    }

    async fn forget_meters(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let has_ended = |tenant: TenantId, grant: GrantId| {
            let found = self.access.tables(tenant).grant(grant).cloned();
            found.is_some_and(|it| it.allowance == Allowance::Ended && it.changed_at < before)
        };
        let mut rows = self.lock();
        let is_in_use = |(tenant, router, login): &(TenantId, RouterId, LoginRef)| {
            let mut sessions = rows.sessions.iter();
            let is_open = sessions.any(|((owner, _), (on, it))| {
                (owner, on, &it.login) == (tenant, router, login) && it.end.is_none()
            });
            let tables = self.access.tables(*tenant);
            let lives = |it: &GrantSnapshot| {
                let same = it.service == login.service && it.login.as_str() == login.name;
                same && it.router == *router && it.allowance != Allowance::Ended
            };
            is_open || tables.grants().any(lives)
        };
        let old = rows.meters.iter();
        let old = old.filter(|(key, it)| has_ended(key.0, it.grant) && !is_in_use(key));
        let old = old.map(|(key, _)| key.clone()).take(at_most(limit));
        let old: Vec<_> = old.collect();
        old.iter().for_each(|key| drop(rows.meters.remove(key)));
        Ok(counted(old.len()))
    }
}

impl Rows {
    fn record(&mut self, tenant: TenantId, router: RouterId, day: LocalDate, change: &LoginChange) {
        let meter = change.meter.clone();
        let grant = meter.grant;
        self.meters
            .insert((tenant, router, meter.login.clone()), meter);
        for session in &change.sessions {
            self.sessions
                .insert((tenant, session.id), (router, session.clone()));
        }
        if !change.used.is_zero() {
            let load = self.days.entry((day, tenant, grant)).or_default();
            *load = load.plus(change.used);
        }
        if !change.carried.is_zero() {
            self.carry(tenant, grant, change.carried);
        }
    }

    fn carry(&mut self, tenant: TenantId, grant: GrantId, load: Load) {
        let total = self.carried.entry((tenant, grant)).or_default();
        *total = total.plus(load);
    }
}

#[async_trait]
impl UsageQueries for MemoryUsage {
    async fn usage_of(
        &self,
        tenant: TenantId,
        grant: GrantId,
        from: LocalDate,
        to: LocalDate,
    ) -> Result<Option<GrantUsage>, StoreError> {
        if self.access.tables(tenant).grant(grant).is_none() {
            return Ok(None);
        }
        let rows = self.lock();
        let own = rows.days.iter();
        let own = own.filter(|((_, owner, of), _)| (*owner, *of) == (tenant, grant));
        let days = own.map(|((day, ..), used)| DayUsage {
            day: *day,
            used: *used,
        });
        let days: Vec<DayUsage> = days.collect();
        let carried = rows.carried.get(&(tenant, grant)).copied();
        let sum = |total: Load, it: &DayUsage| total.plus(it.used);
        Ok(Some(GrantUsage {
            total: days.iter().fold(carried.unwrap_or_default(), sum),
            days: days
                .into_iter()
                .filter(|it| (from..=to).contains(&it.day))
                .collect(),
        }))
    }

    async fn sessions(
        &self,
        tenant: TenantId,
        filter: SessionFilter,
        page: PageRequest,
    ) -> Result<Page<SessionView>, StoreError> {
        let of_subject = filter.subject.map(|it| self.grant_of(tenant, it));
        let rows = self.lock();
        let fits = |on: RouterId, it: &TrackedSession| {
            filter.router.is_none_or(|id| on == id)
                && filter.grant.is_none_or(|id| it.grant == id)
                && of_subject.is_none_or(|id| Some(it.grant) == id)
                && filter.is_open.is_none_or(|open| it.end.is_none() == open)
        };
        let items = rows
            .sessions
            .iter()
            .rev()
            .filter(|((owner, id), (on, it))| {
                let later = page.after().is_none_or(|place| id.uuid() < place.uuid());
                *owner == tenant && later && fits(*on, it)
            })
            .map(|(_, (on, it))| it.view(*on))
            .take(usize::from(page.limit()) + 1);
        Ok(Page::from_overfetch(items.collect(), page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn online(&self) -> Result<Vec<RouterOnline>, StoreError> {
        let rows = self.lock();
        let online = |((tenant, router), it): (&(TenantId, RouterId), &PollState)| RouterOnline {
            tenant: *tenant,
            router: *router,
            hotspot: it.online_hotspot,
            pppoe: it.online_pppoe,
            at: it.polled_at,
        };
        Ok(rows.polls.iter().map(online).collect())
    }
}

fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn counted(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
