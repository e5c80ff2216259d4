//! Protects what is called and who calls: circuit breakers, a limiter with priorities, a bounded queue, backoff.
//!
//! Adapters put these in front of what they talk to. Nothing here knows what is called. Time is tokio's, which tests
//! may pause; randomness is passed in.

mod backoff;
mod breaker;
mod bucket;
mod class;
mod queue;
mod registry;
mod turnstile;

pub use backoff::Backoff;
pub use breaker::{Breaker, BreakerSettings, BreakerSnapshot, BreakerState, Open, Permit};
pub use bucket::{BucketSettings, TokenBucket};
pub use class::Class;
pub use queue::{Full, PriorityQueue};
pub use registry::{Breakers, Transition};
pub use turnstile::{NoTurn, Turn, Turnstile, TurnstileSettings, TurnstileSnapshot};
