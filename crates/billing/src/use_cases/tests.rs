//! The use cases on the fake: what is invoiced when, what money does, and what follows for access.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod amending;
mod billing;
mod changing;
mod correcting;
mod dunning;
mod fees;
mod giving_back;
mod leaving;
mod life;
mod matching;
mod parking;
mod pausing;
mod paying;
mod prepaying;
mod procedures;
mod proving;
mod reporting;
mod requesting;
mod selling;

use kernel::testing::{CountingIds, FixedClock};
use kernel::{
    AccountId, Clock, Currency, CustomerId, Ids, InvoiceId, LocalDate, Money, NewEvent,
    PageRequest, PaymentId, PlanId, Scope, SubscriptionId, TenantId, Timestamp,
};

use super::SubscriptionError;
use super::bill_account::bill_account;
use super::change_plan::{ChangePlan, PlanChange, change_plan};
use super::define_plan::define_plan;
use super::evaluate_account::evaluate_account;
use super::found_entity::found_entity;
use super::record_payment::{RecordPayment, RecordPaymentError, record_payment};
use super::subscribe::{Subscribe, SubscribeError, Subscribed, subscribe};
use crate::entity::NewEntity;
use crate::interval::{Interval, IntervalUnit};
use crate::overdue::{DunningPolicy, Level};
use crate::payment::PaymentMethod;
use crate::plan::{Charging, NewPlan, SoldAs};
use crate::ports::{BillingQueries, BillingStore, BillingTx};
use crate::schedule::BillDay;
use crate::subscription::At;
use crate::testing::MemoryBilling;
use crate::views::{AccountView, InvoiceFilter, InvoiceView, SubscriptionView};

/// A provider's desk: one entity in Nairobi that invoices in KES, due after seven days.
struct Desk {
    store: MemoryBilling,
    clock: FixedClock,
    ids: CountingIds,
    scope: Scope,
}

/// One customer's subscription.
#[derive(Debug, Clone, Copy)]
struct Sold {
    customer: CustomerId,
    account: AccountId,
    id: SubscriptionId,
}

/// A line as a person would check it: first day, day after the last, minor units.
type PlainLine = (String, String, i64);

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn kes(minor: i64) -> Money {
    let currency: Currency = "KES".parse().unwrap();
    Money::from_minor(minor, currency)
}

fn line(start: &str, end: &str, minor: i64) -> PlainLine {
    (start.to_owned(), end.to_owned(), minor)
}

fn lines(invoice: &InvoiceView) -> Vec<PlainLine> {
    let plain = |it: &crate::LineView| {
        line(
            &it.period.start.to_string(),
            &it.period.end.to_string(),
            it.amount.minor(),
        )
    };
    invoice.lines.iter().map(plain).collect()
}

impl Desk {
    /// A desk without an entity.
    fn empty(today: &str) -> Self {
        let ids = CountingIds::from(1);
        let tenant: TenantId = (&ids as &dyn Ids).next();
        Self {
            store: MemoryBilling::new(),
            clock: FixedClock::at(noon(today)),
            scope: Scope::system(tenant, "test", ids.fresh()),
            ids,
        }
    }

    async fn opened(today: &str) -> Self {
        let desk = Self::empty(today);
        let new = desk.new_entity();
        found_entity(&desk.store, &desk.scope, new).await.unwrap();
        desk
    }

    fn new_entity(&self) -> NewEntity {
        NewEntity {
            id: self.ids().next(),
            name: "Harbour Net".parse().unwrap(),
            currency: kes(0).currency(),
            zone: "Africa/Nairobi".parse().unwrap(),
            scale_digits: 2,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        }
    }

    fn ids(&self) -> &dyn Ids {
        &self.ids
    }

    fn go_to(&self, today: &str) {
        self.clock.advance(noon(today).since(self.clock.now()));
    }

    fn new_plan(&self, minor: i64) -> NewPlan {
        NewPlan {
            id: self.ids().next(),
            name: format!("Plan {}", self.ids.fresh()).parse().unwrap(),
            price: kes(minor),
            interval: Interval::MONTH,
            profile: self.ids().next(),
            sold_as: SoldAs::Subscription,
            charging: Charging::AHEAD,
        }
    }

    async fn plan(&self, minor: i64) -> PlanId {
        self.offer(self.new_plan(minor)).await
    }

    async fn offer(&self, new: NewPlan) -> PlanId {
        let id = new.id;
        define_plan(&self.store, &self.scope, new).await.unwrap();
        id
    }

    fn order(&self, plan: PlanId) -> Subscribe {
        Subscribe {
            id: self.ids().next(),
            customer: self.ids().next(),
            new_account: self.ids().next(),
            plan,
            quantity: 1,
            bill_day: None,
            starts_on: None,
        }
    }

    async fn subscribe(&self, order: Subscribe) -> Result<Subscribed, SubscribeError> {
        subscribe(&self.store, &self.clock, &self.scope, order).await
    }

    async fn sell_as(&self, order: Subscribe) -> Sold {
        let sold = self.subscribe(order).await.unwrap();
        Sold {
            customer: order.customer,
            account: sold.account,
            id: order.id,
        }
    }

    /// Sells a monthly plan at a price to a new customer, from today on.
    async fn sell(&self, minor: i64) -> Sold {
        let plan = self.plan(minor).await;
        self.sell_as(self.order(plan)).await
    }

    async fn sell_weekly(&self, minor: i64) -> Sold {
        let plan = NewPlan {
            interval: Interval::new(IntervalUnit::Weeks, 1).unwrap(),
            ..self.new_plan(minor)
        };
        let plan = self.offer(plan).await;
        self.sell_as(self.order(plan)).await
    }

    async fn sell_on(&self, minor: i64, bill_day: u8) -> Sold {
        let plan = self.plan(minor).await;
        let bill_day = Some(BillDay::new(bill_day).unwrap());
        self.sell_as(Subscribe {
            bill_day,
            ..self.order(plan)
        })
        .await
    }

    async fn bill(&self, account: AccountId) -> Option<InvoiceView> {
        let issued = bill_account(&self.store, self.ids(), &self.clock, &self.scope, account);
        match issued.await.unwrap() {
            Some(id) => Some(self.invoice(id).await),
            None => None,
        }
    }

    /// Bills what is due and pays all of it, so that nobody is suspended for debt.
    async fn bill_and_pay(&self, sold: Sold) {
        let invoice = self.bill(sold.account).await.unwrap();
        self.pay(sold.account, invoice.due.minor()).await;
    }

    async fn evaluate(&self, account: AccountId) {
        evaluate_account(&self.store, &self.clock, &self.scope, account)
            .await
            .unwrap();
    }

    /// What the sweeps do in the morning of a day.
    async fn morning(&self, today: &str, account: AccountId) -> Option<InvoiceView> {
        self.go_to(today);
        let invoice = self.bill(account).await;
        self.evaluate(account).await;
        invoice
    }

    async fn change(
        &self,
        sold: Sold,
        plan: PlanId,
        when: Option<At>,
    ) -> Result<PlanChange, SubscriptionError> {
        let command = ChangePlan {
            subscription: sold.id,
            plan,
            when,
        };
        change_plan(&self.store, self.ids(), &self.clock, &self.scope, command).await
    }

    fn payment(&self, account: AccountId, minor: i64) -> RecordPayment {
        RecordPayment {
            id: self.ids().next(),
            account,
            amount: kes(minor),
            method: PaymentMethod::MobileMoney,
            reference: None,
            received_at: None,
        }
    }

    async fn record(&self, payment: &RecordPayment) -> Result<(), RecordPaymentError> {
        record_payment(&self.store, &self.clock, &self.scope, payment.clone()).await
    }

    async fn pay(&self, account: AccountId, minor: i64) -> PaymentId {
        let payment = self.payment(account, minor);
        self.record(&payment).await.unwrap();
        payment.id
    }

    async fn tx(&self) -> Box<dyn BillingTx> {
        self.store.begin(&self.scope).await.unwrap()
    }

    async fn invoice(&self, id: InvoiceId) -> InvoiceView {
        let invoice = self.store.invoice(self.scope.tenant, id).await;
        invoice.unwrap().unwrap()
    }

    /// Every invoice of an account, the newest first.
    async fn invoices(&self, account: AccountId) -> Vec<InvoiceView> {
        let filter = InvoiceFilter {
            account: Some(account),
            settlement: None,
        };
        let page = PageRequest::new(200, None);
        let invoices = self.store.invoices(self.scope.tenant, filter, page).await;
        invoices.unwrap().items
    }

    async fn account(&self, id: AccountId) -> AccountView {
        let account = self.store.account(self.scope.tenant, id).await;
        account.unwrap().unwrap()
    }

    async fn level(&self, id: AccountId) -> Level {
        self.account(id).await.level
    }

    async fn subscription(&self, sold: Sold) -> SubscriptionView {
        let found = self.store.subscription(self.scope.tenant, sold.id).await;
        found.unwrap().unwrap()
    }

    /// How many events there are: the same number again means that nothing happened.
    fn heard(&self) -> usize {
        self.store.events().len()
    }

    fn events_named(&self, name: &str) -> Vec<NewEvent> {
        let mut events = self.store.events();
        events.retain(|it| it.name == name);
        events
    }

    /// What routers were told about a subscription: access and version, in order.
    fn told(&self, sold: Sold) -> Vec<(String, u64)> {
        self.events_named("billing.access_desired")
            .iter()
            .filter(|it| it.aggregate_id == sold.id.uuid())
            .map(|it| {
                let access = it.body["access"].as_str().unwrap().to_owned();
                (access, it.body["version"].as_u64().unwrap())
            })
            .collect()
    }
}

/// Noon in Nairobi.
fn noon(today: &str) -> Timestamp {
    Timestamp::from_utc(format!("{today}T09:00:00Z").parse().unwrap())
}

fn told(access: &str, version: u64) -> (String, u64) {
    (access.to_owned(), version)
}
