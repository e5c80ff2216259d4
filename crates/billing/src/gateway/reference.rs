//! The two names of a payment: ours, which the provider repeats, and the provider's.

use std::fmt;
use std::str::FromStr;

use kernel::PaymentId;

/// The text is not a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadReference {
    /// Not an [`OrderReference`].
    #[error("not an order of ours: expected a payment id, perhaps followed by - and an attempt")]
    Order,
    /// Not a [`ProviderReference`].
    #[error("must be 1 to 128 letters, digits, and _ - . ~")]
    Provider,
}

/// Our name for one attempt to have a payment made: `pay_…`, `pay_…-2` for the second. At most 36 characters of
/// `a-z`, `0-9`, `_` and `-`, which every provider takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderReference {
    /// The payment.
    pub payment: PaymentId,
    /// Which attempt, counted from 1: providers refuse a name that they had before.
    pub attempt: u16,
}

impl OrderReference {
    /// The first attempt.
    #[must_use]
    pub const fn first(payment: PaymentId) -> Self {
        Self {
            payment,
            attempt: 1,
        }
    }

    /// The attempt after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            payment: self.payment,
            attempt: self.attempt.saturating_add(1),
        }
    }
}

impl fmt::Display for OrderReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempt {
            0 | 1 => write!(f, "{}", self.payment),
            later => write!(f, "{}-{later}", self.payment),
        }
    }
}

impl FromStr for OrderReference {
    type Err = BadReference;

    fn from_str(text: &str) -> Result<Self, BadReference> {
        let (payment, attempt) = match text.split_once('-') {
            None => (text, 1),
            Some((payment, attempt)) => (payment, later_attempt(attempt)?),
        };
        Ok(Self {
            payment: payment.parse().map_err(|_| BadReference::Order)?,
            attempt,
        })
    }
}

/// An attempt has one text: no sign, no zeros in front, and the first is not written.
fn later_attempt(text: &str) -> Result<u16, BadReference> {
    let attempt: u16 = text.parse().map_err(|_| BadReference::Order)?;
    if attempt < 2 || attempt.to_string() != text {
        return Err(BadReference::Order);
    }
    Ok(attempt)
}

/// A provider's name for a payment. It is safe to put into the path of an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderReference(String);

impl ProviderReference {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProviderReference {
    type Err = BadReference;

    fn from_str(text: &str) -> Result<Self, BadReference> {
        let plain = |it: u8| it.is_ascii_alphanumeric() || b"_-.~".contains(&it);
        // Dots alone would climb out of the path that they are put into.
        let climbs = text.bytes().all(|it| it == b'.');
        if climbs || text.len() > 128 || !text.bytes().all(plain) {
            return Err(BadReference::Provider);
        }
        Ok(Self(text.to_owned()))
    }
}
