//! A posting cannot be out of balance.

#![allow(clippy::unwrap_used)]

use kernel::{AccountId, EntityId, Money, MoneyError, Timestamp};
use proptest::prelude::{any, prop_assert_eq, proptest};

use super::{Entry, LedgerAccount, Posting, Unbalanced, check_balanced};

fn posting(minor: i64) -> Result<Posting, MoneyError> {
    let uuid = "00000000-0000-7000-8000-000000000001".parse().unwrap();
    let at = Timestamp::from_micros(0).unwrap();
    Posting::new(
        (EntityId::from_uuid(uuid), AccountId::from_uuid(uuid)),
        ("payment", "pay_1".to_owned()),
        at,
        (LedgerAccount::Cash, LedgerAccount::CustomerCredit),
        Money::from_minor(minor, "KES".parse().unwrap()),
    )
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn entry(minor: i64) -> Entry {
    Entry {
        account: LedgerAccount::Tax,
        amount: kes(minor),
    }
}

#[test]
fn one_entry_is_no_posting_and_currencies_do_not_mix() {
    let refused = check_balanced(&[entry(0)]);
    assert_eq!(refused, Err(Unbalanced::TooFew { entries: 1 }));
    let foreign = Entry {
        amount: Money::from_minor(-5, "UGX".parse().unwrap()),
        ..entry(0)
    };
    assert!(check_balanced(&[entry(5), foreign]).is_err());
}

#[test]
fn an_amount_without_a_mirror_image_is_refused() {
    assert_eq!(posting(i64::MIN), Err(MoneyError::Overflow));
}

proptest! {
    #[test]
    fn both_sides_sum_to_zero(minor in any::<i32>()) {
        let posting = posting(i64::from(minor)).unwrap();
        let amounts = posting.entries().iter().map(|it| it.amount);
        prop_assert_eq!(Money::sum(kes(0).currency(), amounts).unwrap().minor(), 0);
    }

    #[test]
    fn many_entries_balance_or_are_refused(parts in proptest::collection::vec(any::<i32>(), 1..8), off in -3_i64..4) {
        let mut entries: Vec<_> = parts.iter().map(|it| entry(i64::from(*it))).collect();
        let sum: i64 = parts.iter().map(|it| i64::from(*it)).sum();
        entries.push(entry(off - sum));
        let expected = if off == 0 { Ok(()) } else { Err(Unbalanced::Off { by: kes(off) }) };
        prop_assert_eq!(check_balanced(&entries), expected);
    }
}
