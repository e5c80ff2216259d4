//! Why a contract stays as it is.

use kernel::{Currency, LocalDate, Money};

use crate::changes::BadChanges;
use crate::interval::Interval;

/// Why a contract stays as it is; nothing is changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContractRefusal {
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
    /// It would take effect before the contract does.
    #[error("{from} is before the contract begins on {starts_on}")]
    NotBegun {
        /// The day that was asked for.
        from: LocalDate,
        /// The first day of the contract.
        starts_on: LocalDate,
    },
    /// The end of the contract is decided.
    #[error("the contract is cancelled for {ends_on}")]
    Cancelled {
        /// The first day without service.
        ends_on: LocalDate,
    },
    /// It has these terms already.
    #[error("the contract has these terms already")]
    SameTerms,
    /// Nothing is scheduled that could be dropped.
    #[error("no change is scheduled")]
    NothingScheduled,
    /// There is no such component.
    #[error("there is no component {component}")]
    NoComponent {
        /// The number that was asked for.
        component: u16,
    },
    /// The base plan cannot be removed.
    #[error("the base plan cannot be removed; cancel the contract instead")]
    BasePlan,
    /// Not that many add-ons.
    #[error("a contract cannot have more than {most} add-ons")]
    TooManyAddOns {
        /// The most.
        most: u16,
    },
    /// A pause without days.
    #[error("a pause from {from} cannot end on {until}")]
    EmptyPause {
        /// Its first day.
        from: LocalDate,
        /// The day after its last.
        until: LocalDate,
    },
    /// Another currency.
    #[error("the price must be in {wanted}, not in {given}")]
    OtherCurrency {
        /// The currency of the contract.
        wanted: Currency,
        /// That of the price.
        given: Currency,
    },
    /// A price below zero.
    #[error("a price must not be negative, but is {price}")]
    NegativePrice {
        /// The price.
        price: Money,
    },
    /// Minutes and hours are for passes.
    #[error("a contract is counted in days, weeks or months, not in {} {}", interval.count(), interval.unit().as_str())]
    NotInDays {
        /// The interval.
        interval: Interval,
    },
    /// A bill day without monthly periods.
    #[error("a bill day needs monthly periods, not {} {}", interval.count(), interval.unit().as_str())]
    BillDay {
        /// The interval.
        interval: Interval,
    },
    /// An add-on with periods of its own.
    #[error("an add-on has the periods of its base plan: {} {}", interval.count(), interval.unit().as_str())]
    OtherInterval {
        /// The interval of the base plan.
        interval: Interval,
    },
    /// A day beyond the calendar.
    #[error("a day lies beyond the calendar")]
    Calendar,
    /// The decisions would contradict each other: pauses that overlap, a quantity of zero.
    #[error(transparent)]
    Contradiction(#[from] BadChanges),
}
