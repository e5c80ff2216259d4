//! What every store of use must do, on whatever database.

use std::sync::Arc;

use chrono::{Days, Duration};
use kernel::{
    GrantId, Ids, LocalDate, PageRequest, RouterId, Scope, StoreError, TenantId, Timestamp,
};

use super::samples::{sample_grant, sample_profile, sample_router};
use crate::grant::Subject;
use crate::login::{LoginRef, Service};
use crate::ports::AccessStore;
use crate::row::RowId;
use crate::usage::{
    EndCause, Load, LoginChange, Meter, Owner, PollState, SessionEnd, SessionFilter,
    TrackedSession, UsageQueries, UsageStore, UserSeen,
};

/// Walks an empty tenant, and a stranger, through everything the ports promise. `ids` must give ids that grow.
///
/// # Panics
/// When a promise is broken.
pub async fn usage_store_contract(
    (access, store, queries): (&dyn AccessStore, &dyn UsageStore, &dyn UsageQueries),
    ids: Arc<dyn Ids>,
    tenant: TenantId,
    stranger: TenantId,
) {
    let mut walk = Walk {
        store,
        queries,
        tenant,
        stranger,
        router: ids.next(),
        owners: Vec::new(),
        ids,
    };
    walk.settle_in(access).await;
    walk.owners_are_those_of_live_grants().await;
    walk.a_poll_is_recorded_once().await;
    walk.meters_come_back_whole_and_in_order().await;
    walk.use_adds_up_by_day().await;
    walk.sessions_are_followed_and_listed().await;
    walk.old_days_fold_into_totals().await;
    walk.old_sessions_are_forgotten().await;
    walk.meters_of_ended_grants_are_forgotten(access).await;
    walk.meters_in_use_are_kept(access).await;
    walk.session_events_are_forgotten().await;
}

struct Walk<'a> {
    store: &'a dyn UsageStore,
    queries: &'a dyn UsageQueries,
    ids: Arc<dyn Ids>,
    tenant: TenantId,
    stranger: TenantId,
    router: RouterId,
    owners: Vec<Owner>,
}

fn noon() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).expect("a valid instant")
}

fn today() -> LocalDate {
    noon().utc().date_naive()
}

fn days_ago(count: u64) -> LocalDate {
    today().checked_sub_days(Days::new(count)).expect("a day")
}

fn load(factor: u64) -> Load {
    Load {
        bytes_up: factor,
        bytes_down: 5_000_000_000 * factor,
        seconds: 60 * factor,
    }
}

fn ok<T>(result: Result<T, StoreError>) -> T {
    result.expect("the store can")
}

fn spot(name: &str) -> LoginRef {
    LoginRef::new(Service::Hotspot, name)
}

impl Walk<'_> {
    /// A line and two hotspot logins; a fourth grant has ended.
    async fn settle_in(&mut self, access: &dyn AccessStore) {
        let scope = Scope::system(self.tenant, "contract", self.ids.fresh());
        let mut tx = ok(access.begin(&scope).await);
        let mut router = sample_router(self.router).expect("a router");
        ok(tx.routers().save(&mut router).await);
        for (service, logins) in [
            (Service::Hotspot, ["use-a", "use-b", "use-ended"].as_slice()),
            (Service::Pppoe, ["use-a"].as_slice()),
        ] {
            let name = format!("use-{service}");
            let profile = sample_profile(self.ids.next(), &name, service);
            let mut profile = profile.expect("a profile");
            ok(tx.profiles().save(&mut profile).await);
            for login in logins {
                let (grant, subject) = (self.ids.next(), Subject::Voucher(self.ids.next()));
                let made = sample_grant(grant, self.router, subject, &profile, login, noon());
                let mut made = made.expect("a grant");
                if *login == "use-ended" {
                    made.end(noon());
                } else {
                    let login = LoginRef::new(service, *login);
                    self.owners.push(Owner {
                        login,
                        grant,
                        subject,
                    });
                }
                ok(tx.grants().save(&mut made).await);
            }
        }
        ok(tx.commit().await);
    }

    fn logins(&self) -> Vec<LoginRef> {
        self.owners.iter().map(|it| it.login.clone()).collect()
    }

    fn meter(&self, owner: usize) -> Meter {
        let it = &self.owners[owner];
        Meter::new(it.login.clone(), it.grant, it.subject)
    }

    fn change(&self, owner: usize, used: Load) -> LoginChange {
        LoginChange {
            meter: self.meter(owner),
            sessions: Vec::new(),
            begun: Vec::new(),
            used,
            carried: Load::ZERO,
            first_use: None,
        }
    }

    async fn state(&self) -> PollState {
        let state = ok(self.store.poll_state(self.tenant, self.router).await);
        state.expect("polled before")
    }

    async fn record(&self, day: LocalDate, changes: &[LoginChange]) {
        let state = self.state().await;
        let recorded = self
            .store
            .record(self.tenant, self.router, &state, day, changes);
        assert_eq!(ok(recorded.await), state.version + 1);
    }

    async fn owners_are_those_of_live_grants(&self) {
        let mut asked = self.logins();
        asked.extend([spot("use-ended"), spot("nobody")]);
        asked.extend([LoginRef::new(Service::Pppoe, "use-b")]);
        let by_login = |one: &Owner, other: &Owner| one.login.cmp(&other.login);
        let mut found = ok(self.store.owners_of(self.tenant, self.router, &asked).await);
        found.sort_by(by_login);
        let mut expected = self.owners.clone();
        expected.sort_by(by_login);
        assert_eq!(found, expected);
        let strangers = self.store.owners_of(self.stranger, self.router, &asked);
        assert_eq!(ok(strangers.await), []);
    }

    async fn a_poll_is_recorded_once(&self) {
        let before = ok(self.store.poll_state(self.tenant, self.router).await);
        assert_eq!(before, None);
        let first = PollState {
            boot: 3,
            uptime_s: 86_400,
            polled_at: noon(),
            users_polled_at: None,
            online_hotspot: 7,
            online_pppoe: 2,
            version: 0,
        };
        let write = |state: PollState| async move {
            let (tenant, router) = (self.tenant, self.router);
            self.store
                .record(tenant, router, &state, today(), &[self.change(0, load(1))])
                .await
        };
        assert_eq!(ok(write(first).await), 1);
        assert_eq!(
            self.state().await,
            PollState {
                version: 1,
                ..first
            }
        );
        let late = write(first).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        let second = PollState {
            users_polled_at: Some(noon()),
            version: 1,
            ..first
        };
        assert_eq!(ok(write(second).await), 2);
        // What was refused has left nothing.
        assert_eq!(self.total(0).await, load(2));
        let online = ok(self.queries.online().await);
        let online = online.iter().find(|it| it.router == self.router);
        let online = online.expect("polled");
        assert_eq!((online.hotspot, online.pppoe), (7, 2));
    }

    async fn total(&self, owner: usize) -> Load {
        self.usage(owner, today(), today()).await.total
    }

    async fn usage(&self, owner: usize, from: LocalDate, to: LocalDate) -> crate::GrantUsage {
        let grant = self.owners[owner].grant;
        let usage = self.queries.usage_of(self.tenant, grant, from, to).await;
        ok(usage).expect("a grant")
    }

    async fn meters_come_back_whole_and_in_order(&self) {
        let read = LoginChange {
            meter: Meter {
                user: Some(UserSeen {
                    row: RowId::new("*1A"),
                    load: load(9),
                    boot: 3,
                }),
                owed: load(1),
                ..self.meter(1)
            },
            ..self.change(1, Load::ZERO)
        };
        let line = self.change(2, Load::ZERO);
        self.record(today(), &[read.clone(), line]).await;
        let wanted = [spot("use-b"), LoginRef::new(Service::Pppoe, "use-b")];
        let found = self
            .store
            .meters_of(self.tenant, self.router, &wanted)
            .await;
        assert_eq!(ok(found), [read.meter]);
        let mut all = Vec::new();
        loop {
            let last = all.last().map(|it: &Meter| it.login.clone());
            let page = self
                .store
                .meters(self.tenant, self.router, last.as_ref(), 2)
                .await;
            let page = ok(page);
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        let names: Vec<_> = all.iter().map(|it| it.login.clone()).collect();
        assert_eq!(names, self.logins());
        let strangers = self.store.meters(self.stranger, self.router, None, 9).await;
        assert_eq!(ok(strangers), []);
    }

    async fn use_adds_up_by_day(&self) {
        self.record(days_ago(1), &[self.change(1, load(10))]).await;
        let twice = [self.change(1, load(3)), self.change(2, load(4))];
        self.record(today(), &twice).await;
        self.record(today(), &twice).await;
        let usage = self.usage(1, days_ago(1), today()).await;
        let days: Vec<_> = usage.days.iter().map(|it| (it.day, it.used)).collect();
        assert_eq!(days, [(days_ago(1), load(10)), (today(), load(6))]);
        assert_eq!(usage.total, load(16));
        let one_day = self.usage(1, today(), today()).await;
        assert_eq!((one_day.days.len(), one_day.total), (1, load(16)));
        let carried = LoginChange {
            carried: load(100),
            ..self.change(1, Load::ZERO)
        };
        self.record(today(), &[carried]).await;
        assert_eq!(self.total(1).await, load(116));
        let unknown: GrantId = self.ids.next();
        for (tenant, grant) in [
            (self.tenant, unknown),
            (self.stranger, self.owners[1].grant),
        ] {
            let none = self.queries.usage_of(tenant, grant, today(), today()).await;
            assert_eq!(ok(none), None);
        }
    }

    fn session(&self, owner: usize) -> TrackedSession {
        let it = &self.owners[owner];
        TrackedSession {
            id: self.ids.next(),
            login: it.login.clone(),
            grant: it.grant,
            subject: it.subject,
            key: "AA:BB:CC:00:00:01 10.5.50.7".to_owned(),
            started_at: noon().minus(Duration::minutes(1)),
            seen_at: noon(),
            end: None,
            address: Some("10.5.50.7".to_owned()),
            device: None,
            seen: load(2),
            counted: load(1),
        }
    }

    /// Records sessions: those that have ended, and others for the first time.
    async fn keep(&self, sessions: Vec<TrackedSession>) {
        let new = sessions.iter().filter(|it| it.end.is_none());
        let change = LoginChange {
            begun: new.map(|it| it.id).collect(),
            sessions,
            ..self.change(0, Load::ZERO)
        };
        self.record(today(), &[change]).await;
    }

    async fn sessions_are_followed_and_listed(&self) {
        let (first, second) = (self.session(0), self.session(2));
        self.keep(vec![first.clone(), second.clone()]).await;
        let open = ok(self.store.open_sessions(self.tenant, self.router).await);
        assert_eq!(open, [first.clone(), second.clone()]);
        let ended = TrackedSession {
            end: Some(SessionEnd {
                at: noon(),
                cause: EndCause::Gone,
            }),
            counted: load(5),
            ..first.clone()
        };
        self.keep(vec![ended]).await;
        let open = ok(self.store.open_sessions(self.tenant, self.router).await);
        assert_eq!(open, std::slice::from_ref(&second));
        let all = SessionFilter::default();
        let listed = self.listed(all).await;
        assert_eq!(listed, [second.id, first.id], "the newest first");
        for (filter, expected) in [
            (
                SessionFilter {
                    is_open: Some(false),
                    ..all
                },
                vec![first.id],
            ),
            (
                SessionFilter {
                    grant: Some(second.grant),
                    ..all
                },
                vec![second.id],
            ),
            (
                SessionFilter {
                    subject: Some(first.subject),
                    router: Some(self.router),
                    ..all
                },
                vec![first.id],
            ),
            (
                SessionFilter {
                    router: Some(self.ids.next()),
                    ..all
                },
                Vec::new(),
            ),
        ] {
            assert_eq!(self.listed(filter).await, expected, "{filter:?}");
        }
        let page = PageRequest::new(1, None);
        let page = ok(self.queries.sessions(self.tenant, all, page).await);
        let next = page.next.expect("another page").parse().expect("a cursor");
        let next = PageRequest::new(1, Some(next));
        let page = ok(self.queries.sessions(self.tenant, all, next).await);
        let view = &page.items[0];
        assert_eq!((view.id, view.used), (first.id, load(5)));
        assert_eq!(view.cause, Some(EndCause::Gone));
        assert_eq!(view.login, "us…", "a voucher's login is its code");
        let strangers = self
            .queries
            .sessions(self.stranger, all, PageRequest::default());
        assert_eq!(ok(strangers.await).items, []);
    }

    async fn listed(&self, filter: SessionFilter) -> Vec<kernel::AccessSessionId> {
        let page = self
            .queries
            .sessions(self.tenant, filter, PageRequest::default())
            .await;
        ok(page).items.iter().map(|it| it.id).collect()
    }

    async fn old_days_fold_into_totals(&self) {
        for ago in [40, 50, 60] {
            self.record(days_ago(ago), &[self.change(2, load(1))]).await;
        }
        let before = self.usage(2, days_ago(99), today()).await;
        assert_eq!(ok(self.store.fold_days(days_ago(30), 2).await), 2);
        assert_eq!(ok(self.store.fold_days(days_ago(30), 2).await), 1);
        assert_eq!(ok(self.store.fold_days(days_ago(30), 2).await), 0);
        let after = self.usage(2, days_ago(99), today()).await;
        assert_eq!(after.total, before.total);
        assert_eq!(after.days.len() + 3, before.days.len());
    }

    async fn old_sessions_are_forgotten(&self) {
        let later = noon().plus(Duration::days(90));
        assert_eq!(ok(self.store.forget_sessions(noon(), 9).await), 0);
        assert_eq!(ok(self.store.forget_sessions(later, 9).await), 1);
        let left = self.listed(SessionFilter::default()).await;
        assert_eq!(left.len(), 1, "what runs stays");
    }

    /// One event for each page with beginnings, one for each with ends.
    async fn session_events_are_forgotten(&self) {
        let forget = async |before| ok(self.store.forget_session_events(before, 9).await);
        assert_eq!(forget(noon().minus(Duration::days(3_650))).await, 0);
        let later = noon().plus(Duration::days(90));
        assert!(forget(later).await >= 2);
        assert_eq!(forget(later).await, 0);
    }

    async fn meters_of_ended_grants_are_forgotten(&self, access: &dyn AccessStore) {
        let scope = Scope::system(self.tenant, "contract", self.ids.fresh());
        let mut tx = ok(access.begin(&scope).await);
        let found = ok(tx.grants().find(self.owners[1].grant).await);
        let mut grant = found.expect("a grant");
        grant.end(noon());
        ok(tx.grants().save(&mut grant).await);
        ok(tx.commit().await);
        let later = noon().plus(Duration::days(1));
        assert_eq!(ok(self.store.forget_meters(noon(), 9).await), 0);
        assert_eq!(ok(self.store.forget_meters(later, 9).await), 1);
        let left = ok(self.store.meters(self.tenant, self.router, None, 9).await);
        let left: Vec<_> = left.into_iter().map(|it| it.login).collect();
        assert_eq!(left, [self.logins()[0].clone(), self.logins()[2].clone()]);
        assert!(!self.total(1).await.is_zero(), "what was used stays");
    }

    async fn meters_in_use_are_kept(&self, access: &dyn AccessStore) {
        let later = noon().plus(Duration::days(1));
        self.end(access, 2).await;
        self.end(access, 0).await;
        let heir = self.heir_of(access, 0).await;
        let kept = ok(self.store.forget_meters(later, 9).await);
        assert_eq!(kept, 0, "one has an open session, the other an heir");
        let open = ok(self.store.open_sessions(self.tenant, self.router).await);
        let ended = open.into_iter().map(|it| TrackedSession {
            end: Some(SessionEnd {
                at: noon(),
                cause: EndCause::Gone,
            }),
            ..it
        });
        self.keep(ended.collect()).await;
        assert_eq!(ok(self.store.forget_meters(later, 9).await), 1);
        let left = ok(self.store.meters(self.tenant, self.router, None, 9).await);
        let left: Vec<_> = left.into_iter().map(|it| it.login).collect();
        assert_eq!(left, [self.logins()[0].clone()], "the heir's stays");
        self.end_grant(access, heir).await;
        assert_eq!(ok(self.store.forget_meters(later, 9).await), 1);
    }

    async fn end(&self, access: &dyn AccessStore, owner: usize) {
        self.end_grant(access, self.owners[owner].grant).await;
    }

    async fn end_grant(&self, access: &dyn AccessStore, grant: GrantId) {
        let scope = Scope::system(self.tenant, "contract", self.ids.fresh());
        let mut tx = ok(access.begin(&scope).await);
        let mut grant = ok(tx.grants().find(grant).await).expect("a grant");
        grant.end(noon());
        ok(tx.grants().save(&mut grant).await);
        ok(tx.commit().await);
    }

    /// A new grant for a login whose grant has ended.
    async fn heir_of(&self, access: &dyn AccessStore, owner: usize) -> GrantId {
        let scope = Scope::system(self.tenant, "contract", self.ids.fresh());
        let it = &self.owners[owner].login;
        let mut tx = ok(access.begin(&scope).await);
        let profile = sample_profile(self.ids.next(), "use-heir", it.service);
        let mut profile = profile.expect("a profile");
        ok(tx.profiles().save(&mut profile).await);
        let (id, subject) = (self.ids.next(), Subject::Voucher(self.ids.next()));
        let made = sample_grant(id, self.router, subject, &profile, &it.name, noon());
        ok(tx.grants().save(&mut made.expect("a grant")).await);
        ok(tx.commit().await);
        id
    }
}
