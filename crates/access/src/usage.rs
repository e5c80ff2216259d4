//! What customers have used: counters of routers turned into totals that never go back.
//!
//! A router forgets. It adds a hotspot session to its user's totals at logout only, loses running sessions with its
//! power, starts again from zero when somebody resets counters or makes the row anew, and has no totals at all for PPP.
//! So every counter is followed by itself: each login's own totals, and each session it has. What is recorded is the
//! growth between two polls. Where a growth cannot be told from a loss, less is recorded and never more: a customer is
//! not charged for what was not used.

mod account;
mod load;
mod meter;
mod poll;
mod ports;
mod reading;
mod session;
#[cfg(test)]
mod tests;

pub use account::{Books, FirstUse, LoginChange, LoginSeen, PollClock, account};
pub use load::Load;
pub use meter::{Meter, UserSeen};
pub use poll::PollState;
pub use ports::{
    DayUsage, GrantUsage, Owner, RouterOnline, SessionFilter, SessionView, UsageQueries, UsageStore,
};
pub use reading::{SessionCounters, Traffic, UsageReading, UsageScope, UserCounters};
pub use session::{EndCause, SessionEnd, TrackedSession};
