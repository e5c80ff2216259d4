//! What happened to tenants, operators and sessions, without secrets or contact data.

use kernel::{DomainEvent, OperatorId, SessionId, TenantId, Timestamp};
use serde::Serialize;

use crate::role::Role;
use crate::session::EndReason;

/// A fact about a tenant, an operator or a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OperatorsEvent {
    /// A provider starts working with the product.
    TenantFounded {
        /// Which.
        tenant: TenantId,
    },
    /// Somebody may sign in from now on.
    OperatorHired {
        /// Who.
        operator: OperatorId,
        /// As what.
        role: Role,
    },
    /// Somebody may not sign in any more.
    OperatorDisabled {
        /// Who.
        operator: OperatorId,
    },
    /// Somebody may sign in again.
    OperatorEnabled {
        /// Who.
        operator: OperatorId,
    },
    /// Too many wrong passwords.
    OperatorLocked {
        /// Who.
        operator: OperatorId,
        /// Until when.
        until: Timestamp,
    },
    /// A wrong password for an existing login.
    SignInRefused {
        /// Who.
        operator: OperatorId,
    },
    /// Somebody signed in.
    SignedIn {
        /// Who.
        operator: OperatorId,
        /// In which session.
        session: SessionId,
    },
    /// Somebody has a new password.
    PasswordChanged {
        /// Who.
        operator: OperatorId,
    },
    /// Whoever runs the machine gave somebody a new password.
    PasswordReset {
        /// Who.
        operator: OperatorId,
    },
    /// A session cannot be refreshed any more.
    SessionEnded {
        /// Which.
        session: SessionId,
        /// Whose.
        operator: OperatorId,
        /// Why.
        reason: EndReason,
    },
}

impl DomainEvent for OperatorsEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::TenantFounded { .. } => "operators.tenant_founded",
            Self::OperatorHired { .. } => "operators.operator_hired",
            Self::OperatorDisabled { .. } => "operators.operator_disabled",
            Self::OperatorEnabled { .. } => "operators.operator_enabled",
            Self::OperatorLocked { .. } => "operators.operator_locked",
            Self::SignInRefused { .. } => "operators.sign_in_refused",
            Self::SignedIn { .. } => "operators.signed_in",
            Self::PasswordChanged { .. } => "operators.password_changed",
            Self::PasswordReset { .. } => "operators.password_reset",
            Self::SessionEnded { .. } => "operators.session_ended",
        }
    }
}
