//! What a subscription may do on the network: derived, numbered, and told only when it changes.

use kernel::LocalDate;

use super::{Subscription, SubscriptionStatus};
use crate::events::{Access, BillingEvent};
use crate::overdue::Level;

impl Subscription {
    /// Derives what it may do from its own status and the level of its account; records the decision if it is another
    /// one than before. Returns whether it is.
    pub fn derive_access(&mut self, level: Level, today: LocalDate) -> bool {
        let (access, reason) = self.access_for(level, today);
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
