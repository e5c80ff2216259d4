//! Rests of a subscription: those that are decided for some days, and suspensions by an operator.

use kernel::LocalDate;

use super::deciding::must_be_near;
use super::{At, Subscription, SubscriptionRefusal, SubscriptionStatus};
use crate::changes::{BadChanges, Changed};
use crate::events::BillingEvent;
use crate::timeline::{Pause, PausePolicy};

impl Subscription {
    /// Lets it rest from a day on, until a day or until it goes on; returns the first day. Without access for as long.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken: a pause in another one, one without days.
    pub fn pause(
        &mut self,
        when: At,
        until: Option<LocalDate>,
        policy: PausePolicy,
        today: LocalDate,
    ) -> Result<LocalDate, SubscriptionRefusal> {
        self.catch_up(today);
        let from = self.day_before_end(when, today)?;
        if let Some(until) = until {
            if until <= from {
                return Err(SubscriptionRefusal::EmptyPause { from, until });
            }
            must_be_near(until, today)?;
        }
        self.decide(vec![(from, Changed::Paused { policy, until })], today)?;
        self.events.push(BillingEvent::SubscriptionPaused {
            subscription: self.data.id,
            from,
            until,
        });
        Ok(from)
    }

    /// Stops it for now; on one that is suspended this changes nothing. No new period begins until it goes on.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn suspend(&mut self, reason: &str, today: LocalDate) -> Result<(), SubscriptionRefusal> {
        let reason = reason.trim();
        if !(1..=300).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
            return Err(SubscriptionRefusal::Reason);
        }
        self.catch_up(today);
        match self.data.status {
            SubscriptionStatus::Suspended { .. } => return Ok(()),
            SubscriptionStatus::Ended { on } => {
                return Err(SubscriptionRefusal::Cancelled { ends_on: on });
            }
            SubscriptionStatus::Active => {}
        }
        let reason = reason.to_owned();
        self.data.status = SubscriptionStatus::Suspended {
            since: today,
            reason: reason.clone(),
        };
        self.events.push(BillingEvent::SubscriptionSuspended {
            subscription: self.data.id,
            from: today,
            reason,
        });
        Ok(())
    }

    /// Lets it go on: lifts a suspension today, or ends the pause that runs or waits then. What has neither stays as it
    /// is. A pause that would begin on that day or later does not happen.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn resume(&mut self, when: At, today: LocalDate) -> Result<LocalDate, SubscriptionRefusal> {
        self.catch_up(today);
        match self.data.status {
            SubscriptionStatus::Ended { on } => {
                return Err(SubscriptionRefusal::Cancelled { ends_on: on });
            }
            SubscriptionStatus::Suspended { .. } => {
                self.data.status = SubscriptionStatus::Active;
                self.tell_resumed(today);
                return Ok(today);
            }
            SubscriptionStatus::Active => {}
        }
        if today < self.data.started_on && when == At::Now {
            return Ok(today);
        }
        let from = self.day_before_end(when, today)?;
        let rests = |it: &&Pause| it.until.is_none_or(|until| from < until);
        let Some(pause) = self.decided.pauses.iter().find(rests).copied() else {
            return Ok(from);
        };
        let what = match pause.from < from {
            true => Changed::Resumed,
            false => self.withdrawal_of(pause)?,
        };
        self.decide(vec![(from, what)], today)?;
        self.tell_resumed(from);
        Ok(from)
    }

    fn withdrawal_of(&self, pause: Pause) -> Result<Changed, SubscriptionRefusal> {
        let from = pause.from;
        let paused = |it: &&crate::changes::Change| {
            it.from == from && matches!(it.what, Changed::Paused { .. })
        };
        let found = self.data.decisions.standing().filter(paused).last();
        let number = found.ok_or(BadChanges::NotPaused { from })?.number;
        Ok(Changed::Withdrawn { number })
    }

    fn tell_resumed(&mut self, from: LocalDate) {
        self.events.push(BillingEvent::SubscriptionResumed {
            subscription: self.data.id,
            from,
        });
    }
}
