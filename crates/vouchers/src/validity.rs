//! The clocks of a voucher.

use chrono::Duration;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// How long the vouchers of a batch live and what they contain; `None` sets no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// Days a voucher may lie unused after it was made, 1 to 3,650.
    pub shelf_days: Option<u16>,
    /// Minutes of calendar time from the first login, 1 to 5,256,000 (ten years).
    pub from_first_login_minutes: Option<u32>,
    /// Seconds online that it contains, counted by the router, 60 to 315,360,000.
    pub online_s: Option<u64>,
    /// Bytes in both directions that it contains, counted by the router, above zero.
    pub data_bytes: Option<u64>,
}

/// A clock outside its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadValidity {
    /// Shelf life.
    #[error("shelf life must be 1 to 3650 days")]
    Shelf,
    /// Calendar time from the first login.
    #[error("validity from first login must be 1 to 5256000 minutes")]
    FromFirstLogin,
    /// Time online.
    #[error("time online must be 60 to 315360000 seconds")]
    Online,
    /// Data.
    #[error("data must be 1 to 9223372036854775807 bytes")]
    Data,
    /// No limit at all.
    #[error("a voucher needs at least one of: validity from first login, time online, data")]
    Endless,
}

impl Validity {
    /// Refuses clocks outside their ranges, and a voucher that would never end once used.
    ///
    /// # Errors
    /// [`BadValidity`] names the clock.
    pub fn check(self) -> Result<Self, BadValidity> {
        if self.shelf_days.is_some_and(|it| !(1..=3_650).contains(&it)) {
            return Err(BadValidity::Shelf);
        }
        if self
            .from_first_login_minutes
            .is_some_and(|it| !(1..=5_256_000).contains(&it))
        {
            return Err(BadValidity::FromFirstLogin);
        }
        if self
            .online_s
            .is_some_and(|it| !(60..=315_360_000).contains(&it))
        {
            return Err(BadValidity::Online);
        }
        if self
            .data_bytes
            .is_some_and(|it| it == 0 || i64::try_from(it).is_err())
        {
            return Err(BadValidity::Data);
        }
        let clocks = (
            self.from_first_login_minutes,
            self.online_s,
            self.data_bytes,
        );
        if clocks == (None, None, None) {
            return Err(BadValidity::Endless);
        }
        Ok(self)
    }

    /// Until when a voucher made at `made_at` may lie unused.
    #[must_use]
    pub fn shelf_end(self, made_at: Timestamp) -> Option<Timestamp> {
        self.shelf_days
            .map(|days| made_at.plus(Duration::days(i64::from(days))))
    }

    /// Until when a voucher first used at `since` is valid.
    #[must_use]
    pub fn use_end(self, since: Timestamp) -> Option<Timestamp> {
        self.from_first_login_minutes
            .map(|it| since.plus(Duration::minutes(i64::from(it))))
    }

    /// How many whole days it is good for, if that is all it limits: hours, time online and data are no days.
    #[must_use]
    pub fn whole_days(self) -> Option<u16> {
        const MINUTES: u32 = 24 * 60;
        let minutes = self.from_first_login_minutes?;
        let is_time_alone = self.online_s.is_none() && self.data_bytes.is_none();
        let days = (minutes % MINUTES == 0 && is_time_alone).then_some(minutes / MINUTES)?;
        u16::try_from(days).ok().filter(|it| *it > 0)
    }
}
