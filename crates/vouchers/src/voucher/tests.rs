//! A voucher moves forward only, and repeating a step changes nothing.

#![allow(clippy::unwrap_used)]

use chrono::Duration;
use kernel::testing::CountingIds;
use kernel::{Ids, Sealed, Timestamp};

use super::{Voucher, VoucherRefusal, VoucherSnapshot, VoucherState, VoucherStateName};
use crate::validity::Validity;

const DAY: Validity = Validity {
    shelf_days: None,
    from_first_login_minutes: Some(1_440),
    online_s: None,
    data_bytes: None,
};

fn now() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn made(expires_at: Option<Timestamp>) -> Voucher {
    let ids: &dyn Ids = &CountingIds::from(1);
    Voucher::restore(VoucherSnapshot {
        id: ids.next(),
        batch: ids.next(),
        code: Sealed::from_bytes(vec![1]),
        digest: [0; 32],
        state: VoucherState::Generated,
        expires_at,
        version: 1,
    })
    .unwrap()
}

#[test]
fn validity_runs_from_the_first_login_only() {
    let mut voucher = made(Some(now().plus(Duration::hours(1))));
    voucher.activate(DAY, now()).unwrap();
    voucher
        .activate(DAY, now().plus(Duration::hours(5)))
        .unwrap();
    assert_eq!(voucher.expires_at(), Some(now().plus(Duration::days(1))));
    assert_eq!(voucher.take_events().len(), 1);
}

#[test]
fn a_voucher_ends_exactly_when_its_clock_runs_out() {
    let mut voucher = made(Some(now()));
    assert!(!voucher.expire(now().minus(Duration::microseconds(1))));
    assert!(voucher.expire(now()));
    assert!(!voucher.expire(now()), "it ends once");
    assert_eq!(voucher.take_events().len(), 1);
    let refused = voucher.activate(DAY, now()).unwrap_err();
    assert_eq!(refused, VoucherRefusal::Ended { state: "expired" });
}

#[test]
fn a_voucher_without_a_clock_never_expires() {
    assert!(!made(None).expire(now().plus(Duration::days(9_999))));
}

#[test]
fn selling_twice_records_one_sale_and_a_used_one_is_not_for_sale() {
    let mut voucher = made(None);
    voucher.sell(now()).unwrap();
    voucher.sell(now()).unwrap();
    assert_eq!(voucher.take_events().len(), 1);
    voucher.activate(DAY, now()).unwrap();
    assert_eq!(
        voucher.sell(now()),
        Err(VoucherRefusal::NotForSale { state: "active" })
    );
}

#[test]
fn withdrawing_needs_a_reason_and_leaves_ended_ones_alone() {
    let mut voucher = made(None);
    assert_eq!(voucher.void(" ", now()), Err(VoucherRefusal::Reason));
    voucher.void("lost", now()).unwrap();
    voucher.void("again", now()).unwrap();
    assert_eq!(
        voucher.state(),
        &VoucherState::Voided {
            at: now(),
            reason: "lost".to_owned()
        }
    );
}

#[test]
fn every_state_has_a_word_that_reads_back() {
    for state in VoucherStateName::ALL {
        assert_eq!(VoucherStateName::from_word(state.as_str()), Some(state));
    }
}

#[test]
fn a_stored_voucher_without_a_version_is_refused() {
    let stored = VoucherSnapshot {
        version: 0,
        ..made(None).snapshot()
    };
    assert!(Voucher::restore(stored).is_err());
}
