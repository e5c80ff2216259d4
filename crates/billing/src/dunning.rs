//! What follows from debt: levels by policy, promises and holds, allowed hours, steps taken once, requests for payment.
//!
//! Nothing here is remembered but what was done: the level is computed anew from open invoices and the date, so that paying
//! the oldest invoice moves the count at once (billing.md, invariant 34).

mod campaign;
mod drafts;
mod episode;
mod ladder;
mod leave;
mod owed;
mod procedure;
mod run;
mod steps;
mod window;

pub use campaign::{Attempts, Campaign, PaymentRequest};
pub use drafts::{final_on, is_final, retry_days};
pub use episode::{Episode, TakenStep, WindowState};
pub use ladder::{BadLadder, Debt, Ladder, Measure};
pub use leave::{
    BadPromise, Hold, LONGEST_PROMISE_DAYS, Promise, PromiseState, last_day_to_pay, overdue_with,
};
pub use owed::{Cause, Situation};
pub use procedure::{
    BadProcedure, MOST_HOLIDAYS, MOST_PROMISES, NewProcedure, Procedure, ProcedureId,
};
pub use run::{DunningRun, DunningRunSnapshot, DunningRunState, RunDecision, RunRefusal};
pub use steps::{BadSteps, FARTHEST_STEP_DAYS, MOST_STEPS, Step, StepKind, Steps};
pub use window::{BadWindow, SuspensionWindow};

pub(crate) use ladder::reached;

#[cfg(test)]
mod tests;
