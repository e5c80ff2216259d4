//! Renewal: where the next period begins, what it costs, and what the rest of another plan is worth.

use chrono::Days;
use kernel::{LocalDate, Money};

use crate::Period;
use crate::rounding::share;

/// How many days before the end of what is paid customers are reminded.
pub const REMINDER_DAYS: [u16; 3] = [7, 3, 1];

/// The days on which a customer whose time is paid up to, not including, a day is reminded.
#[must_use]
pub fn reminders(paid_until: LocalDate) -> [Option<LocalDate>; 3] {
    REMINDER_DAYS.map(|before| paid_until.checked_sub_days(Days::new(u64::from(before))))
}

/// Where a renewal begins: at the old end if that lies ahead, else now (billing.md, section 4).
#[must_use]
pub fn renew_from(today: LocalDate, paid_until: Option<LocalDate>) -> LocalDate {
    paid_until.map_or(today, |it| it.max(today))
}

/// A period that was debited and extended at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodPaid {
    /// The days that were paid.
    pub period: Period,
    /// What was debited.
    pub price: Money,
}

/// What the days of a paid period from today on are worth, by its actual days, half away from zero; `None` if it does not
/// fit. All of it before the period begins, nothing after.
#[must_use]
pub fn price_of_rest(paid: PeriodPaid, today: LocalDate) -> Option<Money> {
    let rest = Period {
        start: today.max(paid.period.start),
        end: paid.period.end,
    };
    let (days, whole) = (rest.days(), paid.period.days());
    let minor = share(paid.price.minor(), days, whole, 1)?;
    Some(Money::from_minor(minor, paid.price.currency()))
}

/// How many days a month counts for, when a monthly price is charged by the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DaysInMonth {
    /// As many as it has.
    Actual(u32),
    /// Thirty, whatever month it is: what many small providers quote.
    Thirty,
}

/// How many whole days a deposit pays for at a monthly price; `None` for a price of nothing or less, another currency, or a
/// month of no days.
#[must_use]
pub fn days_afforded(deposit: Money, monthly: Money, days: DaysInMonth) -> Option<i64> {
    let days = match days {
        DaysInMonth::Actual(days) => i128::from(days),
        DaysInMonth::Thirty => 30,
    };
    let usable = monthly.is_positive() && days > 0 && deposit.currency() == monthly.currency();
    if !usable {
        return None;
    }
    let paid = i128::from(deposit.minor().max(0)) * days / i128::from(monthly.minor());
    i64::try_from(paid).ok()
}
