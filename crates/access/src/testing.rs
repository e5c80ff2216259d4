//! Fakes that keep this context's promises, and the contracts that every adapter must keep too.
#![allow(
    clippy::expect_used,
    reason = "a broken promise must stop the test that found it"
)]

mod fake_feed;
mod fake_findings;
mod fake_router;
mod fake_usage;
pub mod fuzzing;
mod gateway_contract;
mod import_contract;
mod memory_access;
mod memory_grants;
mod memory_imports;
mod memory_queries;
mod memory_tables;
mod memory_usage;
mod mikhmon;
mod samples;
mod store_contract;
mod surveyed;
mod usage_contract;

pub use fake_router::{FAKE_CERTIFICATE, FakeRouter};
pub use gateway_contract::{Bench, router_gateway_contract};
pub use import_contract::import_store_contract;
pub use memory_access::MemoryAccess;
pub use memory_usage::MemoryUsage;
pub use mikhmon::{mikhmon_survey, surveyed_login, surveyed_profile};
pub use samples::{
    numbered, sample_facts, sample_grant, sample_profile, sample_router, sample_terms,
};
pub use store_contract::access_store_contract;
pub use usage_contract::usage_store_contract;
