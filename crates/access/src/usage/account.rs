//! The books of one login: from what was known and what a poll has seen to what is to be recorded.

use kernel::{AccessSessionId, Ids, LocalDate, Timestamp};

use crate::grant::Subject;
use crate::login::{LoginRef, Service};
use crate::usage::load::Load;
use crate::usage::meter::Meter;
use crate::usage::ports::Owner;
use crate::usage::reading::{SessionCounters, UserCounters};
use crate::usage::session::{EndCause, SessionEnd, TrackedSession};

/// By how many seconds counters may be older than the last poll and still have begun after it.
const SLACK_S: u64 = 60;

/// What every login's books share in one poll.
#[derive(Debug, Clone, Copy)]
pub struct PollClock {
    /// When the router had been read.
    pub at: Timestamp,
    /// The local day that use is recorded on.
    pub day: LocalDate,
    /// The start of the router that was read.
    pub boot: u32,
    /// Whether the router has started since the last poll.
    pub has_restarted: bool,
    /// When its sessions were read before.
    pub since: Option<Timestamp>,
    /// When its users were read before.
    pub users_since: Option<Timestamp>,
}

/// What is known of a login.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Books {
    /// Its meter, if it was ever counted.
    pub meter: Option<Meter>,
    /// Its sessions that have not ended.
    pub open: Vec<TrackedSession>,
    /// Whose it is now.
    pub owner: Option<Owner>,
}

/// What a poll has seen of a login.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoginSeen {
    /// The totals of the hotspot user, if they were read and are there.
    pub user: Option<UserCounters>,
    /// Its sessions.
    pub sessions: Vec<SessionCounters>,
}

/// What is to be recorded of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginChange {
    /// Its meter from now on.
    pub meter: Meter,
    /// Its sessions: those that run, and those that have just ended.
    pub sessions: Vec<TrackedSession>,
    /// Which of them were not known before.
    pub begun: Vec<AccessSessionId>,
    /// What it used since the last poll.
    pub used: Load,
    /// What its counters held when they were first seen, used at times that nobody knows.
    pub carried: Load,
    /// When it was first used, as far as its counters tell.
    pub first_use: Option<FirstUse>,
}

/// A first use, as far as counters tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstUse {
    /// The login.
    pub login: LoginRef,
    /// Whose it is.
    pub subject: Subject,
    /// When: the poll minus all connected time, but not before the totals were read last.
    pub at: Timestamp,
}

/// Closes a poll's books of one login; `None` if it is nobody's.
///
/// What is recorded in all never decreases and never exceeds what was used. It is exact for hotspot logins as long as
/// the router loses no session with its power, and for PPP up to what passed between the last poll and a session's end.
pub fn account(
    login: &LoginRef,
    books: Books,
    seen: &LoginSeen,
    clock: &PollClock,
    ids: &dyn Ids,
) -> Option<LoginChange> {
    let is_new = books.meter.is_none();
    let meter = meter_of(login, books.meter, books.owner)?;
    let mut work = Work {
        meter,
        clock,
        used: Load::ZERO,
        carried: Load::ZERO,
        ended: Load::ZERO,
        sessions: Vec::new(),
        begun: Vec::new(),
    };
    let fresh = work.follow_known(books.open, seen);
    for session in fresh {
        work.begin(session, is_new, ids.next());
    }
    work.read_totals(seen.user.as_ref());
    Some(work.close(seen))
}

/// The meter under its present owner; a login whose grant has ended stays with it until another takes the login.
fn meter_of(login: &LoginRef, known: Option<Meter>, owner: Option<Owner>) -> Option<Meter> {
    match (known, owner) {
        (Some(meter), Some(owner)) => Some(Meter {
            grant: owner.grant,
            subject: owner.subject,
            ..meter
        }),
        (Some(meter), None) => Some(meter),
        (None, Some(owner)) => Some(Meter::new(login.clone(), owner.grant, owner.subject)),
        (None, None) => None,
    }
}

struct Work<'a> {
    meter: Meter,
    clock: &'a PollClock,
    used: Load,
    carried: Load,
    /// What was recorded from hotspot sessions that have just been found ended.
    ended: Load,
    sessions: Vec<TrackedSession>,
    begun: Vec<AccessSessionId>,
}

impl Work<'_> {
    /// Follows the sessions that were known and returns those that were not.
    fn follow_known<'s>(
        &mut self,
        open: Vec<TrackedSession>,
        seen: &'s LoginSeen,
    ) -> Vec<&'s SessionCounters> {
        let mut fresh: Vec<&SessionCounters> = seen.sessions.iter().collect();
        for mut session in open {
            let place = fresh.iter().position(|it| it.key == session.key);
            let grown = place.and_then(|it| session.follow(fresh[it], self.clock.at));
            match (grown, place) {
                (Some(grown), Some(place)) => {
                    fresh.swap_remove(place);
                    self.used = self.used.plus(grown);
                }
                (_, place) => self.end(&mut session, place.is_some()),
            }
            self.sessions.push(session);
        }
        fresh
    }

    fn end(&mut self, session: &mut TrackedSession, is_replaced: bool) {
        let cause = match (self.clock.has_restarted, is_replaced) {
            (true, _) => EndCause::Restart,
            (false, true) => EndCause::Replaced,
            (false, false) => EndCause::Gone,
        };
        session.end = Some(SessionEnd {
            at: self.clock.at,
            cause,
        });
        if self.has_totals() {
            self.ended = self.ended.plus(session.seen);
        }
    }

    fn begin(&mut self, now: &SessionCounters, is_new: bool, id: AccessSessionId) {
        let load = now.load(Load::ZERO);
        let is_old = is_new && older_than(load.seconds, self.clock.since, self.clock.at);
        self.add(load, is_old);
        let age = seconds(now.uptime_s);
        self.begun.push(id);
        self.sessions.push(TrackedSession {
            id,
            login: now.login.clone(),
            grant: self.meter.grant,
            subject: self.meter.subject,
            key: now.key.clone(),
            started_at: self.clock.at.minus(age),
            seen_at: self.clock.at,
            end: None,
            address: now.address.clone(),
            device: now.device.clone(),
            seen: load,
            counted: load,
        });
    }

    fn read_totals(&mut self, user: Option<&UserCounters>) {
        let Some(user) = user.filter(|_| self.has_totals()) else {
            self.meter.owe(self.ended);
            return;
        };
        let is_new = self.meter.user.is_none();
        let fresh = self.meter.read(user, self.clock.boot, self.ended);
        let before = older_than(user.load.seconds, self.clock.users_since, self.clock.at);
        let is_old = is_new && (before || user.has_history);
        self.add(fresh, is_old);
    }

    fn add(&mut self, load: Load, is_old: bool) {
        if is_old {
            self.carried = self.carried.plus(load);
        } else {
            self.used = self.used.plus(load);
        }
    }

    fn has_totals(&self) -> bool {
        self.meter.login.service != Service::Pppoe
    }

    fn close(self, seen: &LoginSeen) -> LoginChange {
        let first_use = first_use(&self.meter, seen, self.clock);
        LoginChange {
            meter: self.meter,
            sessions: self.sessions,
            begun: self.begun,
            used: self.used,
            carried: self.carried,
            first_use,
        }
    }
}

/// All connected time lies before now, so that of one device began as long ago. A login shorter than a poll shows in the
/// totals. Devices that share a login are connected at the same time, and their times add up to more than has passed:
/// when the totals were read before, it was unused still, or its clock would run already.
fn first_use(meter: &Meter, seen: &LoginSeen, clock: &PollClock) -> Option<FirstUse> {
    let online_s = seen.sessions.iter().map(|it| it.uptime_s).max();
    let ended_s = seen.user.as_ref().map_or(0, |it| it.load.seconds);
    if online_s.is_none() && seen.user.as_ref().is_none_or(|it| it.load.is_zero()) {
        return None;
    }
    let connected_s = online_s.unwrap_or(0).saturating_add(ended_s);
    let counted = clock.at.minus(seconds(connected_s));
    Some(FirstUse {
        login: meter.login.clone(),
        subject: meter.subject,
        at: clock
            .users_since
            .map_or(counted, |it| it.max(counted).min(clock.at)),
    })
}

/// Whether counters of this age must have begun before the last poll; without one, nobody knows.
fn older_than(age_s: u64, since: Option<Timestamp>, at: Timestamp) -> bool {
    since.is_none_or(|since| {
        let passed_s = u64::try_from(at.since(since).num_seconds()).unwrap_or(0);
        age_s > passed_s.saturating_add(SLACK_S)
    })
}

fn seconds(count: u64) -> chrono::Duration {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    chrono::Duration::try_seconds(count).unwrap_or(chrono::Duration::MAX)
}
