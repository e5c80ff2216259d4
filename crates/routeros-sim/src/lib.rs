//! A simulated router that speaks the RouterOS API on TCP and TLS, with sessions and faults.
//!
//! It is strict where a real router is: unknown menus, commands and arguments are refused with
//! the texts of real routers, rows are unique and references exist. People can be simulated too:
//! they dial in, log in, use traffic and time. Faults are one call each. See the README for the
//! program and for use from other languages.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use routeros_sim::{SimConfig, Simulator};
//!
//! let router = Simulator::start(SimConfig::new("tower-1")).await?;
//! router.insert("/ppp/profile", &[
//!     ("name", "gold"),
//!     ("rate-limit", "5M/20M"),
//!     ("remote-address", "pppoe-pool"),
//! ])?;
//! router.insert("/ppp/secret", &[("name", "siti"), ("password", "pw"), ("profile", "gold")])?;
//!
//! let session = router.ppp_dial("siti", "pw", "AA:BB:CC:00:00:01")?;
//! assert_eq!(session.rate_limit.as_deref(), Some("5M/20M"));
//! assert!(router.row("/interface", "name", "<pppoe-siti>").is_some());
//! router.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod board;
mod changes;
mod commands;
mod config;
mod control;
mod door;
mod fault;
mod flow;
mod hotspot;
mod listener;
mod meddling;
mod menus;
mod outside;
mod passing;
mod policies;
mod pool;
mod ppp;
mod query;
mod refusal;
mod router;
mod schema;
mod session;
mod shared;
mod simulator;
mod state_file;
mod stats;
mod table;
mod text;
mod tls;
mod value;
mod version;

pub use changes::{Change, ChangeKind};
pub use config::{SimCertificate, SimConfig, SimHotspot, SimTls, SimUser};
pub use fault::{Fault, Permission, UnknownFault};
pub use hotspot::admission::LoginError;
pub use hotspot::login::HotspotSession;
pub use menus::leases::DhcpError;
pub use ppp::{DialError, PppSession};
pub use simulator::Simulator;
pub use stats::SimStats;
pub use version::{UnknownVersion, VersionProfile};

/// The README's example, compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
