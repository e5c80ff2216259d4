//! What a history came to.

/// What happened, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Who signed up.
    pub customers: u64,
    /// Simulated days.
    pub days: u64,
    /// Documents issued.
    pub invoices: u64,
    /// Payments accepted.
    pub payments: u64,
    /// Times that money went back.
    pub returned: u64,
    /// Times that an operator corrected an invoice, or was refused to.
    pub corrections: u64,
    /// Prepaid passes that were used.
    pub passes: u64,
    /// Events of every context.
    pub events: u64,
    /// Accounts judged, each time counted.
    pub judged: u64,
    /// A digest of everybody's books at the end: equal for histories that came to the same.
    pub end: u64,
    /// What went wrong around the product.
    pub faults: Faults,
}

/// What went wrong around the product, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Events that were delivered twice.
    pub repeated_deliveries: u64,
    /// Payments that were told twice.
    pub repeated_payments: u64,
    /// Sweeps that ran twice.
    pub repeated_sweeps: u64,
    /// Events that later ones overtook.
    pub held_up: u64,
    /// Times the process died with a write, which was lost.
    pub died_before_write: u64,
    /// Times it died right after a write, of which nobody heard.
    pub died_after_write: u64,
    /// Routers that went out of reach.
    pub outages: u64,
    /// Days on which no sweep ran.
    pub missed_days: u64,
}
