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
    /// As Stripe says it: `pending`, `succeeded`, `failed`.
    pub(crate) status: &'static str,
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
    /// How far the customer's bank has come with taking it back, as Stripe says it: `needs_response`, `won`, `lost`.
    pub(crate) dispute: Option<String>,
}

impl Sale {
    /// Whether the customer's bank has it.
    pub(crate) fn is_taken_back(&self) -> bool {
        let status = self.dispute.as_deref();
        status.is_some_and(|it| matches!(it, "needs_response" | "under_review" | "lost"))
    }

    /// What was given back so far.
    pub(crate) fn refunded(&self) -> i64 {
        let made = self.refunds.iter().filter(|it| it.status != "failed");
        made.fold(0, |sum, it| sum.saturating_add(it.amount))
    }
}
