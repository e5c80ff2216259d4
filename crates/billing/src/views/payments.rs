//! Payments and money that fits no account, as people look at them.

use kernel::{AccountId, InvoiceId, Money, MoneyError, PaymentId, Timestamp};
use serde::Serialize;

use crate::allocation::Allocation;
use crate::payment::{Payment, PaymentMethod, PaymentState, PaymentStatus, Return, ToldLate};
use crate::unmatched::{UnmatchedId, UnmatchedSnapshot, UnmatchedState, UnmatchedStatus};

/// What a payment paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllocationView {
    /// The invoice.
    pub invoice: InvoiceId,
    /// How much.
    pub amount: Money,
}

impl AllocationView {
    const fn of(it: Allocation) -> Self {
        Self {
            invoice: it.invoice,
            amount: it.amount,
        }
    }
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
    /// How it came to that, in the order it was used; below zero where it was taken off again.
    pub used: Vec<AllocationView>,
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
            allocations: uses.map(AllocationView::of).collect(),
            used: it.allocations.into_iter().map(AllocationView::of).collect(),
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
