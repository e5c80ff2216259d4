//! What is remembered about an account that may be behind: its terms, holds, a promise, and the steps that were taken.
//!
//! The level itself is not: it is computed anew at every evaluation. Evaluating twice at one moment changes nothing.

use chrono::NaiveDateTime;
use kernel::{AccountId, Currency, LocalDate, Money, MoneyError};

use super::{
    BadPromise, Episode, Hold, Promise, PromiseState, Step, Steps, SuspensionWindow, WindowState,
    overdue_with,
};
use crate::events::BillingEvent;
use crate::overdue::{DunningPolicy, Level, OpenAmount};

/// The longest terms an account may have, in days.
pub const LONGEST_TERMS_DAYS: u16 = 365;
/// The longest reason of a hold, in characters.
const LONGEST_REASON: usize = 200;

/// Why nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArrearsRefusal {
    /// Too long.
    #[error("terms must be 0 to {LONGEST_TERMS_DAYS} days, not {0}")]
    Terms(u16),
    /// Too short or too long a reason.
    #[error("the reason of a hold must be 1 to {LONGEST_REASON} characters, not {0}")]
    Reason(usize),
    /// A hold that would be over before it begins.
    #[error("a hold placed on {placed_on} cannot end on {until}")]
    PastHold {
        /// When it was to be placed.
        placed_on: LocalDate,
        /// Its last day.
        until: LocalDate,
    },
    /// There is one already.
    #[error("the account is held already: {reason}")]
    AlreadyHeld {
        /// Why.
        reason: String,
    },
    /// One promise for each debt.
    #[error("a promise was made for this debt already")]
    AlreadyPromised,
    /// There is nothing to promise.
    #[error("nothing is overdue")]
    NothingOverdue,
    /// The promise breaks a rule.
    #[error(transparent)]
    Promise(#[from] BadPromise),
    /// The amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What an evaluation looks at besides the account's own memory.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The account's currency.
    pub currency: Currency,
    /// The open invoices.
    pub open: &'a [OpenAmount],
    /// The moment, in the entity's zone.
    pub at: NaiveDateTime,
    /// What follows from debt.
    pub policy: DunningPolicy,
    /// What is done about it.
    pub steps: &'a Steps,
    /// When access may be taken away.
    pub window: &'a SuspensionWindow,
}

impl Situation<'_> {
    fn today(&self) -> LocalDate {
        self.at.date()
    }

    /// What is past due.
    fn overdue(&self) -> Result<Money, MoneyError> {
        let today = self.today();
        let late = self.open.iter().filter(|it| it.due_on < today);
        Money::sum(self.currency, late.map(|it| it.due))
    }

    fn oldest_due(&self) -> Option<LocalDate> {
        let open = self.open.iter().filter(|it| it.due.is_positive());
        open.map(|it| it.due_on).min()
    }
}

/// What is remembered about an account that may be behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrears {
    account: AccountId,
    level: Level,
    terms_days: Option<u16>,
    hold: Option<Hold>,
    promise: Option<Promise>,
    promised: bool,
    episode: Episode,
    events: Vec<BillingEvent>,
}

impl Arrears {
    /// An account that is clear and has its entity's terms.
    #[must_use]
    pub fn new(account: AccountId) -> Self {
        Self {
            account,
            level: Level::Clear,
            terms_days: None,
            hold: None,
            promise: None,
            promised: false,
            episode: Episode::default(),
            events: Vec::new(),
        }
    }

    /// Gives the account terms of its own, in days from issue to due. The same terms again change nothing.
    ///
    /// # Errors
    /// [`ArrearsRefusal::Terms`] beyond [`LONGEST_TERMS_DAYS`].
    pub fn change_terms(&mut self, days: u16) -> Result<(), ArrearsRefusal> {
        if days > LONGEST_TERMS_DAYS {
            return Err(ArrearsRefusal::Terms(days));
        }
        if self.terms_days != Some(days) {
            self.terms_days = Some(days);
            self.events.push(BillingEvent::TermsChanged {
                account: self.account,
                days,
            });
        }
        Ok(())
    }

    /// Keeps every consequence away until a day, or for good. The same hold again changes nothing.
    ///
    /// # Errors
    /// [`ArrearsRefusal`] for an unusable reason, a day that is over, or another hold that counts.
    pub fn place_hold(&mut self, hold: Hold, today: LocalDate) -> Result<(), ArrearsRefusal> {
        let length = hold.reason.trim().chars().count();
        if !(1..=LONGEST_REASON).contains(&length) {
            return Err(ArrearsRefusal::Reason(length));
        }
        if let Some(until) = hold.until.filter(|it| *it < today) {
            let placed_on = today;
            return Err(ArrearsRefusal::PastHold { placed_on, until });
        }
        match &self.hold {
            Some(known) if *known == hold => return Ok(()),
            Some(known) if known.counts(today) => {
                let reason = known.reason.clone();
                return Err(ArrearsRefusal::AlreadyHeld { reason });
            }
            _ => {}
        }
        self.events.push(BillingEvent::HoldPlaced {
            account: self.account,
            reason: hold.reason.clone(),
            until: hold.until,
        });
        self.hold = Some(hold);
        Ok(())
    }

    /// Treats the account like any other again; returns whether that is news.
    pub fn lift_hold(&mut self) -> bool {
        let was_held = self.hold.take().is_some();
        if was_held {
            let account = self.account;
            self.events.push(BillingEvent::HoldLifted { account });
        }
        was_held
    }

    /// Takes the customer's word to pay by a day: until then the level gets no worse. One promise for each debt.
    ///
    /// # Errors
    /// [`ArrearsRefusal`] where nothing is overdue, for a second promise, or a day that is over or too far ahead.
    pub fn promise_to_pay(
        &mut self,
        until: LocalDate,
        now: &Situation<'_>,
    ) -> Result<(), ArrearsRefusal> {
        if !now.overdue()?.is_positive() {
            return Err(ArrearsRefusal::NothingOverdue);
        }
        if self.promised {
            return Err(ArrearsRefusal::AlreadyPromised);
        }
        self.promise = Some(Promise::new(now.today(), until, self.level)?);
        self.promised = true;
        let account = self.account;
        self.events
            .push(BillingEvent::PromiseMade { account, until });
        Ok(())
    }

    /// Ends a promise before its day; returns whether there was one.
    pub fn break_promise(&mut self) -> bool {
        let had_one = self.promise.take().is_some();
        if had_one {
            let account = self.account;
            self.events.push(BillingEvent::PromiseBroken { account });
        }
        had_one
    }

    /// Looks at the account as it stands: what became of the promise, the level, and the steps to take now.
    ///
    /// Where nothing is overdue the level is clear at once, at any hour (billing.md, invariants 36 and 38); where access would
    /// be taken outside the window, the account is merely overdue until it opens. While a hold or a promise counts, no step is
    /// taken.
    ///
    /// # Errors
    /// [`MoneyError`] if the open amounts cannot be summed; nothing changes then.
    pub fn evaluate(&mut self, now: &Situation<'_>) -> Result<Vec<Step>, MoneyError> {
        let today = now.today();
        let overdue = now.overdue()?;
        let promise = self.promise;
        let kept_away = self.hold.as_ref().filter(|it| it.counts(today));
        let holds: Vec<Hold> = kept_away.cloned().into_iter().collect();
        let wanted = overdue_with(now.open, today, now.policy, promise.as_ref(), &holds)?;
        self.judge_promise(overdue, today);
        self.reach(self.reachable(wanted, now));
        if !overdue.is_positive() {
            self.promised = false;
        }
        if !holds.is_empty() || self.promise.is_some() {
            return Ok(Vec::new());
        }
        let window = match now.window.allows(now.at) {
            true => WindowState::Open,
            false => WindowState::Closed,
        };
        Ok(self
            .episode
            .take(now.steps, now.oldest_due(), today, window))
    }

    fn judge_promise(&mut self, overdue: Money, today: LocalDate) {
        let account = self.account;
        let Some(promise) = self.promise else {
            return;
        };
        let event = match promise.state(overdue, today) {
            PromiseState::Waiting => return,
            PromiseState::Kept => BillingEvent::PromiseKept { account },
            PromiseState::Broken => BillingEvent::PromiseBroken { account },
        };
        self.promise = None;
        self.events.push(event);
    }

    /// The wanted level, or the worst one before it that takes nothing away outside the window.
    fn reachable(&self, wanted: Level, now: &Situation<'_>) -> Level {
        match now.window.may_change(self.level, wanted, now.at) {
            true => wanted,
            false => self.level.max(Level::Overdue),
        }
    }

    fn reach(&mut self, level: Level) {
        let before = std::mem::replace(&mut self.level, level);
        if before != level {
            self.events.push(BillingEvent::LevelChanged {
                account: self.account,
                before,
                level,
            });
        }
    }

    /// How far behind it was when last evaluated.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The account's own terms in days, if it has any.
    #[must_use]
    pub const fn terms_days(&self) -> Option<u16> {
        self.terms_days
    }

    /// The promise that counts, if any.
    #[must_use]
    pub const fn promise(&self) -> Option<&Promise> {
        self.promise.as_ref()
    }

    /// The hold, whether it still counts or not.
    #[must_use]
    pub const fn hold(&self) -> Option<&Hold> {
        self.hold.as_ref()
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }
}

#[cfg(test)]
mod tests;
