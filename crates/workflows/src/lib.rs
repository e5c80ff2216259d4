//! What happens across contexts: reactions to events, jobs, and sweeps over time.
//!
//! Contexts do not know each other. They meet here: a reaction reads what one context recorded and tells another; a
//! job does work that is too long for a request; a sweep finds by query what time has made due, so that a run that was
//! missed heals on the next.

mod executors;
mod failure;
pub mod job_kinds;
mod order_vouchers;
mod progress;
mod reactions;
mod sell_subscription;
mod workbench;

pub use executors::run_job;
pub use failure::{Failure, Remedy};
pub use order_vouchers::{OrderVouchers, OrderVouchersError, OrderVouchersPorts, order_vouchers};
pub use progress::Progress;
pub use reactions::{deliver, subscriptions};
pub use sell_subscription::{
    SellSubscription, SellSubscriptionError, SubscriptionStore, SubscriptionTx, sell_subscription,
};
pub use workbench::Workbench;
