//! What was decided about a subscription, as it is kept.

use kernel::{LocalDate, PlanId, ProfileId};
use serde::{Deserialize, Serialize};

use super::Agreement;
use crate::changes::{Change, Changed};
use crate::period::Period;
use crate::timeline::Component;

/// What was decided about a subscription, but for its suspensions and its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    /// Every decision, in the order in which they were taken.
    pub made: Vec<Change>,
    /// The number of the last one that belongs to the sale itself.
    pub sale: u64,
    /// The day up to which it was noticed that decisions have taken effect.
    pub in_force: LocalDate,
    /// What the router allows on each base plan it ever had.
    pub profiles: Vec<(PlanId, ProfileId)>,
    /// Days that were billed in other periods than those that are in force for them now: periods began anew after they
    /// were billed. They are looked at together, or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuilt: Option<Period>,
}

impl Decisions {
    /// The decisions behind what a subscription was stored with before they were kept one by one: what was agreed, the
    /// earliest first, and the change that was scheduled.
    #[must_use]
    pub fn of_agreements(agreements: &[Agreement], scheduled: Option<Agreement>) -> Self {
        let all = || agreements.iter().chain(scheduled.as_ref());
        let agreed = |(number, it): (u64, &Agreement)| Change {
            number,
            from: it.from,
            what: Changed::Agreed {
                component: Component::BASE,
                plan: it.plan,
                price: Some(it.price),
                quantity: None,
                fee: None,
            },
        };
        Self {
            made: (1..).zip(all()).map(agreed).collect(),
            sale: 1,
            in_force: agreements.last().map_or(LocalDate::MIN, |it| it.from),
            profiles: all().map(|it| (it.plan, it.profile)).collect(),
            rebuilt: None,
        }
    }

    pub(super) fn is_withdrawn(&self, number: u64) -> bool {
        self.made.iter().any(|it| it.withdraws() == Some(number))
    }

    pub(super) fn next_number(&self) -> u64 {
        self.made.last().map_or(1, |it| it.number + 1)
    }

    /// What counts: neither withdrawn nor a withdrawal.
    pub(super) fn standing(&self) -> impl Iterator<Item = &Change> {
        let stands = |it: &&Change| it.withdraws().is_none() && !self.is_withdrawn(it.number);
        self.made.iter().filter(stands)
    }

    /// The changes of the base plan after a day, but for the sale itself with the end of its trial; the earliest first.
    pub(super) fn scheduled(&self, after: LocalDate) -> Vec<Change> {
        let of_base = |it: &&Change| {
            matches!(it.what, Changed::Agreed { component, .. } if component == Component::BASE)
                && it.from > after
                && it.number > self.sale
        };
        let mut found: Vec<_> = self.standing().filter(of_base).copied().collect();
        found.sort_by_key(|it| (it.from, it.number));
        found
    }

    /// The decisions that take changes of the base plan back, each with the periods it came with.
    pub(super) fn drop_all(&self, changes: &[Change]) -> Vec<(LocalDate, Changed)> {
        let came_with = |it: &Change| {
            let next = it.number + 1;
            let own = self.made.iter().find(|that| that.number == next);
            own.filter(|that| {
                matches!(
                    that.what,
                    Changed::Rescheduled {
                        interval: Some(_),
                        ..
                    }
                )
            })
        };
        let both = |it: &Change| [Some(*it), came_with(it).copied()];
        let back = |it: Change| {
            let number = it.number;
            (it.from, Changed::Withdrawn { number })
        };
        changes.iter().flat_map(both).flatten().map(back).collect()
    }

    /// The days after one on which time itself changes something, in order.
    pub(super) fn effects(&self, after: LocalDate) -> impl Iterator<Item = LocalDate> {
        let ends = |it: &Change| match it.what {
            Changed::Paused { until, .. } => until,
            _ => None,
        };
        let days = self
            .standing()
            .flat_map(move |it| [Some(it.from), ends(it)]);
        days.flatten().filter(move |it| *it > after)
    }
}
