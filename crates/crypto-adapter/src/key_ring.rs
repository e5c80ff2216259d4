//! The keys at work: sealing with the newest, opening with any, and digests that never change.

use std::fmt;
use std::path::Path;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use kernel::{CannotOpen, Randomness, Sealed, Secret, Vault};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::jwt_signer::JwtSigner;
use crate::key_file::{KeyBytes, KeyFile, KeyFileError, SealingKey};
use crate::os_randomness::OsRandomness;

/// The form of sealed bytes: this byte, the key id (big endian), the nonce, the ciphertext, the tag.
const FORMAT: u8 = 1;
const ID_BYTES: usize = 2;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const PREFIX_BYTES: usize = 1 + ID_BYTES + NONCE_BYTES;

/// The vault of the product: XChaCha20-Poly1305 with a random nonce of 24 bytes, bound to the owner as associated
/// data; digests are HMAC-SHA256 of the domain, a zero byte and the secret.
///
/// It lives in a key file outside the database (JSON, mode 0600). Without that file nothing sealed opens again.
pub struct KeyRing {
    sealing: Vec<Cipher>,
    digest: Hmac<Sha256>,
    token: KeyBytes,
}

struct Cipher {
    id: u16,
    aead: XChaCha20Poly1305,
}

impl KeyRing {
    /// Fresh keys that live no longer than this value: for tests and measurements.
    #[must_use]
    pub fn generate() -> Self {
        Self::from_file(KeyFile::generate(&OsRandomness))
    }

    /// The keys of a file that must exist: for every start but the first.
    ///
    /// # Errors
    /// [`KeyFileError`] says what to do about it.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        KeyFile::read(path).map(Self::from_file)
    }

    /// The keys of a file, which is created if there is none: for the first start, while nothing is sealed yet. Of
    /// several processes that start at once, one creates the file and the others load it.
    ///
    /// # Errors
    /// [`KeyFileError`] says what to do about it.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyFileError> {
        match Self::load(path) {
            Err(KeyFileError::Missing(_)) => {}
            loaded => return loaded,
        }
        let fresh = KeyFile::generate(&OsRandomness);
        if fresh.create(path, &OsRandomness)? {
            return Ok(Self::from_file(fresh));
        }
        Self::load(path)
    }

    /// Adds a sealing key to a file and answers the ring that seals with it; what older keys sealed still opens.
    /// Other processes open what the new key seals only after they load the file again.
    ///
    /// # Errors
    /// [`KeyFileError`] says what to do about it; the file is as it was.
    pub fn rotate(path: &Path) -> Result<Self, KeyFileError> {
        KeyFile::rotate(path, &OsRandomness).map(Self::from_file)
    }

    /// Signs and checks access tokens with this ring's token key.
    #[must_use]
    pub fn token_signer(&self) -> JwtSigner {
        JwtSigner::new(&self.token)
    }

    /// The ids of the sealing keys, oldest first; the last one seals.
    pub fn key_ids(&self) -> impl Iterator<Item = u16> {
        self.sealing.iter().map(|it| it.id)
    }

    fn from_file(file: KeyFile) -> Self {
        let cipher = |it: SealingKey| Cipher {
            id: it.id,
            aead: XChaCha20Poly1305::new(it.key.expose().into()),
        };
        Self {
            sealing: file.sealing.into_iter().map(cipher).collect(),
            digest: Hmac::new((&*padded(&file.digest)).into()),
            token: file.token,
        }
    }
}

/// HMAC pads a key with zeros to the block of its hash (RFC 2104 section 2); done here, no length is left to refuse.
fn padded(key: &KeyBytes) -> Zeroizing<[u8; 64]> {
    let mut block = Zeroizing::new([0; 64]);
    let (head, _) = block.split_at_mut(key.expose().len());
    head.copy_from_slice(key.expose());
    block
}

impl Vault for KeyRing {
    fn seal(&self, owner: &str, secret: &Secret) -> Sealed {
        let Some(newest) = self.sealing.last() else {
            unreachable!("a key file without sealing keys is refused when it is read");
        };
        let text = secret.expose().as_bytes();
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + text.len() + TAG_BYTES);
        bytes.push(FORMAT);
        bytes.extend(newest.id.to_be_bytes());
        let mut nonce = [0; NONCE_BYTES];
        OsRandomness.fill(&mut nonce);
        bytes.extend(nonce);
        bytes.extend(text);
        let buffer = &mut bytes[PREFIX_BYTES..];
        let nonce = XNonce::from(nonce);
        let sealed = newest
            .aead
            .encrypt_inout_detached(&nonce, owner.as_bytes(), buffer.into());
        let Ok(tag) = sealed else {
            unreachable!("the cipher refuses only texts beyond 256 GiB (RFC 8439 section 2.8)");
        };
        bytes.extend(tag);
        Sealed::from_bytes(bytes)
    }

    fn open(&self, owner: &str, sealed: &Sealed) -> Result<Secret, CannotOpen> {
        let parts = Parts::of(sealed.as_bytes()).ok_or(CannotOpen)?;
        let cipher = self.sealing.iter().find(|it| it.id == parts.key_id);
        let cipher = cipher.ok_or(CannotOpen)?;
        let mut text = Zeroizing::new(parts.ciphertext.to_vec());
        cipher
            .aead
            .decrypt_inout_detached(
                &parts.nonce,
                owner.as_bytes(),
                text.as_mut_slice().into(),
                &parts.tag,
            )
            .map_err(|_| CannotOpen)?;
        let text = std::str::from_utf8(&text).map_err(|_| CannotOpen)?;
        Ok(Secret::new(text))
    }

    fn digest(&self, domain: &str, secret: &Secret) -> [u8; 32] {
        let mut mac = self.digest.clone();
        mac.update(domain.as_bytes());
        mac.update(&[0]);
        mac.update(secret.expose().as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Sealed bytes taken apart.
struct Parts<'a> {
    key_id: u16,
    nonce: XNonce,
    ciphertext: &'a [u8],
    tag: Tag,
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(&[FORMAT])?;
        let (key_id, bytes) = bytes.split_first_chunk::<ID_BYTES>()?;
        let (nonce, bytes) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let (ciphertext, tag) = bytes.split_last_chunk::<TAG_BYTES>()?;
        Some(Self {
            key_id: u16::from_be_bytes(*key_id),
            nonce: XNonce::from(*nonce),
            ciphertext,
            tag: Tag::from(*tag),
        })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<u16> = self.key_ids().collect();
        f.debug_struct("KeyRing")
            .field("key_ids", &ids)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
