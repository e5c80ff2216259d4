//! An in-memory store of billing that keeps the ports' promises, and the contract every adapter must pass.

mod contract;
mod gateway_contract;
mod gateway_store_contract;
mod memory;
mod memory_gateways;
mod sandbox_bench;

pub use contract::{billing_run_contract, billing_store_contract};
pub use gateway_contract::{GatewayBench, payment_gateway_contract};
pub use gateway_store_contract::gateway_store_contract;
pub use memory::MemoryBilling;
pub use memory_gateways::MemoryGateways;
pub use sandbox_bench::SandboxBench;
