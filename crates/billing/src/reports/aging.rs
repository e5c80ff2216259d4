//! Ageing of receivables: what is owed, by how long it has been due.

use kernel::{Currency, LocalDate, Money, MoneyError};

use crate::overdue::OpenAmount;

/// How long an amount has been due; every day belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgeBucket {
    /// Not past its due date.
    Current,
    /// 1 to 30 days past it.
    UpTo30,
    /// 31 to 60 days.
    UpTo60,
    /// 61 to 90 days.
    UpTo90,
    /// More than 90 days.
    Over90,
}

impl AgeBucket {
    /// Every bucket, from new to old.
    pub const ALL: [Self; 5] = [
        Self::Current,
        Self::UpTo30,
        Self::UpTo60,
        Self::UpTo90,
        Self::Over90,
    ];

    /// The bucket of an amount so many days past its due date.
    #[must_use]
    pub const fn of(days_past_due: i64) -> Self {
        match days_past_due {
            ..=0 => Self::Current,
            1..=30 => Self::UpTo30,
            31..=60 => Self::UpTo60,
            61..=90 => Self::UpTo90,
            91.. => Self::Over90,
        }
    }

    /// What it is called in reports: `current`, `1-30`, …, `90+`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::UpTo30 => "1-30",
            Self::UpTo60 => "31-60",
            Self::UpTo90 => "61-90",
            Self::Over90 => "90+",
        }
    }
}

/// What is owed in one currency, by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aging {
    amounts: [Money; 5],
    /// Credit that is more than all that is owed.
    pub unused_credit: Money,
}

impl Aging {
    /// What is owed in a bucket.
    #[must_use]
    pub const fn of(&self, bucket: AgeBucket) -> Money {
        let [current, to_30, to_60, to_90, over] = self.amounts;
        match bucket {
            AgeBucket::Current => current,
            AgeBucket::UpTo30 => to_30,
            AgeBucket::UpTo60 => to_60,
            AgeBucket::UpTo90 => to_90,
            AgeBucket::Over90 => over,
        }
    }

    /// All that is owed: the sum of the buckets.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn total(&self) -> Result<Money, MoneyError> {
        Money::sum(self.unused_credit.currency(), self.amounts)
    }
}

/// Sorts open amounts by age on a day. Credit not used yet, at or above zero, reduces the oldest first, as it would if it
/// were applied now.
///
/// # Errors
/// [`MoneyError`] on mixed currencies or overflow.
pub fn aging(
    currency: Currency,
    open: &[OpenAmount],
    credit: Money,
    today: LocalDate,
) -> Result<Aging, MoneyError> {
    let mut oldest_first: Vec<&OpenAmount> = open.iter().collect();
    oldest_first.sort_by_key(|it| it.due_on);
    let mut report = Aging {
        amounts: [Money::zero(currency); 5],
        unused_credit: Money::zero(currency).checked_add(credit)?,
    };
    for amount in oldest_first {
        let paid = amount.due.min(report.unused_credit)?;
        report.unused_credit = report.unused_credit.checked_sub(paid)?;
        let left = amount.due.checked_sub(paid)?;
        let days = today.signed_duration_since(amount.due_on).num_days();
        let bucket = AgeBucket::of(days);
        let places = report.amounts.iter_mut().zip(AgeBucket::ALL);
        for (place, _) in places.filter(|(_, it)| *it == bucket) {
            *place = place.checked_add(left)?;
        }
    }
    Ok(report)
}
