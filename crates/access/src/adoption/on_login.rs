//! The selling terms that Mikhmon hides in the on-login script of a hotspot user profile.
//!
//! The script begins `:put (",rem,5000,1d,7000,,Enable,Disable,")`: expiry mode, price, validity, selling price, a word
//! that is empty or `noexp`, lock of the user to its first device, and (newer versions) lock to its hotspot server.

use serde::{Deserialize, Serialize};

use super::moment::read_span;
use super::price::Price;
use super::raw::Raw;

/// What Mikhmon does with a user whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryMode {
    /// `0`: nothing; users do not expire.
    None,
    /// `rem`: the user is removed.
    Remove,
    /// `ntf`: the user stays and is told.
    Notice,
    /// `remc`: removed, and the sale is recorded at the first login.
    RemoveAndRecord,
    /// `ntfc`: told, and the sale is recorded at the first login.
    NoticeAndRecord,
}

/// What a profile's users are sold for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SellingTerms {
    /// What happens at the end.
    pub mode: ExpiryMode,
    /// What an agent pays.
    pub price: Option<Price>,
    /// Seconds of calendar time from the first login.
    pub validity_s: Option<u64>,
    /// What is printed on the card; `None` or zero for the price itself.
    pub selling_price: Option<Price>,
    /// Whether a user belongs to the first device that logs in.
    pub locks_device: bool,
    /// Whether a user belongs to the hotspot server it logs in at first.
    pub locks_server: bool,
}

impl SellingTerms {
    /// Finds the terms in an on-login script; `None` if Mikhmon did not write it.
    #[must_use]
    pub fn read(script: &Raw) -> Option<Self> {
        let text = script.lossy();
        let (_, after) = text.split_once(":put")?;
        let opened = after.trim_start().strip_prefix('(')?;
        let quoted = opened.trim_start().strip_prefix('"')?;
        let (tuple, _) = quoted.split_once('"')?;
        let mut fields = tuple.split(',').map(str::trim);
        if !fields.next()?.is_empty() {
            return None;
        }
        let mode = mode_of(fields.next()?)?;
        let (price, validity, selling) = (fields.next()?, fields.next()?, fields.next()?);
        let _no_expiry = fields.next();
        let mut locks = || fields.next().is_some_and(|it| it == "Enable");
        Some(Self {
            mode,
            price: Price::read(price),
            validity_s: read_span(validity).filter(|it| *it > 0),
            selling_price: Price::read(selling),
            locks_device: locks(),
            locks_server: locks(),
        })
    }

    /// What a customer pays: the selling price, else the price.
    #[must_use]
    pub fn face_price(&self) -> Option<Price> {
        let selling = self.selling_price.filter(|it| !it.is_zero());
        selling.or(self.price)
    }
}

fn mode_of(word: &str) -> Option<ExpiryMode> {
    match word {
        "" | "0" => Some(ExpiryMode::None),
        "rem" => Some(ExpiryMode::Remove),
        "ntf" => Some(ExpiryMode::Notice),
        "remc" => Some(ExpiryMode::RemoveAndRecord),
        "ntfc" => Some(ExpiryMode::NoticeAndRecord),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    //! The tuple in all its modes, and scripts that are not Mikhmon's.
    #![allow(clippy::unwrap_used)]

    use super::{ExpiryMode, Price, Raw, SellingTerms};
    use proptest::prelude::{any, proptest};

    fn read(script: &str) -> Option<SellingTerms> {
        SellingTerms::read(&Raw::from(script))
    }

    #[test]
    fn the_tuple_is_found_before_the_script() {
        let script = r#":put (",remc,5000,1d,7000,,Enable,Disable,"); {:local comment "x"}"#;
        let terms = read(script).unwrap();
        assert_eq!(terms.mode, ExpiryMode::RemoveAndRecord);
        assert_eq!(terms.price, Price::read("5000"));
        assert_eq!(terms.validity_s, Some(86_400));
        assert_eq!(terms.face_price(), Price::read("7000"));
        assert!(terms.locks_device && !terms.locks_server);
    }

    #[test]
    fn every_mode_is_known() {
        for (word, mode) in [
            ("rem", ExpiryMode::Remove),
            ("ntf", ExpiryMode::Notice),
            ("remc", ExpiryMode::RemoveAndRecord),
            ("ntfc", ExpiryMode::NoticeAndRecord),
            ("0", ExpiryMode::None),
            ("", ExpiryMode::None),
        ] {
            let script = format!(":put (\",{word},5000,3h,0,,Disable,\")");
            let terms = read(&script).unwrap();
            assert_eq!(terms.mode, mode);
            assert_eq!(terms.validity_s, Some(10_800));
            assert_eq!(terms.face_price(), Price::read("5000"));
        }
    }

    #[test]
    fn a_price_without_expiry_has_no_validity() {
        let terms = read(":put (\",,5000,,,noexp,Enable,\");").unwrap();
        assert_eq!(terms.mode, ExpiryMode::None);
        assert_eq!(terms.validity_s, None);
        assert!(terms.locks_device);
    }

    #[test]
    fn other_scripts_are_somebody_elses() {
        for other in [
            "",
            ":log info \"hello\"",
            ":put (\"hello, world, of, many, words\")",
            ":put (\",what,1,2,3,4,5,\")",
            ":put (\",rem,5000",
            ":put (\",rem\")",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_script_stops_the_reader(bytes in any::<Vec<u8>>()) {
            let _read = SellingTerms::read(&Raw::new(bytes.clone()));
            let _read = SellingTerms::read(&Raw::new([b":put (\",rem,", &bytes[..]].concat()));
        }
    }
}
