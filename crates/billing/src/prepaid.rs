//! What is paid ahead: a wallet that cannot go below its floor, validity, renewal, and what is left when a plan changes.
//!
//! Time that was paid for is never lost (billing.md, invariant 39): renewing early adds to the end, and another plan gets the
//! rest converted. Debit and extension are one event.

mod fixed_day;
mod renewal;
mod validity;
mod wallet;

pub use fixed_day::{BadFixedDay, FixedDay};
pub use renewal::{
    DaysInMonth, PeriodPaid, REMINDER_DAYS, days_afforded, price_of_rest, reminders, renew_from,
};
pub use validity::{Validity, ValidityUnit};
pub use wallet::{Forecast, Wallet, WalletRefusal};

#[cfg(test)]
mod tests;
