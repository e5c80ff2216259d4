//! What should be billed: the timeline of a subscription cut into priced segments.

use kernel::{LocalDate, Money, PlanId};
use serde::{Deserialize, Serialize};

use crate::days::without;
use crate::rounding::{InvoiceScale, share};
use crate::schedule::Period;
use crate::timeline::{Component, PausePolicy, Phase, Timeline, Timing};

/// Whether a charge comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChargeKind {
    /// For days: it follows the calendar, and days that are not used can be taken back.
    #[serde(rename = "recurring")]
    Recurring,
    /// For something done on a day: it is never taken back by a change, only by a credit note.
    #[serde(rename = "one_time")]
    Once,
}

impl ChargeKind {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recurring => "recurring",
            Self::Once => "one_time",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Recurring, Self::Once]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// What was agreed: days on the same terms are the same days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Terms {
    /// The component of the subscription.
    pub component: u16,
    /// Whether it comes again.
    pub kind: ChargeKind,
    /// The plan, in the version that was agreed.
    pub plan: PlanId,
    /// The price of a cycle for one unit.
    pub rate: Money,
    /// How many units.
    pub quantity: u32,
}

impl Terms {
    /// One unit of the base plan.
    #[must_use]
    pub const fn base(plan: PlanId, rate: Money) -> Self {
        Self {
            component: Component::BASE,
            kind: ChargeKind::Recurring,
            plan,
            rate,
            quantity: 1,
        }
    }
}

/// A stretch of one cycle on one plan, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// What was agreed.
    pub terms: Terms,
    /// The days; a one-time charge has the one day it is for.
    pub period: Period,
    /// The whole stretch whose price is prorated: the cycle.
    pub cycle: Period,
    /// The price of that stretch for one unit: the agreed rate, unless a line was imported with an amount of its own.
    pub price: Money,
}

impl Segment {
    /// What a part of the segment costs. `None` on overflow.
    #[must_use]
    pub fn amount(&self, part: Period, scale: InvoiceScale) -> Option<Money> {
        cost(self.price, self.terms.quantity, part, self.cycle, scale)
    }
}

/// What some days of a cycle cost: the exact share of its price, rounded once, half away from zero.
///
/// Every published number can be checked by hand. Parts of a cycle therefore sum to its price only within half a step
/// for each of them; whoever takes parts of a line back lets the last one take the rest (see [`diff`](crate::diff)).
pub(crate) fn cost(
    price: Money,
    quantity: u32,
    part: Period,
    cycle: Period,
    scale: InvoiceScale,
) -> Option<Money> {
    let currency = price.currency();
    let whole = price.minor().checked_mul(i64::from(quantity))?;
    let minor = share(whole, part.days(), cycle.days(), scale.step(currency))?;
    Some(Money::from_minor(minor, currency))
}

/// The segments of every cycle that ends after `since` and is due by `through`.
///
/// In advance a cycle is due on its first day; in arrear a segment is due when it is over: at the end of its cycle, or
/// earlier where a change, a pause or the end of the subscription closes it. One-time charges are due on their day. What is
/// prepaid is due as soon as it is renewed.
#[must_use]
pub fn desired(timeline: &Timeline, since: LocalDate, through: LocalDate) -> Vec<Segment> {
    let through = timeline.reach(through);
    // Nothing of a component is due before it is first charged: a trial, or an add-on that begins later.
    let begun = |it: &Vec<Stretch>| it.first().is_some_and(|it| it.days.start <= through);
    let components = timeline.components.iter().map(stretches).filter(begun);
    let stretches: Vec<_> = components.flatten().collect();
    let mut segments = Vec::new();
    for (in_force, schedule) in timeline.schedules() {
        let cycles = schedule
            .cycles_since(since, through)
            .filter(|it| it.part.end > since && it.part.start < in_force.end);
        for cycle in cycles {
            let part = cycle.part.overlap(in_force);
            let part = part.and_then(|it| it.overlap(timeline.life()));
            let charged = part.map(|it| charged(timeline, it)).unwrap_or_default();
            // In advance all of a cycle is due on the first of its days that is charged.
            let begun = charged.first().is_some_and(|it| it.start <= through);
            if begun || timeline.timing == Timing::InArrear {
                let cut = |it| cut(&stretches, it, cycle.whole);
                segments.extend(charged.into_iter().flat_map(cut));
            }
        }
    }
    if timeline.timing == Timing::InArrear {
        segments.retain(|it| it.period.end <= through);
    }
    segments.extend(fees(timeline, since, through));
    segments
}

/// The next day after `today` on which something more is due; `None` when nothing will ever be, within the longest
/// interval that can be sold.
#[must_use]
pub fn next_due(timeline: &Timeline, today: LocalDate) -> Option<LocalDate> {
    let due_on = |it: &Segment| match (timeline.timing, it.terms.kind) {
        (Timing::InArrear, ChargeKind::Recurring) => it.period.end,
        _ => it.period.start,
    };
    // Most intervals are short: look near first.
    [2, 26, 1_001].into_iter().find_map(|months| {
        let horizon = today.checked_add_months(chrono::Months::new(months))?;
        let ahead = desired(timeline, today, horizon);
        ahead.iter().map(due_on).filter(|it| *it > today).min()
    })
}

/// The days of a part of a cycle that are charged, whatever for.
fn charged(timeline: &Timeline, part: Period) -> Vec<Period> {
    let mut start = part.start;
    let resting =
        |policy: PausePolicy| timeline.pauses.iter().filter(move |it| it.policy == policy);
    for pause in resting(PausePolicy::NoNewPeriod) {
        let days = pause.days();
        if days.start <= start && start < days.end {
            start = days.end;
        }
    }
    let rest = Period { start, ..part };
    without(rest, resting(PausePolicy::CreditDays).map(|it| it.days()))
}

/// Days on the same terms, however many phases repeat them.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    days: Period,
    terms: Terms,
}

fn stretches(component: &Component) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::with_capacity(component.phases.len());
    for (phase, end) in phases_with_ends(component) {
        let days = Period {
            start: phase.from,
            end,
        };
        let Some(rate) = phase.price.filter(|_| days.start < days.end) else {
            continue;
        };
        let terms = Terms {
            component: component.number,
            kind: ChargeKind::Recurring,
            plan: phase.plan,
            rate,
            quantity: phase.quantity,
        };
        match found.last_mut() {
            Some(last) if last.days.end == days.start && last.terms == terms => last.days.end = end,
            _ => found.push(Stretch { days, terms }),
        }
    }
    found
}

/// Every phase with the first day of the next one.
pub(crate) fn phases_with_ends(component: &Component) -> impl Iterator<Item = (&Phase, LocalDate)> {
    let last = component.ends_on.unwrap_or(LocalDate::MAX);
    let starts = component.phases.iter().skip(1).map(|it| it.from);
    let ends = starts.chain([last]).map(move |it| it.min(last));
    component.phases.iter().zip(ends)
}

fn cut(stretches: &[Stretch], charged: Period, cycle: Period) -> impl Iterator<Item = Segment> {
    stretches.iter().filter_map(move |it| {
        Some(Segment {
            terms: it.terms,
            period: it.days.overlap(charged)?,
            cycle,
            price: it.terms.rate,
        })
    })
}

/// The one-time charges of phases that began: of several phases of one day only that of the last.
fn fees(timeline: &Timeline, since: LocalDate, through: LocalDate) -> Vec<Segment> {
    let life = timeline.life();
    let of_component = |component: &Component| -> Vec<Segment> {
        let begun = phases_with_ends(component)
            .filter(|(phase, end)| phase.from < *end && phase.from < life.end)
            .filter(|(phase, _)| since <= phase.from && phase.from <= through);
        let fee = |(phase, _): (&Phase, LocalDate)| {
            let day = Period {
                start: phase.from,
                end: phase.from.succ_opt()?,
            };
            let price = phase.fee?;
            let terms = Terms {
                component: component.number,
                kind: ChargeKind::Once,
                plan: phase.plan,
                rate: price,
                quantity: 1,
            };
            Some(Segment {
                terms,
                period: day,
                cycle: day,
                price,
            })
        };
        begun.filter_map(fee).collect()
    };
    timeline.components.iter().flat_map(of_component).collect()
}

#[cfg(test)]
mod tests;
