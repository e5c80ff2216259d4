//! Customers move only where the business lets them.
#![allow(clippy::unwrap_used)]

use super::{Customer, CustomerKind, CustomerRefusal, NewCustomer, StatusName};
use crate::events::CustomersEvent;
use kernel::testing::CountingIds;
use kernel::{DomainEvent, Ids, Timestamp};

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn prospect() -> Customer {
    let ids: &dyn Ids = &CountingIds::from(1);
    let new = NewCustomer {
        id: ids.next(),
        kind: CustomerKind::Personal,
        name: "Siti Rahma".parse().unwrap(),
        phone: None,
        email: None,
        address: None,
        note: None,
    };
    let mut customer = Customer::register(new, noon());
    customer.take_events();
    customer
}

fn in_status(status: StatusName) -> Customer {
    let mut customer = prospect();
    match status {
        StatusName::Prospect => {}
        StatusName::Active => customer.activate().unwrap(),
        StatusName::Blocked => customer.block("fraud".parse().unwrap(), noon()).unwrap(),
        StatusName::Left => customer.leave(noon()).unwrap(),
    }
    customer.take_events();
    customer
}

type Verb = fn(&mut Customer) -> Result<(), CustomerRefusal>;

const ACTIVATE: Verb = |it| it.activate();
const BLOCK: Verb = |it| it.block("late".parse().unwrap(), noon());
const UNBLOCK: Verb = |it| it.unblock();
const LEAVE: Verb = |it| it.leave(noon());
const RETURN: Verb = |it| it.come_back();

#[test]
fn every_verb_in_every_status() {
    use CustomerRefusal::{Blocked as IsBlocked, Left as HasLeft};
    use StatusName::{Active, Blocked, Left, Prospect};
    let table: [(&str, Verb, StatusName, Result<StatusName, CustomerRefusal>); 20] = [
        ("activate", ACTIVATE, Prospect, Ok(Active)),
        ("activate", ACTIVATE, Active, Ok(Active)),
        ("activate", ACTIVATE, Blocked, Err(IsBlocked)),
        ("activate", ACTIVATE, Left, Err(HasLeft)),
        ("block", BLOCK, Prospect, Ok(Blocked)),
        ("block", BLOCK, Active, Ok(Blocked)),
        ("block", BLOCK, Blocked, Ok(Blocked)),
        ("block", BLOCK, Left, Err(HasLeft)),
        ("unblock", UNBLOCK, Prospect, Ok(Prospect)),
        ("unblock", UNBLOCK, Active, Ok(Active)),
        ("unblock", UNBLOCK, Blocked, Ok(Active)),
        ("unblock", UNBLOCK, Left, Err(HasLeft)),
        ("leave", LEAVE, Prospect, Ok(Left)),
        ("leave", LEAVE, Active, Ok(Left)),
        ("leave", LEAVE, Blocked, Err(IsBlocked)),
        ("leave", LEAVE, Left, Ok(Left)),
        ("return", RETURN, Prospect, Ok(Prospect)),
        ("return", RETURN, Active, Ok(Active)),
        ("return", RETURN, Blocked, Err(IsBlocked)),
        ("return", RETURN, Left, Ok(Active)),
    ];
    for (name, verb, from, expected) in table {
        let mut customer = in_status(from);
        let outcome = verb(&mut customer).map(|()| customer.status().name());
        assert_eq!(outcome, expected, "{name} from {from:?}");
        let moved = customer.status().name() != from;
        assert_eq!(
            customer.take_events().len(),
            usize::from(moved),
            "{name} from {from:?}"
        );
    }
}

#[test]
fn blocking_again_keeps_the_first_reason() {
    let mut customer = in_status(StatusName::Blocked);
    customer.block("other".parse().unwrap(), noon()).unwrap();
    assert_eq!(customer.view().blocked_reason.as_deref(), Some("fraud"));
}

#[test]
fn one_change_of_several_fields_is_one_event_without_contact_data() {
    let mut customer = prospect();
    customer.rename("Siti R".parse().unwrap());
    customer.set_phone(Some("+254712345678".parse().unwrap()));
    customer.set_email(None);
    let events = customer.take_events();
    let expected = CustomersEvent::CustomerChanged {
        customer: customer.id(),
        fields: vec!["name", "phone"],
    };
    assert_eq!(events, [expected]);
    assert_eq!(events[0].name(), "customers.customer_changed");
}

#[test]
fn a_change_to_the_same_is_no_change() {
    let mut customer = prospect();
    customer.rename("Siti Rahma".parse().unwrap());
    customer.reclassify(CustomerKind::Personal);
    assert!(!customer.is_changed());
}

#[test]
fn an_unsaved_customer_is_not_restored() {
    assert!(Customer::restore(prospect().snapshot()).is_err());
}
