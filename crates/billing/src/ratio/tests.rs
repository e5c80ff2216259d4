//! Fractions are exact, in lowest terms, and ordered as numbers are.

use proptest::prelude::{prop_assert_eq, proptest};

use super::Ratio;
use crate::rounding::Rounding;

fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

#[test]
fn is_in_lowest_terms_with_the_sign_above() {
    let half = Ratio::new(-3, -6).unwrap();
    assert_eq!((half.numerator(), half.denominator()), (1, 2));
    assert_eq!(Ratio::new(3, -6).unwrap().to_string(), "-1/2");
    assert_eq!(Ratio::new(0, 7).unwrap(), Ratio::ZERO);
}

#[test]
fn reads_what_people_write() {
    assert_eq!(ratio("14/31"), Ratio::new(14, 31).unwrap());
    assert_eq!(ratio("12.5%"), Ratio::percent(125, 1).unwrap());
    assert_eq!(ratio("-0.25").to_string(), "-1/4");
    assert_eq!(ratio(".5"), Ratio::new(1, 2).unwrap());
    for bad in ["", "-", ".", "1e3", "1/0", "a", "1/2/3", "--1", "1.2.3"] {
        assert!(bad.parse::<Ratio>().is_err(), "{bad:?}");
    }
}

#[test]
fn what_does_not_fit_is_none() {
    assert_eq!(Ratio::new(1, 0), None);
    let most = Ratio::new(i128::MAX, 1).unwrap();
    assert_eq!(most.checked_add(Ratio::ONE), None);
    assert_eq!(most.checked_mul(Ratio::whole(2)), None);
    assert_eq!(Ratio::ONE.checked_div(Ratio::ZERO), None);
    assert_eq!(Ratio::ONE.of(i64::MAX, 0, Rounding::HalfAwayFromZero), None);
    assert_eq!(
        ratio("3/2").of(i64::MAX, 1, Rounding::HalfAwayFromZero),
        None
    );
}

#[test]
fn order_does_not_overflow() {
    let less = Ratio::new(i128::MAX - 1, i128::MAX).unwrap();
    let more = Ratio::new(i128::MAX - 2, i128::MAX - 1).unwrap();
    assert!(more < less && less < Ratio::ONE);
    assert!(Ratio::new(-1, 3).unwrap() < Ratio::ZERO);
}

#[test]
fn rounds_to_any_step() {
    let mode = Rounding::HalfAwayFromZero;
    assert_eq!(
        ratio("2.675").round_to(ratio("0.01"), mode),
        Some(ratio("2.68"))
    );
    assert_eq!(
        ratio("-125").round_to(ratio("10"), mode),
        Some(ratio("-130"))
    );
    assert_eq!(ratio("1").round_to(Ratio::ZERO, mode), None);
}

proptest! {
    #[test]
    fn order_is_that_of_cross_products(a in -999_i128..999, b in 1_i128..999, c in -999_i128..999, d in 1_i128..999) {
        let (left, right) = (Ratio::new(a, b).unwrap(), Ratio::new(c, d).unwrap());
        prop_assert_eq!(left.cmp(&right), (a * d).cmp(&(c * b)));
    }

    #[test]
    fn what_is_added_can_be_taken_away(a in -999_i128..999, b in 1_i128..999, c in -999_i128..999, d in 1_i128..999) {
        let (left, right) = (Ratio::new(a, b).unwrap(), Ratio::new(c, d).unwrap());
        prop_assert_eq!(left.checked_add(right).unwrap().checked_sub(right).unwrap(), left);
    }

    #[test]
    fn a_credit_of_the_whole_mirrors_it(amount in -99_999_i64..99_999, part in 0_i128..400, whole in 1_i128..400) {
        let share = Ratio::new(part, whole).unwrap();
        let mode = Rounding::HalfAwayFromZero;
        prop_assert_eq!(share.of(-amount, 5, mode).unwrap(), -share.of(amount, 5, mode).unwrap());
    }
}
