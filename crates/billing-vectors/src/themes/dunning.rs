//! How far behind an account is, and when.

mod campaigns;
mod days;
mod levels;

use anyhow::Result;

use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    let came_out = match given {
        _ if levels::tells_days(given) => levels::by_days(case)?,
        _ if given.has("unpaid_invoices") => levels::by_count(case)?,
        _ if given.has("balance") => levels::by_balance(case)?,
        _ if given.has("overdue") => campaigns::run(case)?,
        _ => days::run(case)?,
    };
    Ok(match came_out {
        Some(it) => Outcome::of(case.adopt, &it, &case.expected),
        None => super::unknown_shape(case),
    })
}
