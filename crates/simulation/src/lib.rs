//! A whole internet provider on virtual time, with faults, against the invariants of billing.
//!
//! People sign up, change plans, pay early, late, in parts, twice or not at all, leave and come back; routers go out of
//! reach; the process dies at writes; messages come twice and in another order; sweeps are missed for a day. What runs is
//! the product itself - its contexts, reactions and jobs - on the contexts' own stores in memory. After every simulated day
//! the accounts that moved are judged by the invariants of `billing.md`, section 2, and all of them at the end of each month,
//! by sums and counts made apart from the product.
//!
//! The same scenario gives the same history. A promise that does not hold ends it with the rule, the seed and what
//! happened to the one account.
//!
//! ```
//! use simulation::{Kept, Scenario, simulate};
//!
//! # fn main() -> Result<(), simulation::Broken> {
//! let scenario = Scenario { customers: 5, years: 1, seed: 7, faults: true, kept: Kept::InMemory };
//! let first = simulate(scenario, |_| {})?;
//! assert_eq!(first, simulate(scenario, |_| {})?, "the same seed, the same history");
//! # Ok(())
//! # }
//! ```

mod backend;
mod books;
mod calendar;
mod carrier;
mod chance;
mod conduct;
mod known;
mod life;
mod peril;
mod provider;
mod rules;
mod stores;
mod summary;
mod trail;

use kernel::LocalDate;

use calendar::next_day;
pub use summary::{Faults, Summary};

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    /// Who signs up in all, 1 or more.
    pub customers: u32,
    /// For how long, 1 to 50.
    pub years: u32,
    /// Which history.
    pub seed: u64,
    /// Whether routers go away, processes die, messages repeat and sweeps are missed.
    pub faults: bool,
    /// What it is kept in; the history is the same.
    pub kept: Kept,
}

/// Where the product keeps what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In the contexts' own stores in memory.
    InMemory,
    /// In the real store, on a SQLite file in a temporary folder; for programs built with the feature `sqlite`.
    OnSqlite,
}

/// A promise that does not hold.
#[derive(Debug, thiserror::Error)]
#[error("seed {seed}, {day}: {why}")]
pub struct Broken {
    /// The seed of the history.
    pub seed: u64,
    /// The local day it was seen on.
    pub day: LocalDate,
    /// The rule, what was seen instead, and what happened to the account before.
    pub why: String,
}

/// Simulates a history to its end; `tell` hears of each day that is over.
///
/// # Errors
/// [`Broken`] on the first promise that does not hold.
pub fn simulate(scenario: Scenario, tell: impl FnMut(LocalDate)) -> Result<Summary, Broken> {
    let broken = |day, err: &anyhow::Error| Broken {
        seed: scenario.seed,
        day,
        why: format!("{err:#}"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|err| broken(provider::first_day(), &err.into()))?;
    runtime.block_on(live(scenario, tell))
}

async fn live(scenario: Scenario, mut tell: impl FnMut(LocalDate)) -> Result<Summary, Broken> {
    let mut day = provider::first_day();
    let broken = |day, err: anyhow::Error| Broken {
        seed: scenario.seed,
        day,
        why: format!("{err:#}"),
    };
    let begun = life::Life::begin(scenario).await;
    let mut life = begun.map_err(|err| broken(day, err))?;
    while day < life.end() {
        life.day(day).await.map_err(|err| broken(day, err))?;
        tell(day);
        day = next_day(day);
    }
    life.finish().await.map_err(|err| broken(day, err))
}
