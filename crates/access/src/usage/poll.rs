//! The state of a router's polls: when it was read, and since which start of it.

use chrono::Duration;
use kernel::Timestamp;

use crate::login::Service;
use crate::usage::reading::UsageReading;

/// By how many seconds a router's age may lag behind the time that has passed before it must have started in between.
const SLACK_S: u64 = 60;

/// What is known of a router from its last poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollState {
    /// Counts the starts of the router that polls have noticed.
    pub boot: u32,
    /// Seconds since the router started, at that poll.
    pub uptime_s: u64,
    /// When that poll was: when it read the router's age, before everything else.
    pub polled_at: Timestamp,
    /// When the totals of the hotspot users and queues were last read and recorded.
    pub users_polled_at: Option<Timestamp>,
    /// Hotspot sessions at that poll.
    pub online_hotspot: u64,
    /// PPPoE sessions at that poll.
    pub online_pppoe: u64,
    /// The stored version, 0 before the first poll.
    pub version: i64,
}

impl PollState {
    /// Whether the totals of the hotspot users are due, given how often they are wanted.
    #[must_use]
    pub fn wants_users(known: Option<&Self>, every: Duration, now: Timestamp) -> bool {
        let last = known.and_then(|it| it.users_polled_at);
        last.is_none_or(|last| now.since(last) >= every || now < last)
    }

    /// The state after a reading that ended at an instant. `users_polled_at` stays until everything is recorded.
    #[must_use]
    pub fn after(known: Option<&Self>, reading: &UsageReading, at: Timestamp) -> Self {
        let boot = known.map_or(0, |it| it.boot);
        let at = reading.measured_at(at);
        let has_restarted = known.is_some_and(|it| it.has_restarted(reading.uptime_s, at));
        Self {
            boot: boot.saturating_add(u32::from(has_restarted)),
            uptime_s: reading.uptime_s,
            polled_at: at,
            users_polled_at: known.and_then(|it| it.users_polled_at),
            online_hotspot: online(reading, Service::Hotspot),
            online_pppoe: online(reading, Service::Pppoe),
            version: known.map_or(0, |it| it.version),
        }
    }

    /// A router that is not older by the time that has passed has started in between.
    fn has_restarted(&self, uptime_s: u64, at: Timestamp) -> bool {
        let passed_s = u64::try_from(at.since(self.polled_at).num_seconds()).unwrap_or(0);
        let expected_s = self.uptime_s.saturating_add(passed_s);
        uptime_s < self.uptime_s || uptime_s.saturating_add(SLACK_S) < expected_s
    }
}

fn online(reading: &UsageReading, service: Service) -> u64 {
    let here = reading
        .sessions
        .iter()
        .filter(|it| it.login.service == service);
    u64::try_from(here.count()).unwrap_or(u64::MAX)
}
