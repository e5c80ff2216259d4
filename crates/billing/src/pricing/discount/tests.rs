//! Discounts never lose a minor unit, never go below zero, and come in no order.

use kernel::{Currency, Money};
use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{BadDiscount, Discount, DiscountAmount, DiscountScope, Discounted, discount_lines};
use crate::ratio::Ratio;
use crate::rounding::Rounding;

fn eur() -> Currency {
    "EUR".parse().unwrap()
}

fn money(minor: i64) -> Money {
    Money::from_minor(minor, eur())
}

fn spread(lines: &[i64], discounts: &[Discount]) -> Result<Discounted, BadDiscount> {
    let lines: Vec<Money> = lines.iter().map(|it| money(*it)).collect();
    discount_lines(&lines, discounts, eur(), 1, Rounding::default())
}

fn minors(of: &[Money]) -> Vec<i64> {
    of.iter().map(|it| it.minor()).collect()
}

#[test]
fn a_capped_percentage_takes_no_more_than_its_cap() {
    let half: Ratio = "50%".parse().unwrap();
    let capped = |most| {
        let amount = DiscountAmount::PercentUpTo(half, money(most));
        let discount = Discount::new(amount, DiscountScope::All).unwrap();
        spread(&[600, 400], &[discount]).unwrap()
    };
    assert_eq!(minors(&capped(100).shares), [60, 40]);
    assert_eq!(minors(&capped(900).shares), [300, 200]);
}

#[test]
fn a_line_below_zero_takes_no_part_of_an_amount() {
    let discount = Discount::fixed(money(700)).unwrap();
    let spread = spread(&[1000, -400], &[discount]).unwrap();
    assert_eq!(minors(&spread.shares), [600, 0], "no more than is charged");
}

#[test]
fn what_cannot_be_is_refused_with_its_figures() {
    let percent: Ratio = "110%".parse().unwrap();
    assert_eq!(
        Discount::percent(percent),
        Err(BadDiscount::AboveWhole { percent })
    );
    let amount = "EUR -1.00".to_owned();
    let negative = Discount::fixed(money(-100));
    assert_eq!(negative, Err(BadDiscount::Negative { amount }));
    let kes: Currency = "KES".parse().unwrap();
    let foreign = Discount::fixed(Money::from_minor(1, kes)).unwrap();
    let refused = BadDiscount::Currency {
        discount: kes,
        lines: eur(),
    };
    assert_eq!(spread(&[1], &[foreign]), Err(refused));
    let amount = DiscountAmount::Fixed(money(1));
    let lost = Discount::new(amount, DiscountScope::Lines(vec![3])).unwrap();
    let refused = BadDiscount::NoSuchLine { line: 3, lines: 1 };
    assert_eq!(spread(&[1], &[lost]), Err(refused));
}

fn any_discount() -> impl Strategy<Value = Discount> {
    let scope = prop_oneof![
        proptest::strategy::Just(DiscountScope::All),
        vec(0_usize..3, 1..3).prop_map(DiscountScope::Lines),
    ];
    let amount = prop_oneof![
        (0_i64..=100).prop_map(|it| DiscountAmount::Percent(Ratio::percent(it, 0).unwrap())),
        (0_i64..5000).prop_map(|it| DiscountAmount::Fixed(money(it))),
        (0_i64..=100, 0_i64..5000).prop_map(|(it, most)| {
            DiscountAmount::PercentUpTo(Ratio::percent(it, 0).unwrap(), money(most))
        }),
    ];
    (amount, scope).prop_map(|(amount, scope)| Discount::new(amount, scope).unwrap())
}

proptest! {
    #[test]
    fn shares_sum_and_no_line_goes_below_zero(lines in vec(0_i64..100_000, 3..8), discounts in vec(any_discount(), 0..4)) {
        let out = spread(&lines, &discounts).unwrap();
        prop_assert_eq!(minors(&out.shares).iter().sum::<i64>(), out.total.minor());
        for (share, line) in minors(&out.shares).iter().zip(&lines) {
            prop_assert!(*share >= 0 && share <= line);
        }
    }

    #[test]
    fn the_order_they_are_given_in_does_not_matter(lines in vec(0_i64..100_000, 3..8), discounts in vec(any_discount(), 0..4)) {
        let mut turned = discounts.clone();
        turned.reverse();
        prop_assert_eq!(spread(&lines, &turned), spread(&lines, &discounts));
    }
}
