//! Payments, refunds, chargebacks, credit and balances.

mod scene;
mod single;

use anyhow::Result;
use serde_json::Value;

use super::words::same;
use crate::case::{Case, Outcome};
use crate::given::Given;

/// Texts are major units with two decimals, whatever the currency of the case is called.
pub(super) const DECIMALS: u32 = 2;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    let came_out = match given.names().as_slice() {
        [] => return Ok(super::unknown_shape(case)),
        _ if single::knows(case) => single::run(case)?,
        names if names.iter().all(|it| scene::KNOWN.contains(it)) => scene::run(case)?,
        _ => None,
    };
    let Some(came_out) = came_out else {
        return Ok(super::unknown_shape(case));
    };
    for name in Given(&case.expected).names() {
        if came_out.get(name).is_none() {
            return super::unknown(format!("expects {name}"));
        }
    }
    Ok(compared(case, &came_out))
}

/// Compares part by part: "10" is "10.00", told in the form that is expected.
fn compared(case: &Case, came_out: &Value) -> Outcome {
    let parts = case.expected.as_object().into_iter().flatten();
    let told = parts.map(|(name, wanted)| {
        let ours = came_out.get(name).unwrap_or(&Value::Null);
        let told = if same(ours, wanted, DECIMALS) {
            wanted
        } else {
            ours
        };
        (name.clone(), told.clone())
    });
    Outcome::of(case.adopt, &Value::Object(told.collect()), &case.expected)
}
