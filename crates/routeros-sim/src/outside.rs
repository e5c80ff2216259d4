//! What customers do by themselves, outside of the router: use traffic, go away, come back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use routeros_proto::{Mac, parse_optional_duration};
use serde::{Deserialize, Serialize};

use crate::ppp::{DialError, PppSession, millis};
use crate::router::Router;
use crate::table::Row;
use crate::text::Text;

/// Nobody dials faster than this, in milliseconds, so that a refused client cannot stop time.
const SHORTEST_PAUSE_MS: u64 = 1_000;

/// The customers' side. A reboot of the router does not touch their intentions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outside {
    /// Bytes a second, up and down, by name: used in every session of that name.
    pub(crate) rates: BTreeMap<String, (u64, u64)>,
    pub(crate) ppp: BTreeMap<u64, Habit>,
    pub(crate) hotspot: BTreeMap<u64, Habit>,
    dialers: BTreeMap<String, Dialer>,
    /// Devices that come back by their cookies, and after how many milliseconds.
    returners: BTreeMap<String, u64>,
    /// Who comes back, and when.
    pub(crate) returns: BTreeSet<(u64, Return)>,
}

/// Somebody who comes back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Return {
    /// The PPP client of this name.
    Dial(String),
    /// The hotspot device with this hardware address.
    Cookie(String),
}

/// What is known of the device of one session. Moments are router milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Habit {
    /// When its last byte passed, or its session began.
    pub(crate) last_ms: u64,
    /// How long it may be silent.
    pub(crate) idle_ms: Option<u64>,
    /// How long it may be out of reach.
    keepalive_ms: Option<u64>,
    /// When it went out of reach.
    pub(crate) gone_ms: Option<u64>,
}

/// A PPP client that dials again whenever it is cut off.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Dialer {
    password: String,
    caller_id: String,
    pause_ms: u64,
}

impl Habit {
    /// When the silence has lasted too long.
    pub(crate) fn idle_until(&self) -> Option<u64> {
        Some(self.last_ms.saturating_add(self.idle_ms?))
    }

    /// When the router gives the device up.
    pub(crate) fn gone_until(&self) -> Option<u64> {
        Some(self.gone_ms?.saturating_add(self.keepalive_ms?))
    }
}

impl Router {
    /// A client that dials now, and again this long after it was cut off or refused.
    pub(crate) fn ppp_client(
        &mut self,
        name: &str,
        password: &str,
        caller_id: &str,
        pause: Duration,
    ) -> Result<PppSession, DialError> {
        self.forget_dialer(name);
        let dialer = Dialer {
            password: password.to_owned(),
            caller_id: caller_id.to_owned(),
            pause_ms: millis(pause).max(SHORTEST_PAUSE_MS),
        };
        self.outside.dialers.insert(name.to_owned(), dialer);
        self.redial(name)
    }

    /// Dials once for a client that keeps dialling.
    pub(crate) fn redial(&mut self, name: &str) -> Result<PppSession, DialError> {
        let dialer = self.outside.dialers.get(name).cloned();
        let dialer = dialer.ok_or(DialError::AuthenticationFailed)?;
        let dialled = self.ppp_dial(name, &dialer.password, &dialer.caller_id);
        if dialled.is_err() {
            self.dial_again(name, self.now_ms);
        }
        dialled
    }

    /// The client of this name, if there is one, dials again after its pause.
    pub(crate) fn dial_again(&mut self, name: &str, at_ms: u64) {
        if let Some(dialer) = self.outside.dialers.get(name) {
            let at_ms = at_ms.saturating_add(dialer.pause_ms);
            let returns = &mut self.outside.returns;
            returns.insert((at_ms, Return::Dial(name.to_owned())));
        }
    }

    pub(crate) fn forget_dialer(&mut self, name: &str) {
        self.outside.dialers.remove(name);
        let own = Return::Dial(name.to_owned());
        self.outside.returns.retain(|(_, other)| *other != own);
    }

    /// This device comes back by its cookie, so long after the router has logged it out, until
    /// there is no cookie any more.
    pub(crate) fn hotspot_returns(&mut self, mac: Mac, pause: Duration) {
        let pause_ms = millis(pause).max(SHORTEST_PAUSE_MS);
        self.outside.returners.insert(mac.to_string(), pause_ms);
    }

    /// The router has logged a device out that is still there.
    pub(crate) fn come_again(&mut self, mac: &str, at_ms: u64) {
        if let Some(pause_ms) = self.outside.returners.get(mac) {
            let at_ms = at_ms.saturating_add(*pause_ms);
            let returns = &mut self.outside.returns;
            returns.insert((at_ms, Return::Cookie(mac.to_owned())));
        }
    }

    /// The earliest of those who come back by now does so, or tries to.
    pub(crate) fn first_returns(&mut self) -> Option<Return> {
        let (_, who) = self.outside.returns.pop_first()?;
        let is_back = match &who {
            Return::Dial(name) => self.redial(name).is_ok(),
            Return::Cookie(mac) => self.hotspot_cookie_login(mac).is_ok(),
        };
        is_back.then_some(who)
    }

    /// Every session is over: devices are forgotten, clients dial again.
    pub(crate) fn all_cut_off(&mut self) {
        self.outside.ppp.clear();
        self.outside.hotspot.clear();
        self.outside.returns.clear();
        let names: Vec<String> = self.outside.dialers.keys().cloned().collect();
        for name in names {
            self.dial_again(&name, self.now_ms);
        }
        let macs: Vec<String> = self.outside.returners.keys().cloned().collect();
        for mac in macs {
            self.come_again(&mac, self.now_ms);
        }
    }

    /// A PPP session begins under these rules of its profile.
    pub(crate) fn note_ppp(&mut self, id: u64, profile: &Row) {
        let profiles = &self[self.menus.ppp_profiles];
        let idle = profiles.text(profile, "idle-timeout");
        let habit = Habit {
            last_ms: self.now_ms,
            idle_ms: span_ms(&idle),
            ..Habit::default()
        };
        self.outside.ppp.insert(id, habit);
    }

    /// A hotspot session begins under these rules of its profile.
    pub(crate) fn note_hotspot(&mut self, id: u64, profile: &Row) {
        let profiles = &self[self.menus.hotspot_profiles];
        let span = |name| span_ms(&profiles.text(profile, name));
        let habit = Habit {
            last_ms: self.now_ms,
            idle_ms: span("idle-timeout"),
            keepalive_ms: span("keepalive-timeout"),
            gone_ms: None,
        };
        self.outside.hotspot.insert(id, habit);
    }

    /// The user's devices go out of reach without a word: the router finds out by itself.
    pub(crate) fn hotspot_vanish(&mut self, user: &str) -> usize {
        let sessions = self[self.menus.hotspot_active].find("user", &Text::from(user));
        let now = self.now_ms;
        for id in &sessions {
            if let Some(habit) = self.outside.hotspot.get_mut(id) {
                habit.gone_ms.get_or_insert(now);
            }
        }
        sessions.len()
    }

    /// How long nothing has passed in a hotspot session, in milliseconds.
    pub(crate) fn silent_ms(&self, session: u64) -> u64 {
        let habit = self.outside.hotspot.get(&session);
        habit.map_or(0, |habit| self.now_ms.saturating_sub(habit.last_ms))
    }

    /// How much this customer uses in each second that passes; nothing at all ends it.
    pub(crate) fn set_rate(&mut self, name: &str, up: u64, down: u64) {
        match (up, down) {
            (0, 0) => self.outside.rates.remove(name),
            rate => self.outside.rates.insert(name.to_owned(), rate),
        };
    }

    /// Bytes a second that pass through an interface, up and down.
    pub(crate) fn interface_rate(&self, interface: u64) -> (u64, u64) {
        let session = self
            .ppp
            .iter()
            .find(|(_, parts)| parts.interface == Some(interface));
        let active = &self[self.menus.ppp_active];
        let row = session.and_then(|(id, _)| active.get(*id));
        let rate = row.and_then(|row| self.outside.rates.get(&*active.text(row, "name")));
        rate.copied().unwrap_or_default()
    }
}

/// A span of a profile in milliseconds; none for `none` and zero.
fn span_ms(text: &str) -> Option<u64> {
    let span = parse_optional_duration(text).ok().flatten()?;
    (!span.is_zero()).then(|| millis(span))
}
