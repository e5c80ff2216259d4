//! Records what a router has counted, a few hundred logins at a time.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use kernel::{Ids, LocalDate, RouterId, StoreError, TenantId, Timestamp};

use crate::grant::Subject;
use crate::login::{Login, LoginRef};
use crate::usage::{
    Books, FirstUse, LoginChange, LoginSeen, Meter, Owner, PollClock, PollState, SessionCounters,
    TrackedSession, UsageReading, UsageStore, UserCounters, UserSeen, account,
};

/// Logins per page: one statement of each kind.
const PAGE: usize = 500;
/// Meters loaded at a time.
const METERS: u32 = 2_000;

/// One poll of one router on its way into the books.
///
/// Each page is recorded by itself; what is not recorded when the process dies is found by the next poll.
pub struct UsageRun<'a> {
    store: &'a dyn UsageStore,
    ids: &'a dyn Ids,
    tenant: TenantId,
    router: RouterId,
    state: PollState,
    clock: PollClock,
    users: Option<BTreeMap<LoginRef, UserCounters>>,
    seen: BTreeMap<LoginRef, LoginSeen>,
    open: BTreeMap<LoginRef, Vec<TrackedSession>>,
    waiting: VecDeque<LoginRef>,
    ends: bool,
}

/// A few hundred logins, accounted for and not recorded yet.
#[derive(Debug)]
pub struct UsagePage {
    changes: Vec<LoginChange>,
    is_last: bool,
}

impl UsagePage {
    /// The logins that have been used, with the time of their first use as far as their counters tell.
    pub fn first_uses(&self) -> impl Iterator<Item = &FirstUse> {
        self.changes.iter().filter_map(|it| it.first_use.as_ref())
    }

    /// Leaves subjects out, so that the next poll comes upon them again.
    pub fn leave_out(&mut self, subjects: &HashSet<Subject>) {
        self.changes
            .retain(|it| !subjects.contains(&it.meter.subject));
    }
}

impl<'a> UsageRun<'a> {
    /// Lays a reading, which ended at an instant on a local day, beside what is known.
    ///
    /// # Errors
    /// [`StoreError`] as the store's own.
    pub async fn open(
        store: &'a dyn UsageStore,
        ids: &'a dyn Ids,
        (tenant, router): (TenantId, RouterId),
        reading: UsageReading,
        (at, day): (Timestamp, LocalDate),
    ) -> Result<Self, StoreError> {
        let known = store.poll_state(tenant, router).await?;
        let state = PollState::after(known.as_ref(), &reading, at);
        let clock = PollClock {
            at,
            day,
            boot: state.boot,
            has_restarted: known.is_some_and(|it| it.boot != state.boot),
            since: known.map(|it| it.polled_at),
            users_since: known.and_then(|it| it.users_polled_at),
        };
        let mut open = BTreeMap::<LoginRef, Vec<TrackedSession>>::new();
        for session in store.open_sessions(tenant, router).await? {
            open.entry(session.login.clone()).or_default().push(session);
        }
        let mut seen = BTreeMap::<LoginRef, LoginSeen>::new();
        for session in reading.sessions {
            let session = plain(session);
            let login = session.login.clone();
            if may_be_ours(&login.name) {
                seen.entry(login).or_default().sessions.push(session);
            }
        }
        let named = |it: UserCounters| may_be_ours(&it.login.name).then(|| (it.login.clone(), it));
        let mut run = Self {
            store,
            ids,
            tenant,
            router,
            state,
            clock,
            users: reading
                .users
                .map(|them| them.into_iter().filter_map(named).collect()),
            waiting: open.keys().chain(seen.keys()).cloned().collect(),
            seen,
            open,
            ends: false,
        };
        run.find_changed_users().await?;
        Ok(run)
    }

    /// Whether the router has started anew since it was last polled.
    #[must_use]
    pub const fn has_restarted(&self) -> bool {
        self.clock.has_restarted
    }

    /// Adds the hotspot users and queues whose totals are not those that were read last.
    async fn find_changed_users(&mut self) -> Result<(), StoreError> {
        let mut logins: BTreeSet<LoginRef> = self.waiting.drain(..).collect();
        if let Some(users) = &self.users {
            let used = users.values().filter(|it| !it.load.is_zero());
            let mut changed: BTreeSet<&LoginRef> = used.map(|it| &it.login).collect();
            let mut last: Option<LoginRef> = None;
            loop {
                let meters = self
                    .store
                    .meters(self.tenant, self.router, last.as_ref(), METERS)
                    .await?;
                for meter in &meters {
                    note(&mut changed, meter, users, self.state.boot);
                }
                last = meters.last().map(|it| it.login.clone());
                if meters.len() < usize::try_from(METERS).unwrap_or(usize::MAX) {
                    break;
                }
            }
            logins.extend(changed.into_iter().cloned());
        }
        self.waiting = logins.into_iter().collect();
        Ok(())
    }

    /// Accounts for the next few hundred logins; `None` when everything is recorded. There is always a first page, so
    /// that every poll leaves its state.
    ///
    /// # Errors
    /// [`StoreError`] as the store's own.
    pub async fn next_page(&mut self) -> Result<Option<UsagePage>, StoreError> {
        if self.ends {
            return Ok(None);
        }
        let count = self.waiting.len().min(PAGE);
        let logins: Vec<LoginRef> = self.waiting.drain(..count).collect();
        let meters = self
            .store
            .meters_of(self.tenant, self.router, &logins)
            .await?;
        let owners = self
            .store
            .owners_of(self.tenant, self.router, &logins)
            .await?;
        let mut meters: BTreeMap<LoginRef, Meter> = keyed(meters, |it| &it.login);
        let mut owners: BTreeMap<LoginRef, Owner> = keyed(owners, |it| &it.login);
        let mut changes = Vec::with_capacity(logins.len());
        for login in logins {
            let books = Books {
                meter: meters.remove(&login),
                open: self.open.remove(&login).unwrap_or_default(),
                owner: owners.remove(&login),
            };
            let seen = self.take_seen(&login);
            changes.extend(account(&login, books, &seen, &self.clock, self.ids));
        }
        Ok(Some(UsagePage {
            changes,
            is_last: self.waiting.is_empty(),
        }))
    }

    /// Records a page.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else has recorded a poll of this router meanwhile.
    pub async fn record(&mut self, page: UsagePage) -> Result<(), StoreError> {
        if page.is_last && self.users.is_some() {
            self.state.users_polled_at = Some(self.state.polled_at);
        }
        self.ends = page.is_last;
        self.state.version = self
            .store
            .record(
                self.tenant,
                self.router,
                &self.state,
                self.clock.day,
                &page.changes,
            )
            .await?;
        Ok(())
    }

    fn take_seen(&mut self, login: &LoginRef) -> LoginSeen {
        let mut seen = self.seen.remove(login).unwrap_or_default();
        let users = self.users.as_mut();
        seen.user = users.and_then(|it| it.remove(login));
        seen
    }
}

/// Other names on a router are somebody else's, and may hold any bytes.
fn may_be_ours(name: &str) -> bool {
    name.parse::<Login>().is_ok()
}

/// The same without characters that no store has to keep.
fn plain(session: SessionCounters) -> SessionCounters {
    let clean = |it: String| it.replace(char::is_control, "?");
    SessionCounters {
        key: clean(session.key),
        address: session.address.map(clean),
        device: session.device.map(clean),
        ..session
    }
}

/// A user that has not changed since it was read drops out; one that was reset to nothing comes in.
fn note<'u>(
    changed: &mut BTreeSet<&'u LoginRef>,
    meter: &Meter,
    users: &'u BTreeMap<LoginRef, UserCounters>,
    boot: u32,
) {
    let Some((login, now)) = users.get_key_value(&meter.login) else {
        return;
    };
    let is_same = |it: &UserSeen| it.load == now.load && it.row == now.row && it.boot == boot;
    if meter.owed.is_zero() && meter.user.as_ref().is_some_and(is_same) {
        changed.remove(login);
    } else {
        changed.insert(login);
    }
}

fn keyed<T>(items: Vec<T>, login: impl Fn(&T) -> &LoginRef) -> BTreeMap<LoginRef, T> {
    let pair = |it: T| (login(&it).clone(), it);
    items.into_iter().map(pair).collect()
}
