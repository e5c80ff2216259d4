//! The steps of one debt: each at most once, in order, without gaps.

use kernel::LocalDate;

/// What a step does, from mild to hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// Tells the customer.
    Reminder,
    /// Charges for being late.
    Fee,
    /// Makes access slow.
    Restriction,
    /// Takes access away.
    Suspension,
}

impl StepKind {
    const fn takes_access(self) -> bool {
        matches!(self, Self::Restriction | Self::Suspension)
    }
}

/// Something to do when a debt is so many days past its due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Step {
    /// Days past the due date; below zero is before it.
    pub day: i64,
    /// What to do.
    pub kind: StepKind,
}

/// The steps of a policy, by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps(Vec<Step>);

/// Steps that are no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSteps {
    /// A step before the one it follows.
    #[error("a step of day {day} follows one of day {before}")]
    Order {
        /// The day of the step before.
        before: i64,
        /// The day of the step.
        day: i64,
    },
    /// Access is taken without a word.
    #[error("access is taken on day {day} without a reminder before")]
    NoNotice {
        /// The day.
        day: i64,
    },
}

impl Steps {
    /// Steps in the order of their days, the first reminder before access is taken.
    ///
    /// # Errors
    /// [`BadSteps`] names the day.
    pub fn new(steps: Vec<Step>) -> Result<Self, BadSteps> {
        for (step, next) in steps.iter().zip(steps.iter().skip(1)) {
            if next.day < step.day {
                return Err(BadSteps::Order {
                    before: step.day,
                    day: next.day,
                });
            }
        }
        let mut up_to_notice = steps.iter().take_while(|it| it.kind != StepKind::Reminder);
        if let Some(step) = up_to_notice.find(|it| it.kind.takes_access()) {
            return Err(BadSteps::NoNotice { day: step.day });
        }
        Ok(Self(steps))
    }

    /// The steps, by day.
    #[must_use]
    pub fn as_slice(&self) -> &[Step] {
        &self.0
    }
}

/// How far the steps of the current debt were taken. Begins with the first of them and ends when nothing is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Episode {
    done: usize,
}

impl Episode {
    /// How many steps were taken: always the first ones.
    #[must_use]
    pub const fn done(&self) -> usize {
        self.done
    }

    /// Takes the steps that are due on a day and were not taken yet, in order. Without debt the episode is over.
    ///
    /// Missed reminders are merged into the last of them. Access is never taken in the same breath as a reminder that was
    /// missed, nor outside the window: both wait for another evaluation (billing.md, sections 5.4.2 and 5.4.3).
    pub fn take(
        &mut self,
        steps: &Steps,
        oldest_due: Option<LocalDate>,
        today: LocalDate,
        window_is_open: WindowState,
    ) -> Vec<Step> {
        let Some(oldest_due) = oldest_due else {
            self.done = 0;
            return Vec::new();
        };
        let days = today.signed_duration_since(oldest_due).num_days();
        let mut taken: Vec<Step> = Vec::new();
        for step in steps.0.iter().skip(self.done) {
            let told_now = taken.iter().any(|it| it.kind == StepKind::Reminder);
            let must_wait =
                step.kind.takes_access() && (told_now || window_is_open == WindowState::Closed);
            if step.day > days || must_wait {
                break;
            }
            self.done += 1;
            if step.kind == StepKind::Reminder {
                taken.retain(|it| it.kind != StepKind::Reminder);
            }
            taken.push(*step);
        }
        taken
    }
}

/// Whether access may be taken away now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowState {
    /// It may.
    Open,
    /// It may not: the next allowed day.
    Closed,
}
