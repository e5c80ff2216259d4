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
        self.recurring(&self.timeline(), day)
    }

    /// The first day on which something recurred that costs anything; `None` if nothing ever does.
    #[must_use]
    pub fn recurs_from(&self) -> Option<LocalDate> {
        let timeline = self.timeline();
        let phases = timeline.components.iter().flat_map(|it| &it.phases);
        let begins = phases.map(|it| it.from);
        let goes_on = timeline.pauses.iter().filter_map(|it| it.until);
        let days = [self.data.started_on]
            .into_iter()
            .chain(begins)
            .chain(goes_on);
        let costs = |day: &LocalDate| {
            let recurring = self.recurring(&timeline, *day);
            recurring.iter().any(|it| it.price.is_positive())
        };
        days.filter(costs).min()
    }

    fn recurring(&self, timeline: &Timeline, day: LocalDate) -> Vec<Recurring> {
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
