//! The bill of an account as a pure function: the facts and a date in, the lines that are due out.

use chrono::Months;
use kernel::{Currency, InvoiceId, LocalDate, Money, MoneyError, SubscriptionId};

use crate::difference::{Billed, Due, Inconsistent, LetGo, diff_keeping, let_go};
use crate::record::write_down;
use crate::rounding::InvoiceScale;
use crate::segment::desired;
use crate::timeline::{Timeline, Timing};

/// What is known about one subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionFacts {
    /// Which one.
    pub subscription: SubscriptionId,
    /// What it should be billed for.
    pub timeline: Timeline,
    /// What it was billed.
    pub billed: Vec<Billed>,
    /// How many lines were issued for it today already.
    pub lines_today: u32,
    /// Whether nobody wants it billed for now; nothing is charged or taken back then.
    pub held: bool,
}

impl SubscriptionFacts {
    /// A subscription that was never billed.
    #[must_use]
    pub const fn new(subscription: SubscriptionId, timeline: Timeline) -> Self {
        Self {
            subscription,
            timeline,
            billed: Vec::new(),
            lines_today: 0,
            held: false,
        }
    }
}

/// Beyond these a run stops instead of issuing something absurd (billing.md, invariant 21). Alarms, not truncation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many months after today may be billed for.
    pub months_ahead: u32,
    /// How many lines a subscription may get in one day.
    pub lines_a_day: u32,
}

impl Limits {
    /// Three years ahead, five hundred lines a day.
    pub const STANDARD: Self = Self {
        months_ahead: 36,
        lines_a_day: 500,
    };
}

/// What is known about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What it is billed in.
    pub currency: Currency,
    /// The smallest step of a line.
    pub scale: InvoiceScale,
    /// When to stop.
    pub limits: Limits,
    /// Its subscriptions, in any order.
    pub subscriptions: Vec<SubscriptionFacts>,
}

/// Why nothing was billed although something may be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// What was billed contradicts itself: the account is parked.
    #[error("what was billed for subscription {subscription} contradicts itself")]
    Inconsistent {
        /// The subscription.
        subscription: SubscriptionId,
        /// What contradicts what.
        #[source]
        reason: Inconsistent,
    },
    /// The date lies too far ahead.
    #[error("{through} is more than {months_ahead} months after {today}")]
    TooFarAhead {
        /// The date that was asked for.
        through: LocalDate,
        /// Today.
        today: LocalDate,
        /// The most months.
        months_ahead: u32,
    },
    /// A subscription would get too many lines in a day.
    #[error(
        "subscription {subscription} would get {lines} lines in one day; at most {most} are allowed"
    )]
    TooManyLines {
        /// The subscription.
        subscription: SubscriptionId,
        /// The lines it would have.
        lines: u64,
        /// The most lines.
        most: u32,
    },
    /// The lines cannot be summed.
    #[error("the lines of the account cannot be summed")]
    Total(#[from] MoneyError),
}

/// One line that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposedLine {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// What is charged or taken back.
    pub due: Due,
}

/// The lines that are due, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The lines: subscription by subscription; in each, first what is taken back.
    pub lines: Vec<ProposedLine>,
    /// Their sum; below zero if more is given back than charged.
    pub total: Money,
}

/// What is due today. `None` if nothing is: there is no empty invoice.
///
/// No clock, no randomness, and the order of the facts does not matter (billing.md, invariants 14 to 22).
///
/// # Errors
/// [`Stopped`]; nothing is guessed.
pub fn generate(facts: &Facts, today: LocalDate) -> Result<Option<Proposal>, Stopped> {
    preview(facts, today, today)
}

/// What will be due on a later day if nothing happens until then: the same function.
///
/// # Errors
/// [`Stopped`]; nothing is guessed.
pub fn preview(
    facts: &Facts,
    today: LocalDate,
    through: LocalDate,
) -> Result<Option<Proposal>, Stopped> {
    refuse_far_dates(facts.limits, today, through)?;
    let mut subscriptions: Vec<_> = facts.subscriptions.iter().filter(|it| !it.held).collect();
    subscriptions.sort_by_key(|it| it.subscription);
    let mut lines = Vec::new();
    for it in subscriptions {
        lines.extend(due_of(it, facts, through)?);
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let total = Money::sum(facts.currency, lines.iter().map(|it| it.due.amount()))?;
    Ok(Some(Proposal { lines, total }))
}

fn due_of(
    it: &SubscriptionFacts,
    facts: &Facts,
    through: LocalDate,
) -> Result<Vec<ProposedLine>, Stopped> {
    let subscription = it.subscription;
    let days = (LocalDate::MIN, through);
    let due = due_lines(&it.timeline, &it.billed, days, facts.scale);
    let due = due.map_err(|reason| Stopped::Inconsistent {
        subscription,
        reason,
    })?;
    let lines =
        u64::from(it.lines_today).saturating_add(u64::try_from(due.len()).unwrap_or(u64::MAX));
    let most = facts.limits.lines_a_day;
    if !due.is_empty() && lines > u64::from(most) {
        return Err(Stopped::TooManyLines {
            subscription,
            lines,
            most,
        });
    }
    let line = |due: Due| ProposedLine { subscription, due };
    Ok(due.into_iter().map(line).collect())
}

/// What is due of a subscription by the second of two days, in cycles that end after the first.
pub(crate) fn due_lines(
    timeline: &Timeline,
    billed: &[Billed],
    (since, through): (LocalDate, LocalDate),
    scale: InvoiceScale,
) -> Result<Vec<Due>, Inconsistent> {
    let wanted = desired(timeline, since, through);
    // A run for an earlier day must not take back what a later one has billed rightly (billing.md, invariant 15).
    let latest = latest_billed(timeline, billed).filter(|it| *it > through);
    let later = latest.map(|it| desired(timeline, since, it));
    let kept = later.as_deref().unwrap_or(&wanted);
    diff_keeping(&wanted, kept, billed, scale)
}

/// Days that are charged anew without a repair, along with what is due: see [`let_go`].
pub(crate) fn days_let_go(
    timeline: &Timeline,
    billed: &[Billed],
    (since, through): (LocalDate, LocalDate),
    scale: InvoiceScale,
) -> Result<Vec<LetGo>, Inconsistent> {
    let latest = latest_billed(timeline, billed).map_or(through, |it| it.max(through));
    let_go(&desired(timeline, since, latest), billed, scale)
}

/// The day of the run that billed the latest of the days that stand, or the first on which it could have.
fn latest_billed(timeline: &Timeline, billed: &[Billed]) -> Option<LocalDate> {
    let in_arrear = timeline.timing == Timing::InArrear;
    let days = billed.iter().flat_map(|it| {
        let billed_on = if in_arrear {
            it.period.end
        } else {
            it.period.start
        };
        // What stands of a line begins anew after every part that was taken back.
        let again = it.repaired.iter().map(|(days, _)| days.end);
        let again = again.filter(|day| *day < it.period.end);
        again.chain([billed_on])
    });
    days.max()
}

fn refuse_far_dates(limits: Limits, today: LocalDate, through: LocalDate) -> Result<(), Stopped> {
    let last = today.checked_add_months(Months::new(limits.months_ahead));
    if last.is_some_and(|it| through > it) {
        return Err(Stopped::TooFarAhead {
            through,
            today,
            months_ahead: limits.months_ahead,
        });
    }
    Ok(())
}

impl Facts {
    /// Writes a proposal down as issued under an id, so that the next run knows of it.
    ///
    /// # Errors
    /// [`Inconsistent::NothingToRepair`] for a proposal that was made from other facts; the facts are not to be used
    /// then.
    pub fn issue(&mut self, proposal: &Proposal, invoice: InvoiceId) -> Result<(), Inconsistent> {
        for (line, it) in (0_u16..).zip(&proposal.lines) {
            let subscription = self
                .subscriptions
                .iter_mut()
                .find(|that| that.subscription == it.subscription);
            if let Some(facts) = subscription {
                write_down(&mut facts.billed, [it.due], invoice, line)?;
                facts.lines_today = facts.lines_today.saturating_add(1);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
