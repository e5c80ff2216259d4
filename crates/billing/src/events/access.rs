//! What a subscription may do on the network.

use serde::{Deserialize, Serialize};

/// What a subscription may do on the network: derived from its status and the level of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everything that was bought.
    Active,
    /// Slow, and told why.
    Restricted,
    /// Nothing for now.
    Suspended,
    /// Nothing for good.
    Ended,
}

impl Access {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Restricted => "restricted",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }

    /// The access with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Active, Self::Restricted, Self::Suspended, Self::Ended]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}
