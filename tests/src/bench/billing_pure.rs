//! `billing-pure`: a life of 36 months with three changes of plan, from the facts to the totals of its invoice.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use billing::{
    At, BillDay, Charging, Due, Interval, InvoiceScale, NewPlan, NewSubscription, Plan, PriceTerms,
    Priced, SoldAs, Subscription, TaxRule, Taxable, Timeline, desired, diff, price,
};
use chrono::{Datelike, Days, Months, NaiveDate};
use kernel::testing::CountingIds;
use kernel::{Currency, Ids, LocalDate, Money};

use super::Extent;
use super::report::{Figure, Report};

/// Lives in one round; a smoke run has fewer.
const LIVES: u32 = 20_000;

/// Runs of each way in one round; the fastest counts, the others were interrupted.
const TRIES: usize = 7;

/// The months that are billed.
const MONTHS: u32 = 36;

/// Prices of a month in minor units, in the order of the changes: every month divides them, so that there is one right sum
/// whatever is rounded where.
const PRICES: [i64; 4] = [377_580, 755_160, 1_132_740, 1_510_320];

/// Measures `desired`, `diff` and `price` with one tax for one subscription, beside the same days and shares on plain
/// integers.
///
/// # Errors
/// When the two disagree.
pub fn billing_pure(extent: Extent) -> Result<Report> {
    let life = Life::of()?;
    let lives = extent.pick(LIVES, 200);
    let wanted = life.by_hand()?;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..extent.rounds {
        let mut best = [f64::MAX; 2];
        for _ in 0..TRIES {
            let times = [
                micros(lives, || life.bill(), wanted)?,
                micros(lives, || life.by_hand(), wanted)?,
            ];
            for (best, time) in best.iter_mut().zip(times) {
                *best = best.min(time);
            }
        }
        ours.push(best[0]);
        floor.push(best[1]);
    }
    let figure = Figure::beside("billing-pure/36-months", "us", ours, floor);
    let what = "desired, diff and price of a monthly subscription with three changes of plan, one life; floor is the same \
                days and shares on plain integers";
    Ok(Report {
        bench: "billing-pure",
        figures: vec![figure.note(what)],
    })
}

/// Microseconds of one life.
fn micros(lives: u32, work: impl Fn() -> Result<i64>, wanted: i64) -> Result<f64> {
    let begun = Instant::now();
    for _ in 0..lives {
        let total = black_box(work()?);
        ensure!(total == wanted, "{total} came out, not {wanted}");
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(lives))
}

struct Life {
    timeline: Timeline,
    currency: Currency,
    scale: InvoiceScale,
    start: LocalDate,
    today: LocalDate,
    changes: Vec<LocalDate>,
    taxes: [TaxRule; 1],
}

impl Life {
    fn of() -> Result<Self> {
        let counting = CountingIds::from(1);
        let ids: &dyn Ids = &counting;
        let currency: Currency = "KES".parse()?;
        let start: LocalDate = "2024-01-20".parse()?;
        let plan = |minor: i64| -> Result<Plan> {
            Ok(Plan::define(NewPlan {
                id: ids.next(),
                name: "Home".parse()?,
                price: Money::from_minor(minor, currency),
                interval: Interval::MONTH,
                profile: ids.next(),
                sold_as: SoldAs::Subscription,
                charging: Charging::AHEAD,
            })?)
        };
        let order = NewSubscription {
            id: ids.next(),
            account: ids.next(),
            customer: ids.next(),
            quantity: 1,
            bill_day: Some(BillDay::new(5)?),
            starts_on: start,
        };
        let mut sold = Subscription::start(order, &plan(PRICES[0])?, start)?;
        let mut changes = Vec::new();
        for (price, month) in PRICES[1..].iter().zip([7, 16, 29]) {
            let day = start + Months::new(month);
            sold.change_plan(&plan(*price)?, At::Now, day)?;
            changes.push(day);
        }
        Ok(Self {
            timeline: sold.timeline(),
            currency,
            scale: InvoiceScale::new(2, currency)?,
            start,
            today: start + Months::new(MONTHS) - Days::new(20),
            changes,
            taxes: [TaxRule::new("VAT", "16%".parse()?)?],
        })
    }

    /// What the whole life costs with tax, in minor units, by the product's functions.
    fn bill(&self) -> Result<i64> {
        let wanted = desired(black_box(&self.timeline), self.start, self.today);
        let due = diff(&wanted, &[], self.scale)?;
        let line = |it: &Due| Taxable {
            amount: it.amount(),
            taxes: &self.taxes,
        };
        let lines: Vec<_> = due.iter().map(line).collect();
        let document = Priced {
            lines: &lines,
            ..Priced::default()
        };
        let totals = price(document, PriceTerms::of(self.currency, self.scale))?;
        Ok(totals.tax_inclusive.minor())
    }

    /// The same on plain integers: month by month, day counts and rounded shares.
    fn by_hand(&self) -> Result<i64> {
        let mut total = 0;
        let mut start = black_box(self.start);
        let mut month = NaiveDate::from_ymd_opt(start.year(), start.month(), 5);
        while let Some(from) = month.filter(|it| *it <= self.today) {
            let end = from + Months::new(1);
            start = start.max(from);
            let days = end.signed_duration_since(from).num_days();
            while start < end {
                let index = self.changes.iter().filter(|it| **it <= start).count();
                let until = self.changes.get(index).map_or(end, |it| end.min(*it));
                let rest = |day: LocalDate| {
                    let left = end.signed_duration_since(day).num_days();
                    (PRICES[index] * left * 2 + days) / (days * 2)
                };
                total += rest(start) - rest(until);
                start = until;
            }
            month = Some(end);
        }
        // 16 % of the whole, half up.
        Ok(total + (total * 16 + 50) / 100)
    }
}
