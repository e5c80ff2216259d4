//! What a subscription may do on the network: derived, numbered, and told only when it changes.

use kernel::LocalDate;

use super::{Subscription, SubscriptionStatus};
use crate::events::{Access, BillingEvent};
use crate::overdue::Level;
use crate::timeline::{Pause, PausePolicy};

impl Subscription {
    /// Derives what it may do from its own status and the level of its account; records the decision if it is another
    /// one than before. Returns whether it is.
    ///
    /// While it is suspended, by an operator or for debt, no new period begins (billing.md section 4, "suspended days").
    pub fn derive_access(&mut self, level: Level, today: LocalDate) -> bool {
        let (access, reason) = self.access_for(level, today);
        match self.data.status {
            SubscriptionStatus::Ended { .. } => {}
            // What is prepaid begins no period of its own.
            _ if self.data.prepaid.is_some() => {}
            SubscriptionStatus::Suspended { .. } => self.stop_periods(today),
            SubscriptionStatus::Active if level == Level::Suspended => self.stop_periods(today),
            SubscriptionStatus::Active => self.go_on(today),
        }
        let current = self.agreement();
        let profile = current.map_or(self.data.access_profile, |it| it.profile);
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

    /// Lets no new period begin. What is billed already stays billed: the pause begins after it.
    fn stop_periods(&mut self, today: LocalDate) {
        if self.data.pauses.last().is_some_and(|it| it.until.is_none()) {
            return;
        }
        let billed_through = self.data.billed_through;
        let from = billed_through.map_or(today, |it| it.max(today));
        self.data.pauses.push(Pause {
            from,
            until: None,
            policy: PausePolicy::NoNewPeriod,
        });
        self.changed = true;
    }

    /// Lets periods begin again. A pause that kept none from beginning leaves no trace.
    fn go_on(&mut self, today: LocalDate) {
        let Some(mut pause) = self.data.pauses.pop_if(|it| it.until.is_none()) else {
            return;
        };
        self.changed = true;
        if pause.from <= today {
            self.rebill(today);
        }
        if pause.from < today {
            pause.until = Some(today);
            self.data.pauses.push(pause);
        }
    }

    fn access_for(&self, level: Level, today: LocalDate) -> (Access, &'static str) {
        match (&self.data.status, level) {
            (SubscriptionStatus::Ended { .. }, _) => (Access::Ended, "ended"),
            (SubscriptionStatus::Suspended { .. }, _) => {
                (Access::Suspended, "suspended_by_operator")
            }
            _ if today < self.data.started_on => (Access::Suspended, "not_begun"),
            _ if self.rests(today) => (Access::Suspended, "paused"),
            (SubscriptionStatus::Active, Level::Suspended) => (Access::Suspended, "overdue"),
            _ if self.is_long_expired(today) => (Access::Suspended, "expired"),
            _ if self.is_expired(today) => (Access::Restricted, "expired"),
            (SubscriptionStatus::Active, Level::Restricted) => (Access::Restricted, "overdue"),
            (SubscriptionStatus::Active, Level::Overdue | Level::Clear) => (Access::Active, "paid"),
        }
    }

    fn rests(&self, today: LocalDate) -> bool {
        let mut all = self.decided.pauses.iter();
        all.any(|it| it.days().contains(today))
    }
}
