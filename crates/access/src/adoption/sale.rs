//! The sales that Mikhmon records as scripts on the router: one `/system/script` row for each, its name the record.
//!
//! `date-|-time-|-user-|-price-|-ip-|-mac-|-validity-|-profile-|-comment`; the comment of the row is `mikhmon`.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::moment::{read_date, read_span, read_time};
use super::price::Price;
use super::raw::Raw;

/// What stands between the fields.
const SEPARATOR: &[u8] = b"-|-";

/// A sale of the past, recorded at the first login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedSale {
    /// When, by the router's own clock.
    pub at: NaiveDateTime,
    /// The hotspot user.
    pub user: Raw,
    /// What was paid.
    pub price: Price,
    /// The address it logged in from.
    pub address: Raw,
    /// The device.
    pub device: Raw,
    /// Seconds of validity; `None` if it has none.
    pub validity_s: Option<u64>,
    /// The profile.
    pub profile: Raw,
    /// The comment the user had: its batch.
    pub comment: Raw,
}

/// Why a script's name is no sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSale {
    /// Not the nine fields.
    #[error("the name has not the nine fields of a sale")]
    Fields,
    /// The date or the time cannot be read.
    #[error("the date or the time cannot be read")]
    Moment,
    /// The price is no number.
    #[error("the price is not a number")]
    Price,
}

impl RecordedSale {
    /// Reads the name of a script.
    ///
    /// # Errors
    /// [`BadSale`] says which part cannot be read.
    pub fn read(name: &Raw) -> Result<Self, BadSale> {
        let mut fields = Fields(Some(name.as_bytes()));
        let mut next = || fields.next().ok_or(BadSale::Fields);
        let (date, time, user, price) = (next()?, next()?, next()?, next()?);
        let (address, device, validity, profile) = (next()?, next()?, next()?, next()?);
        let comment = Raw::new(fields.0.unwrap_or_default());
        let day = text(date).and_then(read_date).ok_or(BadSale::Moment)?;
        let time = text(time).and_then(read_time).ok_or(BadSale::Moment)?;
        Ok(Self {
            at: day.and_time(time),
            user: Raw::new(user),
            price: text(price).and_then(Price::read).ok_or(BadSale::Price)?,
            address: Raw::new(address),
            device: Raw::new(device),
            validity_s: text(validity).and_then(read_span),
            profile: Raw::new(profile),
            comment,
        })
    }
}

/// Splits at the separator, keeping what is left.
struct Fields<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0?;
        let place = rest.windows(SEPARATOR.len()).position(|it| it == SEPARATOR);
        let Some(place) = place else {
            self.0 = None;
            return Some(rest);
        };
        self.0 = rest.get(place + SEPARATOR.len()..);
        rest.get(..place)
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    //! Sales in both date formats; unreadable ones say why.
    #![allow(clippy::unwrap_used)]

    use super::{BadSale, Price, Raw, RecordedSale};
    use chrono::NaiveDate;
    use proptest::prelude::{any, proptest};

    const OLD: &str = "aug/14/2026-|-10:11:12-|-ab23-|-5000-|-10.5.50.9-|-AA:BB:CC:00:00:01-|-1d-|-1day-|-vc-123-08.14.26-x";

    #[test]
    fn both_date_formats_are_sales() {
        let sale = RecordedSale::read(&Raw::from(OLD)).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 8, 14).unwrap();
        assert_eq!(Some(sale.at), day.and_hms_opt(10, 11, 12));
        assert_eq!(sale.user, Raw::from("ab23"));
        assert_eq!(Some(sale.price), Price::read("5000"));
        assert_eq!(sale.validity_s, Some(86_400));
        assert_eq!(sale.profile, Raw::from("1day"));
        assert_eq!(sale.comment, Raw::from("vc-123-08.14.26-x"));
        let iso = OLD.replace("aug/14/2026", "2026-08-14");
        assert_eq!(RecordedSale::read(&Raw::from(iso.as_str())), Ok(sale));
    }

    #[test]
    fn foreign_bytes_and_separators_in_the_comment_survive() {
        let name = [OLD.as_bytes(), b" caf\xe9 -|- more"].concat();
        let sale = RecordedSale::read(&Raw::new(name)).unwrap();
        assert_eq!(
            sale.comment.as_bytes(),
            b"vc-123-08.14.26-x caf\xe9 -|- more"
        );
        let older = OLD.rsplit_once("-|-").unwrap().0;
        assert!(
            RecordedSale::read(&Raw::from(older))
                .unwrap()
                .comment
                .is_empty()
        );
    }

    #[test]
    fn the_reason_names_the_part() {
        let read = |text: &str| RecordedSale::read(&Raw::from(text)).unwrap_err();
        assert_eq!(read("backup"), BadSale::Fields);
        assert_eq!(read(&OLD.replace("aug", "xxx")), BadSale::Moment);
        assert_eq!(read(&OLD.replace("10:11:12", "soon")), BadSale::Moment);
        assert_eq!(read(&OLD.replace("5000", "free")), BadSale::Price);
    }

    proptest! {
        #[test]
        fn no_name_stops_the_reader(bytes in any::<Vec<u8>>()) {
            let _read = RecordedSale::read(&Raw::new(bytes.clone()));
            let fields: Vec<&[u8]> = vec![&bytes; 9];
            let _read = RecordedSale::read(&Raw::new(fields.join(&b"-|-"[..])));
        }

        #[test]
        fn whatever_the_user_is_called_comes_back(user in proptest::collection::vec(any::<u8>(), 0..20)) {
            proptest::prop_assume!(!user.contains(&b'|'));
            let (head, tail) = OLD.split_once("ab23").unwrap();
            let name = [head.as_bytes(), &user, tail.as_bytes()].concat();
            assert_eq!(RecordedSale::read(&Raw::new(name)).unwrap().user.as_bytes(), &user);
        }
    }
}
