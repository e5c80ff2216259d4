//! Cases that tell shares of a period instead of days, and which of two prices is dearer.

use std::cmp::Ordering;

use anyhow::{Context, Result};
use billing::{Interval, PriceTerms, Ratio, Switch, line_amount, price_direction};
use serde_json::{Value, json};

use super::Told;
use crate::case::Case;
use crate::given::Given;
use crate::themes::billing_facts::{scale, usd, year};

/// What came out of such a case; `None` for another.
pub(super) fn told(case: &Case) -> Result<Option<Told>> {
    let given = Given(&case.input);
    Ok(Some(match given.names()[..] {
        ["elapsed", "new", "old"] => switched(given)?,
        ["price", "ratio", "units"] => units(given)?,
        ["candidates_yearly", "current_monthly"] => directions(given)?,
        _ => return Ok(None),
    }))
}

fn switched(given: Given) -> Result<Told> {
    let (old, new) = (usd(given.minor("old", 2)?)?, usd(given.minor("new", 2)?)?);
    let switch = Switch::after(given.ratio("elapsed")?, old, new, scale()?)?;
    let mut told = Told::new();
    let lines = json!([switch.credit.minor(), switch.charge.minor()]);
    told.insert("lines".into(), lines);
    told.insert("net".into(), switch.net()?.minor().into());
    Ok(told)
}

/// Units for a share of a period: so many are priced as there are for all of it.
fn units(given: Given) -> Result<Told> {
    let units = Ratio::whole(given.whole("units")?);
    let quantity = units
        .checked_mul(given.ratio("ratio")?)
        .context("too many")?;
    let price = Ratio::whole(given.minor("price", 2)?);
    let terms = PriceTerms::of(usd(0)?.currency(), scale()?);
    let amount = line_amount(price, quantity, Ratio::ONE, terms)?;
    let mut told = Told::new();
    told.insert("quantity".into(), quantity.to_string().into());
    told.insert("amount".into(), amount.minor().into());
    Ok(told)
}

fn directions(given: Given) -> Result<Told> {
    let current = (usd(given.minor("current_monthly", 2)?)?, Interval::MONTH);
    let mut directions = Vec::new();
    for candidate in given.list("candidates_yearly")? {
        let new = (usd(candidate.as_minor(2)?)?, year()?);
        directions.push(match price_direction(current, new)? {
            Ordering::Less => "downgrade",
            Ordering::Equal => "same",
            Ordering::Greater => "upgrade",
        });
    }
    let mut told = Told::new();
    told.insert("direction".into(), Value::from(directions));
    Ok(told)
}
