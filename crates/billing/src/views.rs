//! Money and what is sold, as people look at it.

use kernel::{
    AccountId, CreditNoteId, Currency, CustomerId, EntityId, InvoiceId, LocalDate, Money,
    MoneyError, Name, PaymentId, PlanId, ProfileId, SubscriptionId, Timestamp, Zone,
};
use serde::Serialize;

use crate::credit_note::IssuedNote;
use crate::dunning::{Hold, NewProcedure, Promise};
use crate::entity::{EntityPricing, TaxCode};
use crate::events::Access;
use crate::interval::Interval;
use crate::invoice::{InvoiceSnapshot, Line, Settlement, printed_number};
use crate::overdue::{DunningPolicy, Level};
use crate::payment::{Payment, PaymentMethod, PaymentState, PaymentStatus, Return, ToldLate};
use crate::plan::{Charging, PlanStatus, SoldAs};
use crate::pricing::{TaxCategory, TaxGroup, TaxedLine, Totals};
use crate::ratio::Ratio;
use crate::schedule::{BillDay, Period};
use crate::segment::ChargeKind;
use crate::subscription::{
    AddOn, Agreement, ImpossibleSubscription, Subscription, SubscriptionStatus,
};
use crate::timeline::{Pause, Timing};
use crate::unmatched::{UnmatchedId, UnmatchedSnapshot, UnmatchedState, UnmatchedStatus};

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
    /// Its listed amount, before discounts; with its taxes in it where prices include them. Below zero if it takes an
    /// earlier charge back.
    pub amount: Money,
    /// Its share of the discounts.
    pub discount: Money,
    /// Its share of the taxes.
    pub tax: Money,
    /// Whether it takes an earlier charge back.
    pub repairs: bool,
}

impl LineView {
    /// A line with its share of discounts and taxes, where the document has any.
    ///
    /// # Errors
    /// [`MoneyError`] if the taxes cannot be summed.
    pub fn of(line: &Line, priced: Option<&TaxedLine>) -> Result<Self, MoneyError> {
        let bare = Self::from(line);
        Ok(Self {
            discount: priced.map_or(bare.discount, |it| it.discount),
            tax: priced.map_or(Ok(bare.tax), TaxedLine::tax)?,
            ..bare
        })
    }

    /// Every line of a document.
    ///
    /// # Errors
    /// [`MoneyError`] if the taxes cannot be summed.
    pub fn all(lines: &[Line], figures: Option<&Totals>) -> Result<Vec<Self>, MoneyError> {
        let priced = |place: usize| figures.and_then(|it| it.lines.get(place));
        let lines = lines.iter().enumerate();
        lines
            .map(|(place, it)| Self::of(it, priced(place)))
            .collect()
    }
}

impl From<&Line> for LineView {
    /// A line by itself: it has a share of discounts and taxes on a document only.
    fn from(line: &Line) -> Self {
        let none = Money::zero(line.amount.currency());
        Self {
            subscription: line.subscription,
            component: line.component,
            kind: line.kind,
            plan: line.plan,
            quantity: line.quantity,
            period: line.period,
            cycle: line.cycle,
            amount: line.amount,
            discount: none,
            tax: none,
            repairs: line.repairs.is_some(),
        }
    }
}

/// What the lines of a document come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FiguresView {
    /// What discounts took off.
    pub discount: Money,
    /// The sum without tax.
    pub net: Money,
    /// Every tax, by rule.
    pub taxes: Vec<TaxView>,
    /// The sum of taxes.
    pub tax: Money,
    /// What is added, or taken off, so that it can be paid in coins.
    pub rounding: Money,
}

/// One tax of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaxView {
    /// What it is called.
    pub name: String,
    /// Its category.
    pub category: TaxCategory,
    /// Its rate, as a fraction of what is taxed.
    pub rate: Ratio,
    /// What is taxed.
    pub taxable: Money,
    /// The tax.
    pub tax: Money,
}

impl FiguresView {
    /// The figures of a document; its total alone where it has no others.
    #[must_use]
    pub fn of(figures: Option<&Totals>, total: Money) -> Self {
        let none = Money::zero(total.currency());
        let tax = |it: &TaxGroup| TaxView {
            name: it.rule.name().to_owned(),
            category: it.rule.category(),
            rate: it.rule.rate(),
            taxable: it.taxable,
            tax: it.tax,
        };
        Self {
            discount: figures.map_or(none, |it| it.discount),
            net: figures.map_or(total, |it| it.tax_exclusive),
            taxes: figures.map_or_else(Vec::new, |it| it.taxes.iter().map(tax).collect()),
            tax: figures.map_or(none, |it| it.tax_total),
            rounding: figures.map_or(none, |it| it.rounding),
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
    /// What they come to.
    pub figures: FiguresView,
    /// What is asked for.
    pub total: Money,
    /// How much of it is paid.
    pub allocated: Money,
    /// What credit notes took off it.
    pub credited: Money,
    /// What nobody expects to be paid any more.
    pub written_off: Money,
    /// The day it was voided.
    pub voided_on: Option<LocalDate>,
    /// Why it was voided.
    pub void_reason: Option<String>,
    /// What is still due.
    pub due: Money,
    /// How far it is paid.
    pub settlement: Settlement,
    /// Its date.
    pub issued_on: LocalDate,
    /// The last day to pay it without being overdue.
    pub due_on: LocalDate,
}

impl InvoiceView {
    /// An invoice as it is looked at.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn of(it: InvoiceSnapshot) -> Result<Self, MoneyError> {
        let otherwise = it.credited.checked_add(it.written_off)?;
        Ok(Self {
            id: it.id,
            account: it.account,
            number: printed_number(&it.series, it.number),
            lines: LineView::all(&it.lines, it.figures.as_deref())?,
            figures: FiguresView::of(it.figures.as_deref(), it.total),
            total: it.total,
            allocated: it.allocated.checked_sub(otherwise)?,
            credited: it.credited,
            written_off: it.written_off,
            voided_on: it.voided.as_ref().map(|it| it.on),
            void_reason: it.voided.map(|it| it.reason),
            due: it.total.checked_sub(it.allocated)?,
            settlement: Settlement::of(it.total.minor(), it.allocated.minor()),
            issued_on: it.issued_on,
            due_on: it.due_on,
        })
    }
}

/// A credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// The note.
    pub id: CreditNoteId,
    /// Whose debt it takes off.
    pub account: AccountId,
    /// The invoice of which something is given back.
    pub invoice: InvoiceId,
    /// Its number as printed.
    pub number: String,
    /// Why.
    pub reason: String,
    /// What is given back of each line.
    pub lines: Vec<NoteLineView>,
    /// The sum without tax.
    pub net: Money,
    /// The sum of taxes.
    pub tax: Money,
    /// The share of the invoice's rounding that goes with it.
    pub rounding: Money,
    /// What is given back in all.
    pub total: Money,
    /// Its date.
    pub issued_on: LocalDate,
}

/// What is given back of one line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteLineView {
    /// The line, counted from 0.
    pub line: usize,
    /// What of its listed amount.
    pub amount: Money,
    /// What of its discount follows.
    pub discount: Money,
    /// What is given back without taxes.
    pub net: Money,
    /// Its share of the taxes.
    pub tax: Money,
    /// The days that are taken back with it.
    pub days: Vec<Period>,
}

impl NoteView {
    /// A note as it is looked at.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn of(it: IssuedNote) -> Result<Self, MoneyError> {
        let IssuedNote {
            draft,
            series,
            number,
        } = it;
        let days = |line: usize| {
            let own = draft.pieces.iter();
            let own = own.filter(move |it| usize::from(it.line) == line);
            own.filter_map(|it| it.days).collect()
        };
        let lines = draft.note.lines.iter().map(|it| NoteLineView {
            line: it.line,
            amount: it.amount,
            discount: it.discount,
            net: it.net,
            tax: it.tax,
            days: days(it.line),
        });
        Ok(Self {
            id: draft.id,
            account: draft.account,
            invoice: draft.invoice,
            number: printed_number(&series, number),
            lines: lines.collect(),
            net: draft.note.net,
            tax: draft.note.tax()?,
            rounding: draft.rounding,
            total: draft.total()?,
            issued_on: draft.issued_on,
            reason: draft.reason,
        })
    }
}

/// Which credit notes are wanted; what is absent does not filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoteFilter {
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only this invoice's.
    pub invoice: Option<InvoiceId>,
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
    /// How far it has come.
    pub status: PaymentStatus,
    /// Why no money came, where none did.
    pub failure: Option<String>,
    /// Whose account at which provider was asked for it.
    pub provider: Option<String>,
    /// What it is called there.
    pub asked_as: Option<String>,
    /// How much was asked for.
    pub asked: Option<Money>,
    /// From when on nobody can pay it any more.
    pub expires_at: Option<Timestamp>,
    /// What the provider paid out, if in another currency.
    pub settled_as: Option<Money>,
    /// What was told after it had resolved otherwise.
    pub told_late: Vec<ToldLate>,
    /// What went back of it, in order.
    pub returns: Vec<Return>,
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

impl PaymentView {
    /// What people see of a payment.
    ///
    /// # Errors
    /// [`MoneyError`] if its amounts contradict each other.
    pub fn of(payment: &Payment) -> Result<Self, MoneyError> {
        let uses = payment.uses()?.into_iter();
        let status = payment.status();
        let (unallocated, returned) = (payment.unallocated()?, payment.returned()?);
        let it = payment.snapshot();
        let (provider, asked_as, asked, expires_at) = match it.ask {
            Some(ask) => (
                Some(ask.provider),
                Some(ask.asked_as),
                Some(ask.amount),
                ask.expires_at,
            ),
            None => (None, None, None, None),
        };
        Ok(Self {
            status,
            failure: match it.state {
                PaymentState::Failed { reason } => Some(reason),
                _ => None,
            },
            provider,
            asked_as,
            asked,
            expires_at,
            settled_as: it.settled_as,
            told_late: it.told_late,
            returns: it.returns,
            id: it.id,
            account: it.account,
            amount: it.amount,
            method: it.method,
            reference: it.reference,
            received_at: it.received_at,
            allocations: uses
                .map(|it| AllocationView {
                    invoice: it.invoice,
                    amount: it.amount,
                })
                .collect(),
            unallocated,
            returned,
        })
    }
}

/// Money that fits no account, or did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmatchedView {
    /// The money.
    pub id: UnmatchedId,
    /// How much.
    pub amount: Money,
    /// How it came in.
    pub method: PaymentMethod,
    /// What the payer or provider calls it.
    pub reference: Option<String>,
    /// Who sent it.
    pub payer: Option<String>,
    /// What the payer wrote.
    pub note: Option<String>,
    /// When it came in.
    pub received_at: Timestamp,
    /// What became of it.
    pub status: UnmatchedStatus,
    /// The payment it became.
    pub payment: Option<PaymentId>,
    /// Whose it is.
    pub account: Option<AccountId>,
    /// Why it went back.
    pub reason: Option<String>,
}

impl From<UnmatchedSnapshot> for UnmatchedView {
    fn from(it: UnmatchedSnapshot) -> Self {
        let status = it.state.status();
        let (account, payment, reason) = match it.state {
            UnmatchedState::Open => (None, None, None),
            UnmatchedState::Allocated { account, payment } => (Some(account), Some(payment), None),
            UnmatchedState::Returned { reason } => (None, None, Some(reason)),
        };
        Self {
            id: it.id,
            amount: it.amount,
            method: it.method,
            reference: it.reference,
            payer: it.payer,
            note: it.note,
            received_at: it.received_at,
            status,
            payment,
            account,
            reason,
        }
    }
}

/// Which payments are wanted; what is absent does not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentFilter {
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only those that have come so far.
    pub status: Option<PaymentStatus>,
    /// Only those that came in this way.
    pub method: Option<PaymentMethod>,
    /// Only those with this reference, whatever the method.
    pub reference: Option<String>,
    /// Only those that this provider was asked for.
    pub provider: Option<String>,
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
