//! Talks to real routers: implements the router gateway of the access context over the RouterOS API.
//!
//! Each router has tasks and connections of its own, one as a rule, with several tagged commands in flight. In front of
//! them stand a circuit breaker, a queue by urgency, a limiter and a window. A router that does not answer delays only
//! its own callers, and a command whose outcome is unknown is never taken for done: it is read back first.

mod actor;
mod answer;
mod apply;
mod cache;
mod connect;
mod cut;
mod emitted;
mod examine;
mod execute;
mod failure;
mod feed;
mod gate;
mod gateway;
mod guard;
mod handshake;
mod in_flight;
mod inspect;
mod line;
mod link;
mod meter;
mod normalise;
mod pacer;
mod pool;
mod pump;
mod queues;
mod read;
mod reports;
mod room;
mod select;
mod settings;
mod statistics;
mod survey;
mod tls;
mod usage;

pub use emitted::{Emitted, Presence, emitted};
pub use gateway::RouterOsGateway;
pub use resilience::{BreakerSettings, BucketSettings};
pub use settings::{CacheSettings, GatewaySettings, Integrity, Order, PoolSettings};
