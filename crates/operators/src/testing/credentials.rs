//! Password hashing and token signing that anybody can undo: for tests only.

use std::fmt::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use kernel::{Secret, Timestamp};

use crate::password::{Password, PasswordHash};
use crate::ports::credentials::{
    BadToken, CannotHash, CannotSign, Claims, PasswordHasher, TokenSigner,
};
use crate::role::Role;

/// A hasher that hides nothing and counts how often a password was checked.
#[derive(Debug, Default)]
pub struct PlainHasher {
    checks: AtomicU32,
}

impl PlainHasher {
    /// A hasher that has checked nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How often a password was checked, with or without a hash.
    #[must_use]
    pub fn checks(&self) -> u32 {
        self.checks.load(Ordering::SeqCst)
    }

    /// A hash with the parameters of long ago.
    ///
    /// # Errors
    /// [`CannotHash`] if the password is too long for this fake.
    pub fn outdated(password: &Secret) -> Result<PasswordHash, CannotHash> {
        written("$old$", password)
    }
}

fn written(prefix: &str, password: &Secret) -> Result<PasswordHash, CannotHash> {
    let mut text = prefix.to_owned();
    for byte in password.expose().bytes() {
        write!(text, "{byte:02x}").map_err(|err| CannotHash(err.into()))?;
    }
    PasswordHash::from_phc(text).map_err(|err| CannotHash(err.into()))
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, CannotHash> {
        written("$plain$", password.secret())
    }

    async fn verify(
        &self,
        offered: &Secret,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, CannotHash> {
        self.checks.fetch_add(1, Ordering::SeqCst);
        let Some(hash) = hash else {
            return Ok(false);
        };
        let prefix = if self.is_outdated(hash) {
            "$old$"
        } else {
            "$plain$"
        };
        Ok(written(prefix, offered)? == *hash)
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        hash.as_phc().starts_with("$old$")
    }
}

/// A signer whose tokens anybody can forge.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainSigner;

impl TokenSigner for PlainSigner {
    fn sign(&self, claims: &Claims) -> Result<Secret, CannotSign> {
        let Claims {
            tenant,
            operator,
            session,
            role,
            issued_at,
            expires_at,
        } = claims;
        let (from, until) = (issued_at.micros(), expires_at.micros());
        Ok(Secret::new(format!(
            "plain.{tenant}.{operator}.{session}.{role}.{from}.{until}"
        )))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, BadToken> {
        let claims = read(token).ok_or(BadToken::Invalid)?;
        if claims.expires_at <= now {
            return Err(BadToken::Expired);
        }
        Ok(claims)
    }
}

fn read(token: &str) -> Option<Claims> {
    let mut parts = token.strip_prefix("plain.")?.split('.');
    let claims = Claims {
        tenant: parts.next()?.parse().ok()?,
        operator: parts.next()?.parse().ok()?,
        session: parts.next()?.parse().ok()?,
        role: Role::from_word(parts.next()?)?,
        issued_at: Timestamp::from_micros(parts.next()?.parse().ok()?)?,
        expires_at: Timestamp::from_micros(parts.next()?.parse().ok()?)?,
    };
    parts.next().is_none().then_some(claims)
}
