//! What should be billed: the timeline of a subscription cut into priced segments.

use kernel::{Currency, LocalDate, Money, PlanId};

use crate::rounding::{InvoiceScale, share};
use crate::schedule::{Cycle, Period, Schedule};

/// From a day on, a plan at a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// The first day.
    pub from: LocalDate,
    /// The plan.
    pub plan: PlanId,
    /// The price of a whole cycle, when the phase was agreed.
    pub price: Money,
}

/// Days on which no new period begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The first day.
    pub from: LocalDate,
    /// The day after the last, once it is over.
    pub until: Option<LocalDate>,
}

/// Everything that decides what a subscription should be billed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// When its periods begin.
    pub schedule: Schedule,
    /// Its phases, the earliest first; never empty.
    pub phases: Vec<Phase>,
    /// Its pauses, the earliest first.
    pub pauses: Vec<Pause>,
    /// The day from which nothing is charged any more.
    pub charged_until: Option<LocalDate>,
}

/// A stretch of one cycle on one plan, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The plan.
    pub plan: PlanId,
    /// The days.
    pub period: Period,
    /// The whole cycle, whose price is prorated.
    pub cycle: Period,
    /// The price of the whole cycle.
    pub price: Money,
}

impl Segment {
    /// What a part of the segment costs. `None` on overflow.
    #[must_use]
    pub fn amount(&self, part: Period, scale: InvoiceScale) -> Option<Money> {
        cost(self.price, part, self.cycle, scale)
    }
}

/// What some days of a cycle cost: what is left to pay for on the first of them, minus what is left after the last.
///
/// Parts of a cycle always sum to its whole price, however it is cut (billing.md, invariant 10). A stub, or the rest of a
/// period after a change, ends with its cycle: there this is the exact share of the days, rounded once.
pub(crate) fn cost(
    price: Money,
    part: Period,
    cycle: Period,
    scale: InvoiceScale,
) -> Option<Money> {
    let currency: Currency = price.currency();
    let rest_from = |day: LocalDate| {
        let rest = Period {
            start: day,
            end: cycle.end,
        };
        let step = scale.step(currency);
        share(price.minor(), rest.days(), cycle.days(), step)
    };
    let minor = rest_from(part.start)?.checked_sub(rest_from(part.end)?)?;
    Some(Money::from_minor(minor, currency))
}

/// The segments of every cycle that has begun by `through` and ends after `since`, in advance: a cycle is due on its
/// first day.
///
/// A cycle that would begin during a pause begins when the pause ends; one that began before it runs on.
#[must_use]
pub fn desired(timeline: &Timeline, since: LocalDate, through: LocalDate) -> Vec<Segment> {
    let mut segments = Vec::new();
    for cycle in timeline
        .schedule
        .cycles(through)
        .filter(|it| it.part.end > since)
    {
        let Some(charged) = charged_part(timeline, cycle, through) else {
            continue;
        };
        segments.extend(phases_within(timeline, cycle, charged));
    }
    segments
}

fn charged_part(timeline: &Timeline, cycle: Cycle, through: LocalDate) -> Option<Period> {
    let mut part = cycle.part;
    for pause in &timeline.pauses {
        let begins_within =
            pause.from <= part.start && pause.until.is_none_or(|it| part.start < it);
        if begins_within {
            part.start = pause.until?;
        }
    }
    part.end = timeline
        .charged_until
        .map_or(part.end, |it| part.end.min(it));
    (part.start < part.end && part.start <= through).then_some(part)
}

fn phases_within(timeline: &Timeline, cycle: Cycle, charged: Period) -> Vec<Segment> {
    let ends = timeline
        .phases
        .iter()
        .skip(1)
        .map(|it| it.from)
        .chain([LocalDate::MAX]);
    timeline
        .phases
        .iter()
        .zip(ends)
        .filter_map(|(phase, end)| {
            let period = charged.overlap(Period {
                start: phase.from,
                end,
            })?;
            Some(Segment {
                plan: phase.plan,
                period,
                cycle: cycle.whole,
                price: phase.price,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
