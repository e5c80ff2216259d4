//! Why a subscription stays as it is.

use kernel::{Currency, LocalDate, Money, PlanId};

use crate::changes::BadChanges;
use crate::interval::Interval;
use crate::timeline::Timing;

/// How many days before today a decision may take effect.
pub(crate) const BACKDATING_DAYS: u16 = 31;
/// How many days after today.
pub(crate) const AHEAD_DAYS: u16 = 366;
/// The most add-ons a subscription may ever have had.
pub(crate) const MOST_ADD_ONS: u16 = 100;

/// Why a subscription stays as it is; nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionRefusal {
    /// The plan is retired, or sold otherwise.
    #[error("plan {plan} is not offered as this")]
    PlanNotOffered {
        /// The plan.
        plan: PlanId,
    },
    /// It would take effect too long ago.
    #[error("{from} is too long ago: the earliest day is {earliest}")]
    Backdated {
        /// The day that was asked for.
        from: LocalDate,
        /// The earliest day.
        earliest: LocalDate,
    },
    /// It would take effect too late.
    #[error("{from} is too far ahead: the latest day is {latest}")]
    TooFarAhead {
        /// The day that was asked for.
        from: LocalDate,
        /// The latest day.
        latest: LocalDate,
    },
    /// It would take effect before the subscription does.
    #[error("{from} is before the subscription begins on {starts_on}")]
    NotBegun {
        /// The day that was asked for.
        from: LocalDate,
        /// The first day.
        starts_on: LocalDate,
    },
    /// It is over, or its end is decided.
    #[error("the subscription is cancelled for {ends_on}")]
    Cancelled {
        /// The first day without it.
        ends_on: LocalDate,
    },
    /// An operator has suspended it.
    #[error("the subscription is suspended since {since}; resume it first")]
    Suspended {
        /// The first day.
        since: LocalDate,
    },
    /// It has this already.
    #[error("the subscription has this already")]
    SameTerms,
    /// Nothing is scheduled that could be dropped.
    #[error("no change is scheduled")]
    NothingScheduled,
    /// There is no such component then.
    #[error("there is no component {component} on {on}")]
    NoComponent {
        /// The number that was asked for.
        component: u16,
        /// The day.
        on: LocalDate,
    },
    /// The base plan cannot be removed.
    #[error("component 0 is the base plan; cancel the subscription instead")]
    BasePlan,
    /// Not that many add-ons.
    #[error("a subscription cannot have had more than {most} add-ons")]
    TooManyAddOns {
        /// The most.
        most: u16,
    },
    /// Add-ons are priced for the periods of the base plan.
    #[error("the plan has other periods than add-ons {components:?}; remove them first")]
    AddOns {
        /// Those that it has.
        components: Vec<u16>,
    },
    /// An add-on with periods of its own.
    #[error("an add-on needs the periods of its base plan: {} {}", interval.count(), interval.unit().as_str())]
    OtherInterval {
        /// The interval of the base plan.
        interval: Interval,
    },
    /// A plan that is billed at another time.
    #[error("the subscription is billed {}; the plan is not", timing.as_str())]
    OtherTiming {
        /// When it is billed.
        timing: Timing,
    },
    /// Another currency.
    #[error("the price must be in {wanted}, not in {given}")]
    OtherCurrency {
        /// The currency of the subscription.
        wanted: Currency,
        /// That of the price.
        given: Currency,
    },
    /// None at all.
    #[error("quantity must be at least 1, not {quantity}")]
    Quantity {
        /// What was asked for.
        quantity: u32,
    },
    /// More than can be counted.
    #[error("{quantity} times {price} is more than can be billed")]
    TooMuch {
        /// The units.
        quantity: u32,
        /// The price of one.
        price: Money,
    },
    /// A bill day without monthly periods.
    #[error("a bill day needs monthly periods, not {} {}", interval.count(), interval.unit().as_str())]
    BillDay {
        /// The interval.
        interval: Interval,
    },
    /// A pause without days.
    #[error("a pause from {from} cannot end on {until}")]
    EmptyPause {
        /// Its first day.
        from: LocalDate,
        /// The day after its last.
        until: LocalDate,
    },
    /// It is billed, not renewed.
    #[error("the subscription is billed {}; only a prepaid one is renewed", timing.as_str())]
    NotPrepaid {
        /// When it is billed.
        timing: Timing,
    },
    /// A period that begins in a pause would give no days.
    #[error("the subscription rests on {on}, when its next period begins; resume it first")]
    Rests {
        /// The first day of the period.
        on: LocalDate,
    },
    /// A suspension needs a reason.
    #[error("reason must be 1 to 300 characters")]
    Reason,
    /// A day beyond the calendar.
    #[error("a day lies beyond the calendar")]
    Calendar,
    /// The decisions would contradict each other: pauses that overlap.
    #[error(transparent)]
    Contradiction(#[from] BadChanges),
}
