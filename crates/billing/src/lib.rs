//! Accounts, plans, subscriptions, invoices, payments, ledger and dunning.
//!
//! Money is counted in minor units and time in local days of the legal entity. The heart is a handful of pure
//! functions: a [`Schedule`] cuts the life of a subscription into periods, [`desired`] prices them, [`diff`] says what is
//! still to be billed or taken back, [`allocate`] puts money on invoices, [`overdue`] says how far behind an account is.
//! Use cases apply them under the lock of one account, and whatever changes money re-derives access in the same
//! transaction.
//!
//! ```
//! use billing::{Interval, Schedule};
//!
//! let start = "2026-01-31".parse()?;
//! let schedule = Schedule::new(start, Interval::MONTH, None);
//! let starts: Vec<_> = schedule.cycles("2026-03-31".parse()?).map(|it| it.part.start.to_string()).collect();
//! assert_eq!(starts, ["2026-01-31", "2026-02-28", "2026-03-31"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod allocation;
mod difference;
mod entity;
mod events;
mod interval;
mod invoice;
mod ledger;
mod overdue;
mod payment;
mod plan;
mod ports;
mod rounding;
mod schedule;
mod segment;
mod subscription;
#[cfg(feature = "testing")]
pub mod testing;
mod use_cases;
mod views;

pub use account::{Account, AccountSnapshot};
pub use allocation::{Allocation, Payable, allocate};
pub use difference::{Billed, Due, Inconsistent, LineRef, diff};
pub use entity::{BadEntity, EntitySnapshot, LegalEntity, NewEntity};
pub use events::{Access, BillingEvent};
pub use interval::{BadInterval, Interval, IntervalUnit};
pub use invoice::{
    Invoice, InvoiceDraft, InvoiceSnapshot, Line, SettleRefusal, Settlement, printed_number,
};
pub use ledger::{Entry, LedgerAccount, Posting};
pub use overdue::{BadPolicy, DunningPolicy, Level, OpenAmount, overdue};
pub use payment::{BadPayment, NewPayment, Payment, PaymentMethod, PaymentSnapshot};
pub use plan::{BadPlan, NewPlan, Plan, PlanSnapshot, PlanStatus, SoldAs};
pub use ports::{
    ACCOUNT_CUSTOMER_UNIQUE, AccountRepository, BillingQueries, BillingStore, BillingTx,
    EntityRepository, InvoiceRepository, Ledger, PAYMENT_REFERENCE_UNIQUE, PLAN_NAME_UNIQUE,
    PaymentRepository, PlanRepository, SubscriptionRepository, SweepPage,
};
pub use rounding::{BadScale, InvoiceScale, MOST_MINOR, share};
pub use schedule::{BadBillDay, BillDay, Cycle, Period, Schedule};
pub use segment::{Pause, Phase, Segment, Timeline, desired};
pub use subscription::{
    Agreement, ImpossibleSubscription, NewSubscription, Subscription, SubscriptionRefusal,
    SubscriptionSnapshot, SubscriptionStatus, When,
};
pub use use_cases::SubscriptionError;
pub use use_cases::bill_account::{BillAccountError, bill_account};
pub use use_cases::cancel_subscription::{CancelSubscription, cancel_subscription};
pub use use_cases::change_plan::{ChangePlan, PlanChange, change_plan};
pub use use_cases::define_plan::{PlanError, define_plan, retire_plan};
pub use use_cases::evaluate_account::{EvaluateAccountError, evaluate_account};
pub use use_cases::found_entity::{FoundEntityError, found_entity};
pub use use_cases::record_payment::{RecordPayment, RecordPaymentError, record_payment};
pub use use_cases::resume_subscription::{ResumeSubscription, resume_subscription};
pub use use_cases::subscribe::{
    Subscribe, SubscribeError, Subscribed, subscribe, subscribe_within,
};
pub use use_cases::suspend_subscription::{SuspendSubscription, suspend_subscription};
pub use views::{
    AccountView, AllocationView, EntityView, InvoiceFilter, InvoiceView, LineView, PaymentView,
    PlanView, SubscriptionFilter, SubscriptionView,
};
