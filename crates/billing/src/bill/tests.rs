//! One function of the facts: the same twice, nothing the second time, and alarms instead of cutting off.

use kernel::testing::CountingIds;
use kernel::{Ids, LocalDate, Money, Timestamp};

use super::{AccountFacts, Bill, BillLimits, BillOrder, Papers, Unbillable, bill};
use crate::account::Account;
use crate::entity::{LegalEntity, NewEntity};
use crate::interval::Interval;
use crate::invoice::Invoice;
use crate::overdue::DunningPolicy;
use crate::payment::{NewPayment, Payment, PaymentMethod};
use crate::plan::{Charging, NewPlan, Plan, SoldAs};
use crate::subscription::{NewSubscription, Subscription};

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn noon_of(text: &str) -> Timestamp {
    Timestamp::from_utc(format!("{text}T09:00:00Z").parse().unwrap())
}

/// An account with some subscriptions of KES 3,000.00 a month since 1 November.
fn facts(ids: &dyn Ids, subscriptions: usize) -> (LegalEntity, AccountFacts) {
    let entity = LegalEntity::found(NewEntity {
        id: ids.next(),
        name: "Harbour Net".parse().unwrap(),
        currency: "KES".parse().unwrap(),
        zone: "Africa/Nairobi".parse().unwrap(),
        scale_digits: 2,
        series: "INV".to_owned(),
        terms_days: 7,
        dunning: DunningPolicy::STANDARD,
    })
    .unwrap();
    let account = Account::open(ids.next(), ids.next(), entity.id(), kes(0).currency());
    let plan = Plan::define(NewPlan {
        id: ids.next(),
        name: "Home".parse().unwrap(),
        price: kes(300_000),
        interval: Interval::MONTH,
        profile: ids.next(),
        sold_as: SoldAs::Subscription,
        charging: Charging::AHEAD,
    })
    .unwrap();
    let sell = |_| {
        let new = NewSubscription {
            id: ids.next(),
            account: account.id(),
            customer: ids.next(),
            quantity: 1,
            bill_day: None,
            starts_on: day("2026-11-01"),
        };
        let mut sold = Subscription::start(new, &plan, day("2026-11-01")).unwrap();
        sold.take_events();
        sold
    };
    let subscriptions = (0..subscriptions).map(sell).collect();
    let papers = Papers::default();
    let facts = AccountFacts {
        account,
        subscriptions,
        papers,
    };
    (entity, facts)
}

fn on(text: &str, ids: &dyn Ids, limits: BillLimits) -> BillOrder {
    BillOrder {
        invoice: ids.next(),
        now: noon_of(text),
        limits,
    }
}

fn billed(
    entity: &LegalEntity,
    facts: &mut AccountFacts,
    order: BillOrder,
) -> Result<Bill, Unbillable> {
    let papers = facts.papers.clone();
    bill(
        entity,
        &mut facts.account,
        &mut facts.subscriptions,
        papers,
        order,
    )
}

#[test]
fn the_order_of_the_facts_does_not_matter() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (entity, mut facts) = facts(ids, 5);
    let order = on("2026-11-21", ids, BillLimits::STANDARD);
    let mut shuffled = facts.clone();
    shuffled.subscriptions.reverse();
    let one = billed(&entity, &mut facts, order).unwrap().draft.unwrap();
    let mut other = billed(&entity, &mut shuffled, order)
        .unwrap()
        .draft
        .unwrap();
    other.lines.reverse();
    assert_eq!(one, other);
    assert_eq!((one.lines.len(), one.total), (5, kes(1_500_000)));
}

#[test]
fn what_was_applied_is_not_billed_again() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (entity, mut facts) = facts(ids, 2);
    let order = on("2026-11-21", ids, BillLimits::STANDARD);
    let first = billed(&entity, &mut facts, order).unwrap();
    facts.papers.open = vec![Invoice::issue(first.draft.unwrap(), "INV", 1)];
    let again = billed(&entity, &mut facts, order).unwrap();
    assert_eq!((again.draft, again.postings), (None, Vec::new()));
}

#[test]
fn credit_pays_the_older_invoice_first_and_then_the_new_one() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (entity, mut facts) = facts(ids, 1);
    let order = on("2026-11-21", ids, BillLimits::STANDARD);
    let first = billed(&entity, &mut facts, order).unwrap().draft.unwrap();
    facts.papers.open = vec![Invoice::issue(first, "INV", 1)];
    let new = NewPayment {
        id: ids.next(),
        account: facts.account.id(),
        amount: kes(350_000),
        method: PaymentMethod::Cash,
        reference: None,
        received_at: noon_of("2026-11-22"),
    };
    facts.papers.credits = vec![Payment::record(new, noon_of("2026-11-22")).unwrap()];
    let order = on("2026-12-01", ids, BillLimits::STANDARD);
    let second = billed(&entity, &mut facts, order).unwrap();
    assert_eq!(second.open[0].due().unwrap(), kes(0));
    assert_eq!(second.paid, Some(kes(50_000)));
    assert_eq!(second.draft.unwrap().total, kes(300_000));
    assert_eq!(second.spent[0].unallocated().unwrap(), kes(0));
    assert_eq!(second.postings.len(), 3);
}

#[test]
fn a_bill_that_reaches_too_far_is_an_alarm() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (entity, mut facts) = facts(ids, 1);
    let limits = BillLimits {
        months: 3,
        lines: 1_000,
    };
    let near = billed(&entity, &mut facts.clone(), on("2027-01-01", ids, limits));
    assert_eq!(near.unwrap().draft.unwrap().lines.len(), 3);
    let far = billed(&entity, &mut facts, on("2027-03-01", ids, limits));
    let today = day("2027-03-01");
    let wanted = Unbillable::TooFar {
        day: day("2026-11-01"),
        today,
        months: 3,
    };
    assert_eq!(far, Err(wanted));
}

#[test]
fn too_many_lines_in_a_day_are_an_alarm_and_none_is_cut_off() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (entity, mut facts) = facts(ids, 3);
    let limits = BillLimits {
        months: 36,
        lines: 3,
    };
    let order = on("2026-11-21", ids, limits);
    let within = billed(&entity, &mut facts, order).unwrap().draft.unwrap();
    assert_eq!(within.lines.len(), 3);
    // One more on the same day, after what was billed before.
    let (_, mut more) = self::facts(ids, 1);
    more.papers.open = vec![Invoice::issue(within, "INV", 1)];
    let refused = billed(&entity, &mut more, order);
    assert_eq!(refused, Err(Unbillable::TooManyLines { lines: 4, most: 3 }));
    let (_, mut more) = self::facts(ids, 4);
    let refused = billed(&entity, &mut more, order);
    assert_eq!(refused, Err(Unbillable::TooManyLines { lines: 4, most: 3 }));
}
