//! Reactions, jobs and sweeps on the contexts' fakes: each does what it says, and a repeat harms nobody.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod billing_sweeps;
mod fakes;
mod gateway_jobs;
mod imports;
mod payment_sweeps;
mod prepaid;
mod reactions;
mod refusals;
mod router_jobs;
mod selling;
mod usage_jobs;
mod voucher_jobs;
mod world;
