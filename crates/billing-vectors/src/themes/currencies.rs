//! Minor units of currencies.

use anyhow::{Context, Result};
use kernel::Currency;

use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    if input.names() != ["currency"] || expected.names() != ["minor_units"] {
        return Ok(super::unknown_shape(case));
    }
    let code = input.text("currency")?;
    let currency: Currency = code.parse().context(code.to_owned())?;
    let exponent = i64::from(currency.exponent());
    let wanted = expected.whole("minor_units")?;
    Ok(Outcome::of(case.adopt, &exponent, &wanted))
}
