//! Rounding modes and allocation without loss.

use anyhow::{Context, Result};
use billing::{BadWeights, Ratio, Rounding, allocate_by_weights, allocate_equally};

use crate::case::{Adopt, Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    match input.names().as_slice() {
        ["mode", "value"] | ["value"] => to_whole(case),
        ["decimals", "value"] | ["decimals", "mode", "value"] => to_decimals(case),
        ["amount", "power"] | ["amount", "mode", "power"] => to_power(case),
        ["amount", "ratios"] => by_weights(case),
        ["amount", "n"] => equally(case),
        ["case"] => refused(case),
        _ => Ok(super::unknown_shape(case)),
    }
}

/// The mode a case names: in its input, or, for a convention that is not ours, in its words. What must match or differ is
/// put to our own.
fn mode(case: &Case) -> Result<Rounding> {
    let input = Given(&case.input);
    if case.adopt.is_negative() {
        return Ok(Rounding::default());
    }
    if input.has("mode") {
        let name = input.text("mode")?;
        return match (case.adopt, name.contains("dinero")) {
            // Named after a library whose halves go up; where it agrees with ours, ours must come out so.
            (Adopt::Mode, true) => Ok(Rounding::HalfUpwards),
            (_, true) => Ok(Rounding::default()),
            _ => name.parse().or_else(|_| super::unknown(name)),
        };
    }
    let named = case.convention.as_deref().unwrap_or(&case.about);
    match case.adopt {
        Adopt::Mode if named.contains("banker") => Ok(Rounding::HalfEven),
        _ => Ok(Rounding::default()),
    }
}

fn to_whole(case: &Case) -> Result<Outcome> {
    super::only(Given(&case.expected), &["result"])?;
    let value = Given(&case.input).ratio("value")?;
    let wanted = i128::from(Given(&case.expected).whole("result")?);
    Ok(Outcome::of(case.adopt, &value.round(mode(case)?), &wanted))
}

fn to_decimals(case: &Case) -> Result<Outcome> {
    super::only(Given(&case.expected), &["result"])?;
    let input = Given(&case.input);
    let decimals = input.whole("decimals")?;
    let power = 10_i128
        .checked_pow(u32::try_from(decimals.unsigned_abs())?)
        .context("no such step")?;
    let step = match decimals < 0 {
        true => Ratio::new(power, 1),
        false => Ratio::new(1, power),
    };
    let step = step.context("no such step")?;
    let rounded = input.ratio("value")?.round_to(step, mode(case)?);
    let wanted = Given(&case.expected).ratio("result")?;
    Ok(Outcome::of(case.adopt, &rounded, &Some(wanted)))
}

fn to_power(case: &Case) -> Result<Outcome> {
    super::only(Given(&case.expected), &["result"])?;
    let input = Given(&case.input);
    let step = 10_i64
        .checked_pow(u32::try_from(input.whole("power")?)?)
        .context("no such power")?;
    let rounded = Ratio::ONE.of(input.whole("amount")?, step, mode(case)?);
    let wanted = Given(&case.expected).whole("result")?;
    Ok(Outcome::of(case.adopt, &rounded, &Some(wanted)))
}

fn by_weights(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    let weights = input.list("ratios")?.into_iter().map(weight);
    let weights: Vec<Ratio> = weights.collect::<Result<_>>()?;
    parted(
        case,
        allocate_by_weights(input.whole("amount")?, &weights, 1),
    )
}

/// A number, or one with its decimals told apart: `{"amount": 505, "scale": 1}` is 50.5.
fn weight(given: Given<'_>) -> Result<Ratio> {
    if given.names() == ["amount", "scale"] {
        let scale = 10_i128
            .checked_pow(u32::try_from(given.whole("scale")?)?)
            .context("no such scale")?;
        let weight = Ratio::new(i128::from(given.whole("amount")?), scale);
        return weight.context("no such weight");
    }
    given.as_ratio()
}

fn equally(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    let parts = usize::try_from(input.whole("n")?).unwrap_or(0);
    parted(case, allocate_equally(input.whole("amount")?, parts, 1))
}

fn parted(case: &Case, parts: Result<Vec<i64>, BadWeights>) -> Result<Outcome> {
    let expected = Given(&case.expected);
    if expected.has("error") {
        return verdict(case, parts.is_err());
    }
    super::only(expected, &["parts"])?;
    let wanted = expected.list("parts")?.into_iter().map(Given::as_whole);
    let wanted: Vec<i64> = wanted.collect::<Result<_>>()?;
    Ok(Outcome::of(case.adopt, &parts?, &wanted))
}

/// Cases in words: weights or numbers of parts that must be refused.
fn refused(case: &Case) -> Result<Outcome> {
    let words = Given(&case.input).text("case")?;
    let weights: &[i64] = match words {
        it if it.contains("negative ratio") => &[1, -1],
        it if it.contains("ratios zero") => &[0, 0],
        it if it.contains("no ratio") => &[],
        it if ["zero", "negative", "no "]
            .iter()
            .any(|word| it.contains(word)) =>
        {
            let nobody = allocate_equally(100, 0, 1);
            return verdict(case, nobody.is_err());
        }
        other => return super::unknown(other),
    };
    let weights: Vec<Ratio> = weights.iter().map(|it| Ratio::whole(*it)).collect();
    verdict(case, allocate_by_weights(100, &weights, 1).is_err())
}

/// In the one word for it.
fn verdict(case: &Case, refused: bool) -> Result<Outcome> {
    let expected = Given(&case.expected);
    super::only(expected, &["error"])?;
    let verdict = if refused { "refused" } else { "accepted" };
    Ok(Outcome::of(case.adopt, &verdict, &expected.text("error")?))
}
