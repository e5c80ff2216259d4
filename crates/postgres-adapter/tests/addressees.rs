//! What was issued to a customer shows them as they were on that day, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use billing::{
    BillingQueries, Charging, CreditInvoice, DunningPolicy, Interval, NewEntity, NewPlan,
    NoteFilter, PaymentMethod, RecordPayment, RequestPayment, SoldAs, Subscribe, bill_account,
    credit_invoice, define_plan, found_entity, record_payment, request_payment, subscribe,
};
use customers::{
    ChangeCustomer, CustomerKind, CustomerQueries, Edit, IssuedDocument, NewCustomer,
    RegisterCustomer, change_customer, register_customer,
};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{AccountId, CustomerId, Ids, InvoiceId, Money, PageRequest, PlanId, Scope, Timestamp};
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{Store, Subscriptions};

struct World {
    store: Store,
    clock: Arc<FixedClock>,
    ids: Arc<dyn Ids>,
    scope: Scope,
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

impl World {
    async fn on(database: &TestDatabase) -> Self {
        let noon = Timestamp::from_utc("2026-11-21T09:00:00Z".parse().unwrap());
        let clock = Arc::new(FixedClock::at(noon));
        let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
        let store = database
            .store(
                Arc::<FixedClock>::clone(&clock),
                Arc::clone(&ids),
                Subscriptions::default(),
            )
            .await;
        let scope = Scope::system(ids.next(), "test", ids.fresh());
        let world = Self {
            store,
            clock,
            ids,
            scope,
        };
        let entity = NewEntity {
            id: world.ids.next(),
            name: "Harbour Net".parse().unwrap(),
            currency: kes(0).currency(),
            zone: "Africa/Nairobi".parse().unwrap(),
            scale_digits: 2,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        };
        found_entity(&world.store, &world.scope, entity)
            .await
            .unwrap();
        world
    }

    async fn plan(&self) -> PlanId {
        let new = NewPlan {
            id: self.ids.next(),
            name: "Home 20".parse().unwrap(),
            price: kes(3_000),
            interval: Interval::MONTH,
            profile: self.ids.next(),
            sold_as: SoldAs::Subscription,
            charging: Charging::AHEAD,
        };
        let id = new.id;
        define_plan(&self.store, &self.scope, new).await.unwrap();
        id
    }

    async fn customer(&self, name: &str) -> CustomerId {
        let customer = NewCustomer {
            id: self.ids.next(),
            kind: CustomerKind::Personal,
            name: name.parse().unwrap(),
            phone: None,
            email: None,
            address: Some("1 Kenyatta Road".parse().unwrap()),
            note: None,
        };
        let id = customer.id;
        let command = RegisterCustomer { customer };
        register_customer(&self.store, &*self.clock, &self.scope, command)
            .await
            .unwrap();
        id
    }

    /// Sells and bills.
    async fn invoice(&self, customer: CustomerId, plan: PlanId) -> (AccountId, InvoiceId) {
        let order = Subscribe {
            id: self.ids.next(),
            customer,
            new_account: self.ids.next(),
            plan,
            quantity: 1,
            bill_day: None,
            starts_on: None,
        };
        let sold = subscribe(&self.store, &*self.clock, &self.scope, order)
            .await
            .unwrap();
        let (ids, clock) = (&*self.ids, &*self.clock);
        let billed = bill_account(&self.store, ids, clock, &self.scope, sold.account).await;
        (sold.account, billed.unwrap().unwrap())
    }

    async fn pay(&self, account: AccountId) -> IssuedDocument {
        let payment = RecordPayment {
            id: self.ids.next(),
            account,
            amount: kes(1_000),
            method: PaymentMethod::Cash,
            reference: None,
            received_at: None,
        };
        let id = payment.id;
        record_payment(&self.store, &*self.clock, &self.scope, payment)
            .await
            .unwrap();
        IssuedDocument::Receipt(id)
    }

    /// Asks for money that has not come.
    async fn ask(&self, account: AccountId) -> IssuedDocument {
        let asked = RequestPayment {
            id: self.ids.next(),
            account,
            amount: kes(500),
            method: PaymentMethod::BankTransfer,
            provider: "Harbour Bank".to_owned(),
            asked_as: "transfer-1".to_owned(),
            expires_at: None,
            meant_for: None,
            retry_of: None,
        };
        let id = asked.id;
        request_payment(&self.store, &*self.clock, &self.scope, asked)
            .await
            .unwrap();
        IssuedDocument::Receipt(id)
    }

    async fn credit(&self, invoice: InvoiceId) -> IssuedDocument {
        let order = CreditInvoice {
            id: self.ids.next(),
            invoice,
            requests: Vec::new(),
            reason: "the line was down".to_owned(),
        };
        credit_invoice(&self.store, &*self.clock, &self.scope, order)
            .await
            .unwrap();
        let filter = NoteFilter {
            account: None,
            invoice: Some(invoice),
        };
        let notes = self
            .store
            .credit_notes(self.scope.tenant, filter, PageRequest::default());
        IssuedDocument::CreditNote(notes.await.unwrap().items[0].id)
    }

    async fn change(&self, customer: CustomerId, change: impl FnOnce(&mut ChangeCustomer)) {
        let mut command = ChangeCustomer::of(customer);
        change(&mut command);
        change_customer(&self.store, &self.scope, command)
            .await
            .unwrap();
    }

    /// The name and the address on a document, where they were noted.
    async fn shown(&self, document: IssuedDocument) -> Option<(String, Option<String>)> {
        let found = self.store.addressee_of(self.scope.tenant, document);
        found.await.unwrap().map(|it| (it.name, it.address))
    }
}

async fn documents_show_who_customers_were(database: TestDatabase) {
    let world = World::on(&database).await;
    let plan = world.plan().await;
    let (siti, joko) = (world.customer("Siti").await, world.customer("Joko").await);
    let (account, invoice) = world.invoice(siti, plan).await;
    let (_, of_joko) = world.invoice(joko, plan).await;
    let receipt = world.pay(account).await;
    let awaited = world.ask(account).await;
    let first = IssuedDocument::Invoice(invoice);
    world
        .change(siti, |it| it.note = Edit::Set("pays late".parse().unwrap()))
        .await;
    assert_eq!(world.shown(first).await, None, "a note is on no document");
    world
        .change(siti, |it| it.name = Some("Siti Aminah".parse().unwrap()))
        .await;
    let note = world.credit(invoice).await;
    assert_eq!(world.shown(note).await, None, "nothing has changed since");
    let moved = |it: &mut ChangeCustomer| it.address = Edit::Clear;
    world.change(siti, moved).await;
    let home = || Some("1 Kenyatta Road".to_owned());
    for document in [first, receipt] {
        let shown = world.shown(document).await;
        assert_eq!(shown, Some(("Siti".to_owned(), home())), "{document:?}");
    }
    let shown = world.shown(note).await;
    assert_eq!(shown, Some(("Siti Aminah".to_owned(), home())));
    let shown = world.shown(awaited).await;
    assert_eq!(shown, None, "who has not paid has no receipt");
    let others = world.shown(IssuedDocument::Invoice(of_joko)).await;
    assert_eq!(others, None, "of somebody else");
}

#[tokio::test]
async fn sqlite_documents_show_who_customers_were() {
    documents_show_who_customers_were(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_documents_show_who_customers_were() {
    documents_show_who_customers_were(TestDatabase::postgres().await).await;
}
