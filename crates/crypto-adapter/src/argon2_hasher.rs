//! Password hashing with Argon2id, off the async threads and a few at a time.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash as PhcHash;
use argon2::password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use kernel::{Randomness, Secret};
use operators::{CannotHash, Password, PasswordHash, PasswordHasher};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// What one hash costs. The product uses [`Argon2Cost::standard`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argon2Cost(Params);

/// Argon2 knows no such cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("argon2 needs at least 8 KiB of memory per lane, one pass and one lane")]
pub struct BadCost;

impl Argon2Cost {
    /// 19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet, Argon2id.
    #[must_use]
    pub const fn standard() -> Self {
        Self(Params::DEFAULT)
    }

    /// A cost of one's own: memory in KiB, passes over it, lanes.
    ///
    /// # Errors
    /// [`BadCost`] for a cost that Argon2 does not have.
    pub fn of(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, BadCost> {
        Params::new(memory_kib, passes, lanes, None)
            .map(Self)
            .map_err(|_| BadCost)
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.0.clone())
    }
}

/// Hashes computed at once: two cores busy and 38 MiB in use, however many people sign in.
const AT_ONCE: usize = 2;

/// Stored hashes that would take more than this are damaged or planted, and not computed.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 16;

const SALT_BYTES: usize = 16;

/// Argon2id hashes as PHC strings. More than two at once wait; a caller who gives up waiting frees the place.
#[derive(Clone)]
pub struct Argon2Hasher {
    cost: Argon2Cost,
    randomness: Arc<dyn Randomness>,
    places: Arc<Semaphore>,
}

/// A stored hash asks for something that is not computed here.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("the stored hash is not of argon2id")]
    Algorithm,
    #[error("the stored hash asks for more memory or time than any of ours")]
    TooCostly,
}

impl Argon2Hasher {
    /// Hashes at this cost.
    #[must_use]
    pub fn new(cost: Argon2Cost, randomness: Arc<dyn Randomness>) -> Self {
        Self {
            cost,
            randomness,
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Runs slow work on a blocking thread. The place goes along: a caller that leaves does not free it early.
    async fn in_a_place<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, CannotHash> + Send + 'static,
    ) -> Result<T, CannotHash> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(cannot)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(place);
            result
        });
        done.await.map_err(cannot)?
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, CannotHash> {
        let mut salt = [0; SALT_BYTES];
        self.randomness.fill(&mut salt);
        let argon2 = self.cost.argon2();
        let password = password.secret().clone();
        self.in_a_place(move || {
            let hash: PhcHash = argon2
                .hash_password_with_salt(password.expose().as_bytes(), &salt)
                .map_err(cannot)?;
            PasswordHash::from_phc(hash.to_string()).map_err(cannot)
        })
        .await
    }

    async fn verify(
        &self,
        offered: &Secret,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, CannotHash> {
        let argon2 = self.cost.argon2();
        let (offered, hash) = (offered.clone(), hash.cloned());
        self.in_a_place(move || match hash {
            Some(hash) => matches(&argon2, &offered, &hash),
            None => waste_the_same_time(&argon2, &offered),
        })
        .await
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        parse(hash).is_ok_and(|(_, params)| {
            let today = &self.cost.0;
            params.m_cost() < today.m_cost() || params.t_cost() < today.t_cost()
        })
    }
}

/// Compares in constant time, with the cost that the hash itself names.
fn matches(argon2: &Argon2<'_>, offered: &Secret, hash: &PasswordHash) -> Result<bool, CannotHash> {
    let (hash, _) = parse(hash)?;
    match argon2.verify_password(offered.expose().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(HashError::PasswordInvalid) => Ok(false),
        Err(err) => Err(cannot(err)),
    }
}

fn waste_the_same_time(argon2: &Argon2<'_>, offered: &Secret) -> Result<bool, CannotHash> {
    let mut unused = Zeroizing::new([0; Params::DEFAULT_OUTPUT_LEN]);
    argon2
        .hash_password_into(
            offered.expose().as_bytes(),
            &[0; SALT_BYTES],
            unused.as_mut_slice(),
        )
        .map_err(cannot)?;
    Ok(false)
}

fn parse(hash: &PasswordHash) -> Result<(PhcHash, Params), CannotHash> {
    let hash = PhcHash::new(hash.as_phc()).map_err(cannot)?;
    if hash.algorithm.as_str() != Algorithm::Argon2id.as_str() {
        return Err(cannot(Unusable::Algorithm));
    }
    let params = Params::try_from(&hash).map_err(cannot)?;
    let affordable = params.m_cost() <= MOST_MEMORY_KIB
        && params.t_cost() <= MOST_PASSES
        && params.p_cost() <= MOST_LANES;
    if !affordable {
        return Err(cannot(Unusable::TooCostly));
    }
    Ok((hash, params))
}

fn cannot(err: impl Error + Send + Sync + 'static) -> CannotHash {
    CannotHash(Box::new(err))
}

impl fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2Hasher")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
