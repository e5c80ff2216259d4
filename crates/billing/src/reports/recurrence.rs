//! How recurring revenue develops from month to month: movements, churn, revenue per account and cohorts, account by account.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Months};
use kernel::{AccountId, Currency, LocalDate, Money, MoneyError};

use super::recurring::{BadReport, MrrMovement, mrr, mrr_movement};
use crate::subscription::Subscription;

/// The most months of one report.
pub const MOST_REPORT_MONTHS: usize = 36;

/// One month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecurringMonth {
    /// Its first day.
    pub month: LocalDate,
    /// How recurring revenue moved from its first day to that of the next month, or to today if it is not over.
    pub movement: MrrMovement,
    /// Accounts with recurring revenue on its first day.
    pub at_start: u64,
    /// Those of them that have none on that of the next month, or today.
    pub lost: u64,
    /// Accounts with recurring revenue on the first day of the next month, or today.
    pub at_end: u64,
}

/// What became of the accounts that began in one month, some months later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CohortMonth {
    /// Accounts that still have recurring revenue.
    pub accounts: u64,
    /// How much.
    pub revenue: Money,
}

/// Months in a row, filled with one account after the other: it holds as much as there are months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    currency: Currency,
    /// The first days of the months and of the one after, today in its place where that lies ahead.
    points: Vec<LocalDate>,
    months: Vec<RecurringMonth>,
    cohorts: BTreeMap<LocalDate, Vec<CohortMonth>>,
}

impl Recurrence {
    /// Nothing yet, for so many months from that of a day on, 1 to [`MOST_REPORT_MONTHS`]; `None` for any other number, or
    /// beyond the calendar. What has not been yet is no history: of what is prepaid nobody knows whether it will be renewed. The
    /// month of `today` is told up to today, and months that have not begun are left out.
    #[must_use]
    pub fn new(
        currency: Currency,
        from: LocalDate,
        months: usize,
        today: LocalDate,
    ) -> Option<Self> {
        if !(1..=MOST_REPORT_MONTHS).contains(&months) {
            return None;
        }
        let first = from.with_day(1)?;
        let point = |n: usize| first.checked_add_months(Months::new(u32::try_from(n).ok()?));
        let points: Option<Vec<_>> = (0..=months).map(point).collect();
        let mut points = points?;
        let begun = points[..months].iter().filter(|it| **it <= today).count();
        points.truncate(begun + 1);
        let months = begun;
        if let Some(last) = points.last_mut() {
            *last = today.min(*last);
        }
        let still = MrrMovement::still(Money::zero(currency));
        let empty = |month: &LocalDate| RecurringMonth {
            month: *month,
            movement: still,
            at_start: 0,
            lost: 0,
            at_end: 0,
        };
        Some(Self {
            currency,
            months: points[..months].iter().map(empty).collect(),
            points,
            cohorts: BTreeMap::new(),
        })
    }

    /// The months, the earliest first.
    #[must_use]
    pub fn months(&self) -> &[RecurringMonth] {
        &self.months
    }

    /// The accounts by the month of their first subscription, each with every month since, its own first day after included; the
    /// last one is today's where the report reaches it.
    pub fn cohorts(&self) -> impl Iterator<Item = (LocalDate, &[CohortMonth])> {
        self.cohorts
            .iter()
            .map(|(month, it)| (*month, it.as_slice()))
    }

    /// Adds an account with every subscription it ever had.
    ///
    /// # Errors
    /// [`BadReport`] for another currency or overflow.
    pub fn add(&mut self, account: AccountId, all: &[Subscription]) -> Result<(), BadReport> {
        let Some(begun) = all.iter().map(Subscription::started_on).min() else {
            return Ok(());
        };
        let mut revenue = Vec::with_capacity(self.points.len());
        for day in &self.points {
            let items: Vec<_> = all.iter().flat_map(|it| it.recurring_on(*day)).collect();
            revenue.push(mrr(self.currency, &items)?);
        }
        let paying = all.iter().filter_map(Subscription::recurs_from).min();
        self.move_months(account, paying, &revenue)?;
        self.join_cohort(begun, &revenue)
    }

    fn move_months(
        &mut self,
        account: AccountId,
        paying: Option<LocalDate>,
        revenue: &[Money],
    ) -> Result<(), BadReport> {
        let mut earlier: BTreeSet<AccountId> = BTreeSet::new();
        for (month, pair) in self.months.iter_mut().zip(revenue.windows(2)) {
            let (was, is) = (pair[0], pair[1]);
            // Whoever had nothing but a trial before has never paid.
            if paying.is_some_and(|it| it < month.month) {
                earlier.insert(account);
            }
            let at = |amount: Money| BTreeMap::from([(account, amount)]);
            let moved = mrr_movement(self.currency, &at(was), &at(is), &earlier)?;
            month.movement = month.movement.checked_add(&moved)?;
            month.at_start += u64::from(!was.is_zero());
            month.at_end += u64::from(!is.is_zero());
            month.lost += u64::from(!was.is_zero() && is.is_zero());
        }
        Ok(())
    }

    fn join_cohort(&mut self, begun: LocalDate, revenue: &[Money]) -> Result<(), BadReport> {
        let Some(month) = begun.with_day(1) else {
            return Ok(());
        };
        // Whoever began before the report does belongs to none of its months.
        let Some(place) = self.points.iter().position(|it| *it == month) else {
            return Ok(());
        };
        let since = &revenue[place + 1..];
        if since.is_empty() {
            return Ok(());
        }
        let nothing = CohortMonth {
            accounts: 0,
            revenue: Money::zero(self.currency),
        };
        let known = self.cohorts.entry(month);
        let known = known.or_insert_with(|| vec![nothing; since.len()]);
        for (cohort, amount) in known.iter_mut().zip(since) {
            cohort.accounts += u64::from(!amount.is_zero());
            cohort.revenue = cohort.revenue.checked_add(*amount)?;
        }
        Ok(())
    }
}

impl MrrMovement {
    /// Both movements together.
    ///
    /// # Errors
    /// [`MoneyError`] on mixed currencies or overflow.
    pub fn checked_add(&self, other: &Self) -> Result<Self, MoneyError> {
        Ok(Self {
            start: self.start.checked_add(other.start)?,
            new: self.new.checked_add(other.new)?,
            expansion: self.expansion.checked_add(other.expansion)?,
            reactivation: self.reactivation.checked_add(other.reactivation)?,
            contraction: self.contraction.checked_add(other.contraction)?,
            churn: self.churn.checked_add(other.churn)?,
        })
    }
}
