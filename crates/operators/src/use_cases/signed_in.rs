//! What signing in and refreshing need, and what they hand to the client.

use kernel::{Clock, Randomness, Secret, Timestamp, Vault};

use crate::operator::Operator;
use crate::policy::SignInPolicy;
use crate::ports::credentials::{CannotSign, Claims, PasswordHasher, TokenSigner};
use crate::ports::reads::{OperatorView, TenantDirectory};
use crate::ports::store::OperatorsStore;
use crate::refresh_token::RefreshToken;
use crate::session::Session;

/// Everything that signing in and refreshing need.
#[derive(Clone, Copy)]
pub struct SignInPorts<'a> {
    /// Where operators and sessions are kept.
    pub store: &'a dyn OperatorsStore,
    /// Finds the tenant by its slug.
    pub tenants: &'a dyn TenantDirectory,
    /// Checks passwords.
    pub hasher: &'a dyn PasswordHasher,
    /// Signs access tokens.
    pub signer: &'a dyn TokenSigner,
    /// Digests refresh tokens.
    pub vault: &'a dyn Vault,
    /// Draws refresh tokens.
    pub randomness: &'a dyn Randomness,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// How long, how often.
    pub policy: &'a SignInPolicy,
}

/// The tokens of a session, given out once, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// What requests carry.
    pub access_token: Secret,
    /// When it stops being good.
    pub access_expires_at: Timestamp,
    /// What is exchanged for the next pair; good once.
    pub refresh_token: Secret,
    /// When the session ends unless it is refreshed.
    pub refresh_expires_at: Timestamp,
    /// Who signed in.
    pub operator: OperatorView,
}

impl SignInPorts<'_> {
    pub(super) fn issue(
        &self,
        operator: &Operator,
        session: &Session,
        refresh: &RefreshToken,
        now: Timestamp,
    ) -> Result<SignedIn, CannotSign> {
        let claims = Claims {
            tenant: refresh.tenant(),
            operator: operator.id(),
            session: session.id(),
            role: operator.role(),
            issued_at: now,
            expires_at: now.plus(self.policy.access_for),
        };
        Ok(SignedIn {
            access_token: self.signer.sign(&claims)?,
            access_expires_at: claims.expires_at,
            refresh_token: refresh.text(),
            refresh_expires_at: session.expires_at(),
            operator: operator.view(),
        })
    }
}
