//! The gateway against simulated routers, healthy and not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod connections;
mod door;
mod emitted;
mod encrypted;
mod examined;
mod execute;
mod faults;
mod healthy;
mod leaks;
mod leases;
mod limits;
mod listening;
mod metering;
mod mikhmon;
mod protection;
mod room;
mod services;
mod site;
mod strangers;
mod usage;
