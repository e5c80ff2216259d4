//! A server that answers like Stripe and Midtrans, with faults; nobody's money moves.
//!
//! It was written from the providers' documentation, not from the adapter, and the providers' own client libraries are
//! run against it (`xtask/peers/gateways.py`). Both providers live at one address: their paths do not meet. What a customer
//! would do is done by the methods of [`GatewaySim`], or over HTTP under `/_control`:
//!
//! * `POST /_control/{begin,pay,expire}/{reference}`: the customer chooses how to pay, pays, lets the time pass;
//! * `GET /_control/delivery/{reference}`: the webhook that the provider would send now, with its headers;
//! * `POST /_control/fault/{refuse,lose,garble,flood,stall}`: the next call goes wrong in this way.

mod exchange;
mod midtrans;
mod sale;
mod server;
mod stripe;
mod world;

pub use server::{GatewaySim, SimSettings};
pub use world::{Delivery, Fault};
