//! Recurring revenue, churn, ageing.

use anyhow::Result;
use billing::{
    AgeBucket, Interval, IntervalUnit, MrrMovement, OpenAmount, Recurring, aging, annual,
    churn_rate, mrr, per_account,
};
use kernel::{Currency, Money};
use serde_json::{Value, json};

use super::words::{any_of, decimal};
use crate::case::{Case, Outcome};
use crate::given::Given;

/// The figures name no currency; their texts have two decimals.
const DECIMALS: u32 = 2;

/// Every name that cases tell facts under.
const KNOWN: [&str; 41] = [
    "accounts",
    "active",
    "annual",
    "as_of",
    "at_start",
    "cancelled",
    "churn",
    "churned",
    "contraction",
    "count",
    "credit",
    "customers",
    "customers_lost",
    "customers_start",
    "daily",
    "date",
    "downgrades",
    "existing",
    "expansion",
    "fee",
    "invoices",
    "lost",
    "monthly",
    "mrr",
    "mrr_start",
    "new",
    "quarterly",
    "reactivation",
    "reactivations",
    "revenue",
    "seat",
    "seats",
    "semiannual",
    "start",
    "subscribers",
    "today",
    "total",
    "upgrades",
    "users",
    "weekly",
    "yearly",
];

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let (given, expected) = (Given(&case.input), Given(&case.expected));
    super::no_more_than(given, &KNOWN)?;
    let came_out = match *expected.names().as_slice() {
        ["mrr"] if given.has("fee") || given.has("seats") => of_items(given)?,
        ["mrr"] => moved(given)?,
        ["arr"] => {
            json!({ "arr": shown(annual(money(given.part("mrr")?)?)?, expected.part("arr")?) })
        }
        ["monthly"] => normalised(given)?,
        ["buckets"] if given.names().is_empty() => {
            json!({ "buckets": AgeBucket::ALL.map(AgeBucket::as_str) })
        }
        ["buckets"] => aged(given, expected)?,
        [name @ ("churn" | "churn_rate" | "customer_churn" | "revenue_churn")] => {
            return churned(case, name);
        }
        [name @ ("arpu" | "arpa")] => averaged(given, expected, name)?,
        _ => return Ok(super::unknown_shape(case)),
    };
    Ok(Outcome::of(case.adopt, &came_out, &case.expected))
}

fn kes() -> Result<Currency> {
    Ok("KES".parse()?)
}

fn money(given: Given<'_>) -> Result<Money> {
    Ok(Money::from_minor(given.as_minor(DECIMALS)?, kes()?))
}

/// In the form that was asked for: minor units as a number, major units as a text.
fn shown(amount: Money, like: Given<'_>) -> Value {
    match like.0 {
        Value::Number(_) => json!(amount.minor()),
        _ => json!(decimal(amount.minor(), DECIMALS, like)),
    }
}

/// Movements are given with the sign of what they do to the sum; ours are told by their names.
fn moved(given: Given<'_>) -> Result<Value> {
    let part = |names: &[&str]| -> Result<Money> {
        match any_of(given, names) {
            Some(it) => Ok(Money::from_minor(it.as_minor(DECIMALS)?.abs(), kes()?)),
            None => Ok(Money::zero(kes()?)),
        }
    };
    let movement = MrrMovement {
        start: part(&["existing", "start"])?,
        new: part(&["new"])?,
        expansion: part(&["upgrades", "expansion"])?,
        reactivation: part(&["reactivation", "reactivations"])?,
        contraction: part(&["downgrades", "contraction"])?,
        churn: part(&["churn"])?,
    };
    let names = given.names();
    let like = names
        .first()
        .map_or(given, |it| given.part(it).unwrap_or(given));
    Ok(json!({ "mrr": shown(movement.end()?, like) }))
}

fn of_items(given: Given<'_>) -> Result<Value> {
    let mut items = Vec::new();
    if given.has("fee") {
        items.push(monthly_item(given.part("fee")?, 1)?);
    }
    if given.has("seats") {
        let seats = u32::try_from(given.whole("seats")?)?;
        items.push(monthly_item(given.part("seat")?, seats)?);
    }
    let like = given.part(if given.has("fee") { "fee" } else { "seat" })?;
    Ok(json!({ "mrr": shown(mrr(kes()?, &items)?, like) }))
}

fn monthly_item(price: Given<'_>, quantity: u32) -> Result<Recurring> {
    Ok(Recurring {
        price: money(price)?,
        quantity,
        interval: Interval::MONTH,
    })
}

fn normalised(given: Given<'_>) -> Result<Value> {
    let lengths = [
        ("yearly", IntervalUnit::Months, 12),
        ("annual", IntervalUnit::Months, 12),
        ("semiannual", IntervalUnit::Months, 6),
        ("quarterly", IntervalUnit::Months, 3),
        ("monthly", IntervalUnit::Months, 1),
        ("weekly", IntervalUnit::Weeks, 1),
        ("daily", IntervalUnit::Days, 1),
    ];
    let mut all = Vec::new();
    let mut single = false;
    for (name, unit, count) in lengths {
        if !given.has(name) {
            continue;
        }
        let prices = given.part(name)?;
        single = !prices.0.is_array();
        let prices = prices.elements().unwrap_or_else(|_| vec![prices]);
        for price in prices {
            let interval = Interval::new(unit, count)?;
            let item = Recurring {
                interval,
                ..monthly_item(price, 1)?
            };
            all.push(shown(mrr(kes()?, &[item])?, price));
        }
    }
    Ok(match (single, all.as_slice()) {
        (true, [one]) => json!({ "monthly": one }),
        _ => json!({ "monthly": all }),
    })
}

/// Open amounts as `[{"due" | "due_on", "amount"}]` and a date, with credit if any.
fn aged(given: Given<'_>, expected: Given<'_>) -> Result<Value> {
    let today = match any_of(given, &["today", "as_of", "date"]) {
        Some(it) => it.as_date()?,
        None => given.date("today")?,
    };
    let mut open = Vec::new();
    for invoice in given.list("invoices")? {
        let due_on = any_of(invoice, &["due", "due_on", "due_date"]).unwrap_or(invoice);
        open.push(OpenAmount {
            due_on: due_on.as_date()?,
            due: money(invoice.part("amount")?)?,
        });
    }
    let credit = match any_of(given, &["credit"]) {
        Some(it) => money(it)?,
        None => Money::zero(kes()?),
    };
    let report = aging(kes()?, &open, credit, today)?;
    let wanted = expected.part("buckets")?;
    if let Ok(listed) = wanted.elements() {
        let amounts = AgeBucket::ALL.iter().zip(listed);
        let amounts: Vec<_> = amounts
            .map(|(it, like)| shown(report.of(*it), like))
            .collect();
        return Ok(json!({ "buckets": amounts }));
    }
    let mut named = serde_json::Map::new();
    for bucket in AgeBucket::ALL {
        if let Ok(like) = wanted.part(bucket.as_str()) {
            named.insert(bucket.as_str().to_owned(), shown(report.of(bucket), like));
        }
    }
    Ok(json!({ "buckets": named }))
}

fn churned(case: &Case, name: &str) -> Result<Outcome> {
    let given = Given(&case.input);
    let start = any_of(
        given,
        &[
            "start",
            "at_start",
            "customers",
            "customers_start",
            "existing",
            "mrr",
            "mrr_start",
            "active",
        ],
    );
    let lost = any_of(
        given,
        &["lost", "churned", "cancelled", "customers_lost", "churn"],
    );
    let (Some(start), Some(lost)) = (start, lost) else {
        return Ok(super::unknown_shape(case));
    };
    let rate = churn_rate(start.as_minor(DECIMALS)?, lost.as_minor(DECIMALS)?.abs());
    let wanted = Given(&case.expected).ratio(name)?;
    Ok(Outcome::of(case.adopt, &rate, &Some(wanted)))
}

fn averaged(given: Given<'_>, expected: Given<'_>, name: &str) -> Result<Value> {
    let revenue = any_of(given, &["mrr", "revenue", "total"]).unwrap_or(given);
    let count = any_of(
        given,
        &[
            "customers",
            "accounts",
            "users",
            "subscribers",
            "active",
            "count",
        ],
    );
    let count = count.unwrap_or(given).as_whole()?;
    let average = per_account(money(revenue)?, u64::try_from(count)?)?;
    let like = expected.part(name)?;
    Ok(json!({ name: average.map(|it| shown(it, like)) }))
}
