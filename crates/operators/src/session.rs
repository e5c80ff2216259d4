//! A session: kept alive by refresh tokens that are good once, ended by using one twice.

use chrono::Duration;
use kernel::{OperatorId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::events::OperatorsEvent;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The operator signed out.
    SignedOut,
    /// An old refresh token came back: one of the two who know it is a thief.
    TokenReused,
    /// The operator was disabled or has a new password.
    OperatorChanged,
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::SignedOut, Self::TokenReused, Self::OperatorChanged];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::TokenReused => "token_reused",
            Self::OperatorChanged => "operator_changed",
        }
    }

    /// The reason with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Whether a session can still be refreshed, its expiry aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// It can.
    Open,
    /// It cannot.
    Ended {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: EndReason,
    },
}

/// Why a session is not refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionRefusal {
    /// There is no such session, or the token was never one of its own.
    #[error("the token belongs to no session")]
    Unknown,
    /// It has ended.
    #[error("the session has ended")]
    Ended,
    /// Nobody refreshed it in time.
    #[error("the session has expired")]
    Expired,
    /// The token was used before; the session ends with this.
    #[error("the token was used before, so the session has been ended")]
    Reused,
}

/// Everything a session consists of, for stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSnapshot {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub operator: OperatorId,
    /// Digest of the refresh token that is good now.
    pub digest: [u8; 32],
    /// Digest of the one before, to notice its reuse.
    pub previous_digest: Option<[u8; 32]>,
    /// When the operator signed in.
    pub started_at: Timestamp,
    /// When it was last refreshed, or began.
    pub last_used_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// Whether it can still be refreshed.
    pub status: SessionStatus,
    /// How often the session was saved; 0 for never.
    pub version: i64,
}

/// A stored session that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImpossibleSession {
    /// Versions start at 1 once saved.
    #[error("a stored session has a version of 1 or more")]
    Version,
    /// It was used before it began, or expired before it was used.
    #[error("a session's instants are out of order")]
    Time,
}

/// A signed-in operator's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    state: SessionSnapshot,
    changed: bool,
    events: Vec<OperatorsEvent>,
}

impl Session {
    /// Begins a session that lasts until `expires_at` unless it is refreshed; `digest` is its first refresh token's.
    #[must_use]
    pub const fn begin(
        id: SessionId,
        operator: OperatorId,
        digest: [u8; 32],
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        let state = SessionSnapshot {
            id,
            operator,
            digest,
            previous_digest: None,
            started_at: now,
            last_used_at: now,
            expires_at,
            status: SessionStatus::Open,
            version: 0,
        };
        Self {
            state,
            changed: false,
            events: Vec::new(),
        }
    }

    /// A session as a store kept it.
    ///
    /// # Errors
    /// [`ImpossibleSession`] if no sequence of verbs leads there.
    pub fn restore(state: SessionSnapshot) -> Result<Self, ImpossibleSession> {
        if state.version < 1 {
            return Err(ImpossibleSession::Version);
        }
        if state.last_used_at < state.started_at || state.expires_at < state.last_used_at {
            return Err(ImpossibleSession::Time);
        }
        Ok(Self {
            state,
            changed: false,
            events: Vec::new(),
        })
    }

    /// Everything it consists of.
    #[must_use]
    pub fn snapshot(&self) -> SessionSnapshot {
        self.state.clone()
    }

    /// Hands over the events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<OperatorsEvent> {
        std::mem::take(&mut self.events)
    }

    /// Takes the version a store gave it; only stores call this, after the write.
    pub const fn saved_as(&mut self, version: i64) {
        self.state.version = version;
        self.changed = false;
    }

    /// Whether it changed since it was begun, restored or saved.
    #[must_use]
    pub const fn is_changed(&self) -> bool {
        self.changed
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.state.id
    }

    /// Whose it is.
    #[must_use]
    pub const fn operator(&self) -> OperatorId {
        self.state.operator
    }

    /// When the operator signed in.
    #[must_use]
    pub const fn started_at(&self) -> Timestamp {
        self.state.started_at
    }

    /// When it ends unless it is refreshed.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.state.expires_at
    }

    /// Exchanges the token with digest `offered` for the one with digest `next`, and lasts `refresh_for` from now.
    ///
    /// # Errors
    /// [`SessionRefusal`]. [`SessionRefusal::Reused`] has ended the session and must be saved.
    pub fn rotate(
        &mut self,
        offered: [u8; 32],
        next: [u8; 32],
        refresh_for: Duration,
        now: Timestamp,
    ) -> Result<(), SessionRefusal> {
        if matches!(self.state.status, SessionStatus::Ended { .. }) {
            return Err(SessionRefusal::Ended);
        }
        if self.state.previous_digest == Some(offered) {
            self.end(EndReason::TokenReused, now);
            return Err(SessionRefusal::Reused);
        }
        if self.state.digest != offered {
            return Err(SessionRefusal::Unknown);
        }
        if self.state.expires_at <= now {
            return Err(SessionRefusal::Expired);
        }
        self.changed = true;
        self.state.previous_digest = Some(self.state.digest);
        self.state.digest = next;
        self.state.last_used_at = now.max(self.state.last_used_at);
        self.state.expires_at = now.plus(refresh_for).max(self.state.last_used_at);
        Ok(())
    }

    /// Ends it; twice is harmless and keeps the first reason.
    pub fn end(&mut self, reason: EndReason, now: Timestamp) {
        if matches!(self.state.status, SessionStatus::Ended { .. }) {
            return;
        }
        self.changed = true;
        self.state.status = SessionStatus::Ended { at: now, reason };
        self.events.push(OperatorsEvent::SessionEnded {
            session: self.state.id,
            operator: self.state.operator,
            reason,
        });
    }
}

#[cfg(test)]
mod tests;
