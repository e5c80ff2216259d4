//! Access tokens: JSON web tokens signed with HMAC-SHA256, and with nothing else.

use std::borrow::Cow;
use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::{OperatorId, Secret, SessionId, TenantId, Timestamp};
use operators::{BadToken, CannotSign, Claims, Role, TokenSigner};
use serde::{Deserialize, Serialize};

use crate::key_file::KeyBytes;

/// Who issues tokens and whom they are for: both are this product's API.
const ISSUER: &str = "mikrotik-billing";
const AUDIENCE: &str = "mikrotik-billing-api";

/// No token of ours is longer; longer ones are not worth the work.
const LONGEST_TOKEN: usize = 1_024;

const MICROS: i64 = 1_000_000;

/// Signs with HS256 (RFC 7518 section 3.2). Tokens with another algorithm, or with `none`, another issuer or another
/// audience are invalid; whether one has expired is measured against the time that the caller passes.
pub struct JwtSigner {
    signing: EncodingKey,
    verifying: DecodingKey,
    header: Header,
    validation: Validation,
}

impl JwtSigner {
    pub(crate) fn new(key: &KeyBytes) -> Self {
        Self {
            signing: EncodingKey::from_secret(key.expose()),
            verifying: DecodingKey::from_secret(key.expose()),
            header: Header::new(Algorithm::HS256),
            validation: rules(),
        }
    }
}

/// What the library checks. The time is ours to check: the library knows only the machine's clock.
fn rules() -> Validation {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    rules
}

/// The token's payload: registered names of RFC 7519 section 4.1, then `tid` tenant, `sid` session, `role`.
#[derive(Serialize, Deserialize)]
struct Payload {
    iss: Cow<'static, str>,
    aud: Cow<'static, str>,
    sub: OperatorId,
    tid: TenantId,
    sid: SessionId,
    role: Role,
    iat: i64,
    exp: i64,
}

impl From<&Claims> for Payload {
    fn from(claims: &Claims) -> Self {
        Self {
            iss: Cow::Borrowed(ISSUER),
            aud: Cow::Borrowed(AUDIENCE),
            sub: claims.operator,
            tid: claims.tenant,
            sid: claims.session,
            role: claims.role,
            iat: claims.issued_at.micros().div_euclid(MICROS),
            exp: claims.expires_at.micros().div_euclid(MICROS),
        }
    }
}

impl Payload {
    /// The claims; `None` for instants outside the calendar.
    fn claims(&self) -> Option<Claims> {
        Some(Claims {
            tenant: self.tid,
            operator: self.sub,
            session: self.sid,
            role: self.role,
            issued_at: instant(self.iat)?,
            expires_at: instant(self.exp)?,
        })
    }
}

fn instant(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_micros(seconds.checked_mul(MICROS)?)
}

impl TokenSigner for JwtSigner {
    fn sign(&self, claims: &Claims) -> Result<Secret, CannotSign> {
        jsonwebtoken::encode(&self.header, &Payload::from(claims), &self.signing)
            .map(Secret::new)
            .map_err(|err| CannotSign(Box::new(err)))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, BadToken> {
        if token.len() > LONGEST_TOKEN {
            return Err(BadToken::Invalid);
        }
        let data = jsonwebtoken::decode::<Payload>(token, &self.verifying, &self.validation)
            .map_err(|_| BadToken::Invalid)?;
        let claims = data.claims.claims().ok_or(BadToken::Invalid)?;
        if now >= claims.expires_at {
            return Err(BadToken::Expired);
        }
        Ok(claims)
    }
}

impl fmt::Debug for JwtSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtSigner(…)")
    }
}

#[cfg(test)]
mod tests;
