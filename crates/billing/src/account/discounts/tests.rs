//! Every rule of a discount refuses by itself, with its figures; what is agreed counts for as long and as often as it says.

use kernel::testing::CountingIds;
use kernel::{Ids, LocalDate, Money};

use super::{AgreedDiscount, BadAgreement};
use crate::account::Account;
use crate::pricing::{BadDiscount, DiscountAmount};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn account(ids: &dyn Ids) -> Account {
    let mut account = Account::open(ids.next(), ids.next(), ids.next(), kes(0).currency());
    account.take_events();
    account
}

fn discount(ids: &dyn Ids, percent: &str) -> AgreedDiscount {
    AgreedDiscount {
        id: ids.next(),
        name: "Neighbours".to_owned(),
        subscription: None,
        amount: DiscountAmount::Percent(percent.parse().unwrap()),
        from: day("2026-11-01"),
        until: None,
        times: None,
        used: 0,
        used_on: Vec::new(),
        reason: "lets us use the roof".to_owned(),
    }
}

#[test]
fn each_rule_refuses() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let today = day("2026-11-01");
    let refused = |change: &dyn Fn(&mut AgreedDiscount)| {
        let mut new = discount(ids, "10%");
        change(&mut new);
        let mut account = account(ids);
        let before = account.clone();
        let refused = account.agree_discount(new, today);
        assert_eq!(account, before);
        refused.unwrap_err()
    };
    let percent = "101%".parse().unwrap();
    let above = refused(&|it| it.amount = DiscountAmount::Percent(percent));
    assert_eq!(above, BadDiscount::AboveWhole { percent }.into());
    let below = refused(&|it| it.amount = DiscountAmount::Fixed(kes(-1)));
    assert!(matches!(
        below,
        BadAgreement::Discount(BadDiscount::Negative { .. })
    ));
    let nothing = refused(&|it| it.amount = DiscountAmount::Fixed(kes(0)));
    assert_eq!(nothing, BadAgreement::Nothing);
    let idr = Money::from_minor(1, "IDR".parse().unwrap());
    let foreign = refused(&|it| it.amount = DiscountAmount::Fixed(idr));
    assert!(matches!(
        foreign,
        BadAgreement::Discount(BadDiscount::Currency { .. })
    ));
    let unnamed = refused(&|it| it.name = String::new());
    assert_eq!(unnamed, BadAgreement::Name { length: 0 });
    let unexplained = refused(&|it| it.reason = "x".repeat(301));
    assert_eq!(unexplained, BadAgreement::Reason { length: 301 });
    let (from, until) = (day("2026-11-01"), day("2026-11-01"));
    let backwards = refused(&|it| it.until = Some(until));
    assert_eq!(backwards, BadAgreement::Backwards { from, until });
    assert_eq!(refused(&|it| it.times = Some(0)), BadAgreement::Never);
}

#[test]
fn it_counts_for_as_long_and_as_often_as_agreed() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut account = account(ids);
    let twice = AgreedDiscount {
        times: Some(2),
        until: Some(day("2027-01-01")),
        ..discount(ids, "10%")
    };
    let id = twice.id;
    assert!(
        account
            .agree_discount(twice.clone(), day("2026-11-01"))
            .unwrap()
    );
    assert!(
        !account
            .agree_discount(twice.clone(), day("2026-11-01"))
            .unwrap()
    );
    assert!(!account.discounts()[0].counts_on(day("2026-10-31")));
    assert!(account.discounts()[0].counts_on(day("2026-12-31")));
    assert!(!account.discounts()[0].counts_on(day("2027-01-01")));
    account.use_discounts(&[id], ids.next());
    account.use_discounts(&[id], ids.next());
    assert!(!account.discounts()[0].counts_on(day("2026-12-31")));
    assert!(
        !account
            .agree_discount(twice.clone(), day("2026-11-01"))
            .unwrap()
    );
    let other = AgreedDiscount {
        times: None,
        ..twice
    };
    let refused = account.agree_discount(other, day("2026-11-01"));
    assert_eq!(refused, Err(BadAgreement::OtherContent));
}

#[test]
fn an_ended_one_counts_no_more_and_ends_once() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut account = account(ids);
    let new = discount(ids, "10%");
    let id = new.id;
    account.agree_discount(new, day("2026-11-01")).unwrap();
    account.take_events();
    assert!(
        account
            .end_discount(id, day("2026-11-20"), "moved")
            .unwrap()
    );
    assert!(
        !account
            .end_discount(id, day("2026-11-21"), "moved")
            .unwrap()
    );
    assert_eq!(account.take_events().len(), 1);
    assert!(!account.discounts()[0].counts_on(day("2026-11-20")));
    let nobody = ids.next();
    let refused = account.end_discount(nobody, day("2026-11-21"), "moved");
    assert_eq!(refused, Err(BadAgreement::Unknown(nobody)));
}

#[test]
fn there_is_a_most() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut account = account(ids);
    for _ in 0..super::MOST_DISCOUNTS {
        account
            .agree_discount(discount(ids, "1%"), day("2026-11-01"))
            .unwrap();
    }
    let refused = account.agree_discount(discount(ids, "1%"), day("2026-11-01"));
    assert_eq!(refused, Err(BadAgreement::TooMany));
}

#[test]
fn what_was_used_on_a_voided_invoice_may_be_used_again() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut account = account(ids);
    let once = AgreedDiscount {
        times: Some(1),
        ..discount(ids, "10%")
    };
    let always = discount(ids, "5%");
    let used = [once.id, always.id];
    for new in [once, always] {
        account.agree_discount(new, day("2026-11-01")).unwrap();
    }
    let (invoice, other) = (ids.next(), ids.next());
    account.use_discounts(&used, invoice);
    account.take_events();
    account.return_discounts(other);
    assert!(!account.discounts()[0].counts_on(day("2026-12-31")));
    account.return_discounts(invoice);
    assert!(account.discounts()[0].counts_on(day("2026-12-31")));
    assert_eq!(account.discounts()[0].used, 0);
    assert_eq!(account.discounts()[1].used, 1, "nobody counts those");
    account.return_discounts(invoice);
    assert_eq!(account.take_events().len(), 1, "and twice is harmless");
}

#[test]
fn uses_of_before_they_were_noted_are_read_and_stay_used() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut account = account(ids);
    let mut stored = serde_json::to_value(discount(ids, "10%")).unwrap();
    assert_eq!(stored.get("used_on"), None);
    stored["times"] = 2.into();
    stored["used"] = 1.into();
    let stored: AgreedDiscount = serde_json::from_value(stored).unwrap();
    account.agree_discount(stored, day("2026-11-01")).unwrap();
    account.return_discounts(ids.next());
    assert_eq!(account.discounts()[0].used, 1);
}
