//! Fakes that keep this context's promises, and the contracts that every adapter must keep too.
#![allow(
    clippy::expect_used,
    reason = "a broken promise must stop the test that found it"
)]

mod fake_router;
pub mod fuzzing;
mod gateway_contract;
mod memory_access;
mod memory_queries;
mod samples;
mod store_contract;

pub use fake_router::FakeRouter;
pub use gateway_contract::{Bench, router_gateway_contract};
pub use memory_access::MemoryAccess;
pub use samples::{
    numbered, sample_facts, sample_grant, sample_profile, sample_router, sample_terms,
};
pub use store_contract::access_store_contract;
