//! Rows become routers, and what cannot be is refused.
#![allow(clippy::unwrap_used)]

use access::testing::{numbered, sample_router};
use access::{DriftCounts, Fingerprint, Router, RouterStatus, Transport, Trust};
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
    let spoilt: [fn(&mut Model); 11] = [
        |it| it.status = "lost".to_owned(),
        |it| it.status = "online".to_owned(),
        |it| it.silent_reason = None,
        |it| it.port = 70_000,
        |it| it.method = "telnet".to_owned(),
        |it| it.drift = Some("many".into()),
        |it| it.uptime_s = -1,
        |it| it.transport = "telnet".to_owned(),
        |it| it.certificate_pin = Some(vec![7; 32]),
        |it| it.certificate_seen = Some(vec![7; 31]),
        |it| it.certificate_authority = Some("MIIB".to_owned()),
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

#[test]
fn every_transport_and_every_certificate_survives() {
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    let (pin, seen) = (Fingerprint::new([7; 32]), Fingerprint::new([8; 32]));
    let since = Timestamp::from_micros(1_800_000_000_123_456).unwrap();
    let pinned = Transport::Tls(Trust::Pinned(pin));
    let changed = RouterStatus::CertificateChanged {
        since,
        expected: pin,
        seen,
    };
    let cases = [
        (Transport::Plain, RouterStatus::Online),
        (
            Transport::Tls(Trust::FirstUse),
            RouterStatus::AwaitingConfirmation { seen },
        ),
        (
            Transport::Tls(Trust::Authority(pem.parse().unwrap())),
            RouterStatus::Online,
        ),
        (pinned.clone(), RouterStatus::Online),
        (pinned, changed),
    ];
    for (transport, status) in cases {
        let mut snapshot = sample_router(numbered(7)).unwrap().snapshot();
        snapshot.endpoint.transport = transport;
        snapshot.status = status;
        let router = Router::restore(snapshot.clone());
        let row = written(Uuid::from_u128(1), &router.snapshot(), 0).unwrap();
        let shown = view(row.clone(), GrantCounts::default()).unwrap();
        assert_eq!(shown.transport, snapshot.endpoint.transport);
        assert_eq!(restore(row).unwrap().snapshot(), snapshot);
    }
}
