//! What follows from debt: levels by policy, promises and holds, allowed hours, steps taken once, requests for payment.
//!
//! Nothing here is remembered but what was done: the level is computed anew from open invoices and the date, so that paying
//! the oldest invoice moves the count at once (billing.md, invariant 34).

mod arrears;
mod campaign;
mod drafts;
mod episode;
mod ladder;
mod leave;
mod window;

pub use arrears::{Arrears, ArrearsRefusal, LONGEST_TERMS_DAYS, Situation};
pub use campaign::{Attempts, Campaign, PaymentRequest};
pub use drafts::{final_on, is_final, retry_days};
pub use episode::{BadSteps, Episode, Step, StepKind, Steps, WindowState};
pub use ladder::{BadLadder, Debt, Ladder, Measure};
pub use leave::{
    BadPromise, Hold, LONGEST_PROMISE_DAYS, Promise, PromiseState, last_day_to_pay, overdue_with,
};
pub use window::{BadWindow, SuspensionWindow};

pub(crate) use ladder::reached;

#[cfg(test)]
mod tests;
