//! Money and what is sold, as people look at it.

use kernel::{
    AccountId, Currency, CustomerId, EntityId, InvoiceId, LocalDate, Money, Name, PaymentId,
    PlanId, ProfileId, SubscriptionId, Timestamp, Zone,
};
use serde::Serialize;

use crate::events::Access;
use crate::interval::Interval;
use crate::invoice::{Line, Settlement};
use crate::overdue::{DunningPolicy, Level};
use crate::payment::PaymentMethod;
use crate::plan::{Charging, PlanStatus, SoldAs};
use crate::schedule::{BillDay, Period};
use crate::segment::ChargeKind;
use crate::subscription::{
    AddOn, Agreement, ImpossibleSubscription, Subscription, SubscriptionStatus,
};
use crate::timeline::{Pause, Timing};

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
    /// What happens to whoever does not pay.
    pub dunning: DunningPolicy,
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
    /// How it is charged.
    pub charging: Charging,
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
    /// What is agreed about the base plan.
    pub agreement: Agreement,
    /// What will be agreed, if a change is scheduled.
    pub scheduled: Option<Agreement>,
    /// The first day that is paid for, if it was sold with a trial.
    pub trial_until: Option<LocalDate>,
    /// What was added to it.
    pub add_ons: Vec<AddOn>,
    /// When it rests because that was decided.
    pub pauses: Vec<Pause>,
    /// Whether periods are billed ahead.
    pub timing: Timing,
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

impl SubscriptionView {
    /// How a subscription of a customer looks.
    ///
    /// # Errors
    /// [`ImpossibleSubscription`] without any agreement.
    pub fn of(it: &Subscription, customer: CustomerId) -> Result<Self, ImpossibleSubscription> {
        let state = it.snapshot();
        let agreement = it.agreement();
        let suspended_reason = match &state.status {
            SubscriptionStatus::Suspended { reason, .. } => Some(reason.clone()),
            SubscriptionStatus::Active | SubscriptionStatus::Ended { .. } => None,
        };
        Ok(Self {
            id: state.id,
            account: state.account,
            customer,
            agreement: agreement.ok_or(ImpossibleSubscription::NoAgreement)?,
            scheduled: it.scheduled(),
            trial_until: it.trial_until(),
            add_ons: it.add_ons(),
            pauses: it.pauses().to_vec(),
            timing: state.timing,
            interval: it.interval(),
            bill_day: it.bill_day(),
            started_on: state.started_on,
            status: state.status.as_str(),
            suspended_reason,
            ends_on: state.ends_on,
            billed_through: state.billed_through,
            next_bill_on: it.next_bill_on(),
            access: state.access,
            access_version: state.access_version,
        })
    }
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineView {
    /// What it is for.
    pub subscription: SubscriptionId,
    /// Which component of it; 0 is the base plan.
    pub component: u16,
    /// Whether the charge comes again.
    pub kind: ChargeKind,
    /// On which plan.
    pub plan: PlanId,
    /// How many units.
    pub quantity: u32,
    /// The days.
    pub period: Period,
    /// The whole cycle whose price is prorated.
    pub cycle: Period,
    /// What it adds to the invoice.
    pub amount: Money,
    /// Whether it takes an earlier charge back.
    pub repairs: bool,
}

impl From<&Line> for LineView {
    fn from(line: &Line) -> Self {
        Self {
            subscription: line.subscription,
            component: line.component,
            kind: line.kind,
            plan: line.plan,
            quantity: line.quantity,
            period: line.period,
            cycle: line.cycle,
            amount: line.amount,
            repairs: line.repairs.is_some(),
        }
    }
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
