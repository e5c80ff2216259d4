//! The challenge login of RouterOS before 6.43.

use md5::{Digest, Md5};
use thiserror::Error;

/// The challenge is not hexadecimal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the login challenge is not hexadecimal")]
pub struct BadChallenge;

/// The `response` attribute that answers a login challenge (the `ret` of a bare `/login`).
///
/// `00` followed by the MD5 of a zero byte, the password and the challenge, in hexadecimal
/// (MikroTik manual, "API", "Initial login", pre-6.43 method).
///
/// # Errors
/// [`BadChallenge`] when the challenge cannot be decoded.
pub fn challenge_response(password: &[u8], challenge: &str) -> Result<String, BadChallenge> {
    let challenge = hex::decode(challenge).map_err(|_| BadChallenge)?;
    let digest = Md5::new()
        .chain_update([0])
        .chain_update(password)
        .chain_update(challenge);
    Ok(format!("00{}", hex::encode(digest.finalize())))
}
