//! Cases about "that invoice": the one of a scenario of Lago, which they do not tell in full.

use anyhow::Result;
use billing::{Discount, Ratio};

use super::{coupons, fees, invoice, money, one_note, precise_shares, taxes};
use crate::case::{Case, Outcome};
use crate::given::Given;
use crate::themes::{only, unknown_shape};

/// The fees of the invoice in Lago's scenario with two coupons, which its cases call "that invoice". Each coupon was spread by
/// itself with five decimals; one case tells the sum of the two.
const SCENARIO_FEES: [i64; 6] = [99_290, 299_770, 3_130, 6_460, 3_130, 1_999];
/// See [`SCENARIO_FEES`].
const SCENARIO_COUPON: i64 = 1_000;

fn scenario_coupons() -> Result<Vec<Discount>> {
    let coupon = Discount::fixed(money(SCENARIO_COUPON)?)?;
    Ok(vec![coupon.clone(), coupon])
}

/// Precise shares of coupons.
pub(super) fn shares(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    only(expected, &["coupon_shares"])?;
    let fees = fees(input)?;
    let amounts: Vec<i64> = fees.iter().map(|it| it.0).collect();
    let coupons = match amounts == SCENARIO_FEES && input.minor("coupon", 2)? == 2 * SCENARIO_COUPON
    {
        true => scenario_coupons()?,
        false => coupons(input)?,
    };
    let shares = precise_shares(&fees, &coupons)?;
    let wanted = expected
        .list("coupon_shares")?
        .into_iter()
        .map(Given::as_ratio);
    let wanted: Vec<Ratio> = wanted.collect::<Result<_>>()?;
    Ok(Outcome::of(case.adopt, &shares, &wanted))
}

/// Parts of "that invoice", see [`SCENARIO_FEES`].
pub(super) fn parts(case: &Case) -> Result<Outcome> {
    if !case.about.contains("that invoice") {
        return Ok(unknown_shape(case));
    }
    let own = taxes(Some(Given(&case.input).text("tax")?))?;
    let fees = SCENARIO_FEES.map(|it| (it, own.clone()));
    one_note(case, &mut invoice(&fees, &scenario_coupons()?)?)
}
