//! Rows become customers, and what cannot be is refused.
#![allow(clippy::unwrap_used)]

use customers::{CustomerKind, CustomerSnapshot, CustomerStatus};
use kernel::{CustomerId, StoreError, Timestamp};
use uuid::Uuid;

use super::{Model, restore, view, written};

fn blocked() -> Model {
    let since = Timestamp::from_micros(1_800_000_000_123_456).unwrap();
    let reason = "pays never".parse().unwrap();
    let snapshot = CustomerSnapshot {
        id: CustomerId::from_uuid(Uuid::from_u128(7)),
        kind: CustomerKind::Business,
        name: "Ünal Ticaret".parse().unwrap(),
        phone: Some("+254712345678".parse().unwrap()),
        email: None,
        address: None,
        note: None,
        status: CustomerStatus::Blocked { since, reason },
        registered_at: since,
        version: 4,
    };
    written(Uuid::from_u128(1), &snapshot, 5)
}

#[test]
fn a_row_survives_the_way_there_and_back() {
    let row = blocked();
    let customer = restore(&row).unwrap();
    assert_eq!(written(row.tenant_id, &customer.snapshot(), 5), row);
    assert_eq!(view(row).unwrap(), customer.view());
}

#[test]
fn names_are_searched_in_lower_case_of_any_alphabet() {
    assert_eq!(blocked().folded_name, "ünal ticaret");
}

#[test]
fn impossible_customers_are_refused() {
    let spoilt: [fn(&mut Model); 6] = [
        |it| it.status = "sleeping".to_owned(),
        |it| it.status_since = None,
        |it| it.blocked_reason = None,
        |it| it.kind = "robot".to_owned(),
        |it| it.phone = Some("0712".to_owned()),
        |it| it.version = 0,
    ];
    for spoil in spoilt {
        let mut row = blocked();
        spoil(&mut row);
        let refused = restore(&row);
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{row:?}");
    }
}
