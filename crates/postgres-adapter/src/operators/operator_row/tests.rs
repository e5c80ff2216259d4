//! Rows become operators, and what cannot be is refused.
#![allow(clippy::unwrap_used)]

use kernel::{OperatorId, StoreError, Timestamp};
use operators::{OperatorSnapshot, OperatorStatus, PasswordHash, Role};
use uuid::Uuid;

use super::{Model, restore, written};

fn disabled() -> Model {
    let since = Timestamp::from_micros(1_800_000_000_123_456).unwrap();
    let snapshot = OperatorSnapshot {
        id: OperatorId::from_uuid(Uuid::from_u128(7)),
        login: "siti".parse().unwrap(),
        name: "Siti Rahma".parse().unwrap(),
        role: Role::Auditor,
        password: PasswordHash::from_phc("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA").unwrap(),
        password_set_at: since,
        status: OperatorStatus::Disabled { since },
        failed_logins: 3,
        locked_until: None,
        last_signed_in_at: Some(since),
        hired_at: since,
        version: 1,
    };
    written(Uuid::from_u128(1), &snapshot, 2)
}

#[test]
fn a_row_survives_the_way_there_and_back() {
    let operator = restore(disabled()).unwrap();
    assert!(written(Uuid::from_u128(1), &operator.snapshot(), 2) == disabled());
}

#[test]
fn a_row_never_prints_the_hash_of_a_password() {
    assert!(!format!("{:?}", disabled()).contains("argon2id"));
}

#[test]
fn impossible_operators_are_refused() {
    let spoilt: [fn(&mut Model); 6] = [
        |it| it.status = "retired".to_owned(),
        |it| it.status = "active".to_owned(),
        |it| it.disabled_since = None,
        |it| it.role = "owner".to_owned(),
        |it| it.failed_logins = -1,
        |it| it.password = "plain".to_owned(),
    ];
    for spoil in spoilt {
        let mut row = disabled();
        spoil(&mut row);
        let refused = restore(row);
        assert!(matches!(refused, Err(StoreError::Corrupt(_))));
    }
}
