//! Money and what is sold, as people look at it.

use kernel::{
    AccountId, Currency, CustomerId, EntityId, InvoiceId, LocalDate, Money, Name, PaymentId,
    PlanId, ProfileId, SubscriptionId, Timestamp, Zone,
};
use serde::Serialize;

use crate::dunning::{Hold, NewProcedure, Promise};
use crate::events::Access;
use crate::interval::Interval;
use crate::invoice::Settlement;
use crate::overdue::{DunningPolicy, Level};
use crate::payment::PaymentMethod;
use crate::plan::{PlanStatus, SoldAs};
use crate::schedule::{BillDay, Period};
use crate::subscription::Agreement;

/// A legal entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityView {
    /// The entity.
    pub id: EntityId,
    /// What people call it.
    pub name: Name,
    /// What it invoices in.
    pub currency: Currency,
    /// Where its days begin and end.
    pub zone: Zone,
    /// Days from issue to due.
    pub terms_days: u16,
    /// The three numbers it was founded with; what is done about debts as long as no procedure is defined.
    pub dunning: DunningPolicy,
    /// What is done about debts.
    pub procedure: NewProcedure,
    /// The number of the procedure's definition; 0 for the one that follows from the three numbers.
    pub procedure_version: u64,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanView {
    /// The plan.
    pub id: PlanId,
    /// What people call it.
    pub name: Name,
    /// What one interval costs.
    pub price: Money,
    /// How long one interval is.
    pub interval: Interval,
    /// What the router allows.
    pub profile: ProfileId,
    /// How it is sold.
    pub sold_as: SoldAs,
    /// Whether it is sold.
    pub status: PlanStatus,
}

/// An account and its balance, computed from its documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountView {
    /// The account.
    pub id: AccountId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Whom it owes.
    pub entity: EntityId,
    /// How far behind it was when last evaluated.
    pub level: Level,
    /// What is due on all open invoices.
    pub due: Money,
    /// Money that has not paid anything yet.
    pub credit: Money,
    /// The due date of the oldest open invoice.
    pub oldest_due_on: Option<LocalDate>,
    /// Why billing has stopped for it, if it has.
    pub parked: Option<String>,
    /// Its own days from issue to due, if it has other terms than its entity.
    pub terms_days: Option<u16>,
    /// Why nothing happens to it however late it pays, and how long, if an operator said so.
    pub hold: Option<Hold>,
    /// What its customer has promised and not kept or broken yet.
    pub promise: Option<Promise>,
    /// Its own dunning procedure, if it has another one than its entity.
    pub procedure: Option<NewProcedure>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubscriptionView {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub account: AccountId,
    /// Whose it is.
    pub customer: CustomerId,
    /// What was agreed last.
    pub agreement: Agreement,
    /// What will be agreed, if a change is scheduled.
    pub scheduled: Option<Agreement>,
    /// How long one period is.
    pub interval: Interval,
    /// The fixed bill day, if it has one.
    pub bill_day: Option<BillDay>,
    /// The first day.
    pub started_on: LocalDate,
    /// `active`, `suspended` or `ended`.
    pub status: &'static str,
    /// Why it is suspended, if it is.
    pub suspended_reason: Option<String>,
    /// The first day without it, once it is cancelled.
    pub ends_on: Option<LocalDate>,
    /// The day up to which periods are billed.
    pub billed_through: Option<LocalDate>,
    /// When the next bill may be due.
    pub next_bill_on: Option<LocalDate>,
    /// What it may do on the network.
    pub access: Access,
    /// The number of that decision.
    pub access_version: u64,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineView {
    /// What it is for.
    pub subscription: SubscriptionId,
    /// On which plan.
    pub plan: PlanId,
    /// The days.
    pub period: Period,
    /// The whole cycle whose price is prorated.
    pub cycle: Period,
    /// What it adds to the invoice.
    pub amount: Money,
    /// Whether it takes an earlier charge back.
    pub repairs: bool,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvoiceView {
    /// The invoice.
    pub id: InvoiceId,
    /// Who owes it.
    pub account: AccountId,
    /// Its number as printed.
    pub number: String,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// The sum of its lines.
    pub total: Money,
    /// How much of it is paid.
    pub allocated: Money,
    /// What is still due.
    pub due: Money,
    /// How far it is paid.
    pub settlement: Settlement,
    /// Its date.
    pub issued_on: LocalDate,
    /// The last day to pay it without being overdue.
    pub due_on: LocalDate,
}

/// What a payment paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllocationView {
    /// The invoice.
    pub invoice: InvoiceId,
    /// How much.
    pub amount: Money,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentView {
    /// The payment.
    pub id: PaymentId,
    /// Whose debt it pays.
    pub account: AccountId,
    /// How much came in.
    pub amount: Money,
    /// How.
    pub method: PaymentMethod,
    /// What the payer or provider calls it.
    pub reference: Option<String>,
    /// When it came in.
    pub received_at: Timestamp,
    /// What it paid.
    pub allocations: Vec<AllocationView>,
    /// What has not paid anything yet.
    pub unallocated: Money,
    /// What went back of it, by refunds and reversals.
    pub returned: Money,
}

/// Which subscriptions are wanted; what is absent does not filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubscriptionFilter {
    /// Only this customer's.
    pub customer: Option<CustomerId>,
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only with this status: `active`, `suspended` or `ended`.
    pub status: Option<&'static str>,
}

/// Which invoices are wanted; what is absent does not filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InvoiceFilter {
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only with this settlement.
    pub settlement: Option<Settlement>,
}
