//! What a subscription may do on the network: derived, numbered, and told only when it changes.

use kernel::LocalDate;

use super::{Subscription, SubscriptionStatus};
use crate::events::{Access, BillingEvent};
use crate::overdue::Level;
use crate::segment::Pause;

impl Subscription {
    /// Derives what it may do from its own status and the level of its account; records the decision if it is another
    /// one than before. Returns whether it is.
    ///
    /// While it is suspended, by an operator or for debt, no new period begins (billing.md section 4, "suspended days").
    pub fn derive_access(&mut self, level: Level, today: LocalDate) -> bool {
        let (access, reason) = self.access_for(level, today);
        let begun = self.data.started_on <= today;
        self.pause_or_go_on(begun && access == Access::Suspended, today);
        let profile = self.current().profile;
        if (access, profile) == (self.data.access, self.data.access_profile) {
            return false;
        }
        self.data.access = access;
        self.data.access_profile = profile;
        self.data.access_version += 1;
        self.events.push(BillingEvent::AccessDesired {
            subscription: self.data.id,
            access,
            profile,
            version: self.data.access_version,
            reason,
        });
        true
    }

    /// What is billed already stays billed: a pause begins after it.
    fn pause_or_go_on(&mut self, stopped: bool, today: LocalDate) {
        let billed_through = self.data.billed_through;
        match self.data.pauses.last_mut().filter(|it| it.until.is_none()) {
            None if stopped => {
                let from = billed_through.map_or(today, |it| it.max(today));
                self.data.pauses.push(Pause { from, until: None });
            }
            Some(pause) if !stopped => {
                pause.until = Some(today);
                self.rebill(today);
            }
            _ => {}
        }
    }

    fn access_for(&self, level: Level, today: LocalDate) -> (Access, &'static str) {
        match (&self.data.status, level) {
            (SubscriptionStatus::Ended { .. }, _) => (Access::Ended, "ended"),
            (SubscriptionStatus::Suspended { .. }, _) => {
                (Access::Suspended, "suspended_by_operator")
            }
            _ if today < self.data.started_on => (Access::Suspended, "not_begun"),
            (SubscriptionStatus::Active, Level::Suspended) => (Access::Suspended, "overdue"),
            (SubscriptionStatus::Active, Level::Restricted) => (Access::Restricted, "overdue"),
            (SubscriptionStatus::Active, Level::Overdue | Level::Clear) => (Access::Active, "paid"),
        }
    }
}
