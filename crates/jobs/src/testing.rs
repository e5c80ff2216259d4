//! An in-memory store of background work that keeps the ports' promises, and the contract every adapter must pass.

mod contract;
mod memory;

pub use contract::{CONTRACT_EVENT, CONTRACT_HANDLERS, EventFeed, JobsPorts, jobs_store_contract};
pub use memory::MemoryJobs;
