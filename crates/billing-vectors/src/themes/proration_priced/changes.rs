//! What a change of components costs, in the middle of a period and at its end.

use anyhow::{Context, Result, bail};
use billing::{
    At, Charging, DayCount, Due, EndDay, Exchange, ExchangeTerms, Interval, IntervalUnit, Net,
    NewPlan, NewSubscription, Phase, Plan, Rounding, Schedule, SoldAs, Subscription, Timeline,
    exchange, prorate,
};
use kernel::testing::CountingIds;
use kernel::{Currency, Ids, LocalDate, Money};
use serde_json::json;

use super::super::calendar::{compare, currency, interval_of, period, scale};
use crate::case::{Case, Outcome};
use crate::given::Given;
use crate::themes::billing_facts::{Desk, plan_named};

const KNOWN: [&str; 9] = [
    "amounts", "change", "period", "old", "new", "kind", "matched", "quantity", "currency",
];

/// A change on a day of a period.
pub(super) fn now(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let is_known = |it: &&str| KNOWN.contains(it) || *it == "removed" || it.starts_with("added");
    if !given.names().iter().all(is_known) || !given.has("period") {
        return Ok(crate::themes::unknown_shape(case));
    }
    let currency = currency(given)?;
    let terms = ExchangeTerms {
        day_count: DayCount::ActualDays,
        scale: scale(currency)?,
        rounding: Rounding::default(),
    };
    let lines = exchange(
        &exchanges(given, currency)?,
        period(given, "period", EndDay::NotBilled)?,
        Interval::MONTH,
        given.date("change")?,
        terms,
    )?;
    let net = Net::of(currency, lines.iter().copied())?;
    let minor: Vec<_> = lines.iter().map(|it| it.minor()).collect();
    let mut found = vec![
        ("lines", json!(minor)),
        ("net", json!(net.total.minor())),
        ("amount_due", json!(net.due.minor())),
        ("customer_balance", json!(net.credit.minor())),
    ];
    if given.has("quantity") {
        let line = added_units(given, currency)?;
        found.push(("quantity", json!(line.segment().terms.quantity)));
        found.push(("lines", json!([line.amount().minor()])));
        found.remove(0);
    }
    compare(case, &found)
}

/// The line of an add-on of several units that comes on the day of the change; its amount is for all of them.
fn added_units(given: Given<'_>, currency: Currency) -> Result<Due> {
    let quantity = u32::try_from(given.whole("quantity")?)?;
    let added = amounts(given, "added", currency)?;
    let [all] = added[..] else {
        bail!("units of {} add-ons", added.len());
    };
    let cycle = period(given, "period", EndDay::NotBilled)?;
    let interval = Interval::new(IntervalUnit::Days, u16::try_from(cycle.days())?)?;
    let each = all.minor() / i64::from(quantity);
    let unit = Phase::of(
        given.date("change")?,
        plan_named("add-on")?,
        Money::from_minor(each, currency),
    );
    let schedule = Schedule::new(cycle.start, interval, None);
    let add_on = Timeline::of_plan(schedule, vec![unit.times(quantity)]);
    let run = Desk::new(vec![add_on])?.bill(given.date("change")?)?;
    let run = run.context("nothing is due")?;
    Ok(run.lines.first().context("no line")?.due)
}

/// What changes: pairs first, then what goes, then what comes.
fn exchanges(given: Given<'_>, currency: Currency) -> Result<Vec<Exchange>> {
    let mut changes = Vec::new();
    if given.has("kind") {
        match given.text("kind")? {
            "usage" => return Ok(vec![Exchange::Metered]),
            "rate" | "recurring" => {}
            other => bail!("{other:?} is not a kind of component"),
        }
    }
    let one_each = ["old", "new"]
        .iter()
        .all(|it| given.has(it) && !given.0[it].is_array());
    if one_each {
        let (old, new) = (
            amounts(given, "old", currency)?,
            amounts(given, "new", currency)?,
        );
        changes.push(Exchange::Replaced {
            old: *old.first().context("no old price")?,
            new: *new.first().context("no new price")?,
        });
    }
    if given.has("matched") {
        for pair in given.list("matched")? {
            let pair = pair.elements()?;
            let amount = |it: usize| money(*pair.get(it).context("no pair")?, currency);
            changes.push(Exchange::Replaced {
                old: amount(0)?,
                new: amount(1)?,
            });
        }
    }
    let (gone, come) = match one_each {
        true => (vec!["removed"], vec![]),
        false => (vec!["old", "removed"], vec!["new"]),
    };
    for name in gone {
        changes.extend(
            amounts(given, name, currency)?
                .into_iter()
                .map(Exchange::Removed),
        );
    }
    for name in come {
        changes.extend(
            amounts(given, name, currency)?
                .into_iter()
                .map(Exchange::Added),
        );
    }
    for name in given.names() {
        if let Some(how) = name.strip_prefix("added") {
            changes.extend(added(given, name, how.trim_start_matches('_'), currency)?);
        }
    }
    Ok(changes)
}

fn added(given: Given<'_>, name: &str, how: &str, currency: Currency) -> Result<Vec<Exchange>> {
    let amounts = amounts(given, name, currency)?.into_iter();
    Ok(match how {
        "" => amounts.map(Exchange::Added).collect(),
        "one_time" => amounts.map(Exchange::AddedOnce).collect(),
        "usage" => vec![Exchange::Metered],
        word => {
            let interval = interval_of(word)?;
            let own = |price| Exchange::AddedForOwnCycle { price, interval };
            amounts.map(own).collect()
        }
    })
}

/// One amount or a list of them; none where there is no such name.
fn amounts(given: Given<'_>, name: &str, currency: Currency) -> Result<Vec<Money>> {
    match given.has(name) {
        false => Ok(Vec::new()),
        true if given.0[name].is_array() => {
            let list = given.list(name)?.into_iter();
            list.map(|it| money(it, currency)).collect()
        }
        true => Ok(vec![money(given.part(name)?, currency)?]),
    }
}

fn money(given: Given<'_>, currency: Currency) -> Result<Money> {
    let minor = given.as_minor(u32::from(currency.exponent()))?;
    Ok(Money::from_minor(minor, currency))
}

/// A change at the end of the period: the running one stays as it is, the next one is on the new price. A later decision
/// replaces it.
pub(super) fn later(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let (old, new) = match given.has("old") {
        true => (given.whole("old")?, given.whole("new")?),
        false => (1_000, 2_000),
    };
    let mut life = Life::of(old, new)?;
    let mut decisions = match given.has("schedule") {
        true => given.list("schedule")?,
        false => vec![given.part("mode")?],
    };
    decisions.extend(given.part("then").into_iter().filter(|it| !it.0.is_null()));
    for decision in decisions {
        match decision.as_text()?.replace('_', " ").as_str() {
            "end of period" | "period end" => life.change(At::PeriodEnd)?,
            "immediate" | "immediately" | "now" => life.change(At::Now)?,
            "cancel" | "cancelled" | "drop" => life.stay()?,
            _ => return Ok(crate::themes::unknown_shape(case)),
        }
    }
    let pending = usize::from(life.sold.scheduled().is_some());
    let invoices = [life.bill(0)?, life.bill(1)?];
    compare(
        case,
        &[
            ("invoices", json!(invoices)),
            ("next_invoice", json!(invoices[1])),
            ("mrr", json!(invoices[1])),
            ("pending", json!(pending)),
        ],
    )
}

/// A monthly subscription on one plan, and the plan it changes to in the middle of January.
struct Life {
    sold: Subscription,
    first: Plan,
    next: Plan,
}

impl Life {
    fn of(old: i64, new: i64) -> Result<Self> {
        let counting = CountingIds::from(1);
        let ids: &dyn Ids = &counting;
        let plan = |minor| -> Result<Plan> {
            Ok(Plan::define(NewPlan {
                id: ids.next(),
                name: "a plan".parse()?,
                price: Money::from_minor(minor, "USD".parse()?),
                interval: Interval::MONTH,
                profile: ids.next(),
                sold_as: SoldAs::Subscription,
                charging: Charging::AHEAD,
            })?)
        };
        let start: LocalDate = "2024-01-01".parse()?;
        let order = NewSubscription {
            id: ids.next(),
            account: ids.next(),
            customer: ids.next(),
            quantity: 1,
            bill_day: None,
            starts_on: start,
        };
        let first = plan(old)?;
        Ok(Self {
            sold: Subscription::start(order, &first, start)?,
            first,
            next: plan(new)?,
        })
    }

    /// Takes the decision to change back.
    fn stay(&mut self) -> Result<()> {
        let today = "2024-01-17".parse()?;
        self.sold.change_plan(&self.first, At::PeriodEnd, today)?;
        Ok(())
    }

    fn change(&mut self, when: At) -> Result<()> {
        self.sold
            .change_plan(&self.next, when, "2024-01-16".parse()?)?;
        Ok(())
    }

    /// What the n-th month costs, in minor units.
    fn bill(&self, n: i64) -> Result<i64> {
        let schedule = self.sold.schedule();
        let cycle = schedule.nth(n).context("no such month")?;
        let mut then = self.sold.clone();
        then.catch_up(cycle.part.start);
        let agreed = then.agreement_on(cycle.part.start);
        let price = agreed.context("nothing was agreed")?.price;
        let ratio = cycle.ratio(Interval::MONTH, DayCount::ActualDays);
        let scale = scale(price.currency())?;
        Ok(prorate(price, ratio, scale, Rounding::default())?.minor())
    }
}
