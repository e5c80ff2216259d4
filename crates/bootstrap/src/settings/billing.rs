//! How far a bill may reach before it is an alarm.

use billing::BillLimits;
use serde::Deserialize;

/// Safety limits of billing.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillingSettings {
    /// Months that a bill may reach back or ahead.
    pub max_months: u16,
    /// Lines of one account that may be billed on one day.
    pub max_lines_a_day: u16,
}

impl BillingSettings {
    pub(crate) const fn limits(self) -> BillLimits {
        BillLimits {
            months: self.max_months,
            lines: self.max_lines_a_day,
        }
    }

    pub(super) fn rules(self) -> [(bool, &'static str, &'static str); 2] {
        [
            (
                (1..=240).contains(&self.max_months),
                "billing.max_months",
                "must be 1 to 240",
            ),
            (
                self.max_lines_a_day >= 1,
                "billing.max_lines_a_day",
                "must be at least 1",
            ),
        ]
    }
}
