//! Cryptography, randomness, the clock and new ids, behind the ports of the kernel and of `operators`.
//!
//! This is the only crate that asks the machine for the time or for randomness, and the only one that knows an
//! algorithm by name. It knows no database and no HTTP; its one file is the key file ([`KeyRing::load`]).

mod argon2_hasher;
mod jwt_signer;
mod key_file;
mod key_ring;
mod os_randomness;
mod system_clock;
mod system_ids;

pub use argon2_hasher::{Argon2Cost, Argon2Hasher, BadCost};
pub use jwt_signer::JwtSigner;
pub use key_file::KeyFileError;
pub use key_ring::KeyRing;
pub use os_randomness::OsRandomness;
pub use system_clock::SystemClock;
pub use system_ids::SystemIds;
