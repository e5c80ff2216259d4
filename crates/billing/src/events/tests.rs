//! What others read from the bodies of events stays as it is.

#![allow(clippy::unwrap_used)]

use kernel::{Id, NewEvent};
use serde_json::json;

use super::{Access, BillingEvent};

fn id<K>() -> Id<K> {
    Id::from_uuid("00000000-0000-7000-8000-000000000001".parse().unwrap())
}

#[test]
fn decisions_about_access_are_told_in_full() {
    let event = BillingEvent::AccessDesired {
        subscription: id(),
        access: Access::Restricted,
        profile: id(),
        version: 3,
        reason: "overdue",
    };
    let told = NewEvent::of(id::<kernel::SubscriptionKind>(), &event).unwrap();
    assert_eq!((told.name, told.version), ("billing.access_desired", 1));
    assert_eq!(told.aggregate_kind, "sub");
    let body = json!({
        "subscription": id::<kernel::SubscriptionKind>(),
        "access": "restricted",
        "profile": id::<kernel::ProfileKind>(),
        "version": 3,
        "reason": "overdue",
    });
    assert_eq!(told.body, body);
}

#[test]
fn access_has_words_that_read_back() {
    for access in [
        Access::Active,
        Access::Restricted,
        Access::Suspended,
        Access::Ended,
    ] {
        assert_eq!(Access::from_word(access.as_str()), Some(access));
        assert_eq!(json!(access), json!(access.as_str()));
        let read: Access = serde_json::from_value(json!(access)).unwrap();
        assert_eq!(read, access);
    }
    assert_eq!(Access::from_word("open"), None);
}
