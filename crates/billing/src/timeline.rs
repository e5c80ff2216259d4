//! The facts that decide what a subscription should be billed for: components, their phases, pauses, bill days, the end.

use kernel::{LocalDate, Money, PlanId};
use serde::{Deserialize, Serialize};

use crate::schedule::{Period, Schedule};

/// When a period is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// On its first day, before it is used.
    #[default]
    InAdvance,
    /// When it is over, or the part of it that a change or the end has closed.
    InArrear,
    /// When it is paid: a renewal takes the money and adds the period, both or neither.
    Prepaid,
}

impl Timing {
    /// Every timing.
    pub const ALL: [Self; 3] = [Self::InAdvance, Self::InArrear, Self::Prepaid];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InAdvance => "in_advance",
            Self::InArrear => "in_arrear",
            Self::Prepaid => "prepaid",
        }
    }

    /// The timing with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What a pause does to the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PausePolicy {
    /// No period begins during the pause; one that began before it runs on and stays charged.
    #[default]
    NoNewPeriod,
    /// The pause costs nothing less: everything is charged as if there were none.
    Keep,
    /// The days of the pause are not charged; those that are billed already are taken back.
    CreditDays,
}

impl PausePolicy {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::NoNewPeriod, Self::Keep, Self::CreditDays];
}

/// Days on which a subscription rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The first day.
    pub from: LocalDate,
    /// The day after the last, once it is over.
    pub until: Option<LocalDate>,
    /// What it does to the money; missing where it was stored before there was a choice.
    #[serde(default)]
    pub policy: PausePolicy,
}

impl Pause {
    /// Its days; one that is not over has no end.
    #[must_use]
    pub fn days(self) -> Period {
        Period {
            start: self.from,
            end: self.until.unwrap_or(LocalDate::MAX),
        }
    }
}

/// From a day on, a plan at a price in some quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// The first day. Of several phases of one day only the last one counts, with its one-time charge.
    pub from: LocalDate,
    /// The plan, in the version that was agreed.
    pub plan: PlanId,
    /// What a whole cycle costs for one unit; `None` while nothing recurs (a free trial, or the end of an add-on).
    /// A price of zero is recorded on invoices, `None` is not.
    pub price: Option<Money>,
    /// How many units, at least one.
    pub quantity: u32,
    /// What is charged once when the phase begins.
    pub fee: Option<Money>,
}

impl Phase {
    /// One unit of a plan at a price, without any one-time charge.
    #[must_use]
    pub const fn of(from: LocalDate, plan: PlanId, price: Money) -> Self {
        Self {
            from,
            plan,
            price: Some(price),
            quantity: 1,
            fee: None,
        }
    }

    /// A phase in which nothing recurs.
    #[must_use]
    pub const fn free(from: LocalDate, plan: PlanId) -> Self {
        Self {
            from,
            plan,
            price: None,
            quantity: 1,
            fee: None,
        }
    }

    /// The same, with a one-time charge on its first day.
    #[must_use]
    pub const fn with_fee(self, fee: Money) -> Self {
        Self {
            fee: Some(fee),
            ..self
        }
    }

    /// The same, in a quantity.
    #[must_use]
    pub const fn times(self, quantity: u32) -> Self {
        Self { quantity, ..self }
    }
}

/// Something that is billed for: the base plan or an add-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Which one of the subscription; the base plan is [`Component::BASE`].
    pub number: u16,
    /// Its phases, the earliest first; of those of one day, the one that was decided last comes last.
    pub phases: Vec<Phase>,
    /// The first day without it, if it ends before the subscription does.
    pub ends_on: Option<LocalDate>,
}

impl Component {
    /// The number of the base plan.
    pub const BASE: u16 = 0;

    /// A component without an end of its own.
    #[must_use]
    pub const fn new(number: u16, phases: Vec<Phase>) -> Self {
        Self {
            number,
            phases,
            ends_on: None,
        }
    }
}

/// Another bill day or interval, from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reschedule {
    /// The first day. The cycle before is cut here.
    pub from: LocalDate,
    /// When periods begin from then on. It may have begun earlier: then the first part is the rest of a cycle.
    pub schedule: Schedule,
}

/// Everything that decides what a subscription should be billed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// When its periods begin, at first.
    pub schedule: Schedule,
    /// Other bill days and intervals, the earliest first.
    pub reschedules: Vec<Reschedule>,
    /// Whether periods are billed ahead.
    pub timing: Timing,
    /// The base plan and what was added to it.
    pub components: Vec<Component>,
    /// Its pauses, the earliest first.
    pub pauses: Vec<Pause>,
    /// The day from which nothing is charged any more.
    pub charged_until: Option<LocalDate>,
}

impl Timeline {
    /// A subscription of one plan, billed in advance, never changed, paused or cancelled.
    #[must_use]
    pub fn of_plan(schedule: Schedule, phases: Vec<Phase>) -> Self {
        Self {
            schedule,
            reschedules: Vec::new(),
            timing: Timing::InAdvance,
            components: vec![Component::new(Component::BASE, phases)],
            pauses: Vec::new(),
            charged_until: None,
        }
    }

    /// The schedule that is in force on a day.
    #[must_use]
    pub fn schedule_on(&self, day: LocalDate) -> Schedule {
        let later = self.reschedules.iter().rev();
        let in_force = later.into_iter().find(|it| it.from <= day);
        in_force.map_or(self.schedule, |it| it.schedule)
    }

    /// The cycle that runs on a day, cut off where another schedule begins; `None` before the first.
    #[must_use]
    pub fn period_on(&self, day: LocalDate) -> Option<Period> {
        let part = self.schedule_on(day).containing(day)?.part;
        let next = self.reschedules.iter().find(|it| it.from > day);
        let end = next.map_or(part.end, |it| it.from.min(part.end));
        Some(Period { end, ..part })
    }

    /// A day, where periods never began anew. Else the first of its cycle, or of a cycle that was cut off and reaches beyond
    /// that: days may be charged on a line of such a cycle, so both have to be looked at together.
    pub(crate) fn before_cuts(&self, day: LocalDate) -> LocalDate {
        let cycle = match self.reschedules.is_empty() {
            true => None,
            false => self.schedule_on(day).containing(day),
        };
        let mut day = cycle.map_or(day, |it| it.part.start);
        for whole in self.cut_off().rev() {
            if whole.start < day && day < whole.end {
                day = whole.start;
            }
        }
        day
    }

    /// The last day after all cycles that begin up to one, as if none were cut off.
    pub(crate) fn end_of_cycles(&self, day: LocalDate) -> LocalDate {
        let running = self.schedule_on(day).containing(day).map(|it| it.part);
        let cut = self.cut_off().filter(|it| it.start <= day);
        let ends = cut.chain(running).map(|it| it.end);
        ends.max().unwrap_or(day)
    }

    /// The cycles that are cut off where periods begin anew, as if they were not.
    fn cut_off(&self) -> impl DoubleEndedIterator<Item = Period> {
        let cuts = self.reschedules.iter().enumerate();
        cuts.filter_map(|(place, cut)| {
            let before = match place {
                0 => self.schedule,
                later => self.reschedules[later - 1].schedule,
            };
            before.containing(cut.from).map(|it| it.part)
        })
    }

    /// What is agreed about a component on a day; `None` before it begins.
    #[must_use]
    pub fn phase_on(&self, component: u16, day: LocalDate) -> Option<Phase> {
        let all = self.components.iter();
        let mut found = all.filter(|it| it.number == component);
        let phases = found.next()?.phases.iter().rev();
        phases.copied().find(|it| it.from <= day)
    }

    /// The schedules with the days each one is in force.
    pub(crate) fn schedules(&self) -> impl Iterator<Item = (Period, Schedule)> {
        let starts = self.reschedules.iter().map(|it| (it.from, it.schedule));
        let ends = self.reschedules.iter().map(|it| it.from);
        let all = [(LocalDate::MIN, self.schedule)].into_iter().chain(starts);
        all.zip(ends.chain([LocalDate::MAX]))
            .map(|((start, schedule), end)| (Period { start, end }, schedule))
    }

    /// Up to which day what it should be billed is looked at on a day: prepaid all that was ever paid for, however far ahead.
    pub(crate) fn reach(&self, through: LocalDate) -> LocalDate {
        match self.timing {
            Timing::InAdvance | Timing::InArrear => through,
            Timing::Prepaid => self.life().end.pred_opt().unwrap_or(through),
        }
    }

    /// The days before nothing is charged any more.
    pub(crate) fn life(&self) -> Period {
        Period {
            start: LocalDate::MIN,
            end: self.charged_until.unwrap_or(LocalDate::MAX),
        }
    }
}
