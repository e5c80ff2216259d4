//! Bill days: clamped in short months and expanded again, weeks, anniversaries.

use anyhow::Result;

use crate::case::{Case, Outcome};

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let _ = case;
    Ok(Outcome::Skipped("no runner yet".to_owned()))
}
