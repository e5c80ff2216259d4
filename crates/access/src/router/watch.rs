//! What is noticed about a router in passing: that it has restarted, and who could not be cut.

use chrono::Duration;
use kernel::{GrantId, Timestamp};

use super::{Router, RouterStatus};
use crate::events::AccessEvent;
use crate::gateway::Pulse;
use crate::reachability::Reachability;

/// Clocks drift and answers take time: a start that is later by less than this is the same one.
const BOOT_SLACK: Duration = Duration::seconds(120);

impl Router {
    /// Notes how long it had been up when it was last compared.
    pub fn compared_at_uptime(&mut self, uptime_s: u64, at: Timestamp) {
        if let Some(last) = &mut self.last_reconcile {
            last.booted_at = Some(boot(uptime_s, at));
        }
    }

    /// Whether it has started anew since it was last compared; `false` while nothing is known.
    #[must_use]
    pub fn has_rebooted(&self, uptime_s: u64, at: Timestamp) -> bool {
        let known = self.last_reconcile.and_then(|it| it.booted_at);
        known.is_some_and(|it| boot(uptime_s, at) > it.plus(BOOT_SLACK))
    }

    /// Whether what is known of it may no longer hold: it has started anew, or runs another version.
    #[must_use]
    pub fn is_outdated(&self, pulse: &Pulse, at: Timestamp) -> bool {
        let is_other = |it: &String| *it != self.facts.version;
        self.has_rebooted(pulse.uptime_s, at) || pulse.version.as_ref().is_some_and(is_other)
    }

    /// Records that it has started anew.
    pub fn rebooted(&mut self, uptime_s: u64) {
        self.events.push(AccessEvent::RouterRebooted {
            router: self.id,
            uptime_s,
        });
    }

    /// Notes what whoever talks to it has noticed. Returns whether that is news worth saving. An answer only ends a
    /// silence: what else is wrong with a router is found out by working with it.
    pub fn noticed(&mut self, to: &Reachability, at: Timestamp) -> bool {
        match (to, &self.status) {
            (Reachability::Lost { reason }, _) => self.went_silent(reason, at),
            (Reachability::Back, RouterStatus::Unreachable { .. }) => self.answered(at),
            (Reachability::Back, _) => false,
        }
    }

    /// Records who is online still, and who is gone at last. Returns whether that is news worth saving.
    pub fn cuts_went(&mut self, failed: Vec<GrantId>, settled: Vec<GrantId>) -> bool {
        let (router, before) = (self.id, self.events.len());
        if !failed.is_empty() {
            let grants = failed;
            self.events.push(AccessEvent::CutFailed { router, grants });
        }
        if !settled.is_empty() {
            let grants = settled;
            self.events.push(AccessEvent::CutSettled { router, grants });
        }
        self.events.len() > before
    }
}

fn boot(uptime_s: u64, at: Timestamp) -> Timestamp {
    at.minus(Duration::seconds(i64::try_from(uptime_s).unwrap_or(0)))
}
