//! Money pays the oldest invoice first, and none of it is lost.

#![allow(clippy::unwrap_used)]

use chrono::Days;
use kernel::{Currency, InvoiceId, LocalDate, Money};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};

use super::{PayOrder, Payable, allocate, allocate_by};

fn kes(minor: i64) -> Money {
    let currency: Currency = "KES".parse().unwrap();
    Money::from_minor(minor, currency)
}

fn payable(number: u64, issued_on: &str, minor: i64) -> Payable {
    Payable {
        invoice: id(number),
        issued_on: issued_on.parse().unwrap(),
        number,
        due: kes(minor),
    }
}

fn id(number: u64) -> InvoiceId {
    let text = format!("00000000-0000-7000-8000-{number:012x}");
    InvoiceId::from_uuid(text.parse().unwrap())
}

fn spread(minor: i64, open: &[Payable]) -> (Vec<(u64, i64)>, i64) {
    let (allocations, left) = allocate(kes(minor), open).unwrap();
    let number = |invoice| open.iter().find(|it| it.invoice == invoice).unwrap().number;
    let plain = |it: &super::Allocation| (number(it.invoice), it.amount.minor());
    (allocations.iter().map(plain).collect(), left.minor())
}

#[test]
fn the_oldest_date_comes_first_and_then_the_lowest_number() {
    let open = [
        payable(7, "2026-11-09", 100),
        payable(3, "2026-11-09", 100),
        payable(9, "2026-11-01", 100),
    ];
    assert_eq!(spread(250, &open), (vec![(9, 100), (3, 100), (7, 50)], 0));
}

#[test]
fn another_order_is_another_order() {
    let open = [
        payable(1, "2026-11-01", 200),
        payable(2, "2026-11-02", 100),
        payable(3, "2026-11-02", 300),
        payable(4, "2026-11-03", 100),
    ];
    let numbers = |order| -> Vec<u64> {
        let (allocations, _) = allocate_by(order, kes(700), &open).unwrap();
        let number = |invoice| open.iter().find(|it| it.invoice == invoice).unwrap().number;
        allocations.iter().map(|it| number(it.invoice)).collect()
    };
    assert_eq!(numbers(PayOrder::OldestFirst), [1, 2, 3, 4]);
    assert_eq!(numbers(PayOrder::NewestFirst), [4, 2, 3, 1]);
    assert_eq!(numbers(PayOrder::SmallestFirst), [2, 4, 1, 3]);
    assert_eq!(numbers(PayOrder::LargestFirst), [3, 1, 2, 4]);
}

#[test]
fn a_part_payment_pays_a_part() {
    let open = [payable(1, "2026-11-01", 100), payable(2, "2026-12-01", 100)];
    assert_eq!(spread(40, &open), (vec![(1, 40)], 0));
}

#[test]
fn what_is_left_over_is_returned() {
    let open = [payable(1, "2026-11-01", 100)];
    assert_eq!(spread(130, &open), (vec![(1, 100)], 30));
    assert_eq!(spread(130, &[]), (vec![], 130));
}

#[test]
fn settled_invoices_take_nothing() {
    let open = [payable(1, "2026-11-01", 0), payable(2, "2026-11-02", 10)];
    assert_eq!(spread(10, &open), (vec![(2, 10)], 0));
    assert_eq!(spread(0, &open), (vec![], 0));
}

#[test]
fn currencies_do_not_mix() {
    let open = [payable(1, "2026-11-01", 100)];
    let rupiah = Money::from_minor(100, "IDR".parse().unwrap());
    assert!(allocate(rupiah, &open).is_err());
}

fn any_open() -> impl Strategy<Value = Vec<Payable>> {
    let one = (0_u64..60, 0_i64..100_000);
    proptest::collection::vec(one, 0..8).prop_map(|all| {
        let start: LocalDate = "2026-11-01".parse().unwrap();
        let numbered = (1_u64..).zip(all);
        numbered
            .map(|(number, (offset, minor))| Payable {
                issued_on: start + Days::new(offset),
                ..payable(number, "2026-11-01", minor)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn allocations_and_the_rest_are_the_money(open in any_open(), minor in 0_i64..500_000) {
        let (allocations, left) = spread(minor, &open);
        let used: i64 = allocations.iter().map(|(_, it)| it).sum();
        prop_assert_eq!(used + left, minor);
        prop_assert!(left >= 0);
        for (number, amount) in &allocations {
            let due = open.iter().find(|it| it.number == *number).unwrap().due.minor();
            prop_assert!((1..=due).contains(amount));
        }
    }

    #[test]
    fn no_invoice_is_skipped(open in any_open(), minor in 0_i64..500_000) {
        let (allocations, left) = spread(minor, &open);
        let mut order: Vec<_> = open.iter().filter(|it| it.due.is_positive()).collect();
        order.sort_by_key(|it| (it.issued_on, it.number));
        for (place, (number, amount)) in allocations.iter().enumerate() {
            prop_assert_eq!(order[place].number, *number);
            let is_last = place + 1 == allocations.len();
            prop_assert!(is_last || *amount == order[place].due.minor());
        }
        prop_assert!(left == 0 || allocations.len() == order.len());
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(open in any_open(), minor in 0_i64..500_000) {
        let mut backwards = open.clone();
        backwards.reverse();
        prop_assert_eq!(spread(minor, &open), spread(minor, &backwards));
    }
}
