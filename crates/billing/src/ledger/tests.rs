//! A posting cannot be out of balance.

#![allow(clippy::unwrap_used)]

use kernel::{AccountId, EntityId, Money, MoneyError, Timestamp};
use proptest::prelude::{any, prop_assert_eq, proptest};

use super::{LedgerAccount, Posting};

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

#[test]
fn an_amount_without_a_mirror_image_is_refused() {
    assert_eq!(posting(i64::MIN), Err(MoneyError::Overflow));
}

proptest! {
    #[test]
    fn both_sides_sum_to_zero(minor in any::<i32>()) {
        let posting = posting(i64::from(minor)).unwrap();
        let amounts = posting.entries().iter().map(|it| it.amount);
        prop_assert_eq!(Money::sum(posting.currency(), amounts).unwrap().minor(), 0);
    }
}
