//! Ids that know what they identify: `Id<InvoiceKind>` prints `inv_…` and never fits a voucher.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::base32;

/// What an [`Id`] identifies.
pub trait Kind: 'static {
    /// The prefix of the id's text, without the underscore: `inv`.
    const PREFIX: &'static str;
    /// The word a person would use: `invoice`.
    const NAME: &'static str;
}

/// The id of one thing of kind `K`: a UUIDv7 inside, prefixed base32 text outside.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind} id: expected {prefix}_ followed by 26 characters of a-z2-7")]
pub struct BadId {
    /// The kind that was expected, in words.
    pub kind: &'static str,
    /// The prefix that was expected.
    pub prefix: &'static str,
}

impl<K> Id<K> {
    /// Gives a UUID its kind.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// The UUID inside.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// The id of something that is made along with this one: the same parent always has the same children, each unlike its
    /// siblings. `nth` changes bits that are random in the parent.
    #[must_use]
    pub const fn child<L>(self, nth: u16) -> Id<L> {
        let own = self.uuid.as_u128() ^ ((nth as u128) << 32);
        Id::from_uuid(Uuid::from_u128(own))
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, base32::encode(self.uuid.as_bytes()))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        text.strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(base32::decode)
            .map(|bytes| Self::from_uuid(Uuid::from_bytes(bytes)))
            .ok_or(BadId {
                kind: K::NAME,
                prefix: K::PREFIX,
            })
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
