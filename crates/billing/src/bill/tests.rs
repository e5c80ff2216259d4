//! One function of the facts: the same twice, nothing the second time, and alarms instead of cutting off.

use kernel::testing::CountingIds;
use kernel::{Ids, LocalDate, Money, Timestamp};

use super::{AccountFacts, Bill, BillLimits, BillOrder, Papers, Unbillable, bill};
use crate::account::{Account, AgreedDiscount};
use crate::entity::{EntityPricing, LegalEntity, NewEntity, TaxCode};
use crate::interval::{Interval, IntervalUnit};
use crate::invoice::Invoice;
use crate::ledger::LedgerAccount;
use crate::overdue::DunningPolicy;
use crate::payment::{NewPayment, Payment, PaymentMethod};
use crate::plan::{Charging, NewPlan, Plan, SoldAs};
use crate::pricing::{DatedTaxes, DiscountAmount, TaxRule, TaxTable};
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
    facts_every(ids, subscriptions, Interval::MONTH)
}

/// The same at KES 3,000.00 an interval.
fn facts_every(
    ids: &dyn Ids,
    subscriptions: usize,
    interval: Interval,
) -> (LegalEntity, AccountFacts) {
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
        interval,
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
    let other = billed(&entity, &mut shuffled, order).unwrap().draft;
    let other = other.unwrap();
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
    let far = billed(&entity, &mut facts, on("2027-04-01", ids, limits));
    let today = day("2027-04-01");
    let wanted = Unbillable::TooFar {
        day: day("2026-12-01"),
        today,
        months: 3,
    };
    assert_eq!(far, Err(wanted));
}

#[test]
fn a_cycle_longer_than_the_limit_is_billed_as_a_whole() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let five_years = Interval::new(IntervalUnit::Months, 60).unwrap();
    let (entity, mut facts) = facts_every(ids, 1, five_years);
    let order = on("2026-11-21", ids, BillLimits::STANDARD);
    let bill = billed(&entity, &mut facts, order).unwrap();
    let draft = bill.draft.unwrap();
    assert_eq!(draft.lines[0].period.end, day("2031-11-01"));
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

/// 16 % from 2026 on, and nothing known before.
fn taxed(entity: &mut LegalEntity, inclusive: bool) {
    let list = DatedTaxes {
        from: day("2026-11-15"),
        until: None,
        rules: vec![TaxRule::new("VAT", "16%".parse().unwrap()).unwrap()],
    };
    let standard: TaxCode = "standard".parse().unwrap();
    let table = TaxTable::new(vec![list]).unwrap();
    let pricing = EntityPricing {
        inclusive,
        usual: Some(standard.clone()),
        taxes: [(standard, table)].into(),
        ..EntityPricing::PLAIN
    };
    assert!(entity.price_with(pricing.clone()).unwrap());
    assert!(!entity.price_with(pricing).unwrap(), "twice is no news");
}

#[test]
fn taxes_of_the_day_are_owed_and_stand_in_the_books() {
    let ids: &dyn Ids = &CountingIds::from(1);
    for (inclusive, net, tax) in [(false, 300_000, 48_000), (true, 258_621, 41_379)] {
        let (mut entity, mut facts) = facts(ids, 1);
        taxed(&mut entity, inclusive);
        let order = on("2026-11-21", ids, BillLimits::STANDARD);
        let bill = billed(&entity, &mut facts, order).unwrap();
        let draft = bill.draft.unwrap();
        assert_eq!(draft.total, kes(net + tax));
        assert_eq!(draft.lines[0].amount, kes(300_000), "as listed");
        let figures = draft.figures.unwrap();
        assert_eq!(
            (figures.tax_exclusive, figures.tax_total),
            (kes(net), kes(tax))
        );
        let entries = bill.postings[0].entries().iter();
        let entries: Vec<_> = entries.map(|it| (it.account, it.amount.minor())).collect();
        let wanted = [
            (LedgerAccount::Receivable, net + tax),
            (LedgerAccount::Revenue, -net),
            (LedgerAccount::Tax, -tax),
        ];
        assert_eq!(entries, wanted);
    }
}

#[test]
fn a_day_without_taxes_is_not_guessed() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (mut entity, mut facts) = facts(ids, 1);
    taxed(&mut entity, false);
    let early = billed(
        &entity,
        &mut facts,
        on("2026-11-14", ids, BillLimits::STANDARD),
    );
    let Err(Unbillable::NoTaxes(refused)) = early else {
        unreachable!("no taxes, not {early:?}");
    };
    assert_eq!(
        (refused.day, refused.from),
        (day("2026-11-14"), day("2026-11-15"))
    );
}

#[test]
fn a_discount_takes_its_part_off_as_often_as_agreed() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (mut entity, mut facts) = facts(ids, 2);
    taxed(&mut entity, false);
    let own = facts.subscriptions[1].id();
    let new = AgreedDiscount {
        id: ids.next(),
        name: "Neighbours".to_owned(),
        subscription: Some(own),
        amount: DiscountAmount::Percent("50%".parse().unwrap()),
        from: day("2026-11-01"),
        until: None,
        times: Some(1),
        used: 0,
        used_on: Vec::new(),
        reason: "lets us use the roof".to_owned(),
    };
    let today = day("2026-11-21");
    facts.account.agree_discount(new, today).unwrap();
    facts.account.take_events();
    let order = on("2026-11-21", ids, BillLimits::STANDARD);
    let draft = billed(&entity, &mut facts, order).unwrap().draft.unwrap();
    let figures = draft.figures.unwrap();
    assert_eq!(
        (figures.discount, figures.tax_exclusive),
        (kes(150_000), kes(450_000))
    );
    assert_eq!(draft.total, kes(522_000));
    assert_eq!(facts.account.discounts()[0].used, 1);
    assert_eq!(facts.account.take_events().len(), 1);
    let order = on("2026-12-01", ids, BillLimits::STANDARD);
    let next = billed(&entity, &mut facts, order).unwrap().draft.unwrap();
    assert_eq!(next.figures.unwrap().discount, kes(0), "once, as agreed");
}

#[test]
fn an_invoice_that_is_discounted_as_a_whole_is_on_paper_and_in_no_books() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (entity, mut facts) = facts(ids, 1);
    let new = AgreedDiscount {
        id: ids.next(),
        name: "Staff".to_owned(),
        subscription: None,
        amount: DiscountAmount::Percent("100%".parse().unwrap()),
        from: day("2026-11-01"),
        until: None,
        times: None,
        used: 0,
        used_on: Vec::new(),
        reason: "works for us".to_owned(),
    };
    facts
        .account
        .agree_discount(new, day("2026-11-01"))
        .unwrap();
    let order = on("2026-11-21", ids, BillLimits::STANDARD);
    let bill = billed(&entity, &mut facts, order).unwrap();
    let draft = bill.draft.unwrap();
    assert_eq!((draft.total, draft.lines.len()), (kes(0), 1));
    assert_eq!(bill.postings, Vec::new());
}
