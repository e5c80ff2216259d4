//! An entity is founded once and keeps its rules.

#![allow(clippy::unwrap_used)]

use kernel::{DomainEvent, EntityId, Timestamp};

use super::{BadEntity, LegalEntity, NewEntity};
use crate::overdue::{BadPolicy, DunningPolicy};
use crate::rounding::BadScale;

fn new() -> NewEntity {
    NewEntity {
        id: EntityId::from_uuid("00000000-0000-7000-8000-000000000001".parse().unwrap()),
        name: "Harbour Net".parse().unwrap(),
        currency: "IDR".parse().unwrap(),
        zone: "Asia/Jakarta".parse().unwrap(),
        scale_digits: 0,
        series: "INV-26".to_owned(),
        terms_days: 10,
        dunning: DunningPolicy::STANDARD,
    }
}

#[test]
fn an_entity_remembers_what_it_was_founded_with() {
    let mut entity = LegalEntity::found(new()).unwrap();
    assert_eq!(entity.take_events()[0].name(), "billing.entity_founded");
    assert_eq!(entity.snapshot().founded, new());
    assert_eq!((entity.series(), entity.terms_days()), ("INV-26", 10));
    assert_eq!(entity.scale().step(entity.currency()), 100);
    let late = Timestamp::from_utc("2026-11-20T17:00:00Z".parse().unwrap());
    assert_eq!(entity.today(late), "2026-11-21".parse().unwrap());
}

#[test]
fn what_breaks_a_rule_is_not_founded() {
    let twelve = "A".repeat(12);
    for (series, is_good) in [
        ("", false),
        ("A", true),
        (twelve.as_str(), true),
        ("AAAAAAAAAAAAA", false),
        ("inv", false),
        ("A B", false),
    ] {
        let series = series.to_owned();
        let founded = LegalEntity::found(NewEntity { series, ..new() });
        assert_eq!(founded.is_ok(), is_good, "{founded:?}");
    }
    let refused = |new| LegalEntity::found(new).unwrap_err();
    let digits = NewEntity {
        scale_digits: 3,
        ..new()
    };
    assert_eq!(refused(digits), BadEntity::Scale(BadScale { most: 2 }));
    let terms = NewEntity {
        terms_days: 366,
        ..new()
    };
    assert_eq!(refused(terms), BadEntity::Terms);
    let dunning = DunningPolicy {
        grace_days: 8,
        ..DunningPolicy::STANDARD
    };
    let policy = NewEntity { dunning, ..new() };
    assert_eq!(refused(policy), BadEntity::Policy(BadPolicy::Days));
}
