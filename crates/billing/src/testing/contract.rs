//! What every store of billing must do, whatever it is made of: the fake, SQLite and PostgreSQL run these promises.
//!
//! No transaction is begun while another one is open, but where two at once are the point: a store may have one writer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod at_once;
mod catalogue;
mod corrections;
mod dunning;
mod fees;
mod invoices;
mod letterheads;
mod payments;
mod proofs;
mod reports;
mod requests;
mod run;
mod subscriptions;
mod sweeps;
mod tenants;
mod tills;
mod unmatched;

use kernel::{
    AccountId, Currency, CustomerId, EntityId, Ids, LocalDate, Money, Scope, StoreError,
    SubscriptionId, TenantId, Timestamp,
};

use crate::account::Account;
use crate::entity::{LegalEntity, NewEntity};
use crate::interval::Interval;
use crate::invoice::{Invoice, InvoiceDraft, Line};
use crate::overdue::DunningPolicy;
use crate::plan::{Charging, NewPlan, Plan, SoldAs};
use crate::ports::{BillingQueries, BillingStore, BillingTx};
use crate::run::BillingRunStore;
use crate::schedule::Period;
use crate::segment::ChargeKind;
use crate::subscription::{NewSubscription, Subscription};
use crate::timeline::Component;

/// Checks every promise of [`BillingStore`] and [`BillingQueries`] on an adapter.
///
/// `tenant` must be fresh; `ids` must hand out ids that were never used before, in ascending order.
///
/// # Panics
/// When a promise is broken.
pub async fn billing_store_contract(
    store: &dyn BillingStore,
    queries: &dyn BillingQueries,
    tenant: TenantId,
    ids: &dyn Ids,
) {
    let world = World {
        store,
        queries,
        scope: Scope::system(tenant, "contract", ids.fresh()),
        ids,
        entity: ids.next(),
    };
    world.the_first_entity_is_the_oldest().await;
    let world = world.of_entity(world.found().await);
    world.catalogue_promises().await;
    world.letterhead_promises().await;
    world.account_promises().await;
    world.subscription_promises().await;
    world.invoice_promises().await;
    world.correction_promises().await;
    world.payment_promises().await;
    world.sweep_promises().await;
    world.dunning_promises().await;
    world.fee_promises().await;
    world.report_promises().await;
    world.till_promises().await;
    world.tenant_promises().await;
    world.two_at_once_promises().await;
}

/// Checks every promise of [`BillingRunStore`] on an adapter, like [`billing_store_contract`].
///
/// # Panics
/// When a promise is broken.
pub async fn billing_run_contract(
    run: &dyn BillingRunStore,
    store: &dyn BillingStore,
    queries: &dyn BillingQueries,
    tenant: TenantId,
    ids: &dyn Ids,
) {
    let world = World {
        store,
        queries,
        scope: Scope::system(tenant, "contract", ids.fresh()),
        ids,
        entity: ids.next(),
    };
    let world = world.of_entity(world.found().await);
    world.run_promises(run).await;
}

struct World<'a> {
    store: &'a dyn BillingStore,
    queries: &'a dyn BillingQueries,
    scope: Scope,
    ids: &'a dyn Ids,
    entity: EntityId,
}

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T09:00:00Z".parse().unwrap())
}

fn kes(minor: i64) -> Money {
    let currency: Currency = "KES".parse().unwrap();
    Money::from_minor(minor, currency)
}

fn month(start: &str, end: &str) -> Period {
    Period {
        start: day(start),
        end: day(end),
    }
}

/// Commits what was written, or leaves the transaction because it was refused.
async fn outcome(
    tx: Box<dyn BillingTx>,
    written: Result<(), StoreError>,
) -> Result<(), StoreError> {
    match written {
        Ok(()) => tx.commit().await,
        Err(err) => {
            drop(tx);
            Err(err)
        }
    }
}

fn must_conflict(written: &Result<(), StoreError>) {
    assert!(matches!(written, Err(StoreError::Conflict)), "{written:?}");
}

impl World<'_> {
    fn tenant(&self) -> TenantId {
        self.scope.tenant
    }

    /// The same world, whose accounts and invoices belong to an entity.
    fn of_entity(&self, entity: EntityId) -> World<'_> {
        World {
            store: self.store,
            queries: self.queries,
            scope: self.scope.clone(),
            ids: self.ids,
            entity,
        }
    }

    async fn tx(&self) -> Box<dyn BillingTx> {
        self.store.begin(&self.scope).await.unwrap()
    }

    fn new_entity(&self) -> NewEntity {
        NewEntity {
            id: self.ids.next(),
            name: "Harbour Net".parse().unwrap(),
            currency: "KES".parse().unwrap(),
            zone: "Africa/Nairobi".parse().unwrap(),
            scale_digits: 2,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        }
    }

    /// An entity of its own, so that its accounts and numbers are nobody else's.
    async fn found(&self) -> EntityId {
        let mut entity = LegalEntity::found(self.new_entity()).unwrap();
        let mut tx = self.tx().await;
        tx.entities().save(&mut entity).await.unwrap();
        tx.commit().await.unwrap();
        entity.id()
    }

    fn new_plan(&self, name: &str, minor: i64) -> NewPlan {
        NewPlan {
            id: self.ids.next(),
            name: name.parse().unwrap(),
            price: kes(minor),
            interval: Interval::MONTH,
            profile: self.ids.next(),
            sold_as: SoldAs::Subscription,
            charging: Charging::AHEAD,
        }
    }

    async fn plan(&self, minor: i64) -> Plan {
        let name = format!("Home {minor} {}", self.ids.fresh());
        let mut plan = Plan::define(self.new_plan(&name, minor)).unwrap();
        let mut tx = self.tx().await;
        tx.plans().save(&mut plan).await.unwrap();
        tx.commit().await.unwrap();
        plan
    }

    fn new_account(&self, customer: CustomerId, entity: EntityId) -> Account {
        Account::open(self.ids.next(), customer, entity, kes(0).currency())
    }

    async fn account_with(&self, entity: EntityId) -> Account {
        let mut account = self.new_account(self.ids.next(), entity);
        let mut tx = self.tx().await;
        tx.accounts().save(&mut account).await.unwrap();
        tx.commit().await.unwrap();
        account
    }

    async fn account(&self) -> AccountId {
        self.account_with(self.entity).await.id()
    }

    /// A subscription of KES 3,000.00 a month that is sold on a day and begins on another.
    async fn sell(&self, account: AccountId, sold_on: &str, starts_on: &str) -> Subscription {
        self.sell_for(300_000, account, sold_on, starts_on).await
    }

    /// The same for some minor units a month.
    async fn sell_for(
        &self,
        minor: i64,
        account: AccountId,
        sold_on: &str,
        starts_on: &str,
    ) -> Subscription {
        let plan = self.plan(minor).await;
        let new = NewSubscription {
            id: self.ids.next(),
            account,
            customer: self.ids.next(),
            quantity: 1,
            bill_day: None,
            starts_on: day(starts_on),
        };
        let mut subscription = Subscription::start(new, &plan, day(sold_on)).unwrap();
        self.keep(&mut subscription).await;
        subscription
    }

    async fn keep(&self, subscription: &mut Subscription) {
        let mut tx = self.tx().await;
        tx.subscriptions().save(subscription).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn stored(&self, id: SubscriptionId) -> Subscription {
        let mut tx = self.tx().await;
        tx.subscriptions().find(id).await.unwrap().unwrap()
    }

    /// A charge for the whole of a period.
    fn charge(&self, subscription: &Subscription, period: Period, minor: i64) -> Line {
        Line {
            subscription: subscription.id(),
            component: Component::BASE,
            kind: ChargeKind::Recurring,
            plan: subscription.agreement().unwrap().plan,
            quantity: 1,
            period,
            cycle: period,
            price: kes(minor),
            amount: kes(minor),
            repairs: None,
        }
    }

    fn draft(&self, account: AccountId, lines: Vec<Line>, issued_on: &str) -> InvoiceDraft {
        let total = Money::sum(kes(0).currency(), lines.iter().map(|it| it.amount)).unwrap();
        InvoiceDraft {
            fees: Vec::new(),
            id: self.ids.next(),
            account,
            entity: self.entity,
            lines,
            figures: None,
            total,
            issued_on: day(issued_on),
            due_on: day(issued_on) + chrono::Days::new(7),
        }
    }

    async fn issue(&self, draft: InvoiceDraft, series: &str) -> Invoice {
        let mut tx = self.tx().await;
        let invoice = tx.invoices().issue(draft, series).await.unwrap();
        tx.commit().await.unwrap();
        invoice
    }

    /// An invoice over some amount, due seven days after a day.
    async fn bill(&self, account: AccountId, minor: i64, issued_on: &str) -> Invoice {
        let subscription = self.sell(account, "2026-11-01", "2026-11-01").await;
        let period = month("2026-11-01", "2026-12-01");
        let line = self.charge(&subscription, period, minor);
        self.issue(self.draft(account, vec![line], issued_on), "INV")
            .await
    }

    async fn pay(&self, invoice: &mut Invoice, minor: i64) {
        invoice.settle(kes(minor)).unwrap();
        let mut tx = self.tx().await;
        tx.invoices().save(invoice).await.unwrap();
        tx.commit().await.unwrap();
    }
}
