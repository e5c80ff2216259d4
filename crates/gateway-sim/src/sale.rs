//! One sale at a provider.

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The page is open.
    Open,
    /// The customer has chosen how to pay.
    Begun,
    Paid,
    Expired,
    Cancelled,
}

impl Progress {
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Begun)
    }
}

/// Money given back.
#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub(crate) key: String,
    pub(crate) amount: i64,
}

/// A sale.
#[derive(Debug, Clone)]
pub(crate) struct Sale {
    /// The provider's number for it, from 1.
    pub(crate) number: usize,
    /// What the merchant calls it.
    pub(crate) order: String,
    /// In the provider's units.
    pub(crate) amount: i64,
    /// As the provider writes it.
    pub(crate) currency: String,
    /// Seconds since 1970.
    pub(crate) created: i64,
    pub(crate) progress: Progress,
    pub(crate) refunds: Vec<Refund>,
}

impl Sale {
    /// What was given back so far.
    pub(crate) fn refunded(&self) -> i64 {
        self.refunds
            .iter()
            .fold(0, |sum, it| sum.saturating_add(it.amount))
    }
}
