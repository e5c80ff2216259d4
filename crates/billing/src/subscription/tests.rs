//! The verbs of a subscription, one by one, and whole lives of it billed by a tiny book.

#![allow(clippy::unwrap_used, clippy::panic)]

mod book;
mod decisions;
mod history;
mod lives;
mod stored;
mod verbs;

use kernel::{Currency, Id, LocalDate, Money};

use super::{NewSubscription, Subscription};
use crate::interval::Interval;
use crate::plan::{Charging, NewPlan, Plan, SoldAs};
use crate::schedule::BillDay;

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn kes(minor: i64) -> Money {
    let currency: Currency = "KES".parse().unwrap();
    Money::from_minor(minor, currency)
}

fn id<K>(number: u64) -> Id<K> {
    let text = format!("00000000-0000-7000-8000-{number:012x}");
    Id::from_uuid(text.parse().unwrap())
}

fn terms(number: u64, minor: i64) -> NewPlan {
    NewPlan {
        id: id(number),
        name: format!("Plan {number}").parse().unwrap(),
        price: kes(minor),
        interval: Interval::MONTH,
        profile: id(number),
        sold_as: SoldAs::Subscription,
        charging: Charging::AHEAD,
    }
}

fn plan(number: u64, minor: i64) -> Plan {
    Plan::define(terms(number, minor)).unwrap()
}

fn new(starts_on: LocalDate, bill_day: Option<u8>) -> NewSubscription {
    NewSubscription {
        id: id(1),
        account: id(2),
        customer: id(3),
        quantity: 1,
        bill_day: bill_day.map(|it| BillDay::new(it).unwrap()),
        starts_on,
    }
}

/// Plan 1 at 3,000.00 a month, sold on its first day.
fn sold(starts_on: &str) -> Subscription {
    let starts_on = day(starts_on);
    let mut it = Subscription::start(new(starts_on, None), &plan(1, 300_000), starts_on).unwrap();
    it.take_events();
    it
}

fn told(it: &mut Subscription) -> Vec<&'static str> {
    let events = it.take_events();
    events.iter().map(kernel::DomainEvent::name).collect()
}
