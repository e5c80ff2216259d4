//! Rows become routers, and what cannot be is refused.
#![allow(clippy::unwrap_used)]

use access::DriftCounts;
use access::testing::{numbered, sample_router};
use kernel::{StoreError, Timestamp};
use uuid::Uuid;

use super::{GrantCounts, Model, restore, view, written};

fn silent() -> Model {
    let at = Timestamp::from_micros(1_800_000_000_123_456).unwrap();
    let mut router = sample_router(numbered(7)).unwrap();
    router.went_silent("no route", at);
    let drift = DriftCounts {
        missing: 2,
        ..DriftCounts::default()
    };
    router.reconciled(drift, false, at);
    written(Uuid::from_u128(1), &router.snapshot(), 2).unwrap()
}

#[test]
fn a_row_survives_the_way_there_and_back() {
    let router = restore(silent()).unwrap();
    let row = written(Uuid::from_u128(1), &router.snapshot(), 2).unwrap();
    assert_eq!(row, silent());
    let counts = GrantCounts {
        live: 3,
        pending: 1,
        still_online: 1,
    };
    let shown = view(silent(), counts).unwrap();
    assert_eq!(shown.status, router.snapshot().status);
    assert_eq!((shown.grants, shown.pending), (3, 1));
}

#[test]
fn impossible_routers_are_refused() {
    let spoilt: [fn(&mut Model); 7] = [
        |it| it.status = "lost".to_owned(),
        |it| it.status = "online".to_owned(),
        |it| it.silent_reason = None,
        |it| it.port = 70_000,
        |it| it.method = "telnet".to_owned(),
        |it| it.drift = Some("many".into()),
        |it| it.uptime_s = -1,
    ];
    for spoil in spoilt {
        let mut row = silent();
        spoil(&mut row);
        let refused = restore(row).map(|it| it.id());
        assert!(
            matches!(refused, Err(StoreError::Corrupt(_))),
            "{refused:?}"
        );
    }
}
