//! The gateway against simulated routers, healthy and not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod connections;
mod execute;
mod faults;
mod healthy;
mod leases;
mod metering;
mod protection;
mod services;
mod site;
mod strangers;
