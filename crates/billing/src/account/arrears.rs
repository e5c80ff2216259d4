//! An account that may be behind: its terms, holds, promises, and the steps that are taken.
//!
//! The level is computed anew at every evaluation; remembered is only what was done. Evaluating twice at one moment changes
//! nothing.

use kernel::{LocalDate, Money, MoneyError};
use serde::{Deserialize, Serialize};

use super::Account;
use crate::dunning::{
    BadProcedure, BadPromise, Cause, Episode, Hold, NewProcedure, Procedure, ProcedureId, Promise,
    PromiseState, Situation, Step, StepKind, TakenStep, WindowState, overdue_with,
};
use crate::events::BillingEvent;
use crate::overdue::Level;

/// The longest terms an account may have, in days.
pub const LONGEST_TERMS_DAYS: u16 = 365;
/// The longest reason of a hold or a broken promise, in characters.
const LONGEST_REASON: usize = 300;

/// Why nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArrearsRefusal {
    /// Too long.
    #[error("terms must be 0 to {LONGEST_TERMS_DAYS} days, not {0}")]
    Terms(u16),
    /// An unusable reason.
    #[error(
        "a reason must be 1 to {LONGEST_REASON} characters without control characters, not {0}"
    )]
    Reason(usize),
    /// A hold that would be over before it begins.
    #[error("a hold placed on {placed_on} cannot end on {until}")]
    PastHold {
        /// When it was to be placed.
        placed_on: LocalDate,
        /// Its last day.
        until: LocalDate,
    },
    /// It is held for another reason: lift that hold first.
    #[error("the account is held already: {reason}")]
    AlreadyHeld {
        /// Why.
        reason: String,
    },
    /// The procedure allows no more promises for this debt.
    #[error("{made} promises were made for this debt already")]
    AlreadyPromised {
        /// How many.
        made: u8,
    },
    /// There is nothing to promise.
    #[error("nothing is overdue")]
    NothingOverdue,
    /// There is no promise to break.
    #[error("nothing is promised")]
    NothingPromised,
    /// The promise breaks a rule.
    #[error(transparent)]
    Promise(#[from] BadPromise),
    /// The procedure contradicts itself.
    #[error(transparent)]
    Procedure(#[from] BadProcedure),
    /// The amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What a charge of dunning is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeReason {
    /// Being late.
    LateFee,
    /// Suspended access that was given back for payment.
    Reconnection,
}

impl ChargeReason {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::LateFee, Self::Reconnection];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LateFee => "late_fee",
            Self::Reconnection => "reconnection",
        }
    }

    /// The reason with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// A charge that dunning has made: it waits for the account's next bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Of which debt of the account, from 1.
    pub episode: u64,
    /// The step that made it, by its place among those of the debt; the number after the last one for a reconnection.
    pub step: u16,
    /// What for.
    pub reason: ChargeReason,
    /// How much, above zero.
    pub amount: Money,
    /// When it was made.
    pub on: LocalDate,
}

impl Account {
    /// Gives the account terms of its own, in days from issue to due, or its entity's again. What is issued keeps its due
    /// date. The same terms again change nothing.
    ///
    /// # Errors
    /// [`ArrearsRefusal::Terms`] beyond [`LONGEST_TERMS_DAYS`].
    pub fn change_terms(&mut self, days: Option<u16>) -> Result<(), ArrearsRefusal> {
        if let Some(days) = days.filter(|it| *it > LONGEST_TERMS_DAYS) {
            return Err(ArrearsRefusal::Terms(days));
        }
        if self.data.terms_days != days {
            self.data.terms_days = days;
            let account = self.data.id;
            self.tell(BillingEvent::TermsChanged { account, days });
        }
        Ok(())
    }

    /// Gives the account a dunning procedure of its own, or its entity's again. The same one again changes nothing.
    ///
    /// # Errors
    /// [`ArrearsRefusal::Procedure`] for one that contradicts itself.
    pub fn define_procedure(&mut self, new: Option<NewProcedure>) -> Result<(), ArrearsRefusal> {
        let known = self.data.procedure.as_deref();
        if known.map(|(it, _)| it) == new.as_ref() {
            return Ok(());
        }
        // The version of the row has never been as high before, so no two definitions share a number.
        let version = self.data.version.unsigned_abs() + 1;
        let procedure = new
            .map(|it| Procedure::new(it, ProcedureId::Account(version)))
            .transpose()?;
        self.data.procedure = procedure
            .as_ref()
            .map(|it| Box::new((it.defined().clone(), version)));
        self.tell(BillingEvent::AccountProcedureDefined {
            account: self.data.id,
            version: procedure.as_ref().map(Procedure::version),
            procedure: procedure.as_ref().map(|it| Box::new(it.defined().clone())),
        });
        self.procedure = procedure.map(Box::new);
        Ok(())
    }

    /// Keeps every consequence away until a day, or until it is lifted; returns whether that is news. The same hold again
    /// changes nothing.
    ///
    /// # Errors
    /// [`ArrearsRefusal`] for an unusable reason, a day that is over, or another hold that counts.
    pub fn place_hold(&mut self, hold: Hold, today: LocalDate) -> Result<bool, ArrearsRefusal> {
        let Hold { reason, until } = hold;
        if let Some(until) = until.filter(|it| *it < today) {
            let placed_on = today;
            return Err(ArrearsRefusal::PastHold { placed_on, until });
        }
        let reason = checked_reason(&reason)?;
        let hold = Hold { reason, until };
        match &self.data.hold {
            Some(known) if *known == hold => return Ok(false),
            Some(known) if known.counts(today) => {
                let reason = known.reason.clone();
                return Err(ArrearsRefusal::AlreadyHeld { reason });
            }
            _ => {}
        }
        self.tell(BillingEvent::HoldPlaced {
            account: self.data.id,
            reason: hold.reason.clone(),
            until: hold.until,
        });
        self.data.hold = Some(hold);
        Ok(true)
    }

    /// Treats the account like any other again; returns whether that is news.
    pub fn lift_hold(&mut self) -> bool {
        let was_held = self.data.hold.take().is_some();
        if was_held {
            let account = self.data.id;
            self.tell(BillingEvent::HoldLifted { account });
        }
        was_held
    }

    /// Takes the customer's word to pay by a day: until then the level gets no worse and no step is taken.
    ///
    /// # Errors
    /// [`ArrearsRefusal`] where nothing is overdue, for more promises than the procedure allows, or a day that is over or too
    /// far ahead.
    pub fn promise_to_pay(
        &mut self,
        until: LocalDate,
        now: &Situation<'_>,
    ) -> Result<(), ArrearsRefusal> {
        let rules = now.procedure.defined();
        if !now.is_overdue()? {
            return Err(ArrearsRefusal::NothingOverdue);
        }
        let made = self.data.episode.promises();
        if made >= rules.promises || self.data.promise.is_some() {
            return Err(ArrearsRefusal::AlreadyPromised { made });
        }
        let promise = Promise::new(now.today, until, self.data.level)?;
        let days = until.signed_duration_since(now.today).num_days();
        let most = i64::from(rules.promise_days);
        if days > most {
            return Err(BadPromise::TooLong { days, most }.into());
        }
        self.data.promise = Some(promise);
        self.data.episode.promised();
        let account = self.data.id;
        self.tell(BillingEvent::PromiseMade { account, until });
        Ok(())
    }

    /// Ends a promise before its day, for a reason.
    ///
    /// # Errors
    /// [`ArrearsRefusal`] where nothing is promised, and for an unusable reason.
    pub fn break_promise(&mut self, reason: &str) -> Result<(), ArrearsRefusal> {
        let reason = Some(checked_reason(reason)?);
        if self.data.promise.take().is_none() {
            return Err(ArrearsRefusal::NothingPromised);
        }
        let account = self.data.id;
        self.tell(BillingEvent::PromiseBroken { account, reason });
        Ok(())
    }

    /// Looks at the account as it stands: what became of the hold and the promise, the steps to take now, and the level.
    ///
    /// Where nothing is overdue the level is clear at once, at any hour (billing.md, invariants 36 and 38). It is never worse
    /// than the steps that were taken: access goes only with its step, inside the window, and after its notice. While a hold or
    /// a promise counts, no step is taken.
    ///
    /// # Errors
    /// [`MoneyError`] if the open amounts cannot be summed; nothing changes then.
    pub fn evaluate(&mut self, now: &Situation<'_>) -> Result<Verdict, MoneyError> {
        let before = self.data.level;
        let (owed, overdue) = (now.owed()?, now.overdue()?);
        let hold = self.data.hold.as_ref();
        let promise = self.data.promise.as_ref();
        let wanted = overdue_with(now.open, now.today, now.procedure, promise, hold)?;
        self.expire_hold(now.today);
        self.judge_promise(overdue, owed.is_overdue, now.today);
        let ended = self.data.episode.follow(owed);
        if let Some(ended) = ended {
            self.changed = true;
            self.reconnect(&ended, now);
        }
        let (terminates, step_waits) = self.take_due(owed.oldest_due, now);
        let level = wanted.min(self.data.episode.cap());
        self.reach(self.reachable(level, now.window));
        Ok(Verdict {
            terminates,
            waits: step_waits || self.data.level < level,
            cuts: terminates || self.is_cut_since(before),
        })
    }

    fn is_cut_since(&self, before: Level) -> bool {
        self.data.level > before && self.data.level >= Level::Restricted
    }

    /// Takes the steps that are due, unless a hold or a promise counts; says whether the subscriptions end with them, and
    /// whether one waits for the window.
    fn take_due(&mut self, oldest_due: Option<LocalDate>, now: &Situation<'_>) -> (bool, bool) {
        if self.data.hold.is_some() || self.data.promise.is_some() {
            return (false, false);
        }
        let before = self.data.episode.clone();
        let steps = (now.procedure.steps(), now.procedure.id());
        let episode = &mut self.data.episode;
        let taken = episode.take(steps, oldest_due, now.today, now.window);
        let waits = episode.waits(steps, oldest_due, now.today, now.window);
        self.changed |= before != self.data.episode;
        let terminates = taken.iter().any(|it| it.of.kind == StepKind::Termination);
        taken.into_iter().for_each(|it| self.carry_out(it, now));
        (terminates, waits)
    }

    fn expire_hold(&mut self, today: LocalDate) {
        if self.data.hold.as_ref().is_some_and(|it| !it.counts(today)) {
            self.lift_hold();
        }
    }

    fn judge_promise(&mut self, overdue: Money, is_overdue: bool, today: LocalDate) {
        let account = self.data.id;
        let Some(promise) = self.data.promise else {
            return;
        };
        let still_owed = if is_overdue {
            overdue
        } else {
            Money::zero(overdue.currency())
        };
        let event = match promise.state(still_owed, today) {
            PromiseState::Waiting => return,
            PromiseState::Kept => BillingEvent::PromiseKept { account },
            PromiseState::Broken => BillingEvent::PromiseBroken {
                account,
                reason: None,
            },
        };
        self.data.promise = None;
        self.tell(event);
    }

    fn carry_out(&mut self, taken: TakenStep, now: &Situation<'_>) {
        let account = self.data.id;
        self.taken.push(taken);
        let TakenStep { episode, step, .. } = taken;
        match taken.of.kind {
            StepKind::Reminder if !taken.merged => self.tell(BillingEvent::ReminderDue {
                account,
                episode,
                step,
                day: taken.of.day,
            }),
            StepKind::Fee { minor } => self.charge(Charge {
                episode,
                step,
                reason: ChargeReason::LateFee,
                amount: Money::from_minor(minor, now.currency),
                on: now.today,
            }),
            _ => {}
        }
    }

    /// Access that a debt had suspended comes back with its payment, for a fee. A debt that ended otherwise was no fault of the
    /// customer's, and subscriptions that were ended do not come back.
    fn reconnect(&mut self, ended: &Episode, now: &Situation<'_>) {
        let minor = now.procedure.defined().reconnection_fee_minor;
        let ended_them = |it: &Step| it.kind == StepKind::Termination;
        let mut taken = now.procedure.steps().as_slice().iter().take(ended.done());
        let gives_back = ended.cap() == Level::Suspended && !taken.any(ended_them);
        if minor > 0 && gives_back && now.after == Cause::Payment {
            self.charge(Charge {
                episode: ended.number(),
                step: ended.steps_taken(),
                reason: ChargeReason::Reconnection,
                amount: Money::from_minor(minor, now.currency),
                on: now.today,
            });
        }
    }

    fn charge(&mut self, charge: Charge) {
        self.charges.push(charge);
        self.tell(BillingEvent::FeeCharged {
            account: self.data.id,
            episode: charge.episode,
            step: charge.step,
            reason: charge.reason,
            amount: charge.amount,
        });
    }

    /// The wanted level, or the worst one before it that the steps taken lead to; outside the window nothing is taken away.
    fn reachable(&self, wanted: Level, window: WindowState) -> Level {
        let level = wanted.min(self.data.episode.cap());
        let takes = level > self.data.level && level >= Level::Restricted;
        match takes && window == WindowState::Closed {
            true => self.data.level.max(Level::Overdue),
            false => level,
        }
    }
}

/// What follows from an evaluation beyond the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the subscriptions end.
    pub terminates: bool,
    /// Whether access would be taken away if it might be now.
    pub waits: bool,
    /// Whether the customer can do less than before.
    pub cuts: bool,
}

fn checked_reason(reason: &str) -> Result<String, ArrearsRefusal> {
    let reason = reason.trim();
    let length = reason.chars().count();
    if !(1..=LONGEST_REASON).contains(&length) || reason.chars().any(char::is_control) {
        return Err(ArrearsRefusal::Reason(length));
    }
    Ok(reason.to_owned())
}

#[cfg(test)]
mod tests;
