//! Talks to real routers: implements the router gateway of the access context over the RouterOS API.
//!
//! Each router has one task that owns one connection, with several tagged commands in flight. A router that does not
//! answer delays only its own callers, and a command whose outcome is unknown is never taken for done: it is read
//! back first.

mod actor;
mod answer;
mod apply;
mod connect;
mod cut;
mod emitted;
mod failure;
mod gate;
mod gateway;
mod handshake;
mod inspect;
mod line;
mod normalise;
mod pacer;
mod pump;
mod read;
mod select;
mod settings;

pub use emitted::{Emitted, Presence, emitted};
pub use gateway::RouterOsGateway;
pub use settings::GatewaySettings;
