//! The steps end as the callers were promised, on the fake that passes the store's contract.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::change_customer::{ChangeCustomer, ChangeCustomerError, Edit, change_customer};
use super::move_customer::{
    BlockCustomer, MoveCustomerError, activate_customer, block_customer, leave_customer,
    return_customer, unblock_customer,
};
use super::register_customer::{RegisterCustomer, RegisterCustomerError, register_customer};
use crate::customer::{CustomerKind, CustomerRefusal, NewCustomer, StatusName};
use crate::ports::{CustomerQueries, CustomerView, CustomersStore, IssuedDocument};
use crate::testing::{MemoryCustomers, customers_store_contract};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{Ids, Scope, StoreError, Timestamp};

struct Desk {
    store: MemoryCustomers,
    clock: FixedClock,
    ids: CountingIds,
    scope: Scope,
}

fn desk() -> Desk {
    let ids = CountingIds::from(1);
    let tenant = (&ids as &dyn Ids).next();
    let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    Desk {
        store: MemoryCustomers::new(),
        clock: FixedClock::at(noon),
        scope: Scope::system(tenant, "test", ids.fresh()),
        ids,
    }
}

impl Desk {
    fn new_customer(&self) -> NewCustomer {
        NewCustomer {
            id: (&self.ids as &dyn Ids).next(),
            kind: CustomerKind::Personal,
            name: "Siti".parse().unwrap(),
            phone: Some("+254712345678".parse().unwrap()),
            email: None,
            address: None,
            note: None,
        }
    }

    async fn registered(&self) -> CustomerView {
        let command = RegisterCustomer {
            customer: self.new_customer(),
        };
        register_customer(&self.store, &self.clock, &self.scope, command)
            .await
            .unwrap()
    }

    fn event_names(&self) -> Vec<&'static str> {
        self.store.events().iter().map(|it| it.name).collect()
    }
}

#[tokio::test]
async fn the_fake_keeps_the_promises_of_a_store() {
    let Desk {
        store, ids, scope, ..
    } = desk();
    customers_store_contract(&store, &store, scope.tenant, &ids).await;
}

#[tokio::test]
async fn of_two_transactions_at_the_same_time_the_slower_one_conflicts() {
    let desk = desk();
    let id = desk.registered().await.id;
    let mut slow = desk.store.begin(&desk.scope).await.unwrap();
    let mut customer = slow.customers().find(id).await.unwrap().unwrap();
    customer.rename("Slow".parse().unwrap());
    slow.customers().save(&mut customer).await.unwrap();
    activate_customer(&desk.store, &desk.scope, id)
        .await
        .unwrap();
    let late = slow.commit().await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    assert_eq!(desk.event_names().len(), 2);
}

#[tokio::test]
async fn registering_the_same_id_twice_is_refused() {
    let desk = desk();
    let command = RegisterCustomer {
        customer: desk.new_customer(),
    };
    let register = || register_customer(&desk.store, &desk.clock, &desk.scope, command.clone());
    register().await.unwrap();
    let again = register().await;
    assert!(
        matches!(again, Err(RegisterCustomerError::Exists(_))),
        "{again:?}"
    );
    assert_eq!(desk.event_names(), ["customers.customer_registered"]);
}

#[tokio::test]
async fn only_what_is_given_changes() {
    let desk = desk();
    let before = desk.registered().await;
    let mut change = ChangeCustomer::of(before.id);
    change.expected_version = Some(before.version);
    change.email = Edit::Set("siti@example.org".parse().unwrap());
    change.phone = Edit::Clear;
    let after = change_customer(&desk.store, &desk.scope, change)
        .await
        .unwrap();
    let expected = CustomerView {
        email: Some("siti@example.org".into()),
        phone: None,
        version: 2,
        ..before
    };
    assert_eq!(after, expected);
}

#[tokio::test]
async fn a_change_for_an_older_version_is_refused_and_one_of_nothing_writes_nothing() {
    let desk = desk();
    let before = desk.registered().await;
    let nothing = ChangeCustomer::of(before.id);
    assert_eq!(
        change_customer(&desk.store, &desk.scope, nothing.clone())
            .await
            .unwrap(),
        before
    );
    let mut stale = nothing;
    stale.expected_version = Some(7);
    let refused = change_customer(&desk.store, &desk.scope, stale).await;
    assert!(
        matches!(
            refused,
            Err(ChangeCustomerError::Stale {
                expected: 7,
                actual: 1
            })
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_was_issued_shows_them_as_they_were() {
    let desk = desk();
    let tenant = desk.scope.tenant;
    let ids: &dyn Ids = &desk.ids;
    let before = desk.registered().await;
    let first = IssuedDocument::Invoice(ids.next());
    let shown = async |document| {
        let found = desk.store.addressee_of(tenant, document).await.unwrap();
        found.map(|it| (it.name, it.phone))
    };
    let change = async |it: ChangeCustomer| {
        change_customer(&desk.store, &desk.scope, it).await.unwrap();
    };
    desk.store.issue(tenant, before.id, first);
    desk.store
        .issue(tenant, ids.next(), IssuedDocument::Invoice(ids.next()));
    let mut noted = ChangeCustomer::of(before.id);
    noted.note = Edit::Set("pays late".parse().unwrap());
    change(noted).await;
    assert_eq!(shown(first).await, None, "a note is on no document");
    let mut renamed = ChangeCustomer::of(before.id);
    renamed.name = Some("Siti Aminah".parse().unwrap());
    change(renamed).await;
    let phone = before.phone;
    assert_eq!(shown(first).await, Some(("Siti".to_owned(), phone.clone())));
    let second = IssuedDocument::Receipt(ids.next());
    desk.store.issue(tenant, before.id, second);
    assert_eq!(shown(second).await, None);
    let mut reached = ChangeCustomer::of(before.id);
    reached.phone = Edit::Clear;
    change(reached).await;
    assert_eq!(shown(first).await, Some(("Siti".to_owned(), phone.clone())));
    assert_eq!(shown(second).await, Some(("Siti Aminah".to_owned(), phone)));
}

#[tokio::test]
async fn a_customer_goes_through_life() {
    let desk = desk();
    let Desk {
        store,
        clock,
        scope,
        ..
    } = &desk;
    let id = desk.registered().await.id;
    activate_customer(store, scope, id).await.unwrap();
    let block = BlockCustomer {
        customer: id,
        reason: "does not pay".parse().unwrap(),
    };
    let blocked = block_customer(store, clock, scope, block.clone())
        .await
        .unwrap();
    assert_eq!(
        block_customer(store, clock, scope, block).await.unwrap(),
        blocked
    );
    let stays = leave_customer(store, clock, scope, id).await;
    assert!(matches!(
        stays,
        Err(MoveCustomerError::Refused(CustomerRefusal::Blocked))
    ));
    unblock_customer(store, scope, id).await.unwrap();
    leave_customer(store, clock, scope, id).await.unwrap();
    let back = return_customer(store, scope, id).await.unwrap();
    assert_eq!(back.status, StatusName::Active);
    assert_eq!(
        desk.event_names(),
        [
            "customers.customer_registered",
            "customers.customer_activated",
            "customers.customer_blocked",
            "customers.customer_unblocked",
            "customers.customer_left",
            "customers.customer_returned",
        ]
    );
}

#[tokio::test]
async fn nobody_unknown_is_moved_or_changed() {
    let desk = desk();
    let nobody = desk.new_customer().id;
    let moved = activate_customer(&desk.store, &desk.scope, nobody).await;
    assert!(matches!(moved, Err(MoveCustomerError::NotFound(id)) if id == nobody));
    let changed = change_customer(&desk.store, &desk.scope, ChangeCustomer::of(nobody)).await;
    assert!(matches!(changed, Err(ChangeCustomerError::NotFound(id)) if id == nobody));
}
