//! Ids round-trip through their text and refuse every other kind.

#![allow(clippy::unwrap_used)]

use uuid::Uuid;

use crate::{CustomerId, InvoiceId};

#[test]
fn an_id_reads_back_from_its_text() {
    let id = InvoiceId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_002a));
    let text = id.to_string();
    assert!(text.starts_with("inv_"), "{text}");
    assert_eq!(text.len(), 4 + 26);
    assert_eq!(text.parse::<InvoiceId>().unwrap(), id);
}

#[test]
fn an_id_of_another_kind_is_refused() {
    let id = InvoiceId::from_uuid(Uuid::from_u128(7)).to_string();
    let refused = id.parse::<CustomerId>().unwrap_err();
    assert_eq!(refused.prefix, "cus");
}

#[test]
fn children_follow_from_their_parent_and_differ() {
    let parent = InvoiceId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_002a));
    let children: Vec<CustomerId> = (0..3).map(|it| parent.child(it)).collect();
    assert_eq!(children[0].uuid(), parent.uuid());
    assert_ne!(children[1], children[2]);
    assert_eq!(children[2], parent.child(2));
}

#[test]
fn anything_else_is_refused() {
    for text in [
        "",
        "inv",
        "inv_",
        "inv_1",
        "INV_aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "inv_a b",
    ] {
        assert!(text.parse::<InvoiceId>().is_err(), "{text}");
    }
}
