//! An in-memory store of vouchers that keeps the ports' promises, and the contract every adapter must pass.

mod contract;
mod memory;

pub use contract::vouchers_store_contract;
pub use memory::MemoryVouchers;
