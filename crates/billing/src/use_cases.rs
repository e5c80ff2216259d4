//! What can be done with money and what is sold, one file each.

pub(crate) mod account_change;
pub(crate) mod agree_discount;
pub(crate) mod allocate_payment;
pub(crate) mod allocate_unmatched;
pub(crate) mod amend_subscription;
pub(crate) mod bill_account;
pub(crate) mod cancel_subscription;
pub(crate) mod change_plan;
pub(crate) mod change_terms;
pub(crate) mod credit_invoice;
pub(crate) mod define_plan;
pub(crate) mod define_procedure;
pub(crate) mod define_taxes;
pub(crate) mod dunning_run;
pub(crate) mod evaluate_account;
pub(crate) mod found_entity;
pub(crate) mod give_back;
pub(crate) mod give_time;
pub(crate) mod head_documents;
pub(crate) mod hold_account;
pub(crate) mod keep_till;
pub(crate) mod paid;
pub(crate) mod preview;
pub(crate) mod promise_to_pay;
pub(crate) mod prove_payment;
pub(crate) mod receive_unmatched;
pub(crate) mod record_payment;
pub(crate) mod release_account;
pub(crate) mod renew_subscription;
pub(crate) mod request_payment;
pub(crate) mod resume_subscription;
pub(crate) mod subscribe;
pub(crate) mod suspend_subscription;
pub(crate) mod tell_payment;
pub(crate) mod void_invoice;
pub(crate) mod waive_fee;
pub(crate) mod write_off_invoice;

mod correcting;
mod locked;
pub(crate) mod settlement;
pub(crate) mod standing;

use kernel::{MayConflict, StoreError, SubscriptionId};

use crate::difference::Inconsistent;
use crate::subscription::SubscriptionRefusal;

/// Why a subscription was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// The tenant has no such subscription.
    #[error("there is no subscription {0}")]
    NotFound(SubscriptionId),
    /// The tenant has no such plan.
    #[error("there is no plan {0}")]
    NoPlan(kernel::PlanId),
    /// Its state does not allow it.
    #[error("the subscription refuses it")]
    Refused(#[from] SubscriptionRefusal),
    /// What it was billed contradicts itself, or an amount does not fit.
    #[error("what it was billed cannot be looked at")]
    Inconsistent(#[source] Inconsistent),
    /// Its account cannot be billed.
    #[error("its account cannot be billed")]
    Billing(#[from] bill_account::BillAccountError),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for SubscriptionError {
    fn is_conflict(&self) -> bool {
        match self {
            Self::Store(err) => err.is_conflict(),
            Self::Billing(err) => err.is_conflict(),
            Self::NotFound(_) | Self::NoPlan(_) | Self::Refused(_) | Self::Inconsistent(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
