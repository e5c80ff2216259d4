//! What the simulation knows about an account better than the product: what was paid, agreed and stopped, and when.

use std::collections::BTreeMap;

use kernel::{LocalDate, PlanId, SubscriptionId};

/// Days on which nothing new may be charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stop {
    from: LocalDate,
    /// The day it was over; `None` while it is not.
    until: Option<LocalDate>,
}

impl Stop {
    /// Whether it covers a day, counting the one it began on.
    fn has(self, day: LocalDate) -> bool {
        self.from <= day && self.until.is_none_or(|it| day < it)
    }

    /// Whether it covers a day from its first minute to its last.
    fn has_whole(self, day: LocalDate) -> bool {
        self.from < day && self.has(day)
    }
}

/// One account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// Everything that was paid, in minor units.
    pub(crate) paid: i64,
    /// On how many invoices a discount was agreed.
    pub(crate) discounts: u32,
    for_debt: Vec<Stop>,
    by_hand: BTreeMap<SubscriptionId, Vec<Stop>>,
    plans: BTreeMap<SubscriptionId, BTreeMap<LocalDate, PlanId>>,
    scheduled: BTreeMap<SubscriptionId, (LocalDate, PlanId)>,
}

impl Known {
    /// Everything on the account is cut off for its debt from a day on, or not any more.
    pub(crate) fn owes(&mut self, too_much: bool, day: LocalDate) {
        note(&mut self.for_debt, too_much, day);
    }

    /// An operator stopped a subscription on a day, or let it go on.
    pub(crate) fn rests(&mut self, subscription: SubscriptionId, stopped: bool, day: LocalDate) {
        note(self.by_hand.entry(subscription).or_default(), stopped, day);
    }

    /// A plan was agreed from a day on; of several of one day the last one counts.
    pub(crate) fn agrees(&mut self, subscription: SubscriptionId, plan: PlanId, from: LocalDate) {
        self.drops(subscription);
        self.plans
            .entry(subscription)
            .or_default()
            .insert(from, plan);
    }

    /// A plan will be agreed from a day on, unless that is dropped before.
    pub(crate) fn schedules(&mut self, id: SubscriptionId, plan: PlanId, from: LocalDate) {
        self.scheduled.insert(id, (from, plan));
    }

    /// Nothing is scheduled any more.
    pub(crate) fn drops(&mut self, subscription: SubscriptionId) {
        self.scheduled.remove(&subscription);
    }

    /// The plan that is in force on a day.
    pub(crate) fn plan_on(&self, subscription: SubscriptionId, day: LocalDate) -> Option<PlanId> {
        let scheduled = self.scheduled.get(&subscription);
        if let Some((_, plan)) = scheduled.filter(|it| it.0 <= day) {
            return Some(*plan);
        }
        let agreed = self.plans.get(&subscription)?;
        agreed.range(..=day).next_back().map(|(_, plan)| *plan)
    }

    /// Whether an operator has it stopped now.
    pub(crate) fn is_stopped_by_hand(&self, subscription: SubscriptionId) -> bool {
        let stops = self.by_hand.get(&subscription);
        stops.is_some_and(|it| it.last().is_some_and(|it| it.until.is_none()))
    }

    /// Whether it was stopped on a day, if only for the rest of it.
    pub(crate) fn was_stopped_on(&self, subscription: SubscriptionId, day: LocalDate) -> bool {
        self.stops_of(subscription).any(|it| it.has(day))
    }

    /// Whether it was stopped all day.
    pub(crate) fn was_stopped_all(&self, subscription: SubscriptionId, day: LocalDate) -> bool {
        self.stops_of(subscription).any(|it| it.has_whole(day))
    }

    fn stops_of(&self, subscription: SubscriptionId) -> impl Iterator<Item = Stop> {
        let by_hand = self.by_hand.get(&subscription).into_iter().flatten();
        self.for_debt.iter().chain(by_hand).copied()
    }
}

fn note(stops: &mut Vec<Stop>, begins: bool, day: LocalDate) {
    match stops.last_mut().filter(|it| it.until.is_none()) {
        Some(open) if !begins => open.until = Some(day),
        None if begins => stops.push(Stop {
            from: day,
            until: None,
        }),
        _ => {}
    }
}
