//! An in-memory store of billing that keeps the ports' promises, and the contract every adapter must pass.

mod contract;
mod memory;

pub use contract::{billing_run_contract, billing_store_contract};
pub use memory::MemoryBilling;
