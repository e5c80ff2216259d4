//! Reports: recurring revenue and how it moved, what was earned, taxes, ageing of what is owed, statements.

mod aging;
mod received;
mod recurrence;
mod recurring;
mod revenue;
mod statement;
mod taxes;

pub use aging::{AgeBucket, Aging, aging};
pub use received::{NoReceipt, PaidInvoice, ReceiptView, ReturnedMoney, payment_receipt};
pub use recurrence::{CohortMonth, MOST_REPORT_MONTHS, Recurrence, RecurringMonth};
pub use recurring::{
    BadReport, MrrMovement, Recurring, annual, churn_rate, monthly, mrr, mrr_movement, per_account,
};
pub use revenue::{Earned, Revenue};
pub use statement::{MOST_REPORT_DAYS, MOST_STATEMENT_ENTRIES, NoStatement, report_end, statement};
pub use taxes::{TaxKey, TaxSum, Taxes};

#[cfg(test)]
mod tests;
