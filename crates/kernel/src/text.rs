//! Short texts that are only ever valid: names, slugs and phone numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// A name that people read: 1 to 120 characters after trimming, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

/// A name that machines read too: 1 to 40 of `a-z`, `0-9` and inner `-`, starting with a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

/// A phone number in E.164 form: `+` and 7 to 15 digits, the first not zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Phone(String);

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Not a [`Name`].
    #[error("must be 1 to 120 characters without control characters")]
    Name,
    /// Not a [`Slug`].
    #[error("must be 1 to 40 of a-z, 0-9 and -, start with a letter and not end with -")]
    Slug,
    /// Not a [`Phone`].
    #[error("must be an international number: + and 7 to 15 digits, such as +254712345678")]
    Phone,
}

impl FromStr for Name {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > 120 || text.chars().any(char::is_control) {
            return Err(BadText::Name);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Slug {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        let starts = text.starts_with(|it: char| it.is_ascii_lowercase());
        if !starts || text.len() > 40 || text.ends_with('-') || !text.bytes().all(plain) {
            return Err(BadText::Slug);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Phone {
    type Err = BadText;

    /// Accepts spaces, dots, dashes and parentheses between digits, and a leading `00` for `+`.
    fn from_str(text: &str) -> Result<Self, BadText> {
        let bare: String = text.chars().filter(|it| !" .-()".contains(*it)).collect();
        let digits = bare.strip_prefix('+').or_else(|| bare.strip_prefix("00"));
        let digits = digits.ok_or(BadText::Phone)?;
        let fits = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
        if !fits || !digits.bytes().all(|it| it.is_ascii_digit()) {
            return Err(BadText::Phone);
        }
        Ok(Self(format!("+{digits}")))
    }
}

macro_rules! text_value {
    ($name:ident) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

text_value!(Name);
text_value!(Slug);
text_value!(Phone);

#[cfg(test)]
mod tests {
    //! Texts are parsed once and trusted after.

    use super::{BadText, Name, Phone, Slug};

    #[test]
    fn phone_numbers_take_their_international_form() {
        let plus = |text: &str| text.parse::<Phone>().map(|it| it.0);
        assert_eq!(plus("+254 712-345.678"), Ok("+254712345678".to_owned()));
        assert_eq!(plus("00255712345678"), Ok("+255712345678".to_owned()));
        for bad in [
            "0712345678",
            "+0712345678",
            "+2547",
            "+254712345678901234",
            "+25471234x678",
        ] {
            assert_eq!(plus(bad), Err(BadText::Phone), "{bad}");
        }
    }

    #[test]
    fn slugs_are_plain() {
        assert!("tower-7".parse::<Slug>().is_ok());
        for bad in ["", "7tower", "Tower", "tower-", "tower 7", &"a".repeat(41)] {
            assert_eq!(bad.parse::<Slug>(), Err(BadText::Slug), "{bad}");
        }
    }

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(
            " Siti ".parse::<Name>().map(|it| it.0),
            Ok("Siti".to_owned())
        );
        for bad in ["", "  ", "a\0b", "a\nb", &"x".repeat(121)] {
            assert_eq!(bad.parse::<Name>(), Err(BadText::Name), "{bad}");
        }
    }
}
