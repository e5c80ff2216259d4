//! Days that are billed again because the invoice that charged them was voided.

use kernel::LocalDate;

use super::Subscription;

impl Subscription {
    /// Bills again from a day on: cycles that end after it are looked at by the next run.
    pub fn bill_again(&mut self, from: LocalDate) {
        let waiting = self.data.rebill_on.unwrap_or(from);
        self.data.rebill_on = Some(waiting.min(from));
        self.changed = true;
    }
}
