//! What is done about a debt, by days past its due date.

use serde::{Deserialize, Serialize};

/// How many days a step may lie before or after the due date.
pub const FARTHEST_STEP_DAYS: i64 = 365;
/// How many steps a procedure may have.
pub const MOST_STEPS: usize = 50;

/// What a step does, from mild to hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum StepKind {
    /// Tells the customer.
    Reminder,
    /// Charges for being late.
    Fee {
        /// How much, in minor units of the account's currency, above zero.
        minor: i64,
    },
    /// Makes access slow, on the address list from which the customer can still pay.
    Restriction,
    /// Takes access away.
    Suspension,
    /// Ends the subscriptions.
    Termination,
}

impl StepKind {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reminder => "reminder",
            Self::Fee { .. } => "fee",
            Self::Restriction => "restriction",
            Self::Suspension => "suspension",
            Self::Termination => "termination",
        }
    }

    /// Whether the customer can do less afterwards.
    #[must_use]
    pub const fn takes_access(self) -> bool {
        matches!(
            self,
            Self::Restriction | Self::Suspension | Self::Termination
        )
    }
}

/// Something to do when a debt is so many days past its due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// Days past the due date, −365 to 365; below zero is before it.
    pub day: i64,
    /// What to do.
    #[serde(flatten)]
    pub kind: StepKind,
}

/// The steps of a procedure, by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps(Vec<Step>);

/// Steps that are no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSteps {
    /// More than anybody can follow.
    #[error("a procedure may have {MOST_STEPS} steps, not {0}")]
    TooMany(usize),
    /// A day nobody plans for.
    #[error("a step may lie {FARTHEST_STEP_DAYS} days from the due date, not {day}")]
    TooFar {
        /// The day.
        day: i64,
    },
    /// A step before the one it follows.
    #[error("a step of day {day} follows one of day {before}")]
    Order {
        /// The day of the step before.
        before: i64,
        /// The day of the step.
        day: i64,
    },
    /// A consequence before the debt is overdue, or within the grace.
    #[error("the {kind} of day {day} lies within the {grace_days} days of grace")]
    InGrace {
        /// What the step does.
        kind: &'static str,
        /// Its day.
        day: i64,
        /// The grace.
        grace_days: u16,
    },
    /// A fee of nothing or less.
    #[error("the fee of day {day} must be above zero, not {minor} minor units")]
    Fee {
        /// The day.
        day: i64,
        /// The fee.
        minor: i64,
    },
    /// Access is taken without a word.
    #[error("access is taken on day {day} without a reminder before")]
    NoNotice {
        /// The day.
        day: i64,
    },
    /// Something milder after something harder.
    #[error("a {kind} on day {day} follows a {before}")]
    Milder {
        /// What was done before.
        before: &'static str,
        /// What the step does.
        kind: &'static str,
        /// Its day.
        day: i64,
    },
}

impl Steps {
    /// Steps in the order of their days, the first reminder before access is taken, and access taken ever more.
    ///
    /// # Errors
    /// [`BadSteps`] names the day.
    pub fn new(steps: Vec<Step>) -> Result<Self, BadSteps> {
        if steps.len() > MOST_STEPS {
            return Err(BadSteps::TooMany(steps.len()));
        }
        steps.iter().try_for_each(Step::check)?;
        for (step, next) in steps.iter().zip(steps.iter().skip(1)) {
            if next.day < step.day {
                let (before, day) = (step.day, next.day);
                return Err(BadSteps::Order { before, day });
            }
        }
        let mut up_to_notice = steps.iter().take_while(|it| it.kind != StepKind::Reminder);
        if let Some(step) = up_to_notice.find(|it| it.kind.takes_access()) {
            return Err(BadSteps::NoNotice { day: step.day });
        }
        ever_harder(&steps)?;
        Ok(Self(steps))
    }

    /// Steps that nobody is told of: what the three numbers of a [`DunningPolicy`](crate::DunningPolicy) come to.
    pub(super) const fn unannounced(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    /// Refuses consequences within the grace, whose days count from the due date.
    ///
    /// # Errors
    /// [`BadSteps::InGrace`] names the step.
    pub fn respect(&self, grace_days: u16) -> Result<(), BadSteps> {
        let early = |it: &&Step| it.kind != StepKind::Reminder && it.day <= i64::from(grace_days);
        match self.0.iter().find(early) {
            None => Ok(()),
            Some(step) => Err(BadSteps::InGrace {
                kind: step.kind.as_str(),
                day: step.day,
                grace_days,
            }),
        }
    }

    /// The steps, by day.
    #[must_use]
    pub fn as_slice(&self) -> &[Step] {
        &self.0
    }
}

impl Step {
    const fn check(&self) -> Result<(), BadSteps> {
        let day = self.day;
        if day < -FARTHEST_STEP_DAYS || day > FARTHEST_STEP_DAYS {
            return Err(BadSteps::TooFar { day });
        }
        match self.kind {
            StepKind::Fee { minor } if minor <= 0 => Err(BadSteps::Fee { day, minor }),
            _ => Ok(()),
        }
    }
}

fn ever_harder(steps: &[Step]) -> Result<(), BadSteps> {
    let taking: Vec<&Step> = steps.iter().filter(|it| it.kind.takes_access()).collect();
    for (step, next) in taking.iter().zip(taking.iter().skip(1)) {
        if next.kind <= step.kind {
            return Err(BadSteps::Milder {
                before: step.kind.as_str(),
                kind: next.kind.as_str(),
                day: next.day,
            });
        }
    }
    Ok(())
}
