//! The gateway against simulated routers, healthy and not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod connections;
mod door;
mod encrypted;
mod examined;
mod faults;
mod healthy;
mod leaks;
mod site;
mod strangers;
