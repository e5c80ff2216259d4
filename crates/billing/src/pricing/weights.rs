//! Amounts cut into parts without loss: the largest remainder, and on a tie who comes first.

use std::cmp::Reverse;

use crate::ratio::Ratio;

/// Weights or an amount that cannot be used to cut something into parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWeights {
    /// There is nobody to give a part to.
    #[error("there must be at least one part")]
    Nobody,
    /// A weight below zero.
    #[error("weight {weight} is below zero")]
    Negative {
        /// The weight.
        weight: Ratio,
    },
    /// All weights are zero.
    #[error("all weights are zero")]
    AllZero,
    /// The amount is no multiple of the step, so its parts cannot be either.
    #[error("{amount} is no multiple of the step of {step} minor units")]
    OffStep {
        /// The amount, in minor units.
        amount: i64,
        /// The step, in minor units.
        step: i64,
    },
    /// The figures do not fit.
    #[error("{amount} cannot be cut by these weights: a figure is too large")]
    Overflow {
        /// The amount, in minor units.
        amount: i64,
    },
}

/// Cuts an amount of minor units into parts in proportion to weights; each part is a multiple of `step` minor units.
///
/// Every part gets its exact share rounded towards zero; the steps that are left go to the largest remainders, one each,
/// and on a tie to whoever comes first. The parts sum to the amount for any sign (billing.md, invariant 5), a weight of zero
/// gets nothing, and the parts of `-amount` mirror those of `amount`.
///
/// ```
/// use billing::{Ratio, allocate_by_weights};
///
/// let thirds = [Ratio::ONE; 3];
/// assert_eq!(allocate_by_weights(100, &thirds, 1), Ok(vec![34, 33, 33]));
/// assert_eq!(allocate_by_weights(-100, &thirds, 1), Ok(vec![-34, -33, -33]));
/// ```
///
/// # Errors
/// [`BadWeights`] names what cannot be used.
pub fn allocate_by_weights(
    amount: i64,
    weights: &[Ratio],
    step: i64,
) -> Result<Vec<i64>, BadWeights> {
    let overflow = BadWeights::Overflow { amount };
    if weights.is_empty() {
        return Err(BadWeights::Nobody);
    }
    if let Some(weight) = weights.iter().find(|it| it.is_negative()) {
        return Err(BadWeights::Negative { weight: *weight });
    }
    if step <= 0 || amount % step != 0 {
        return Err(BadWeights::OffStep { amount, step });
    }
    let (weights, _) = common(weights).ok_or(overflow)?;
    let whole = sum(&weights).ok_or(overflow)?;
    if whole == 0 {
        return Err(BadWeights::AllZero);
    }
    let shares: Option<Vec<i128>> = weights
        .iter()
        .map(|it| it.checked_mul(i128::from(amount)))
        .collect();
    round_together(&shares.ok_or(overflow)?, whole, amount, step).ok_or(overflow)
}

/// Cuts an amount of minor units into so many equal parts, the first ones larger where it does not divide.
///
/// # Errors
/// [`BadWeights`] for no parts, or an amount that is no multiple of the step.
pub fn allocate_equally(amount: i64, parts: usize, step: i64) -> Result<Vec<i64>, BadWeights> {
    allocate_by_weights(amount, &vec![Ratio::ONE; parts], step)
}

/// Rounds figures to multiples of a step so that they sum to a total: each becomes one of its two neighbours.
///
/// A figure is `numerator / denominator` minor units. `None` if a figure does not fit, or the total is further from the sum
/// of the figures than rounding explains.
pub(crate) fn round_together(
    numerators: &[i128],
    denominator: i128,
    total: i64,
    step: i64,
) -> Option<Vec<i64>> {
    let wide = i128::from(step);
    let unit = denominator.checked_mul(wide).filter(|it| *it > 0)?;
    let (mut steps, rests): (Vec<i128>, Vec<i128>) =
        numerators.iter().map(|it| (it / unit, it % unit)).unzip();
    let left = i128::from(total) / wide - sum(&steps)?;
    if i128::from(total) % wide != 0 {
        return None;
    }
    if left != 0 {
        let mut largest: Vec<(u128, usize)> = rests
            .iter()
            .enumerate()
            .filter(|(_, rest)| rest.signum() == left.signum())
            .map(|(index, rest)| (rest.unsigned_abs(), index))
            .collect();
        // On a tie who comes first.
        largest.sort_by_key(|(rest, _)| Reverse(*rest));
        let count = usize::try_from(left.unsigned_abs()).ok()?;
        for (_, index) in largest.get(..count)? {
            *steps.get_mut(*index)? += left.signum();
        }
    }
    let amounts = steps.iter().map(|it| i64::try_from(it * wide).ok());
    amounts.collect()
}

/// The same figures over one denominator.
pub(crate) fn common(figures: &[Ratio]) -> Option<(Vec<i128>, i128)> {
    let mut shared = 1_i128;
    for figure in figures {
        let denominator = figure.denominator();
        if denominator != 1 && shared % denominator != 0 {
            // In lowest terms shared / denominator has what is missing below the line.
            let missing = Ratio::new(shared, denominator)?.denominator();
            shared = shared.checked_mul(missing)?;
        }
    }
    // Divisions of 128 bits are dear, and most figures are whole.
    let over = |it: &Ratio| match it.denominator() == shared {
        true => Some(it.numerator()),
        false => it.numerator().checked_mul(shared / it.denominator()),
    };
    let numerators: Option<Vec<i128>> = figures.iter().map(over).collect();
    Some((numerators?, shared))
}

fn sum(figures: &[i128]) -> Option<i128> {
    figures
        .iter()
        .try_fold(0_i128, |sum, it| sum.checked_add(*it))
}

#[cfg(test)]
mod tests {
    //! Nothing is lost, nobody is favoured, and a mirror image is one.

    use super::{BadWeights, allocate_by_weights, allocate_equally};
    use crate::ratio::Ratio;
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_assume, proptest};

    fn weights(of: &[i64]) -> Vec<Ratio> {
        of.iter().map(|it| Ratio::whole(*it)).collect()
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let refused = |of: &[i64]| allocate_by_weights(5, &weights(of), 1);
        assert_eq!(refused(&[]), Err(BadWeights::Nobody));
        assert_eq!(refused(&[0, 0]), Err(BadWeights::AllZero));
        let weight = Ratio::whole(-1);
        assert_eq!(refused(&[2, -1]), Err(BadWeights::Negative { weight }));
        let off = BadWeights::OffStep { amount: 5, step: 2 };
        assert_eq!(allocate_equally(5, 2, 2), Err(off));
        assert_eq!(allocate_equally(5, 0, 1), Err(BadWeights::Nobody));
    }

    #[test]
    fn parts_keep_the_step() {
        assert_eq!(allocate_equally(1000, 3, 100), Ok(vec![400, 300, 300]));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_amount_and_stay_near_their_share(amount in any::<i32>(), of in vec(0_i64..1000, 1..12)) {
            let whole: i64 = of.iter().sum();
            prop_assume!(whole > 0);
            let amount = i64::from(amount);
            let parts = allocate_by_weights(amount, &weights(&of), 1).unwrap();
            prop_assert_eq!(parts.iter().sum::<i64>(), amount);
            for (part, weight) in parts.iter().zip(&of) {
                prop_assert!((part * whole - amount * weight).abs() < whole);
                prop_assert!(*weight > 0 || *part == 0);
            }
        }

        #[test]
        fn a_mirror_image_is_one(amount in any::<i32>(), of in vec(0_i64..1000, 1..12)) {
            prop_assume!(of.iter().sum::<i64>() > 0);
            let parts = allocate_by_weights(i64::from(amount), &weights(&of), 1).unwrap();
            let mirror = allocate_by_weights(-i64::from(amount), &weights(&of), 1).unwrap();
            prop_assert_eq!(parts, mirror.iter().map(|it| -it).collect::<Vec<_>>());
        }
    }
}
