//! What a subscription brings in again and again on a day, as reports count it.

use kernel::LocalDate;

use super::Subscription;
use crate::reports::Recurring;
use crate::timeline::{PausePolicy, Timeline};

impl Subscription {
    /// The first day.
    #[must_use]
    pub const fn started_on(&self) -> LocalDate {
        self.data.started_on
    }

    /// What recurs on a day: its base plan and add-ons at the agreed prices. Nothing before it begins, during a trial, while it
    /// rests or is suspended, once nothing is charged any more, or beyond what is paid for.
    #[must_use]
    pub fn recurring_on(&self, day: LocalDate) -> Vec<Recurring> {
        let timeline = self.timeline();
        if day < self.data.started_on || !timeline.is_charged(day) {
            return Vec::new();
        }
        let interval = timeline.schedule_on(day).interval();
        let numbers = timeline.components.iter().map(|it| it.number);
        let phases = numbers.filter_map(|it| timeline.phase_on(it, day));
        phases
            .filter_map(|it| {
                Some(Recurring {
                    price: it.price?,
                    quantity: it.quantity,
                    interval,
                })
            })
            .collect()
    }
}

impl Timeline {
    fn is_charged(&self, day: LocalDate) -> bool {
        let rests =
            |it: &crate::timeline::Pause| it.policy != PausePolicy::Keep && it.days().contains(day);
        day < self.life().end && !self.pauses.iter().any(rests)
    }
}
