//! Payments, refunds, chargebacks, credit and balances.

mod scene;
mod single;

use anyhow::Result;
use serde_json::Value;

use super::words::{same, unknown};
use crate::case::{Case, Outcome};
use crate::given::Given;

/// Texts are major units with two decimals, whatever the currency of the case is called.
pub(super) const DECIMALS: u32 = 2;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    let came_out = match given.names().as_slice() {
        [] => return Ok(unknown(case)),
        _ if single::knows(case) => single::run(case)?,
        names if names.iter().all(|it| scene::KNOWN.contains(it)) => scene::run(case)?,
        _ => None,
    };
    let Some(came_out) = came_out else {
        return Ok(unknown(case));
    };
    Ok(compared(case, &came_out))
}

/// Compares part by part: "10" is "10.00".
fn compared(case: &Case, came_out: &Value) -> Outcome {
    let parts = case.expected.as_object().into_iter().flatten();
    let all_same = parts.into_iter().all(|(name, wanted)| {
        let part = came_out.get(name).unwrap_or(&Value::Null);
        same(part, wanted, DECIMALS)
    });
    match all_same {
        true => Outcome::of(case.adopt, &case.expected, &case.expected),
        false => Outcome::of(case.adopt, came_out, &case.expected),
    }
}
