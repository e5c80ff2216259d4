//! Medians, spreads and percentiles.

/// The value in the middle; 0 of nothing.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The distance of the extremes as a part of the median; 0 of nothing.
pub(super) fn spread(values: &[f64]) -> f64 {
    let most = values.iter().copied().fold(f64::MIN, f64::max);
    let least = values.iter().copied().fold(f64::MAX, f64::min);
    let middle = median(values);
    if middle == 0.0 {
        0.0
    } else {
        (most - least) / middle
    }
}

/// The value that `part` of a thousand stay below.
pub(super) fn per_mille(sorted: &[u32], part: usize) -> f64 {
    let index = (sorted.len() * part / 1000).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().map_or(0.0, f64::from)
}

#[cfg(test)]
mod tests {
    //! Figures of known samples.

    use super::{median, per_mille, spread};

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(&[]).abs() < f64::EPSILON);
    }

    #[test]
    fn the_spread_is_relative_to_the_median() {
        assert!((spread(&[9.0, 10.0, 12.0]) - 0.3).abs() < 1e-9);
    }

    #[test]
    fn percentiles_stay_inside_the_sample() {
        let sorted: Vec<u32> = (1..=1000).collect();
        assert!((per_mille(&sorted, 500) - 501.0).abs() < f64::EPSILON);
        assert!((per_mille(&sorted, 1000) - 1000.0).abs() < f64::EPSILON);
        assert!(per_mille(&[], 990).abs() < f64::EPSILON);
    }
}
