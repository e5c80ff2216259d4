//! How long a prepaid subscription is paid for: renewed from the end of what is paid, or from today where that is over.
//!
//! Debt is none of its business: when the time is over it may do less on the network until somebody pays
//! (billing.md, 5.4, point 8).

use chrono::Days;
use kernel::{InvoiceId, LocalDate, Money};
use serde::{Deserialize, Serialize};

use super::deciding::must_be_near;
use super::{Subscription, SubscriptionRefusal, SubscriptionStatus};
use crate::changes::Changed;
use crate::events::BillingEvent;
use crate::period::Period;
use crate::prepaid::{PeriodPaid, reminders, renew_from};
use crate::timeline::{Pause, PausePolicy, Timing};

/// How many days before the end of what is paid the wallet is asked for the next period.
pub const RENEWAL_LEAD_DAYS: u16 = 1;

/// How many days after the end of what is paid it is restricted, so that the customer can still pay; then it is suspended.
pub const RESTRICTED_DAYS: u16 = 7;

/// How long a prepaid subscription is paid for, and what was told about that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidTime {
    /// The first day that is not paid for.
    pub paid_until: LocalDate,
    /// Whether the credit of the account pays for the next period by itself.
    pub auto_renew: bool,
    /// The day up to which it was noticed that time has passed; never if absent.
    pub seen_on: Option<LocalDate>,
    /// Whether the customer was told that the credit does not reach for the next period.
    pub told_low: bool,
}

impl PaidTime {
    /// What a sale begins with: nothing is paid for.
    #[must_use]
    pub(super) fn of_sale(timing: Timing, starts_on: LocalDate) -> Option<Self> {
        (timing == Timing::Prepaid).then_some(Self {
            paid_until: starts_on,
            auto_renew: true,
            seen_on: None,
            told_low: false,
        })
    }

    /// The days on which something is told or changes, the earliest first: reminders, the end, and the end of being
    /// restricted.
    fn milestones(self) -> impl Iterator<Item = LocalDate> {
        let long = Days::new(RESTRICTED_DAYS.into());
        let ends = [
            Some(self.paid_until),
            self.paid_until.checked_add_days(long),
        ];
        reminders(self.paid_until).into_iter().chain(ends).flatten()
    }

    fn not_seen(self) -> impl Iterator<Item = LocalDate> {
        let seen = self.seen_on;
        self.milestones()
            .filter(move |it| seen.is_none_or(|seen| *it > seen))
    }
}

impl Subscription {
    /// How long it is paid for, if it is prepaid.
    #[must_use]
    pub const fn paid_time(&self) -> Option<PaidTime> {
        self.data.prepaid
    }

    /// Lets the credit of the account pay for its periods, or not; returns whether that is news.
    ///
    /// # Errors
    /// [`SubscriptionRefusal::NotPrepaid`].
    pub fn renew_by_itself(&mut self, auto_renew: bool) -> Result<bool, SubscriptionRefusal> {
        let before = self.prepaid()?;
        self.changed |= before.auto_renew != auto_renew;
        self.data.prepaid = Some(PaidTime {
            auto_renew,
            ..before
        });
        Ok(before.auto_renew != auto_renew)
    }

    /// Whether its time is over or about to be, and the credit of the account is to pay for more.
    #[must_use]
    pub fn wants_renewal(&self, today: LocalDate) -> bool {
        let lead = Days::new(RENEWAL_LEAD_DAYS.into());
        let soon = today.checked_add_days(lead).unwrap_or(today);
        self.renews_by_itself()
            .is_some_and(|it| it.paid_until <= soon)
    }

    /// Whether its customer is to know by now that the credit does not reach, and does not yet.
    #[must_use]
    pub fn wants_warning(&self, today: LocalDate) -> bool {
        let first = |it: PaidTime| it.milestones().next();
        let waits = self.renews_by_itself().filter(|it| !it.told_low);
        waits.and_then(first).is_some_and(|it| it <= today)
    }

    fn renews_by_itself(&self) -> Option<PaidTime> {
        let runs = self.data.status == SubscriptionStatus::Active && self.data.ends_on.is_none();
        self.data.prepaid.filter(|it| runs && it.auto_renew)
    }

    /// Adds the next period, and returns it. It begins at the old end if that lies ahead, else today, with periods that begin
    /// on that day from now on: paid time is never lost and dead time never charged. The caller bills it and takes the money,
    /// or forgets the subscription as it is then.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] for what is not prepaid, cancelled, suspended by an operator or resting, or paid for more than a
    /// year ahead.
    pub fn extend(&mut self, today: LocalDate) -> Result<Period, SubscriptionRefusal> {
        self.catch_up(today);
        let start = self.next_start(today)?;
        self.begin_anew(start, today)?;
        let period = self.decided.period_on(start);
        let period = period.ok_or(SubscriptionRefusal::Calendar)?;
        self.pay_until(period.end, start, today)?;
        Ok(period)
    }

    /// Whether it takes days now.
    ///
    /// # Errors
    /// As [`extend`](Self::extend).
    pub fn takes_days(&self, today: LocalDate) -> Result<(), SubscriptionRefusal> {
        let mut then = self.clone();
        then.catch_up(today);
        then.next_start(today).map(drop)
    }

    /// Gives days without charging for them, and returns the first day that is not paid for then. The next period begins there.
    ///
    /// # Errors
    /// As [`extend`](Self::extend).
    pub fn give_days(
        &mut self,
        days: u16,
        reason: &str,
        today: LocalDate,
    ) -> Result<LocalDate, SubscriptionRefusal> {
        self.catch_up(today);
        let start = self.next_start(today)?;
        let until = start.checked_add_days(Days::new(days.into()));
        let until = until.ok_or(SubscriptionRefusal::Calendar)?;
        self.leave_free(self.prepaid()?.paid_until, until);
        self.pay_until(until, start, today)?;
        self.data.billed_through = self.data.billed_through.max(Some(until));
        self.events.push(BillingEvent::TimeGiven {
            subscription: self.data.id,
            account: self.data.account,
            until,
            days,
            reason: reason.to_owned(),
        });
        Ok(until)
    }

    /// Records that a period was added and paid for.
    pub fn period_paid(&mut self, paid: PeriodPaid, invoice: Option<InvoiceId>) {
        self.changed = true;
        self.events.push(BillingEvent::PeriodPaid {
            subscription: self.data.id,
            account: self.data.account,
            invoice,
            from: paid.period.start,
            until: paid.period.end,
            price: paid.price,
        });
    }

    /// Asks for a renewal if it wants one: money came in.
    pub fn ask_for_renewal(&mut self, today: LocalDate) {
        if self.wants_renewal(today) {
            self.events.push(BillingEvent::RenewalWanted {
                subscription: self.data.id,
                account: self.data.account,
            });
        }
    }

    /// Records, once a period, that the credit does not reach for the next one.
    pub fn warn_of_balance(&mut self, price: Money, available: Money) {
        let Some(paid) = self.data.prepaid.filter(|it| !it.told_low) else {
            return;
        };
        self.changed = true;
        self.data.prepaid = Some(PaidTime {
            told_low: true,
            ..paid
        });
        self.events.push(BillingEvent::BalanceLow {
            subscription: self.data.id,
            account: self.data.account,
            paid_until: paid.paid_until,
            price,
            available,
        });
    }

    /// Tells that the end of what is paid is near or reached. What was missed is told once, as what it is now.
    pub(super) fn tell_of_paid_time(&mut self, today: LocalDate) {
        let Some(paid) = self.data.prepaid else {
            return;
        };
        let Some(latest) = paid.not_seen().filter(|it| *it <= today).max() else {
            return;
        };
        self.changed = true;
        let seen_on = Some(today);
        self.data.prepaid = Some(PaidTime { seen_on, ..paid });
        if latest > paid.paid_until || self.data.ends_on.is_some() {
            return;
        }
        let left = paid.paid_until.signed_duration_since(today).num_days();
        self.events.push(BillingEvent::RenewalDue {
            subscription: self.data.id,
            account: self.data.account,
            paid_until: paid.paid_until,
            days_left: left.max(0),
        });
    }

    pub(super) fn next_milestone(&self) -> Option<LocalDate> {
        self.data.prepaid.and_then(|it| it.not_seen().min())
    }

    pub(super) fn is_expired(&self, today: LocalDate) -> bool {
        self.data.prepaid.is_some_and(|it| it.paid_until <= today)
    }

    pub(super) fn is_long_expired(&self, today: LocalDate) -> bool {
        let long = Days::new(RESTRICTED_DAYS.into());
        let ends = |it: PaidTime| it.paid_until.checked_add_days(long);
        self.data
            .prepaid
            .and_then(ends)
            .is_some_and(|it| it <= today)
    }

    fn prepaid(&self) -> Result<PaidTime, SubscriptionRefusal> {
        let timing = self.data.timing;
        self.data
            .prepaid
            .ok_or(SubscriptionRefusal::NotPrepaid { timing })
    }

    /// The first day of what is paid for next.
    fn next_start(&self, today: LocalDate) -> Result<LocalDate, SubscriptionRefusal> {
        let paid = self.prepaid()?;
        match self.data.status {
            SubscriptionStatus::Suspended { since, .. } => {
                return Err(SubscriptionRefusal::Suspended { since });
            }
            SubscriptionStatus::Active | SubscriptionStatus::Ended { .. } => {}
        }
        if let Some(ends_on) = self.data.ends_on {
            return Err(SubscriptionRefusal::Cancelled { ends_on });
        }
        let start = renew_from(today, Some(paid.paid_until));
        must_be_near(start, today)?;
        let mut pauses = self.decided.pauses.iter();
        if pauses.any(|it| it.days().contains(start)) {
            return Err(SubscriptionRefusal::Rests { on: start });
        }
        Ok(start)
    }

    /// Lets periods begin on a day where none does, with the days that nobody paid for left out.
    fn begin_anew(
        &mut self,
        start: LocalDate,
        today: LocalDate,
    ) -> Result<(), SubscriptionRefusal> {
        self.leave_free(self.prepaid()?.paid_until, start);
        let begins = self
            .decided
            .period_on(start)
            .is_some_and(|it| it.start == start);
        if begins {
            return Ok(());
        }
        let rescheduled = Changed::Rescheduled {
            interval: None,
            bill_day: self.bill_day_on(start),
        };
        self.decide(vec![(start, rescheduled)], today)
    }

    /// Days that nothing is charged for.
    fn leave_free(&mut self, from: LocalDate, until: LocalDate) {
        if from < until {
            self.data.pauses.push(Pause {
                from,
                until: Some(until),
                policy: PausePolicy::NoNewPeriod,
            });
        }
    }

    fn pay_until(
        &mut self,
        end: LocalDate,
        start: LocalDate,
        today: LocalDate,
    ) -> Result<(), SubscriptionRefusal> {
        self.data.prepaid = Some(PaidTime {
            paid_until: end,
            seen_on: Some(today),
            told_low: false,
            ..self.prepaid()?
        });
        self.rebill(start.min(today));
        // A short period may end at once: nothing else would ask before it is over.
        self.ask_for_renewal(today);
        Ok(())
    }
}
