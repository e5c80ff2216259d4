//! How far behind an account is, and when.

mod campaigns;
mod days;
mod levels;

use anyhow::Result;

use crate::case::{Case, Outcome};
use crate::given::Given;

/// Every name that cases tell facts under.
const KNOWN: [&str; 31] = [
    "balance",
    "billing_day",
    "blocking_period",
    "charged_back",
    "checks",
    "confirmation_period",
    "dates",
    "days",
    "days_between_attempts",
    "delays",
    "earliest_unpaid",
    "grace",
    "grace_after",
    "grace_before",
    "grace_period",
    "limit",
    "max_attempts",
    "oldest_unpaid",
    "overdue",
    "payment_due",
    "policy",
    "policy_days",
    "promise",
    "range",
    "refunded_invoice",
    "threshold",
    "thresholds",
    "today",
    "unpaid",
    "unpaid_invoices",
    "unpaid_since",
];

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    super::no_more_than(given, &KNOWN)?;
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
