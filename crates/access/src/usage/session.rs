//! A session as it is followed from poll to poll, and kept as a record.

use kernel::{AccessSessionId, GrantId, RouterId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::grant::Subject;
use crate::login::{Login, LoginRef, Service};
use crate::usage::load::Load;
use crate::usage::ports::SessionView;
use crate::usage::reading::SessionCounters;

/// Where counters of 32 bits start again.
const WRAP: u64 = 1 << 32;
/// The part before and after that within which a lower number is a wrap and not a reset: a quarter.
const NEAR_WRAP: u64 = WRAP / 4;

/// Why a session ended, as far as a poll can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// It was gone when the router was asked again.
    Gone,
    /// Another session of the same device and address ran in its place.
    Replaced,
    /// The router had started anew.
    Restart,
}

impl EndCause {
    /// Every cause.
    pub const ALL: [Self; 3] = [Self::Gone, Self::Replaced, Self::Restart];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Replaced => "replaced",
            Self::Restart => "restart",
        }
    }

    /// The cause with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// The end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionEnd {
    /// When it was noticed; the session ended after it was last seen and before this.
    pub at: Timestamp,
    /// Why, as far as a poll can tell.
    pub cause: EndCause,
}

/// A session from the first poll that saw it to the one that did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedSession {
    /// Its id.
    pub id: AccessSessionId,
    /// Who, on which service.
    pub login: LoginRef,
    /// The grant it ran on.
    pub grant: GrantId,
    /// Who the grant is for.
    pub subject: Subject,
    /// What tells it from other sessions of the login on the router.
    pub key: String,
    /// When it began, by its own age.
    pub started_at: Timestamp,
    /// When it was last seen.
    pub seen_at: Timestamp,
    /// Its end, once it has one.
    pub end: Option<SessionEnd>,
    /// The customer's address, if known.
    pub address: Option<String>,
    /// The device: a MAC address as a rule.
    pub device: Option<String>,
    /// The router's counters when it was last seen.
    pub seen: Load,
    /// What was recorded from it.
    pub counted: Load,
}

impl TrackedSession {
    /// The session as people look at it.
    #[must_use]
    pub fn view(&self, router: RouterId) -> SessionView {
        let masked = || self.login.name.parse::<Login>().map(|it| it.masked());
        SessionView {
            id: self.id,
            router,
            grant: self.grant,
            subject: self.subject,
            service: self.login.service,
            login: match self.subject {
                Subject::Subscription(_) => self.login.name.clone(),
                Subject::Voucher(_) => masked().unwrap_or_default(),
            },
            started_at: self.started_at,
            seen_at: self.seen_at,
            ended_at: self.end.map(|it| it.at),
            cause: self.end.map(|it| it.cause),
            address: self.address.clone(),
            device: self.device.clone(),
            used: self.counted,
        }
    }

    /// Takes the next reading of it and returns the growth; `None` if the reading is another session's.
    pub(super) fn follow(&mut self, now: &SessionCounters, at: Timestamp) -> Option<Load> {
        let load = now.load(self.seen);
        let grown = self.grown(load)?;
        self.seen = load;
        self.counted = self.counted.plus(grown);
        self.seen_at = at;
        self.address = now.address.clone().or(self.address.take());
        self.device = now.device.clone().or(self.device.take());
        Some(grown)
    }

    /// The totals of a hotspot user carry whatever a session had, so a lower number there is another session. PPP has
    /// nothing but these counters: one that starts again within the session has wrapped at 32 bits or was reset.
    fn grown(&self, now: Load) -> Option<Load> {
        if now.seconds < self.seen.seconds {
            return None;
        }
        if self.login.service == Service::Hotspot {
            return now.covers(self.seen).then(|| now.minus(self.seen));
        }
        Some(Load {
            bytes_up: growth(self.seen.bytes_up, now.bytes_up),
            bytes_down: growth(self.seen.bytes_down, now.bytes_down),
            seconds: now.seconds - self.seen.seconds,
        })
    }
}

/// By how much a counter that goes on has grown.
const fn growth(seen: u64, now: u64) -> u64 {
    if now >= seen {
        return now - seen;
    }
    if seen < WRAP && seen >= WRAP - NEAR_WRAP && now < NEAR_WRAP {
        return WRAP - seen + now;
    }
    now
}
