//! Pauses of a contract.

use kernel::LocalDate;

use super::{At, Contract, ContractRefusal};
use crate::changes::{BadChanges, Changed};
use crate::events::BillingEvent;
use crate::timeline::PausePolicy;

impl Contract {
    /// Lets it rest from a day on, until a day or until it goes on.
    ///
    /// # Errors
    /// [`ContractRefusal`] names the rule that is broken: a pause in another one, one without days.
    pub fn pause(
        &mut self,
        at: At,
        until: Option<LocalDate>,
        policy: PausePolicy,
        today: LocalDate,
    ) -> Result<(), ContractRefusal> {
        let from = self.day_before_end(at, today)?;
        if let Some(until) = until.filter(|it| *it <= from) {
            return Err(ContractRefusal::EmptyPause { from, until });
        }
        if let Some(until) = until {
            self.within_reach(until, today)?;
        }
        let resumed = until.map(|it| (it, Changed::Resumed));
        self.decide([(from, Changed::Paused(policy))].into_iter().chain(resumed))?;
        self.events.push(BillingEvent::SubscriptionPaused {
            subscription: self.id,
            from,
            until,
        });
        Ok(())
    }

    /// Lets it go on. A pause that would begin on that day or later does not happen.
    ///
    /// # Errors
    /// [`ContractRefusal`] names the rule that is broken: there is no pause without an end.
    pub fn resume(&mut self, at: At, today: LocalDate) -> Result<(), ContractRefusal> {
        let from = self.day_before_end(at, today)?;
        let open = self.timeline.pauses.iter().find(|it| it.until.is_none());
        let open = open.ok_or(BadChanges::NotPaused { from })?;
        let what = match open.from < from {
            true => Changed::Resumed,
            false => self.withdrawal_of_pause(open.from)?,
        };
        self.decide([(from, what)])?;
        self.events.push(BillingEvent::SubscriptionResumed {
            subscription: self.id,
            from,
        });
        Ok(())
    }

    fn withdrawal_of_pause(&self, from: LocalDate) -> Result<Changed, ContractRefusal> {
        let mut latest = self.decisions.iter().rev();
        let pause = latest.find(|it| it.from == from && matches!(it.what, Changed::Paused(_)));
        let number = pause.ok_or(BadChanges::NotPaused { from })?.number;
        Ok(Changed::Withdrawn { number })
    }
}
