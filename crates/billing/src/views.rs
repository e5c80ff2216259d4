//! Money and what is sold, as people look at it.

mod documents;
mod payments;
mod statement;

use kernel::{
    AccountId, Currency, CustomerId, EntityId, LocalDate, Money, Name, PlanId, ProfileId,
    SubscriptionId, Zone,
};
use serde::Serialize;

use crate::dunning::{Hold, NewProcedure, Promise};
use crate::entity::{EntityPricing, TaxCode};
use crate::events::Access;
use crate::interval::Interval;
use crate::overdue::{DunningPolicy, Level};
use crate::plan::{Charging, PlanStatus, SoldAs};
use crate::schedule::BillDay;
use crate::subscription::{
    AddOn, Agreement, ImpossibleSubscription, PaidTime, Subscription, SubscriptionStatus,
};
use crate::timeline::{Pause, Timing};

pub use documents::{
    FeeLineView, FiguresView, InvoiceFilter, InvoiceView, LineView, NoteFilter, NoteLineView,
    NoteView, TaxView,
};
pub use payments::{AllocationView, PaymentFilter, PaymentView, UnmatchedView};
pub use statement::{StatementEntry, StatementView, StatementWhat};

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
    /// Decimal digits on its documents.
    pub scale_digits: u8,
    /// Days from issue to due.
    pub terms_days: u16,
    /// The three numbers it was founded with; what is done about debts as long as no procedure is defined.
    pub dunning: DunningPolicy,
    /// What is done about debts.
    pub procedure: NewProcedure,
    /// The number of the procedure's definition; 0 for the one that follows from the three numbers.
    pub procedure_version: u64,
    /// How its documents are priced.
    pub pricing: EntityPricing,
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
    /// Its tax category; the usual one of the entity if it has none.
    pub tax_category: Option<TaxCode>,
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
    /// How long it is paid for, if it is prepaid.
    pub prepaid: Option<PaidTime>,
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
            prepaid: state.prepaid,
            access: state.access,
            access_version: state.access_version,
        })
    }
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
