//! What a router says about use at one moment.

use std::time::Duration;

use kernel::Timestamp;

use crate::login::LoginRef;
use crate::row::RowId;
use crate::usage::load::Load;

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageScope {
    /// Who is online, with the counters of their sessions: cheap enough for every minute.
    Sessions,
    /// The totals of every hotspot user and of every queue of a customer as well.
    Everything,
}

/// Bytes of one session since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes that the customer sent: the router's `bytes-in` and `rx-byte`.
    pub bytes_up: u64,
    /// Bytes that the customer received.
    pub bytes_down: u64,
}

/// The totals of a row that counts: a hotspot user over all sessions that have ended, or the queue of a static address or
/// of a device since it was made or the router began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCounters {
    /// Who.
    pub login: LoginRef,
    /// The row, so that one made anew under the same name is told from the old one.
    pub row: RowId,
    /// What the row has counted.
    pub load: Load,
    /// Whether it may have counted already before the product had it, without saying for how long.
    pub has_history: bool,
}

/// One session that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCounters {
    /// Who, on which service.
    pub login: LoginRef,
    /// What tells it from other sessions of the login: the session id of a PPP session, device and address of a hotspot
    /// session.
    pub key: String,
    /// The customer's address, if known.
    pub address: Option<String>,
    /// The device: a MAC address as a rule.
    pub device: Option<String>,
    /// Seconds since it began.
    pub uptime_s: u64,
    /// Its bytes; `None` if they could not be told this time.
    pub traffic: Option<Traffic>,
}

impl SessionCounters {
    /// Its counters; unknown bytes as those known before.
    pub(super) fn load(&self, before: Load) -> Load {
        let known = self.traffic.unwrap_or(Traffic {
            bytes_up: before.bytes_up,
            bytes_down: before.bytes_down,
        });
        Load {
            bytes_up: known.bytes_up,
            bytes_down: known.bytes_down,
            seconds: self.uptime_s,
        }
    }
}

/// What a router says about use.
///
/// The users must have been read before the sessions: a session that ends in between is then in neither list and is
/// settled by the next reading; the other way round it would be in both and count twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageReading {
    /// Seconds since the router started.
    pub uptime_s: u64,
    /// How long the rest took to be read after `uptime_s`: slow routers need minutes.
    pub took: Duration,
    /// The hotspot users and the queues of customers, each login once; `None` if they were not asked for.
    pub users: Option<Vec<UserCounters>>,
    /// Everybody who is online.
    pub sessions: Vec<SessionCounters>,
}

impl UsageReading {
    /// When the router was as old as it says, given when the reading ended.
    #[must_use]
    pub fn measured_at(&self, ended_at: Timestamp) -> Timestamp {
        let took = chrono::Duration::from_std(self.took).unwrap_or(chrono::Duration::MAX);
        ended_at.minus(took)
    }
}
