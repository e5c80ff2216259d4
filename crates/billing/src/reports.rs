//! Reports as pure functions: recurring revenue, ageing of receivables, churn, revenue per account.

mod aging;
mod recurring;

pub use aging::{AgeBucket, Aging, aging};
pub use recurring::{
    BadReport, MrrMovement, Recurring, annual, churn_rate, monthly, mrr, mrr_movement, per_account,
};

#[cfg(test)]
mod tests;
