//! An account tells what changes about it, once.

#![allow(clippy::unwrap_used)]

use kernel::{DomainEvent, Id};

use super::Account;
use crate::overdue::Level;

fn id<K>() -> Id<K> {
    Id::from_uuid("00000000-0000-7000-8000-000000000001".parse().unwrap())
}

fn names(account: &mut Account) -> Vec<&'static str> {
    account
        .take_events()
        .iter()
        .map(DomainEvent::name)
        .collect()
}

#[test]
fn reaching_a_level_is_news_once() {
    let mut account = Account::open(id(), id(), id(), "KES".parse().unwrap());
    assert!(!account.reach(Level::Clear));
    assert!(account.reach(Level::Restricted));
    assert!(!account.reach(Level::Restricted));
    assert_eq!(account.level(), Level::Restricted);
    let expected = ["billing.account_opened", "billing.level_changed"];
    assert_eq!(names(&mut account), expected);
}

#[test]
fn the_first_reason_for_parking_stays() {
    let mut account = Account::open(id(), id(), id(), "KES".parse().unwrap());
    names(&mut account);
    assert!(account.park("days were billed twice"));
    assert!(!account.park("another reason"));
    assert!(account.is_parked() && account.hold().is_none());
    let parked = account.snapshot().parked;
    assert_eq!(parked.as_deref(), Some("days were billed twice"));
    assert_eq!(names(&mut account), ["billing.account_parked"]);
}
