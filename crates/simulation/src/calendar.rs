//! The days of one subscription, one by one: how often each stands billed, and for which plan.

use billing::{ChargeKind, LineView, Period, SubscriptionView};
use chrono::Days;
use kernel::{LocalDate, PlanId};

use crate::books::Books;
use crate::known::Known;
use crate::rules::{Broken, Verdict, hold};

/// What stands billed of a day after what was taken back.
#[derive(Debug, Clone, Default)]
struct Billed {
    /// Plans with how often each stands; nearly always one.
    plans: Vec<(PlanId, i64)>,
}

impl Billed {
    fn count(&mut self, plan: PlanId, times: i64) {
        match self.plans.iter_mut().find(|it| it.0 == plan) {
            Some(known) => known.1 += times,
            None => self.plans.push((plan, times)),
        }
    }

    fn times(&self) -> i64 {
        self.plans.iter().map(|it| it.1).sum()
    }
}

/// The days from the first of the subscription on.
pub(crate) struct Calendar<'a> {
    subscription: &'a SubscriptionView,
    lines: Vec<&'a LineView>,
    days: Vec<Billed>,
}

impl<'a> Calendar<'a> {
    /// Reads every line of a component of a subscription, but for what is charged once.
    pub(crate) fn of(
        books: &'a Books,
        subscription: &'a SubscriptionView,
        component: u16,
    ) -> Result<Self, Broken> {
        let is_own = |it: &LineView| {
            let own = (it.subscription, it.component) == (subscription.id, component);
            own && it.kind == ChargeKind::Recurring
        };
        let lines = books.invoices.iter().flat_map(|it| &it.lines);
        let lines = lines.filter(|it| is_own(it));
        let mut calendar = Self {
            subscription,
            lines: lines.collect(),
            days: Vec::new(),
        };
        for line in calendar.lines.clone() {
            hold("18", line.repairs == line.amount.is_negative(), || {
                format!("{line:?}")
            })?;
            let times = if line.repairs { -1 } else { 1 };
            calendar.write(line.period, line.plan, times)?;
        }
        for (line, days) in books.days_given_back() {
            if is_own(line) {
                calendar.write(days, line.plan, -1)?;
            }
        }
        Ok(calendar)
    }

    /// Judges every day of it.
    pub(crate) fn judge(&self, known: &Known, today: LocalDate) -> Verdict {
        self.no_day_is_billed_twice()?;
        self.the_plan_in_force_is_billed(known)?;
        self.what_begins_while_stopped_is_not_billed(known, today)?;
        self.no_day_is_forgotten(known, today)
    }

    fn write(&mut self, period: Period, plan: PlanId, times: i64) -> Verdict {
        let (from, to) = (self.place(period.start), self.place(period.end));
        let (Some(from), Some(to)) = (from, to) else {
            let why = format!("{period:?} lies before the start");
            return Err(Broken { rule: "9", why });
        };
        if self.days.len() < to {
            self.days.resize_with(to, Billed::default);
        }
        for day in self.days.iter_mut().take(to).skip(from) {
            day.count(plan, times);
        }
        Ok(())
    }

    fn place(&self, day: LocalDate) -> Option<usize> {
        usize::try_from((day - self.subscription.started_on).num_days()).ok()
    }

    fn day(&self, place: usize) -> LocalDate {
        let days = Days::new(u64::try_from(place).unwrap_or(u64::MAX));
        let start = self.subscription.started_on;
        start.checked_add_days(days).unwrap_or(LocalDate::MAX)
    }

    fn times(&self, day: LocalDate) -> i64 {
        let billed = self.place(day).and_then(|it| self.days.get(it));
        billed.map_or(0, Billed::times)
    }

    /// Nothing stands billed twice.
    pub(crate) fn no_day_is_billed_twice(&self) -> Verdict {
        let id = self.subscription.id;
        let wrong = self
            .days
            .iter()
            .position(|it| !(0..=1).contains(&it.times()));
        hold("17", wrong.is_none(), || {
            let place = wrong.unwrap_or(0);
            let times = self.days.get(place).map_or(0, Billed::times);
            format!("{} of {id} is billed {times} times", self.day(place))
        })
    }

    /// A day that stands billed is billed as the plan that was agreed for it.
    fn the_plan_in_force_is_billed(&self, known: &Known) -> Verdict {
        let id = self.subscription.id;
        for (place, billed) in self.days.iter().enumerate() {
            let Some((plan, _)) = billed.plans.iter().find(|it| it.1 != 0) else {
                continue;
            };
            let day = self.day(place);
            let agreed = known.plan_on(id, day);
            hold("20", agreed == Some(*plan), || {
                format!("{day} of {id} is billed as {plan}, agreed is {agreed:?}")
            })?;
        }
        Ok(())
    }

    /// No period begins while it is stopped; when it goes on, the rest of that period is charged.
    fn what_begins_while_stopped_is_not_billed(&self, known: &Known, today: LocalDate) -> Verdict {
        let id = self.subscription.id;
        for line in &self.lines {
            let days = days_of(line.cycle).take_while(|it| *it <= today);
            let mut stopped = days.take_while(|it| known.was_stopped_all(id, *it));
            let charged = stopped.find(|it| self.times(*it) != 0);
            hold("5.4.7", charged.is_none(), || {
                format!(
                    "{charged:?} of {id} is charged, in a period that began while it was stopped"
                )
            })?;
        }
        Ok(())
    }

    /// From the first day to today, or to the end, every day is billed, in advance, so today is too; but for those on
    /// which it was stopped.
    fn no_day_is_forgotten(&self, known: &Known, today: LocalDate) -> Verdict {
        let id = self.subscription.id;
        let after = next_day(today);
        let life = Period {
            start: self.subscription.started_on,
            end: self.subscription.ends_on.map_or(after, |it| it.min(after)),
        };
        let mut open = days_of(life).filter(|it| self.times(*it) == 0);
        let forgotten = open.find(|it| !known.was_stopped_on(id, *it));
        hold("8", forgotten.is_none(), || {
            format!("{forgotten:?} of {id} was never billed")
        })
    }
}

fn days_of(period: Period) -> impl Iterator<Item = LocalDate> {
    let days = period.start.iter_days();
    days.take_while(move |it| *it < period.end)
}

/// The day after one.
pub(crate) fn next_day(day: LocalDate) -> LocalDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}
