//! How decisions are taken: near today, before the end, all of several or none.

use chrono::Days;
use kernel::{LocalDate, Money};

use super::refusal::{AHEAD_DAYS, BACKDATING_DAYS};
use super::{
    At, Decisions, NewSubscription, Subscription, SubscriptionRefusal, SubscriptionStatus,
};
use crate::changes::{Change, Changed};
use crate::period::Period;
use crate::plan::{Plan, SoldAs};
use crate::rounding::MOST_MINOR;
use crate::schedule::BillDay;
use crate::timeline::{Component, Phase, Timeline};

/// Refuses a plan that is retired or sold otherwise.
pub(super) fn must_be_sold_as(plan: &Plan, sold_as: SoldAs) -> Result<(), SubscriptionRefusal> {
    let terms = plan.defined();
    if plan.is_offered() && terms.sold_as == sold_as {
        return Ok(());
    }
    Err(SubscriptionRefusal::PlanNotOffered { plan: terms.id })
}

/// Refuses days too long ago and too far ahead.
pub(super) fn must_be_near(from: LocalDate, today: LocalDate) -> Result<(), SubscriptionRefusal> {
    let back = Days::new(BACKDATING_DAYS.into());
    let ahead = Days::new(AHEAD_DAYS.into());
    let earliest = today.checked_sub_days(back).unwrap_or(LocalDate::MIN);
    let latest = today.checked_add_days(ahead).unwrap_or(LocalDate::MAX);
    match from {
        _ if from < earliest => Err(SubscriptionRefusal::Backdated { from, earliest }),
        _ if from > latest => Err(SubscriptionRefusal::TooFarAhead { from, latest }),
        _ => Ok(()),
    }
}

/// Refuses quantities that are none, or cost more than can be billed.
pub(super) fn must_be_countable(quantity: u32, price: Money) -> Result<(), SubscriptionRefusal> {
    if quantity == 0 {
        return Err(SubscriptionRefusal::Quantity { quantity });
    }
    let whole = price.minor().checked_mul(i64::from(quantity));
    match whole.filter(|it| *it <= MOST_MINOR) {
        Some(_) => Ok(()),
        None => Err(SubscriptionRefusal::TooMuch { quantity, price }),
    }
}

/// The decisions of a sale: the plan on its terms, or a trial of it first.
pub(super) fn sale(
    new: &NewSubscription,
    plan: &Plan,
    today: LocalDate,
) -> Result<Decisions, SubscriptionRefusal> {
    let terms = plan.defined();
    let (starts_on, trial_days) = (new.starts_on, terms.charging.trial_days);
    let agreed = |price, quantity, fee| Changed::Agreed {
        component: Component::BASE,
        plan: terms.id,
        price,
        quantity,
        fee,
    };
    let (price, fee) = (Some(terms.price), terms.charging.fee);
    let quantity = Some(new.quantity);
    let decided = match trial_days {
        0 => vec![(starts_on, agreed(price, quantity, fee))],
        days => {
            let paid_from = starts_on.checked_add_days(Days::new(days.into()));
            let paid_from = paid_from.ok_or(SubscriptionRefusal::Calendar)?;
            vec![
                (starts_on, agreed(None, quantity, fee)),
                (paid_from, agreed(price, None, None)),
            ]
        }
    };
    let numbered = (1..).zip(decided);
    let made: Vec<_> = numbered
        .map(|(number, (from, what))| Change { number, from, what })
        .collect();
    Ok(Decisions {
        sale: made.last().map_or(1, |it| it.number),
        made,
        in_force: today.max(starts_on),
        profiles: vec![(terms.id, terms.profile)],
        rebuilt: None,
    })
}

impl Subscription {
    /// Adds decisions, all or none of them: what contradicts itself is refused.
    pub(super) fn decide(
        &mut self,
        decisions: Vec<(LocalDate, Changed)>,
        today: LocalDate,
    ) -> Result<(), SubscriptionRefusal> {
        let known = self.data.decisions.made.len();
        let before = self.decided.clone();
        self.append(&decisions);
        match self.data.fold() {
            Ok(decided) => self.decided = decided,
            Err(contradiction) => {
                self.data.decisions.made.truncate(known);
                return Err(contradiction.into());
            }
        }
        self.changed = true;
        for (from, what) in decisions {
            let billed = self.data.billed_through.is_some_and(|it| from < it);
            // What is withdrawn may have ended the period that is billed last.
            let reached = self.data.billed_through.is_some_and(|it| from <= it);
            let withdrawn = matches!(what, Changed::Withdrawn { .. });
            if from <= today || (withdrawn && reached) {
                self.rebill(from.min(today));
            }
            if from <= today {
                self.data.decisions.in_force = self.data.decisions.in_force.max(today);
            }
            if billed && self.begins_periods_anew(what) {
                self.rebuild(&before, from);
            }
        }
        Ok(())
    }

    /// Whether periods are others from a decision on: new ones, or those from before it that a withdrawal brings back.
    fn begins_periods_anew(&self, what: Changed) -> bool {
        let mut made = self.data.decisions.made.iter();
        match what {
            Changed::Rescheduled { .. } => true,
            Changed::Withdrawn { number } => made
                .find(|it| it.number == number)
                .is_some_and(|it| matches!(it.what, Changed::Rescheduled { .. })),
            _ => false,
        }
    }

    fn append(&mut self, decisions: &[(LocalDate, Changed)]) {
        for (from, what) in decisions.iter().copied() {
            let number = self.data.decisions.next_number();
            self.data.decisions.made.push(Change { number, from, what });
        }
    }

    /// Periods begin anew on a day that is billed: those from then on were not billed.
    fn rebuild(&mut self, before: &Timeline, from: LocalDate) {
        let cycle = before.schedule_on(from).containing(from);
        let start = cycle.map_or(from, |it| it.part.start);
        let end = before.end_of_cycles(self.data.billed_through.unwrap_or(from));
        let known = self.data.decisions.rebuilt;
        self.data.decisions.rebuilt = Some(Period {
            start: known.map_or(start, |it| it.start.min(start)),
            end: known.map_or(end, |it| it.end.max(end)),
        });
        self.data.billed_through = Some(from);
    }

    /// What the timeline would be with more decisions, which are not taken.
    pub(super) fn with(
        &self,
        decisions: &[(LocalDate, Changed)],
    ) -> Result<Timeline, SubscriptionRefusal> {
        if decisions.is_empty() {
            return Ok(self.decided.clone());
        }
        let mut then = self.clone();
        then.append(decisions);
        Ok(then.data.fold()?)
    }

    /// The day on which a decision about a running subscription takes effect.
    pub(super) fn day_of(
        &self,
        at: At,
        today: LocalDate,
    ) -> Result<LocalDate, SubscriptionRefusal> {
        if let Some(ends_on) = self.data.ends_on {
            return Err(SubscriptionRefusal::Cancelled { ends_on });
        }
        if let SubscriptionStatus::Suspended { since, .. } = self.data.status {
            return Err(SubscriptionRefusal::Suspended { since });
        }
        self.resolve(at, today)
    }

    /// The same for what is possible until the end, suspended or not.
    pub(super) fn day_before_end(
        &self,
        at: At,
        today: LocalDate,
    ) -> Result<LocalDate, SubscriptionRefusal> {
        let from = self.resolve(at, today)?;
        match self.data.ends_on.filter(|it| *it <= from) {
            Some(ends_on) => Err(SubscriptionRefusal::Cancelled { ends_on }),
            None => Ok(from),
        }
    }

    pub(super) fn resolve(
        &self,
        at: At,
        today: LocalDate,
    ) -> Result<LocalDate, SubscriptionRefusal> {
        let from = match at {
            At::Now => today,
            At::PeriodEnd => self.period_end(today),
            At::On(day) => {
                must_be_near(day, today)?;
                day
            }
        };
        let starts_on = self.data.started_on;
        match from {
            _ if from < starts_on => Err(SubscriptionRefusal::NotBegun { from, starts_on }),
            _ => Ok(from),
        }
    }

    pub(super) fn period_end(&self, today: LocalDate) -> LocalDate {
        if let Some(paid) = self.data.prepaid {
            return paid.paid_until.max(today);
        }
        let period = self.decided.period_on(today);
        period.map_or(today, |it| it.end)
    }

    /// What is agreed about a component that is sold on a day.
    pub(super) fn phase(
        &self,
        component: u16,
        on: LocalDate,
    ) -> Result<Phase, SubscriptionRefusal> {
        let found = self.decided.phase_on(component, on);
        // The base plan is free during a trial; an add-on is once it was removed.
        let found = found.filter(|it| component == Component::BASE || it.price.is_some());
        found.ok_or(SubscriptionRefusal::NoComponent { component, on })
    }

    pub(super) fn bill_day_on(&self, day: LocalDate) -> Option<BillDay> {
        let told = |it: &&Change| it.from <= day && matches!(it.what, Changed::Rescheduled { .. });
        let latest = self
            .data
            .decisions
            .standing()
            .filter(told)
            .max_by_key(|it| (it.from, it.number));
        match latest.map(|it| it.what) {
            Some(Changed::Rescheduled { bill_day, .. }) => bill_day,
            _ => self.data.bill_day,
        }
    }

    /// The periods of days from one on have to be looked at again; what waits already keeps its day.
    pub(super) fn rebill(&mut self, from: LocalDate) {
        let waiting = self.data.rebill_on.unwrap_or(from);
        self.data.rebill_on = Some(waiting.min(from));
    }
}
