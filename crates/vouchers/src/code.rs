//! Codes: which characters, how many, and how many are enough.

use std::collections::HashSet;

use kernel::{BatchId, Id, Randomness, Secret, Vault, VoucherKind};
use serde::{Deserialize, Serialize};

/// Characters a code is drawn from; those that are misread beside each other are left out.
///
/// The names are the ones operators know from Mikhmon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    /// Lower-case letters.
    Lower,
    /// Upper-case letters.
    Upper,
    /// Letters of both cases.
    Upplow,
    /// Lower-case letters and digits.
    Mix,
    /// Upper-case letters and digits.
    Mix1,
    /// Letters of both cases and digits.
    Mix2,
    /// Digits only.
    Num,
}

impl Alphabet {
    /// Every alphabet.
    pub const ALL: [Self; 7] = [
        Self::Lower,
        Self::Upper,
        Self::Upplow,
        Self::Mix,
        Self::Mix1,
        Self::Mix2,
        Self::Num,
    ];

    /// The characters.
    #[must_use]
    pub const fn characters(self) -> &'static str {
        match self {
            Self::Lower => "abcdefghjkmnpqrstuvwxyz",
            Self::Upper => "ABCDEFGHJKMNPQRSTUVWXYZ",
            Self::Upplow => "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ",
            Self::Mix => "abcdefghjkmnpqrstuvwxyz23456789",
            Self::Mix1 => "ABCDEFGHJKMNPQRSTUVWXYZ23456789",
            Self::Mix2 => "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789",
            Self::Num => "0123456789",
        }
    }

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Upplow => "upplow",
            Self::Mix => "mix",
            Self::Mix1 => "mix1",
            Self::Mix2 => "mix2",
            Self::Num => "num",
        }
    }

    /// The alphabet with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// How the codes of a batch look: an optional prefix, then `length` random characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeStyle {
    alphabet: Alphabet,
    length: u8,
    prefix: String,
}

/// A style that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCodeStyle {
    /// Not 4 to 16 random characters.
    #[error("code length must be 4 to 16 characters")]
    Length,
    /// Not a plain prefix.
    #[error("code prefix must be at most 8 of A-Z, a-z, 0-9 and -")]
    Prefix,
    /// Too easy to guess for the size of the batch.
    #[error(
        "code length must be at least {at_least} for {count} codes of this alphabet, or they can be guessed"
    )]
    Guessable {
        /// The shortest length that is safe.
        at_least: u8,
        /// The size of the batch.
        count: u32,
    },
}

/// Guesses that throttling lets an attacker make while a batch is on sale.
const GUESS_BUDGET: u128 = 100_000;
/// The odds against a single hit within that budget.
const ODDS: u128 = 1_000;

impl CodeStyle {
    /// The shortest code.
    pub const MIN_LENGTH: u8 = 4;
    /// The longest code, without its prefix.
    pub const MAX_LENGTH: u8 = 16;

    /// A style: 4 to 16 characters after a prefix of at most 8 letters, digits or dashes.
    ///
    /// # Errors
    /// [`BadCodeStyle`] names the rule that is broken.
    pub fn new(alphabet: Alphabet, length: u8, prefix: &str) -> Result<Self, BadCodeStyle> {
        if !(Self::MIN_LENGTH..=Self::MAX_LENGTH).contains(&length) {
            return Err(BadCodeStyle::Length);
        }
        if prefix.len() > 8
            || !prefix
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
        {
            return Err(BadCodeStyle::Prefix);
        }
        Ok(Self {
            alphabet,
            length,
            prefix: prefix.to_owned(),
        })
    }

    /// The characters codes are drawn from.
    #[must_use]
    pub const fn alphabet(&self) -> Alphabet {
        self.alphabet
    }

    /// How many random characters a code has.
    #[must_use]
    pub const fn length(&self) -> u8 {
        self.length
    }

    /// What stands before them.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether `count` codes of this style withstand guessing: with `a` characters and length `n`, the chance of any
    /// hit, `count × 100,000 / a^n`, must stay below one in a thousand.
    ///
    /// # Errors
    /// [`BadCodeStyle::Guessable`] with the shortest length that is safe.
    pub fn fits(&self, count: u32) -> Result<(), BadCodeStyle> {
        let at_least = Self::floor(self.alphabet, count);
        if self.length < at_least {
            return Err(BadCodeStyle::Guessable { at_least, count });
        }
        Ok(())
    }

    /// The shortest safe length for `count` codes of an alphabet.
    #[must_use]
    pub fn floor(alphabet: Alphabet, count: u32) -> u8 {
        let size = alphabet.characters().len() as u128;
        let needed = u128::from(count) * GUESS_BUDGET * ODDS;
        let enough = |length: &u8| {
            size.checked_pow(u32::from(*length))
                .is_none_or(|it| it >= needed)
        };
        (Self::MIN_LENGTH..Self::MAX_LENGTH)
            .find(enough)
            .unwrap_or(Self::MAX_LENGTH)
    }

    /// Draws `count` codes that differ from each other.
    #[must_use]
    pub fn draw(&self, count: usize, randomness: &dyn Randomness) -> Vec<Secret> {
        let mut drawn = HashSet::with_capacity(count);
        while drawn.len() < count {
            drawn.insert(self.draw_one(randomness));
        }
        drawn.into_iter().map(Secret::new).collect()
    }

    fn draw_one(&self, randomness: &dyn Randomness) -> String {
        let characters = self.alphabet.characters().as_bytes();
        let size = u8::try_from(characters.len()).unwrap_or(u8::MAX);
        let fair = u8::MAX - u8::MAX % size;
        let wanted = self.prefix.len() + usize::from(self.length);
        let mut code = String::with_capacity(wanted);
        code.push_str(&self.prefix);
        let mut pool = [0_u8; 32];
        while code.len() < wanted {
            randomness.fill(&mut pool);
            let fair_bytes = pool.iter().filter(|it| **it < fair);
            let drawn = fair_bytes.map(|it| char::from(characters[usize::from(it % size)]));
            code.extend(drawn.take(wanted - code.len()));
        }
        code
    }
}

/// The digest that finds a code again: unique per tenant over every code ever issued.
#[must_use]
pub fn code_digest(vault: &dyn Vault, code: &Secret) -> [u8; 32] {
    vault.digest("voucher-code", code)
}

/// The owner a code is sealed for.
#[must_use]
pub fn voucher_owner(batch: BatchId, voucher: Id<VoucherKind>) -> String {
    format!("vouchers/{batch}/{voucher}")
}

#[cfg(test)]
mod tests;
