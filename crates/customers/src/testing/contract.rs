//! What every store of customers must do, whatever it is made of: the fake, SQLite and PostgreSQL run these promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kernel::{Cursor, CustomerId, Ids, Page, PageRequest, Scope, StoreError, TenantId, Timestamp};

use crate::customer::{Customer, CustomerKind, NewCustomer, StatusName};
use crate::ports::{CustomerFilter, CustomerQueries, CustomerView, CustomersStore};

/// Checks every promise of [`CustomersStore`] and [`CustomerQueries`] on an adapter.
///
/// `tenant` must be fresh; `ids` must hand out ids that were never used before, later ones after earlier ones.
///
/// # Panics
/// When a promise is broken.
pub async fn customers_store_contract(
    store: &dyn CustomersStore,
    queries: &dyn CustomerQueries,
    tenant: TenantId,
    ids: &dyn Ids,
) {
    let world = World {
        store,
        queries,
        scope: Scope::system(tenant, "contract", ids.fresh()),
        ids,
    };
    world.pages_run_from_the_newest_to_the_oldest().await;
    world.a_customer_reads_back_as_saved().await;
    world.every_status_survives_storage().await;
    world.what_is_not_committed_never_was().await;
    world.a_transaction_reads_its_own_writes().await;
    world.a_stale_customer_is_a_conflict().await;
    world.a_taken_id_is_a_duplicate().await;
    world.another_tenant_sees_nothing().await;
    world.a_search_finds_beginnings_of_names_and_numbers().await;
    world.a_status_filters().await;
    world.many_are_registered_at_once().await;
}

struct World<'a> {
    store: &'a dyn CustomersStore,
    queries: &'a dyn CustomerQueries,
    scope: Scope,
    ids: &'a dyn Ids,
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00.000123Z".parse().unwrap())
}

impl World<'_> {
    fn full(&self, name: &str, phone: &str) -> Customer {
        let new = NewCustomer {
            id: self.ids.next(),
            kind: CustomerKind::Business,
            name: name.parse().unwrap(),
            phone: Some(phone.parse().unwrap()),
            email: Some("office@example.org".parse().unwrap()),
            address: Some("Jl. Mawar 5\nBandung".parse().unwrap()),
            note: Some("second floor; 100% \"quoted\" ' ñ 漢".parse().unwrap()),
        };
        Customer::register(new, noon())
    }

    fn bare(&self, name: &str) -> Customer {
        let new = NewCustomer {
            id: self.ids.next(),
            kind: CustomerKind::Personal,
            name: name.parse().unwrap(),
            phone: None,
            email: None,
            address: None,
            note: None,
        };
        Customer::register(new, noon())
    }

    async fn many_are_registered_at_once(&self) {
        let new = [
            self.full("Bulk Corner Shop", "+62811555001"),
            self.bare("Bulk Siti"),
        ];
        let [shop, siti] = [new[0].id(), new[1].id()];
        let nobody = self.ids.next();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let asked = [shop, siti, nobody];
        assert!(tx.customers().known_among(&asked).await.unwrap().is_empty());
        tx.customers().insert_many(new.to_vec()).await.unwrap();
        tx.customers().insert_many(Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let mut known = tx.customers().known_among(&asked).await.unwrap();
        known.sort();
        assert_eq!(known, [shop, siti]);
        drop(tx);
        let found = self.find(&self.scope, shop).await.unwrap();
        let mut expected = new[0].clone();
        expected.saved_as(1);
        assert_eq!(found.snapshot(), expected.snapshot());
        let again = self.store.begin(&self.scope).await;
        let mut tx = again.unwrap();
        let taken = match tx.customers().insert_many(vec![new[1].clone()]).await {
            Ok(()) => tx.commit().await,
            Err(err) => Err(err),
        };
        assert!(taken.unwrap_err().is_duplicate_of("customers_pkey"));
    }

    async fn save(&self, customer: &mut Customer) {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.customers().save(customer).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn find(&self, scope: &Scope, id: CustomerId) -> Option<Customer> {
        let mut tx = self.store.begin(scope).await.unwrap();
        let found = tx.customers().find(id).await.unwrap();
        tx.commit().await.unwrap();
        found
    }

    async fn view(&self, id: CustomerId) -> CustomerView {
        let found = self.queries.customer(self.scope.tenant, id).await.unwrap();
        found.expect("the customer was saved")
    }

    async fn list(&self, filter: CustomerFilter, page: PageRequest) -> Page<CustomerView> {
        let tenant = self.scope.tenant;
        self.queries.customers(tenant, filter, page).await.unwrap()
    }

    async fn names(&self, search: &str) -> Vec<String> {
        let filter = CustomerFilter {
            search: Some(search.parse().unwrap()),
            status: None,
        };
        let page = self.list(filter, PageRequest::default()).await;
        page.items.into_iter().map(|it| it.name).collect()
    }

    /// Runs first, while the tenant is empty.
    async fn pages_run_from_the_newest_to_the_oldest(&self) {
        let mut made = Vec::new();
        for name in ["One", "Two", "Three"] {
            let mut customer = self.bare(name);
            self.save(&mut customer).await;
            made.push(customer.id());
        }
        let filter = CustomerFilter::default();
        let first = self.list(filter.clone(), PageRequest::new(2, None)).await;
        let ids: Vec<_> = first.items.iter().map(|it| it.id).collect();
        assert_eq!(ids, [made[2], made[1]]);
        let cursor: Cursor = first.next.unwrap().parse().unwrap();
        let last = self.list(filter, PageRequest::new(2, Some(cursor))).await;
        let ids: Vec<_> = last.items.iter().map(|it| it.id).collect();
        assert_eq!((ids, last.next), (vec![made[0]], None));
    }

    async fn a_customer_reads_back_as_saved(&self) {
        for mut customer in [self.full("Warung Siti", "+62811000001"), self.bare("Bare")] {
            self.save(&mut customer).await;
            assert_eq!(customer.version(), 1);
            let stored = self.find(&self.scope, customer.id()).await.unwrap();
            assert_eq!(stored.snapshot(), customer.snapshot());
            assert_eq!(self.view(customer.id()).await, customer.view());
        }
    }

    async fn every_status_survives_storage(&self) {
        let mut customer = self.full("Changing", "+62811000002");
        self.save(&mut customer).await;
        for verb in [
            |it: &mut Customer| it.activate(),
            |it: &mut Customer| it.block("does not pay".parse().unwrap(), noon()),
            |it: &mut Customer| it.unblock(),
            |it: &mut Customer| it.leave(noon()),
        ] {
            verb(&mut customer).unwrap();
            self.save(&mut customer).await;
            let stored = self.find(&self.scope, customer.id()).await.unwrap();
            assert_eq!(stored.snapshot(), customer.snapshot());
            assert_eq!(self.view(customer.id()).await, customer.view());
        }
        customer.set_phone(None);
        self.save(&mut customer).await;
        assert_eq!(self.view(customer.id()).await.phone, None);
        assert_eq!(customer.version(), 6);
    }

    async fn what_is_not_committed_never_was(&self) {
        let mut customer = self.bare("Never");
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.customers().save(&mut customer).await.unwrap();
        drop(tx);
        assert_eq!(self.find(&self.scope, customer.id()).await, None);
    }

    async fn a_transaction_reads_its_own_writes(&self) {
        let mut customer = self.bare("Twice");
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.customers().save(&mut customer).await.unwrap();
        let mut again = tx.customers().find(customer.id()).await.unwrap().unwrap();
        again.activate().unwrap();
        tx.customers().save(&mut again).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(self.view(customer.id()).await, again.view());
        assert_eq!(again.version(), 2);
    }

    async fn a_stale_customer_is_a_conflict(&self) {
        let mut customer = self.bare("Stale");
        self.save(&mut customer).await;
        let mut stale = customer.clone();
        customer.activate().unwrap();
        self.save(&mut customer).await;
        stale.rename("Late".parse().unwrap());
        let refused = self.refused(&mut stale).await;
        assert!(matches!(refused, StoreError::Conflict), "{refused:?}");
        assert_eq!(self.view(customer.id()).await, customer.view());
    }

    async fn a_taken_id_is_a_duplicate(&self) {
        let mut customer = self.bare("First");
        let mut second = customer.clone();
        self.save(&mut customer).await;
        second.rename("Second".parse().unwrap());
        let refused = self.refused(&mut second).await;
        assert!(refused.is_duplicate_of("customers_pkey"), "{refused:?}");
        assert_eq!(self.view(customer.id()).await.name, "First");
    }

    async fn refused(&self, customer: &mut Customer) -> StoreError {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        match tx.customers().save(customer).await {
            Ok(()) => tx.commit().await.unwrap_err(),
            Err(err) => err,
        }
    }

    async fn another_tenant_sees_nothing(&self) {
        let mut customer = self.full("Walled", "+62811000003");
        self.save(&mut customer).await;
        let stranger: TenantId = self.ids.next();
        let scope = Scope::system(stranger, "contract", self.ids.fresh());
        assert_eq!(self.find(&scope, customer.id()).await, None);
        let view = self.queries.customer(stranger, customer.id()).await;
        assert_eq!(view.unwrap(), None);
        let filter = CustomerFilter::default();
        let page = PageRequest::default();
        let list = self.queries.customers(stranger, filter, page).await;
        assert_eq!(list.unwrap().items, Vec::new());
    }

    async fn a_search_finds_beginnings_of_names_and_numbers(&self) {
        for (name, phone) in [
            ("Zainab Putri", "+254711000001"),
            ("zainal 100%", "+254711000002"),
            ("Zain_al", "+254722000003"),
        ] {
            self.save(&mut self.full(name, phone)).await;
        }
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        assert_eq!(
            sorted(self.names("ZAIN").await),
            ["Zain_al", "Zainab Putri", "zainal 100%"]
        );
        assert_eq!(
            sorted(self.names("+254711").await),
            ["Zainab Putri", "zainal 100%"]
        );
        assert_eq!(self.names("zain_").await, ["Zain_al"]);
        assert_eq!(self.names("zainal 100%").await, ["zainal 100%"]);
        assert_eq!(self.names("putri").await, Vec::<String>::new());
        assert_eq!(self.names("%").await, Vec::<String>::new());
    }

    async fn a_status_filters(&self) {
        let mut customer = self.bare("Quarantined");
        customer
            .block("asked for it".parse().unwrap(), noon())
            .unwrap();
        self.save(&mut customer).await;
        let filter = CustomerFilter {
            status: Some(StatusName::Blocked),
            search: Some("quarantined".parse().unwrap()),
        };
        let found = self.list(filter.clone(), PageRequest::default()).await;
        assert_eq!(found.items, [customer.view()]);
        let filter = CustomerFilter {
            status: Some(StatusName::Left),
            ..filter
        };
        let found = self.list(filter, PageRequest::default()).await;
        assert_eq!(found.items, Vec::new());
    }
}
