//! Rows become sessions, and what cannot be is refused.
#![allow(clippy::unwrap_used)]

use kernel::{OperatorId, SessionId, StoreError, Timestamp};
use operators::{EndReason, SessionSnapshot, SessionStatus};
use uuid::Uuid;

use super::{Model, restore, written};

fn ended() -> Model {
    let at = Timestamp::from_micros(1_800_000_000_123_456).unwrap();
    let snapshot = SessionSnapshot {
        id: SessionId::from_uuid(Uuid::from_u128(7)),
        operator: OperatorId::from_uuid(Uuid::from_u128(8)),
        digest: [1; 32],
        previous_digest: Some([2; 32]),
        started_at: at,
        last_used_at: at,
        expires_at: at.plus(chrono::Duration::days(30)),
        status: SessionStatus::Ended {
            at,
            reason: EndReason::TokenReused,
        },
        version: 1,
    };
    written(Uuid::from_u128(1), &snapshot, 2)
}

#[test]
fn a_row_survives_the_way_there_and_back() {
    let session = restore(ended()).unwrap();
    let row = written(Uuid::from_u128(1), &session.snapshot(), 2);
    assert_eq!(row, ended());
}

#[test]
fn impossible_sessions_are_refused() {
    let spoilt: [fn(&mut Model); 6] = [
        |it| it.ended_at = None,
        |it| it.end_reason = None,
        |it| it.end_reason = Some("bored".to_owned()),
        |it| it.digest.push(0),
        |it| it.previous_digest = Some(Vec::new()),
        |it| it.expires_at = it.started_at - chrono::Duration::days(1),
    ];
    for spoil in spoilt {
        let mut row = ended();
        spoil(&mut row);
        let refused = restore(row);
        assert!(
            matches!(refused, Err(StoreError::Corrupt(_))),
            "{refused:?}"
        );
    }
}
