//! A batch takes only sensible orders and never holds more than was ordered.

#![allow(clippy::unwrap_used)]

use kernel::testing::CountingIds;
use kernel::{Currency, Ids, Money, Timestamp};

use super::{BadBatch, Batch, BatchRefusal, BatchStatus, NewBatch};
use crate::code::{Alphabet, BadCodeStyle, CodeStyle};
use crate::events::VoucherEvent;
use crate::validity::{BadValidity, Validity};

const DAY: Validity = Validity {
    shelf_days: None,
    from_first_login_minutes: Some(1_440),
    online_s: None,
    data_bytes: None,
};

fn now() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn order(count: u32) -> NewBatch {
    let ids: &dyn Ids = &CountingIds::from(1);
    let kes: Currency = "KES".parse().unwrap();
    NewBatch {
        id: ids.next(),
        name: "Kiosk".parse().unwrap(),
        plan: ids.next(),
        profile: ids.next(),
        router: ids.next(),
        count,
        style: CodeStyle::new(Alphabet::Mix, 10, "").unwrap(),
        validity: DAY,
        price: Money::from_minor(5_000, kes),
    }
}

#[test]
fn orders_outside_the_bounds_are_refused() {
    for count in [0, 50_001] {
        assert_eq!(
            Batch::order(order(count), now()).unwrap_err(),
            BadBatch::Count
        );
    }
    let price = order(1).price.checked_neg().unwrap();
    let refused = Batch::order(NewBatch { price, ..order(1) }, now()).unwrap_err();
    assert_eq!(refused, BadBatch::Price);
    let style = CodeStyle::new(Alphabet::Num, 4, "").unwrap();
    let refused = Batch::order(NewBatch { style, ..order(1) }, now()).unwrap_err();
    assert!(matches!(
        refused,
        BadBatch::Style(BadCodeStyle::Guessable { at_least: 8, .. })
    ));
    let validity = Validity {
        from_first_login_minutes: None,
        ..DAY
    };
    let refused = Batch::order(
        NewBatch {
            validity,
            ..order(1)
        },
        now(),
    )
    .unwrap_err();
    assert_eq!(refused, BadBatch::Validity(BadValidity::Endless));
}

#[test]
fn a_batch_is_ready_when_the_last_voucher_is_made() {
    let mut batch = Batch::order(order(3), now()).unwrap();
    batch.add_generated(2).unwrap();
    assert_eq!(
        (batch.missing(), batch.status()),
        (1, &BatchStatus::Generating)
    );
    assert_eq!(batch.add_generated(2), Err(BatchRefusal::Full { count: 3 }));
    batch.add_generated(1).unwrap();
    assert_eq!(batch.status(), &BatchStatus::Ready);
    let names: Vec<_> = batch
        .take_events()
        .iter()
        .map(kernel::DomainEvent::name)
        .collect();
    assert_eq!(
        names,
        ["vouchers.batch_ordered", "vouchers.batch_generated"]
    );
}

#[test]
fn a_withdrawn_batch_takes_no_more_and_is_withdrawn_once() {
    let mut batch = Batch::order(order(3), now()).unwrap();
    batch.take_events();
    assert_eq!(batch.void("  ", 0, now()), Err(BatchRefusal::Reason));
    batch.void("misprint", 2, now()).unwrap();
    batch.void("again", 0, now()).unwrap();
    assert_eq!(batch.add_generated(1), Err(BatchRefusal::Voided));
    let events = batch.take_events();
    let reason = "misprint".to_owned();
    assert_eq!(
        events,
        [VoucherEvent::BatchVoided {
            batch: order(3).id,
            vouchers: 2,
            reason
        }]
    );
}

#[test]
fn no_event_holds_a_code() {
    let mut batch = Batch::order(order(1), now()).unwrap();
    batch.record_reveal(1);
    for event in batch.take_events() {
        let body = serde_json::to_string(&event).unwrap();
        assert!(!body.contains("code\""), "{body}");
    }
}
