//! What customers of a fake router use, counted as a real one does: a hotspot session reaches its user's totals when it
//! ends, a PPP session is forgotten with its interface.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kernel::RouterId;

use super::fake_router::{FakeRouter, World};
use crate::login::{LoginRef, Service};
use crate::menu::Menu;
use crate::row::{ActualRow, Attribute};
use crate::tag::PROFILE_PREFIX;
use crate::usage::{Load, SessionCounters, Traffic, UsageReading, UsageScope, UserCounters};

/// The counters of one router.
#[derive(Debug, Default)]
pub(super) struct FakeUse {
    totals: BTreeMap<String, Load>,
    queues: BTreeMap<LoginRef, Load>,
    running: BTreeMap<LoginRef, (u64, Load)>,
    sessions_begun: u64,
    lost_s: u64,
}

impl FakeRouter {
    /// Whoever is online with this login uses that much.
    pub fn use_up(&self, router: RouterId, login: &LoginRef, load: Load) {
        self.with(router, |it| {
            it.settle();
            if let Some((_, counted)) = it.used.running.get_mut(login) {
                *counted = counted.plus(load);
            }
        });
    }

    /// A customer without sessions uses that much: their queue counts it, if they have one.
    pub fn pass(&self, router: RouterId, login: &LoginRef, load: Load) {
        self.with(router, |it| {
            let counted = it.used.queues.entry(login.clone()).or_default();
            *counted = counted.plus(load);
        });
    }

    /// A customer's device goes away.
    pub fn hang_up(&self, router: RouterId, login: &LoginRef) {
        self.with(router, |it| {
            it.settle();
            it.online.retain(|online| online != login);
            it.settle();
        });
    }

    /// The router loses its power for a moment: every session is gone, and never reaches a total.
    pub fn restart(&self, router: RouterId) {
        self.with(router, |it| {
            it.online.clear();
            it.used.running.clear();
            it.used.queues.clear();
            it.used.lost_s = it.facts(router).uptime_s;
        });
    }
}

impl World {
    /// Begins the counters of whoever has come online and adds those of whoever has left.
    fn settle(&mut self) {
        let online: BTreeSet<&LoginRef> = self.online.iter().collect();
        let gone = |login: &LoginRef, _: &mut (u64, Load)| !online.contains(login);
        for (login, (_, load)) in self.used.running.extract_if(.., gone) {
            if login.service == Service::Hotspot {
                let total = self.used.totals.entry(login.name).or_default();
                *total = total.plus(load);
            }
        }
        for login in &self.online {
            if !self.used.running.contains_key(login) {
                self.used.sessions_begun += 1;
                let session = (self.used.sessions_begun, Load::ZERO);
                self.used.running.insert(login.clone(), session);
            }
        }
    }

    /// What the queues of addresses, and those that the router makes for leases with a speed, have counted.
    fn queues(&self) -> impl Iterator<Item = UserCounters> {
        let fixed = self.actual.rows(Menu::SimpleQueue).iter();
        let fixed = fixed.filter_map(|row| {
            let target = row.values.get(&Attribute::Target)?;
            let login = LoginRef::new(Service::StaticIp, target.as_str());
            Some(self.queue(login, row, !row.name.starts_with(PROFILE_PREFIX)))
        });
        let leased = self.actual.rows(Menu::DhcpLease).iter();
        let leased = leased.filter(|it| it.values.contains_key(&Attribute::RateLimit));
        let leased = leased.map(|row| {
            let login = LoginRef::new(Service::DhcpLease, row.name.as_str());
            self.queue(login, row, true)
        });
        fixed.chain(leased)
    }

    fn queue(&self, login: LoginRef, row: &ActualRow, has_history: bool) -> UserCounters {
        UserCounters {
            load: self.used.queues.get(&login).copied().unwrap_or_default(),
            login,
            row: row.id.clone(),
            has_history,
        }
    }

    pub(super) fn usage(&mut self, router: RouterId, reach: UsageScope) -> UsageReading {
        self.settle();
        let user = |row: &ActualRow| UserCounters {
            login: LoginRef::new(Service::Hotspot, row.name.as_str()),
            row: row.id.clone(),
            load: self.used.totals.get(&row.name).copied().unwrap_or_default(),
            has_history: false,
        };
        let users = || {
            let users = self.actual.rows(Menu::HotspotUser).iter().map(user);
            users.chain(self.queues()).collect()
        };
        let sessions = self.used.running.iter();
        UsageReading {
            uptime_s: self.facts(router).uptime_s.saturating_sub(self.used.lost_s),
            took: Duration::ZERO,
            users: (reach == UsageScope::Everything).then(users),
            sessions: sessions.map(|(login, it)| running(login, *it)).collect(),
        }
    }
}

fn running(login: &LoginRef, (number, load): (u64, Load)) -> SessionCounters {
    SessionCounters {
        login: login.clone(),
        key: format!("session-{number}"),
        address: None,
        device: None,
        uptime_s: load.seconds,
        traffic: Some(Traffic {
            bytes_up: load.bytes_up,
            bytes_down: load.bytes_down,
        }),
    }
}
