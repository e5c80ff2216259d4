//! The gateway against simulated routers, healthy and not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod connections;
mod faults;
mod healthy;
mod leases;
mod services;
mod site;
mod strangers;
