//! A tiny book that bills one subscription, as the use case does, without any store.

use kernel::{InvoiceId, LocalDate};

use super::{id, kes};
use crate::difference::{Billed, Due, Inconsistent, diff};
use crate::overdue::Level;
use crate::record::write_down;
use crate::rounding::InvoiceScale;
use crate::segment::desired;
use crate::subscription::Subscription;

/// What was billed for a subscription.
pub(super) struct Book {
    pub(super) subscription: Subscription,
    billed: Vec<Billed>,
    invoices: u64,
}

impl Book {
    pub(super) fn of(subscription: Subscription) -> Self {
        Self {
            subscription,
            billed: Vec::new(),
            invoices: 0,
        }
    }

    /// What happens to the subscription when its account is evaluated.
    pub(super) fn evaluate(&mut self, level: Level, today: LocalDate) {
        self.subscription.catch_up(today);
        self.subscription.derive_access(level, today);
    }

    /// Bills what is due; returns the total of the invoice.
    pub(super) fn bill(&mut self, level: Level, today: LocalDate) -> Result<i64, Inconsistent> {
        self.evaluate(level, today);
        if !self.subscription.is_due(today) {
            return Ok(0);
        }
        let horizon = self.subscription.billing_horizon(today);
        let wanted = desired(&self.subscription.timeline(), horizon, today);
        let open = self.billed.iter().filter(|it| it.cycle.end > horizon);
        let open: Vec<_> = open.cloned().collect();
        let due = diff(&wanted, &open, scale())?;
        self.subscription.billed(today);
        let total = due.iter().map(minor).sum();
        if total < 0 {
            return Err(Inconsistent::NegativeTotal);
        }
        if total > 0 {
            self.invoices += 1;
            self.write(&due, id(self.invoices));
        }
        Ok(total)
    }

    /// Everything that was charged and not taken back.
    pub(super) fn net(&self) -> i64 {
        let repaired = |it: &Billed| it.repaired.iter().map(|(_, it)| it.minor()).sum::<i64>();
        let net = |it: &Billed| it.amount.minor() - repaired(it);
        self.billed.iter().map(net).sum()
    }

    fn write(&mut self, due: &[Due], invoice: InvoiceId) {
        write_down(&mut self.billed, due.iter().copied(), invoice, 0).unwrap();
    }
}

fn minor(due: &Due) -> i64 {
    due.amount().minor()
}

fn scale() -> InvoiceScale {
    InvoiceScale::new(2, kes(0).currency()).unwrap()
}
