//! An in-memory store of operators that keeps the ports' promises, credentials without cryptography, and the contract
//! every adapter must pass.

mod contract;
mod credentials;
mod memory;

pub use contract::operators_store_contract;
pub use credentials::{PlainHasher, PlainSigner};
pub use memory::MemoryOperators;
