//! Rows become batches, and what cannot be is refused.
#![allow(clippy::unwrap_used)]

use kernel::{BatchId, Money, PlanId, ProfileId, RouterId, StoreError, Timestamp};
use uuid::Uuid;
use vouchers::{Alphabet, BatchSnapshot, BatchStatus, CodeStyle, NewBatch, StateCounts, Validity};

use super::{Model, restore, view, written};

fn withdrawn() -> Model {
    let at = Timestamp::from_micros(1_800_000_000_123_456).unwrap();
    let order = NewBatch {
        id: BatchId::from_uuid(Uuid::from_u128(7)),
        name: "Kiosk".parse().unwrap(),
        plan: PlanId::from_uuid(Uuid::from_u128(8)),
        profile: ProfileId::from_uuid(Uuid::from_u128(9)),
        router: RouterId::from_uuid(Uuid::from_u128(10)),
        count: 50_000,
        style: CodeStyle::new(Alphabet::Mix2, 12, "vc-").unwrap(),
        validity: Validity {
            shelf_days: Some(3_650),
            from_first_login_minutes: Some(5_256_000),
            online_s: None,
            data_bytes: Some(u64::try_from(i64::MAX).unwrap()),
        },
        price: Money::from_minor(500_000, "IDR".parse().unwrap()),
    };
    let snapshot = BatchSnapshot {
        order,
        generated: 1_000,
        status: BatchStatus::Voided {
            at,
            reason: "lost".to_owned(),
        },
        ordered_at: at,
        version: 2,
    };
    written(Uuid::from_u128(1), &snapshot, 3).unwrap()
}

#[test]
fn a_row_survives_the_way_there_and_back() {
    let snapshot = restore(&withdrawn()).unwrap().snapshot();
    let row = written(Uuid::from_u128(1), &snapshot, 3).unwrap();
    assert_eq!(row, withdrawn());
    let shown = view(withdrawn(), StateCounts::default()).unwrap();
    assert_eq!(
        (shown.status, shown.validity),
        ("voided", snapshot.order.validity)
    );
}

#[test]
fn impossible_batches_are_refused() {
    let spoilt: [fn(&mut Model); 7] = [
        |it| it.status = "lost".to_owned(),
        |it| it.status = "ready".to_owned(),
        |it| it.voided_reason = None,
        |it| it.alphabet = "greek".to_owned(),
        |it| it.length = 300,
        |it| it.currency = "???".to_owned(),
        |it| it.data_bytes = Some(-1),
    ];
    for spoil in spoilt {
        let mut row = withdrawn();
        spoil(&mut row);
        let refused = restore(&row);
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{row:?}");
    }
}
