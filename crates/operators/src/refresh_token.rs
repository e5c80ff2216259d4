//! The text a client keeps to stay signed in.

use kernel::{Randomness, Secret, SessionId, TenantId, Vault};

/// A refresh token: `<tenant id>.<session id>.<43 random characters>`; good for one refresh.
///
/// The tenant is inside because a credential names its tenant; the random part has 258 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    tenant: TenantId,
    session: SessionId,
    key: Secret,
}

/// The text is not a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token")]
pub struct BadRefreshToken;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const KEY_CHARS: usize = 43;
const DIGEST_DOMAIN: &str = "operators.refresh_token";

impl RefreshToken {
    /// A new token for a session.
    #[must_use]
    pub fn draw(tenant: TenantId, session: SessionId, randomness: &dyn Randomness) -> Self {
        let mut bytes = [0_u8; KEY_CHARS];
        randomness.fill(&mut bytes);
        let letter = |it: &u8| char::from(ALPHABET[usize::from(it & 63)]);
        let key = Secret::new(bytes.iter().map(letter).collect::<String>());
        Self {
            tenant,
            session,
            key,
        }
    }

    /// Reads a token that a client sent.
    ///
    /// # Errors
    /// [`BadRefreshToken`] if the text has another form.
    pub fn parse(text: &Secret) -> Result<Self, BadRefreshToken> {
        let mut parts = text.expose().splitn(3, '.');
        let mut part = || parts.next().ok_or(BadRefreshToken);
        let tenant = part()?.parse().map_err(|_| BadRefreshToken)?;
        let session = part()?.parse().map_err(|_| BadRefreshToken)?;
        let key = part()?;
        if key.len() != KEY_CHARS || !key.bytes().all(|it| ALPHABET.contains(&it)) {
            return Err(BadRefreshToken);
        }
        Ok(Self {
            tenant,
            session,
            key: Secret::new(key),
        })
    }

    /// The tenant it belongs to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The session it refreshes.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The text for the client.
    #[must_use]
    pub fn text(&self) -> Secret {
        let Self {
            tenant,
            session,
            key,
        } = self;
        Secret::new(format!("{tenant}.{session}.{}", key.expose()))
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn digest(&self, vault: &dyn Vault) -> [u8; 32] {
        vault.digest(DIGEST_DOMAIN, &self.text())
    }
}

#[cfg(test)]
mod tests;
