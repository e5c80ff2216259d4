//! Dunning as it is written and read over HTTP.

use billing::{
    ChargeView, DunningRunState, DunningRunView, NewProcedure, Step, StepKind, StepView, TakenStep,
};
use chrono::Weekday;
use kernel::{DunningRunId, EntityId, InvoiceId, LocalDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::money::MoneyBody;
use crate::problem::Problem;

/// What is done about debts.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DunningProcedure)]
pub(crate) struct ProcedureBody {
    /// Days past due without consequences but reminders, 0 to 365.
    #[schema(maximum = 365, example = 3)]
    grace_days: u16,
    /// Overdue amounts up to this many minor units are let pass.
    #[schema(minimum = 0, example = 0)]
    tolerance_minor: i64,
    /// What is done, in the order of the days, at most 50.
    steps: Vec<StepBody>,
    window: WindowBody,
    promise: PromiseRulesBody,
    /// What is charged when suspended access is given back for payment, in minor units; 0 for nothing.
    #[schema(minimum = 0, example = 2500000)]
    reconnection_fee_minor: i64,
    /// The share of the customers with access, in percent, that one day's run may cut off without a person's word; any if
    /// absent.
    #[schema(minimum = 1, maximum = 100, example = 10)]
    most_cut_percent: Option<u8>,
}

/// Something to do when a debt is so many days past its due date.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DunningStep)]
pub(crate) struct StepBody {
    /// Days past the due date; below zero is before it.
    #[schema(minimum = -365, maximum = 365, example = 3)]
    day: i64,
    kind: StepWord,
    /// How much a `fee` is, in minor units; absent for every other step.
    #[schema(minimum = 1)]
    fee_minor: Option<i64>,
}

/// What a step does.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DunningStepKind)]
pub(crate) enum StepWord {
    /// Tells the customer.
    Reminder,
    /// Charges for being late, on the next bill.
    Fee,
    /// Makes access slow, on the address list from which the customer can still pay.
    Restriction,
    /// Takes access away.
    Suspension,
    /// Ends the subscriptions.
    Termination,
}

/// When access may be taken away, in the zone of the legal entity. It is given back at any time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DunningWindow)]
pub(crate) struct WindowBody {
    weekdays: Vec<DayWord>,
    /// The first full hour.
    #[schema(maximum = 23, example = 9)]
    from_hour: u32,
    /// The full hour after the last.
    #[schema(minimum = 1, maximum = 24, example = 16)]
    to_hour: u32,
    /// Days on which access is never taken away, at most 400.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    holidays: Vec<LocalDate>,
}

/// What customers may promise.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromiseRules)]
pub(crate) struct PromiseRulesBody {
    /// How far ahead, in days.
    #[schema(maximum = 60, example = 14)]
    days: u16,
    /// How many for one debt.
    #[schema(maximum = 10, example = 1)]
    times: u8,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DayOfWeek)]
pub(crate) enum DayWord {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl ProcedureBody {
    /// What it says, or which field contradicts itself on its own.
    pub(in crate::routes) fn procedure(&self) -> Result<NewProcedure, Problem> {
        let steps = self.steps.iter().enumerate().map(|(at, it)| it.step(at));
        Ok(NewProcedure {
            grace_days: self.grace_days,
            tolerance_minor: self.tolerance_minor,
            steps: steps.collect::<Result<_, _>>()?,
            weekdays: self.window.weekdays.iter().map(|it| it.weekday()).collect(),
            from_hour: self.window.from_hour,
            to_hour: self.window.to_hour,
            holidays: self.window.holidays.iter().copied().collect(),
            promise_days: self.promise.days,
            promises: self.promise.times,
            reconnection_fee_minor: self.reconnection_fee_minor,
            most_cut_percent: self.most_cut_percent,
        })
    }
}

impl From<NewProcedure> for ProcedureBody {
    fn from(it: NewProcedure) -> Self {
        Self {
            grace_days: it.grace_days,
            tolerance_minor: it.tolerance_minor,
            steps: it.steps.iter().map(StepBody::of).collect(),
            window: WindowBody {
                weekdays: it.weekdays.iter().map(|it| DayWord::of(*it)).collect(),
                from_hour: it.from_hour,
                to_hour: it.to_hour,
                holidays: it.holidays.into_iter().collect(),
            },
            promise: PromiseRulesBody {
                days: it.promise_days,
                times: it.promises,
            },
            reconnection_fee_minor: it.reconnection_fee_minor,
            most_cut_percent: it.most_cut_percent,
        }
    }
}

impl StepBody {
    fn step(&self, at: usize) -> Result<Step, Problem> {
        let kind = match (self.kind, self.fee_minor) {
            (StepWord::Fee, Some(minor)) => StepKind::Fee { minor },
            (StepWord::Fee, None) => return Err(fee(at, "required", "a fee says how much")),
            (_, Some(_)) => return Err(fee(at, "not_allowed", "only a fee says how much")),
            (StepWord::Reminder, None) => StepKind::Reminder,
            (StepWord::Restriction, None) => StepKind::Restriction,
            (StepWord::Suspension, None) => StepKind::Suspension,
            (StepWord::Termination, None) => StepKind::Termination,
        };
        Ok(Step {
            day: self.day,
            kind,
        })
    }

    fn of(step: &Step) -> Self {
        let (kind, fee_minor) = match step.kind {
            StepKind::Reminder => (StepWord::Reminder, None),
            StepKind::Fee { minor } => (StepWord::Fee, Some(minor)),
            StepKind::Restriction => (StepWord::Restriction, None),
            StepKind::Suspension => (StepWord::Suspension, None),
            StepKind::Termination => (StepWord::Termination, None),
        };
        Self {
            day: step.day,
            kind,
            fee_minor,
        }
    }
}

fn fee(at: usize, rule: &str, message: &str) -> Problem {
    Problem::invalid(format!("steps[{at}].fee_minor"), rule, message)
}

impl DayWord {
    const fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Mon,
            Self::Tuesday => Weekday::Tue,
            Self::Wednesday => Weekday::Wed,
            Self::Thursday => Weekday::Thu,
            Self::Friday => Weekday::Fri,
            Self::Saturday => Weekday::Sat,
            Self::Sunday => Weekday::Sun,
        }
    }

    const fn of(day: Weekday) -> Self {
        match day {
            Weekday::Mon => Self::Monday,
            Weekday::Tue => Self::Tuesday,
            Weekday::Wed => Self::Wednesday,
            Weekday::Thu => Self::Thursday,
            Weekday::Fri => Self::Friday,
            Weekday::Sat => Self::Saturday,
            Weekday::Sun => Self::Sunday,
        }
    }
}

/// A step that was taken for a debt, or would be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TakenDunningStep)]
pub(crate) struct TakenBody {
    /// Which debt of the account, from 1.
    debt: u64,
    /// Its place among the steps of this debt, from 0.
    step: u16,
    /// `reminder`, `fee`, `restriction`, `suspension` or `termination`.
    #[schema(example = "reminder")]
    kind: String,
    /// Days past the due date at which it was to be done.
    day: i64,
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    on: LocalDate,
    /// Whether it is left out because a later reminder says the same.
    merged: bool,
}

impl From<StepView> for TakenBody {
    fn from(it: StepView) -> Self {
        Self {
            debt: it.episode,
            step: it.step,
            kind: it.kind,
            day: it.day,
            on: it.taken_on,
            merged: it.merged,
        }
    }
}

impl From<&TakenStep> for TakenBody {
    fn from(it: &TakenStep) -> Self {
        Self {
            debt: it.episode,
            step: it.step,
            kind: it.of.kind.as_str().to_owned(),
            day: it.of.day,
            on: it.on,
            merged: it.merged,
        }
    }
}

/// A charge that dunning has made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DunningCharge)]
pub(crate) struct ChargeBody {
    /// Which debt of the account, from 1.
    debt: u64,
    /// Its place among what was done about that debt: names it together with `debt`.
    #[schema(minimum = 0, example = 1)]
    step: u16,
    /// `late_fee` or `reconnection`.
    #[schema(example = "late_fee")]
    reason: &'static str,
    amount: MoneyBody,
    /// What credit notes have given back of it for good, before an invoice that it was on was voided: the next bill carries the
    /// rest.
    credited: MoneyBody,
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    on: LocalDate,
    /// The invoice it is on; null while it waits for the next bill.
    #[schema(value_type = Option<String>, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$")]
    invoice: Option<InvoiceId>,
    /// Why it was let off, if it was.
    waived: Option<String>,
}

impl From<ChargeView> for ChargeBody {
    fn from(it: ChargeView) -> Self {
        Self {
            debt: it.episode,
            step: it.step,
            reason: it.reason.as_str(),
            amount: it.amount.into(),
            credited: it.credited.into(),
            on: it.charged_on,
            invoice: it.invoice,
            waived: it.waived,
        }
    }
}

/// A day's dunning of a legal entity.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DunningRun)]
pub(crate) struct RunBody {
    #[schema(value_type = String, pattern = "^dun_[a-z2-7]{25}[aeimquy4]$", example = "dun_agjpfimc4btqadrdlvfsmcaaai")]
    id: DunningRunId,
    #[schema(value_type = String, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$", example = "ent_agjpfimc4btqadrdlvfsmcaaai")]
    legal_entity: EntityId,
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    on: LocalDate,
    /// `going`, `waiting`, `approved` or `refused`.
    #[schema(example = "waiting")]
    state: &'static str,
    /// How many accounts it has cut off or would.
    cuts: u64,
    /// How many accounts had access then.
    active: u64,
    /// Why it was approved or refused.
    reason: Option<String>,
}

impl From<DunningRunView> for RunBody {
    fn from(it: DunningRunView) -> Self {
        Self {
            id: it.id,
            legal_entity: it.entity,
            on: it.run_on,
            state: it.state.as_str(),
            cuts: it.cuts,
            active: it.active,
            reason: it.reason,
        }
    }
}

/// In which state a run is.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DunningRunState)]
pub(crate) enum RunWord {
    /// It cuts off no more than it may.
    Going,
    /// It would cut off more, and waits for a person.
    Waiting,
    /// A person lets it go on.
    Approved,
    /// A person has said no.
    Refused,
}

impl RunWord {
    pub(super) const fn state(self) -> DunningRunState {
        match self {
            Self::Going => DunningRunState::Going,
            Self::Waiting => DunningRunState::Waiting,
            Self::Approved => DunningRunState::Approved,
            Self::Refused => DunningRunState::Refused,
        }
    }
}
