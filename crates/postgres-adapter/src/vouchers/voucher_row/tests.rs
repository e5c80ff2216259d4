//! Rows become vouchers, and what cannot be is refused.
#![allow(clippy::unwrap_used)]

use kernel::{BatchId, Sealed, StoreError, Timestamp, VoucherId};
use uuid::Uuid;
use vouchers::{VoucherSnapshot, VoucherState};

use super::{Model, restore, written};

fn at() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_123_456).unwrap()
}

fn snapshot(state: VoucherState) -> VoucherSnapshot {
    VoucherSnapshot {
        id: VoucherId::from_uuid(Uuid::from_u128(7)),
        batch: BatchId::from_uuid(Uuid::from_u128(8)),
        code: Sealed::from_bytes(vec![1, 2, 3]),
        digest: [9; 32],
        state,
        expires_at: Some(at()),
        version: 2,
    }
}

fn row(state: VoucherState) -> Model {
    written(Uuid::from_u128(1), &snapshot(state), 2)
}

fn withdrawn() -> VoucherState {
    let reason = "lost".to_owned();
    VoucherState::Voided { at: at(), reason }
}

#[test]
fn every_state_survives_the_way_there_and_back() {
    let states = [
        VoucherState::Generated,
        VoucherState::Sold { at: at() },
        VoucherState::Active { since: at() },
        VoucherState::Expired { at: at() },
        withdrawn(),
    ];
    for state in states {
        let restored = restore(row(state.clone())).unwrap();
        assert_eq!(restored.snapshot(), snapshot(state));
    }
}

#[test]
fn impossible_vouchers_are_refused() {
    let spoilt: [fn(&mut Model); 6] = [
        |it| it.state = "used_up".to_owned(),
        |it| it.state = "sold".to_owned(),
        |it| it.state_since = None,
        |it| it.voided_reason = None,
        |it| it.digest.truncate(31),
        |it| it.version = 0,
    ];
    for spoil in spoilt {
        let mut row = row(withdrawn());
        spoil(&mut row);
        let refused = restore(row);
        assert!(
            matches!(refused, Err(StoreError::Corrupt(_))),
            "{refused:?}"
        );
    }
}
