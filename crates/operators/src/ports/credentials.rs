//! Ports of cryptography: hashing passwords and signing access tokens.

use std::error::Error;

use async_trait::async_trait;
use kernel::{OperatorId, Secret, SessionId, TenantId, Timestamp};

use crate::password::{Password, PasswordHash};
use crate::role::Role;

/// A password could not be hashed or checked: the machine is overloaded or the stored hash is damaged.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be checked")]
pub struct CannotHash(#[source] pub Box<dyn Error + Send + Sync>);

/// Hashes passwords slowly and with a salt of its own.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// What to keep of a password.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, CannotHash>;

    /// Whether a hash was made of this password. For no hash it does the same work and answers `false`, so that the
    /// time it takes does not tell whether a login exists.
    async fn verify(
        &self,
        offered: &Secret,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, CannotHash>;

    /// Whether a hash was made with weaker parameters than today's and should be replaced at the next sign-in.
    fn is_outdated(&self, hash: &PasswordHash) -> bool;
}

/// What an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The tenant.
    pub tenant: TenantId,
    /// Who.
    pub operator: OperatorId,
    /// In which session.
    pub session: SessionId,
    /// What they were when it was issued.
    pub role: Role,
    /// When it was issued; whole seconds survive signing.
    pub issued_at: Timestamp,
    /// When it stops being good; whole seconds survive signing.
    pub expires_at: Timestamp,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It was never good: malformed, forged, signed otherwise or for somebody else.
    #[error("the token is not valid")]
    Invalid,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct CannotSign(#[source] pub Box<dyn Error + Send + Sync>);

/// Signs access tokens and checks them without asking a database.
pub trait TokenSigner: Send + Sync {
    /// The token that says this.
    ///
    /// # Errors
    /// [`CannotSign`] if the key is of no use.
    fn sign(&self, claims: &Claims) -> Result<Secret, CannotSign>;

    /// What a token says, if it was signed here and is still good at `now`.
    ///
    /// # Errors
    /// [`BadToken`] otherwise.
    fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, BadToken>;
}
