//! Talks to payment providers: Stripe and Midtrans behind the payment gateway port of billing.
//!
//! One HTTP client for all of them: short timeouts, bounded answers, no redirects, a breaker for each host, and nothing
//! is sent twice that a provider might do twice.

mod address;
mod client;
mod json;
mod midtrans;
#[cfg(test)]
mod sandbed;
mod stripe;

pub use address::{BadAddress, BaseAddress};
pub use client::{Client, ClientSettings, NoClient};
pub use midtrans::{MidtransGateway, MidtransHosts, MidtransSettings};
pub use stripe::StripeGateway;
