//! Renewal: where the next period begins, what it costs, and what the rest of another plan is worth.

use chrono::{Datelike, Days};
use kernel::{AccountId, LocalDate, Money};

use super::{Wallet, WalletRefusal};
use crate::Period;
use crate::events::BillingEvent;
use crate::interval::Interval;
use crate::rounding::share;

/// How many days before the end of what is paid customers are reminded.
pub const REMINDER_DAYS: [u16; 3] = [7, 3, 1];

/// The days on which a customer whose time is paid up to, not including, a day is reminded.
#[must_use]
pub fn reminders(paid_until: LocalDate) -> [Option<LocalDate>; 3] {
    REMINDER_DAYS.map(|before| paid_until.checked_sub_days(Days::new(u64::from(before))))
}

/// What happens to the anchor when nothing was paid for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lapse {
    /// Periods begin on the day of the payment from now on: dead time is never charged.
    #[default]
    MoveAnchor,
    /// Periods keep their day: the one that is running is paid as a whole, and ends on it.
    KeepAnchor,
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

/// Why nothing was renewed. Nothing was debited either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRenewal {
    /// Minutes and hours are bought as passes.
    #[error("a prepaid plan is counted in days, weeks or months")]
    NotCalendar,
    /// Beyond the calendar.
    #[error("a period from {0} ends beyond the calendar")]
    Calendar(LocalDate),
    /// The wallet does not reach, or the price is none.
    #[error(transparent)]
    Wallet(#[from] WalletRefusal),
}

/// A prepaid customer: a wallet, and up to when time is paid.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepaid {
    account: AccountId,
    wallet: Wallet,
    paid_until: Option<LocalDate>,
    /// The day of the month on which periods begin, even where a short month clamped it.
    anchor_day: Option<u32>,
    events: Vec<BillingEvent>,
}

impl Prepaid {
    /// Nothing is paid yet.
    #[must_use]
    pub const fn new(account: AccountId, wallet: Wallet) -> Self {
        Self {
            account,
            wallet,
            paid_until: None,
            anchor_day: None,
            events: Vec::new(),
        }
    }

    /// Buys one more interval: debits and extends, both or neither.
    ///
    /// # Errors
    /// [`BadRenewal`] where the wallet does not reach; nothing changes then.
    pub fn renew(
        &mut self,
        price: Money,
        interval: Interval,
        today: LocalDate,
        lapse: Lapse,
    ) -> Result<PeriodPaid, BadRenewal> {
        let (period, anchor_day) = self.next_period(interval, today, lapse)?;
        self.wallet.debit(price)?;
        self.paid_until = Some(period.end);
        self.anchor_day = Some(anchor_day);
        self.events.push(BillingEvent::PeriodPaid {
            account: self.account,
            from: period.start,
            until: period.end,
            price,
        });
        Ok(PeriodPaid { period, price })
    }

    /// Leaves a plan: the rest of the period that is running comes back into the wallet, by days, and time is paid up to today.
    /// Returns how much that is.
    ///
    /// # Errors
    /// [`BadRenewal::Wallet`] on mixed currencies or overflow.
    pub fn convert_rest(
        &mut self,
        running: PeriodPaid,
        today: LocalDate,
    ) -> Result<Money, BadRenewal> {
        let rest = price_of_rest(running, today).ok_or(kernel::MoneyError::Overflow);
        let rest = rest.map_err(WalletRefusal::Money)?;
        if rest.is_positive() {
            self.wallet.credit(rest)?;
            self.paid_until = self.paid_until.map(|it| it.min(today));
        }
        Ok(rest)
    }

    /// The wallet.
    pub const fn wallet_mut(&mut self) -> &mut Wallet {
        &mut self.wallet
    }

    /// What is in the wallet.
    #[must_use]
    pub const fn balance(&self) -> Money {
        self.wallet.balance()
    }

    /// The first day that is not paid.
    #[must_use]
    pub const fn paid_until(&self) -> Option<LocalDate> {
        self.paid_until
    }

    /// Whether a day is paid: what blocks access is nothing else.
    #[must_use]
    pub fn covers(&self, day: LocalDate) -> bool {
        self.paid_until.is_some_and(|it| day < it)
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    fn next_period(
        &self,
        interval: Interval,
        today: LocalDate,
        lapse: Lapse,
    ) -> Result<(Period, u32), BadRenewal> {
        if !interval.is_calendar() {
            return Err(BadRenewal::NotCalendar);
        }
        let start = renew_from(today, self.paid_until);
        let beyond = BadRenewal::Calendar(start);
        let (Some(paid_until), Some(anchor_day)) = (self.paid_until, self.anchor_day) else {
            let end = interval.step(start, start.day(), 1).ok_or(beyond)?;
            return Ok((Period { start, end }, start.day()));
        };
        let lapsed = paid_until < today;
        if lapsed && lapse == Lapse::MoveAnchor {
            let end = interval.step(start, start.day(), 1).ok_or(beyond)?;
            return Ok((Period { start, end }, start.day()));
        }
        let mut ends = (1..).map_while(|n| interval.step(paid_until, anchor_day, n));
        let end = ends.find(|it| *it > start).ok_or(beyond)?;
        Ok((Period { start, end }, anchor_day))
    }
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
