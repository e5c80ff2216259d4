//! A request for background work, enqueued in the transaction of the change that causes it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::JobId;
use crate::time::Timestamp;

/// How urgent a job, or a call to a router, is; smaller runs first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Somebody waits: a customer has just paid.
    Critical,
    /// An operator asked for it.
    High,
    /// Ordinary work.
    Normal,
    /// Housekeeping.
    Low,
}

impl Priority {
    /// The number it is stored as, 0 (critical) to 3 (low).
    #[must_use]
    pub const fn rank(self) -> i16 {
        match self {
            Self::Critical => 0,
            Self::High => 1,
            Self::Normal => 2,
            Self::Low => 3,
        }
    }

    /// The priority stored as `rank`, if there is one.
    #[must_use]
    pub const fn from_rank(rank: i16) -> Option<Self> {
        match rank {
            0 => Some(Self::Critical),
            1 => Some(Self::High),
            2 => Some(Self::Normal),
            3 => Some(Self::Low),
            _ => None,
        }
    }
}

/// At most one job of a lane runs at a time; `None`-like [`Lane::open`] has no such limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lane(String);

impl Lane {
    /// No lane: runs beside anything.
    #[must_use]
    pub const fn open() -> Self {
        Self(String::new())
    }

    /// The lane of one thing: `router:rtr_…`.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name; empty for no lane.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What to run, when, and beside what.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRequest {
    /// The id the job will have.
    pub id: JobId,
    /// Which executor runs it: `sync_router`.
    pub kind: String,
    /// What it must not run beside.
    pub lane: Lane,
    /// How urgent it is.
    pub priority: Priority,
    /// Not before this instant.
    pub run_at: Timestamp,
    /// While a job with this key waits, another request with it adds nothing.
    pub unique_key: Option<String>,
    /// What the executor needs to know.
    pub payload: Value,
    /// Attempts before it is parked, 1 or more.
    pub max_attempts: u16,
    /// How many steps it will report, if known.
    pub total: Option<u64>,
}
