//! The languages that customers are written to in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language, with the customs of the country where most of its readers among our customers live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Indonesian.
    Id,
    /// Spanish.
    Es,
    /// Portuguese of Brazil.
    Pt,
    /// Swahili.
    Sw,
    /// Hindi.
    Hi,
}

/// The text is not one of the languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of en, id, es, pt, sw and hi")]
pub struct BadLocale;

impl Locale {
    /// Every language.
    pub const ALL: [Self; 6] = [Self::En, Self::Id, Self::Es, Self::Pt, Self::Sw, Self::Hi];

    /// The code, as in BCP 47.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Id => "id",
            Self::Es => "es",
            Self::Pt => "pt",
            Self::Sw => "sw",
            Self::Hi => "hi",
        }
    }
}

impl FromStr for Locale {
    type Err = BadLocale;

    fn from_str(text: &str) -> Result<Self, BadLocale> {
        let found = Self::ALL.into_iter().find(|it| it.code() == text);
        found.ok_or(BadLocale)
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::{BadLocale, Locale};

    #[test]
    fn every_language_reads_back_and_no_other_does() {
        for locale in Locale::ALL {
            assert_eq!(locale.code().parse(), Ok(locale));
            let text = serde_json::to_string(&locale).unwrap();
            assert_eq!(text, format!("\"{locale}\""));
        }
        for other in ["", "EN", "en-GB", "fr"] {
            assert_eq!(other.parse::<Locale>(), Err(BadLocale), "{other}");
        }
    }
}
