//! What the runners of bills have in common: names as ids, amounts as dollars, a plain account that is billed.

use anyhow::{Context, Result, bail};
use billing::{
    BillDay, Billed, Facts, Interval, IntervalUnit, InvoiceScale, Limits, LineRef, Period,
    Proposal, Schedule, Stopped, SubscriptionFacts, Timeline, generate,
};
use chrono::{Datelike, NaiveDate};
use kernel::{Id, InvoiceId, Money, PlanId};

use crate::given::Given;

/// Dollars, in cents.
pub(super) fn usd(minor: i64) -> Result<Money> {
    Ok(Money::from_minor(minor, "USD".parse()?))
}

/// The scale of dollars.
pub(super) fn scale() -> Result<InvoiceScale> {
    Ok(InvoiceScale::new(2, "USD".parse()?)?)
}

/// An id with a number.
pub(super) fn id<K>(number: u64) -> Result<Id<K>> {
    let text = format!("00000000-0000-7000-8000-{:012x}", number & 0xffff_ffff_ffff);
    Ok(Id::from_uuid(text.parse()?))
}

/// The plan with a name: equal names are equal plans.
pub(super) fn plan_named(name: &str) -> Result<PlanId> {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    id(name.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

/// The line of the item with a name among some items; one that is not there is a line that does not exist.
pub(super) fn line_number(name: &str, items: &[Given]) -> Result<LineRef> {
    let place = items
        .iter()
        .position(|it| it.text("name").is_ok_and(|it| it == name));
    line(u16::try_from(place.unwrap_or(items.len()))?)
}

/// A line of the one invoice that a case begins with.
pub(super) fn line(line: u16) -> Result<LineRef> {
    let invoice = id(1)?;
    Ok(LineRef { invoice, line })
}

/// The days from `start` to `end`.
pub(super) fn period_of(item: Given) -> Result<Period> {
    days(item.date("start")?, item.date("end")?)
}

/// The days that a list of two dates says, end exclusive.
pub(super) fn period_at(list: Given) -> Result<Period> {
    let dates = list.elements()?;
    let [start, end, ..] = dates[..] else {
        bail!("{} is not a period", list.0);
    };
    days(start.as_date()?, end.as_date()?)
}

/// The days between two dates.
pub(super) fn days(start: NaiveDate, end: NaiveDate) -> Result<Period> {
    if start >= end {
        bail!("no days from {start} to {end}");
    }
    Ok(Period { start, end })
}

/// Periods of a length, by the names other systems give them.
pub(super) fn interval_named(name: &str) -> Result<Interval> {
    let (unit, count) = match name.to_ascii_uppercase().as_str() {
        "DAILY" | "DAY" => (IntervalUnit::Days, 1),
        "WEEKLY" | "WEEK" => (IntervalUnit::Weeks, 1),
        "BIWEEKLY" => (IntervalUnit::Weeks, 2),
        "THIRTY_DAYS" => (IntervalUnit::Days, 30),
        "MONTHLY" | "MONTH" => (IntervalUnit::Months, 1),
        "BIMESTRIAL" => (IntervalUnit::Months, 2),
        "QUARTERLY" | "QUARTER" => (IntervalUnit::Months, 3),
        "TRIANNUAL" => (IntervalUnit::Months, 4),
        "BIANNUAL" | "SEMIANNUAL" | "SEMIYEARLY" => (IntervalUnit::Months, 6),
        "ANNUAL" | "YEARLY" | "YEAR" => (IntervalUnit::Months, 12),
        "BIENNIAL" => (IntervalUnit::Months, 24),
        other => bail!("a period of {other}"),
    };
    Ok(Interval::new(unit, count)?)
}

/// A year.
pub(super) fn year() -> Result<Interval> {
    interval_named("ANNUAL")
}

/// Months from a day on, with a bill day.
pub(super) fn monthly(start: NaiveDate, bill_day: i64) -> Result<Schedule> {
    every(Interval::MONTH, start, bill_day)
}

/// Periods from a day on, with a bill day.
pub(super) fn every(interval: Interval, start: NaiveDate, bill_day: i64) -> Result<Schedule> {
    let bill_day = BillDay::new(u8::try_from(bill_day)?)?;
    Ok(Schedule::new(start, interval, Some(bill_day)))
}

/// The bill day a case gives, or the day of a date.
pub(super) fn bill_day_or(given: Given, start: NaiveDate) -> Result<i64> {
    match given.has("bcd") {
        true => given.whole("bcd"),
        false => Ok(i64::from(start.day())),
    }
}

/// An account that is billed again and again.
pub(super) struct Desk {
    pub(super) facts: Facts,
    /// The invoices, in the order they were issued.
    pub(super) issued: Vec<(InvoiceId, Proposal)>,
}

impl Desk {
    /// An account with some subscriptions, numbered from 1, never billed.
    pub(super) fn new(timelines: Vec<Timeline>) -> Result<Self> {
        let facts = Facts {
            currency: "USD".parse()?,
            scale: scale()?,
            limits: Limits::STANDARD,
            subscriptions: Vec::new(),
        };
        let issued = Vec::new();
        let mut desk = Self { facts, issued };
        for timeline in timelines {
            desk.add(timeline)?;
        }
        Ok(desk)
    }

    /// Another subscription.
    pub(super) fn add(&mut self, timeline: Timeline) -> Result<()> {
        let number = u64::try_from(self.facts.subscriptions.len())? + 1;
        let facts = SubscriptionFacts::new(id(number)?, timeline);
        self.facts.subscriptions.push(facts);
        Ok(())
    }

    /// The same with what its first subscription was billed.
    pub(super) fn with_billed(mut self, billed: Vec<Billed>) -> Result<Self> {
        self.first()?.billed = billed;
        Ok(self)
    }

    /// What is known of its subscriptions today; they come in the order in which they were first known.
    pub(super) fn know(
        &mut self,
        timelines: impl Iterator<Item = Result<Option<Timeline>>>,
    ) -> Result<()> {
        for (number, timeline) in (1_u64..).zip(timelines) {
            let (wanted, Some(timeline)) = (id(number)?, timeline?) else {
                continue;
            };
            let known = self.facts.subscriptions.iter_mut();
            match known.into_iter().find(|it| it.subscription == wanted) {
                Some(it) => it.timeline = timeline,
                None => self
                    .facts
                    .subscriptions
                    .push(SubscriptionFacts::new(wanted, timeline)),
            }
        }
        Ok(())
    }

    /// Its first subscription.
    pub(super) fn first(&mut self) -> Result<&mut SubscriptionFacts> {
        let first = self.facts.subscriptions.first_mut();
        first.context("an account without subscription")
    }

    /// What is due on a day, nothing written down.
    pub(super) fn look(&self, on: NaiveDate) -> Result<Option<Proposal>, Stopped> {
        generate(&self.facts, on)
    }

    /// Bills a day and writes the invoice down.
    pub(super) fn bill(&mut self, on: NaiveDate) -> Result<Option<Proposal>> {
        let proposal = self.look(on)?;
        if let Some(proposal) = &proposal {
            // The first id is that of the invoice a case begins with.
            let invoice = id(u64::try_from(self.issued.len())? + 2)?;
            self.facts.issue(proposal, invoice)?;
            self.issued.push((invoice, proposal.clone()));
        }
        for it in &mut self.facts.subscriptions {
            it.lines_today = 0;
        }
        Ok(proposal)
    }
}
