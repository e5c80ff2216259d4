//! An operator: somebody who works in the product, unless disabled or locked out.

use kernel::{Name, OperatorId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::events::OperatorsEvent;
use crate::login::Login;
use crate::password::PasswordHash;
use crate::policy::SignInPolicy;
use crate::ports::reads::OperatorView;
use crate::role::Role;

/// Whether an operator works here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorStatus {
    /// May sign in.
    Active,
    /// May not.
    Disabled {
        /// Since when.
        since: Timestamp,
    },
}

/// The status in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorStatusName {
    /// May sign in.
    Active,
    /// May not.
    Disabled,
}

impl OperatorStatusName {
    /// Every status.
    pub const ALL: [Self; 2] = [Self::Active, Self::Disabled];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl OperatorStatus {
    /// The status in one word.
    #[must_use]
    pub const fn name(self) -> OperatorStatusName {
        match self {
            Self::Active => OperatorStatusName::Active,
            Self::Disabled { .. } => OperatorStatusName::Disabled,
        }
    }
}

/// Why an operator may not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperatorRefusal {
    /// They do not work here any more.
    #[error("the operator is disabled")]
    Disabled,
    /// Too many wrong passwords.
    #[error("the operator is locked out until {until}")]
    Locked {
        /// When they may try again.
        until: Timestamp,
    },
    /// Nobody disables themselves: so one active admin always remains.
    #[error("operators cannot disable themselves")]
    Yourself,
}

/// What is known when somebody is hired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperator {
    /// The id they will have.
    pub id: OperatorId,
    /// What they sign in with.
    pub login: Login,
    /// What they are called.
    pub name: Name,
    /// What they are.
    pub role: Role,
    /// What is kept of their password.
    pub password: PasswordHash,
}

/// Everything an operator consists of, for stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSnapshot {
    /// Their id.
    pub id: OperatorId,
    /// What they sign in with; unique in the tenant.
    pub login: Login,
    /// What they are called.
    pub name: Name,
    /// What they are.
    pub role: Role,
    /// What is kept of their password.
    pub password: PasswordHash,
    /// When the password was set; sessions begun before end at their next refresh.
    pub password_set_at: Timestamp,
    /// Whether they may sign in.
    pub status: OperatorStatus,
    /// Wrong passwords in a row since the last success or lockout.
    pub failed_logins: u16,
    /// Until when wrong passwords keep them out; may lie in the past.
    pub locked_until: Option<Timestamp>,
    /// When they last signed in.
    pub last_signed_in_at: Option<Timestamp>,
    /// When they were hired.
    pub hired_at: Timestamp,
    /// How often the operator was saved; 0 for never.
    pub version: i64,
}

/// A stored operator that cannot be: the version is below 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored operator has a version of 1 or more")]
pub struct ImpossibleOperator;

/// Somebody who works in the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    state: OperatorSnapshot,
    events: Vec<OperatorsEvent>,
}

impl Operator {
    /// Hires somebody.
    #[must_use]
    pub fn hire(new: NewOperator, at: Timestamp) -> Self {
        let hired = OperatorsEvent::OperatorHired {
            operator: new.id,
            role: new.role,
        };
        let state = OperatorSnapshot {
            id: new.id,
            login: new.login,
            name: new.name,
            role: new.role,
            password: new.password,
            password_set_at: at,
            status: OperatorStatus::Active,
            failed_logins: 0,
            locked_until: None,
            last_signed_in_at: None,
            hired_at: at,
            version: 0,
        };
        Self {
            state,
            events: vec![hired],
        }
    }

    /// An operator as a store kept them.
    ///
    /// # Errors
    /// [`ImpossibleOperator`] if they were never saved.
    pub fn restore(state: OperatorSnapshot) -> Result<Self, ImpossibleOperator> {
        if state.version < 1 {
            return Err(ImpossibleOperator);
        }
        Ok(Self {
            state,
            events: Vec::new(),
        })
    }

    /// Everything they consist of.
    #[must_use]
    pub fn snapshot(&self) -> OperatorSnapshot {
        self.state.clone()
    }

    /// Hands over the events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<OperatorsEvent> {
        std::mem::take(&mut self.events)
    }

    /// Takes the version a store gave it; only stores call this, after the write.
    pub const fn saved_as(&mut self, version: i64) {
        self.state.version = version;
    }

    /// Their id.
    #[must_use]
    pub const fn id(&self) -> OperatorId {
        self.state.id
    }

    /// What they are.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.state.role
    }

    /// What is kept of their password.
    #[must_use]
    pub const fn password(&self) -> &PasswordHash {
        &self.state.password
    }

    /// What they sign in with.
    #[must_use]
    pub const fn login(&self) -> &Login {
        &self.state.login
    }

    /// Notes a sign-in with the right password.
    ///
    /// # Errors
    /// [`OperatorRefusal`] if they are disabled or still locked out: then the right password does not help.
    pub fn sign_in(&mut self, session: SessionId, now: Timestamp) -> Result<(), OperatorRefusal> {
        self.admit(now)?;
        self.state.failed_logins = 0;
        self.state.locked_until = None;
        self.state.last_signed_in_at = Some(now);
        let operator = self.id();
        self.events
            .push(OperatorsEvent::SignedIn { operator, session });
        Ok(())
    }

    /// Notes a wrong password; too many in a row lock the operator out. While they are locked out nothing counts, so a
    /// lockout cannot be prolonged from outside.
    pub fn fail_sign_in(&mut self, policy: &SignInPolicy, now: Timestamp) {
        let operator = self.id();
        self.events.push(OperatorsEvent::SignInRefused { operator });
        if self.is_locked(now) {
            return;
        }
        self.state.failed_logins = self.state.failed_logins.saturating_add(1);
        if self.state.failed_logins < policy.max_failures {
            return;
        }
        let until = now.plus(policy.locked_for);
        self.state.failed_logins = 0;
        self.state.locked_until = Some(until);
        self.events
            .push(OperatorsEvent::OperatorLocked { operator, until });
    }

    /// Replaces the hash of an unchanged password by a stronger one.
    pub fn strengthen_hash(&mut self, hash: PasswordHash) {
        self.state.password = hash;
    }

    /// Sets a new password; sessions begun before end at their next refresh.
    ///
    /// # Errors
    /// [`OperatorRefusal`] if they are disabled or locked out.
    pub fn set_password(
        &mut self,
        hash: PasswordHash,
        now: Timestamp,
    ) -> Result<(), OperatorRefusal> {
        self.admit(now)?;
        self.state.password = hash;
        self.state.password_set_at = now;
        self.state.failed_logins = 0;
        let operator = self.id();
        self.events
            .push(OperatorsEvent::PasswordChanged { operator });
        Ok(())
    }

    /// Sets a new password for somebody who cannot get in, which also ends a lockout and lets a disabled operator in
    /// again; sessions begun before end at their next refresh.
    pub fn reset_password(&mut self, hash: PasswordHash, now: Timestamp) {
        self.enable();
        self.state.password = hash;
        self.state.password_set_at = now;
        let operator = self.id();
        self.events.push(OperatorsEvent::PasswordReset { operator });
    }

    /// Lets them sign in no more; twice is harmless.
    ///
    /// # Errors
    /// [`OperatorRefusal::Yourself`] if they try it themselves.
    pub fn disable(
        &mut self,
        by: Option<OperatorId>,
        now: Timestamp,
    ) -> Result<(), OperatorRefusal> {
        if by == Some(self.id()) {
            return Err(OperatorRefusal::Yourself);
        }
        if self.state.status == OperatorStatus::Active {
            let operator = self.id();
            self.state.status = OperatorStatus::Disabled { since: now };
            self.events
                .push(OperatorsEvent::OperatorDisabled { operator });
        }
        Ok(())
    }

    /// Lets them sign in again and ends a lockout; twice is harmless.
    pub fn enable(&mut self) {
        self.state.failed_logins = 0;
        self.state.locked_until = None;
        if self.state.status != OperatorStatus::Active {
            let operator = self.id();
            self.state.status = OperatorStatus::Active;
            self.events
                .push(OperatorsEvent::OperatorEnabled { operator });
        }
    }

    /// Whether they may go on in a session that began at an instant: not once they are disabled or have a newer
    /// password. A lockout keeps strangers out, not those who are in.
    #[must_use]
    pub fn keeps_session_of(&self, started_at: Timestamp) -> bool {
        self.state.status == OperatorStatus::Active && started_at >= self.state.password_set_at
    }

    /// The operator as people look at them.
    #[must_use]
    pub fn view(&self) -> OperatorView {
        let it = &self.state;
        OperatorView {
            id: it.id,
            login: it.login.to_string(),
            name: it.name.to_string(),
            role: it.role,
            status: it.status.name(),
            locked_until: it.locked_until,
            last_signed_in_at: it.last_signed_in_at,
            hired_at: it.hired_at,
            version: it.version,
        }
    }

    fn admit(&self, now: Timestamp) -> Result<(), OperatorRefusal> {
        if matches!(self.state.status, OperatorStatus::Disabled { .. }) {
            return Err(OperatorRefusal::Disabled);
        }
        match self.state.locked_until {
            Some(until) if until > now => Err(OperatorRefusal::Locked { until }),
            _ => Ok(()),
        }
    }

    fn is_locked(&self, now: Timestamp) -> bool {
        self.state.locked_until.is_some_and(|until| until > now)
    }
}

#[cfg(test)]
mod tests;
