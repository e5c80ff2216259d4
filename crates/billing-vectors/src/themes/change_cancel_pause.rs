//! What a change, cancellation or pause gives back and charges.

mod days;
mod items;
mod settling;
mod shares;
mod taxed;

use anyhow::Result;
use billing::{CreditBy, Due, Paper, Payable, Period, Proposal, Ratio, allocate, papers};
use kernel::Money;
use serde_json::{Map, Value, json};

use crate::case::{Case, Outcome};
use crate::given::Given;
use crate::themes::billing_facts::id;

/// What came out, by the names cases ask for; amounts in cents.
type Told = Map<String, Value>;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let families = [items::told, days::told, shares::told, settling::told];
    let told = families.into_iter().find_map(|it| it(case).transpose());
    let told = told.transpose()?;
    let Some(told) = told else {
        return Ok(super::unknown_shape(case));
    };
    let expected = Given(&case.expected);
    let (mut came_out, mut wanted) = (Told::new(), Told::new());
    for name in expected.names() {
        let Some(value) = told.get(name) else {
            return super::unknown(format!("expects {name}"));
        };
        let asked = expected.part(name)?;
        came_out.insert(name.to_owned(), in_the_form_of(asked, value));
        wanted.insert(name.to_owned(), in_cents(asked.0));
    }
    Ok(Outcome::of(case.adopt, &came_out, &wanted))
}

/// Amounts that are written in major units, as cents; what is finer than a cent, as a fraction.
fn in_cents(value: &Value) -> Value {
    match value {
        Value::String(text) => match (Given(value).as_minor(2), text.parse::<Ratio>()) {
            (Ok(minor), _) => minor.into(),
            (_, Ok(ratio)) => ratio.to_string().into(),
            _ => value.clone(),
        },
        Value::Array(values) => values.iter().map(in_cents).collect(),
        Value::Object(parts) => {
            let parts = parts.iter().map(|(name, it)| (name.clone(), in_cents(it)));
            Value::Object(parts.collect())
        }
        _ => value.clone(),
    }
}

/// Where a case asks for a total only, the total of a paper; where it asks for some of its parts, those.
fn in_the_form_of(asked: Given, value: &Value) -> Value {
    let Value::Object(parts) = value else {
        return value.clone();
    };
    if !asked.0.is_object() {
        return parts.get("total").cloned().unwrap_or(Value::Null);
    }
    let names = asked.names();
    let asked = parts
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()));
    Value::Object(asked.map(|(name, it)| (name.clone(), it.clone())).collect())
}

/// Dates as a case writes them.
fn dates(period: Period) -> [Value; 2] {
    [period.start, period.end].map(|it| it.to_string().into())
}

/// What a run brought, by the names of lines.
fn tell_run(told: &mut Told, run: Option<&Proposal>) -> Result<()> {
    let (mut back, mut new, mut items) = (Vec::new(), Vec::new(), Vec::new());
    for it in run.iter().flat_map(|it| &it.lines) {
        let minor = it.due.amount().minor();
        match it.due {
            Due::Repair { .. } => back.push(minor),
            Due::Charge { segment, .. } => {
                new.push(minor);
                let [start, end] = dates(segment.period);
                items.push(json!([start, end, minor]));
            }
        }
    }
    let credit = match run {
        Some(run) => to_credit(run)?.minor(),
        None => 0,
    };
    let sum = |all: &[i64]| all.iter().sum::<i64>();
    told.insert("repair".into(), sum(&back).into());
    told.insert("unused".into(), (-sum(&back)).into());
    told.insert("new".into(), sum(&new).into());
    told.insert("new_part".into(), sum(&new).into());
    told.insert(
        "new_item".into(),
        items.first().cloned().unwrap_or(Value::Null),
    );
    told.insert("items".into(), items.into());
    told.insert("credit".into(), credit.into());
    let total = run.map_or(0, |it| it.total.minor());
    told.insert("total".into(), total.into());
    told.insert("net".into(), total.into());
    told.insert("repairs".into(), back.into());
    Ok(())
}

/// What a run moves to the credit of the account where what it gives back is written on the same invoice.
fn to_credit(run: &Proposal) -> Result<Money> {
    let moved = papers(run, CreditBy::NegativeLines)?
        .into_iter()
        .map(|it| match it {
            Paper::Invoice { to_credit, .. } => to_credit,
            Paper::CreditNote { total, .. } => total,
        });
    Ok(Money::sum(run.total.currency(), moved)?)
}

/// Uses credit of the account for an invoice; what is left to pay is paid.
fn tell_credit(told: &mut Told, credit: Money, due: Money) -> Result<()> {
    let invoice = Payable {
        invoice: id(1)?,
        issued_on: chrono::NaiveDate::MIN,
        number: 1,
        due,
    };
    let (used, rest) = allocate(credit, &[invoice])?;
    let used = Money::sum(due.currency(), used.iter().map(|it| it.amount))?;
    told.insert("credit_used".into(), (-used.minor()).into());
    told.insert("account_balance".into(), (-rest.minor()).into());
    told.insert("next_invoice".into(), due.checked_sub(used)?.minor().into());
    Ok(())
}
