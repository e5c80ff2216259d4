//! An in-memory store of customers that keeps the ports' promises, and the contract every adapter must pass.

mod contract;
mod memory;

pub use contract::customers_store_contract;
pub use memory::MemoryCustomers;
