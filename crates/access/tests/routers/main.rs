//! Use cases against routers that answer, refuse, fall silent and are drifted by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod certificates;
mod customers;
mod guards;
mod operators;
mod outages;
mod urgency;
mod world;
