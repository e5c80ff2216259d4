//! Requests for payment of everything overdue: above a threshold, some days apart, a limited number of times.

use kernel::{Currency, LocalDate, Money, MoneyError};

/// When customers are asked to pay what is overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// From which overdue amount on, for each currency that is dunned at all.
    pub thresholds: Vec<Money>,
    /// How many whole days lie between two requests: 2 lets the third day after a request be the next.
    pub days_between: u16,
    /// How many requests at most, for each currency.
    pub most_attempts: u32,
}

/// A request to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentRequest {
    /// When it is made.
    pub on: LocalDate,
    /// Everything overdue in its currency.
    pub amount: Money,
}

/// The requests made so far, of the current debt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attempts(Vec<PaymentRequest>);

impl Attempts {
    /// Every request, the earliest first.
    #[must_use]
    pub fn made(&self) -> &[PaymentRequest] {
        &self.0
    }

    /// How many were made in a currency.
    #[must_use]
    pub fn count(&self, currency: Currency) -> usize {
        self.in_currency(currency).count()
    }

    /// Makes the requests that are due on a day, currencies apart. The same day again makes none. A currency in which nothing
    /// is overdue begins anew.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if what is overdue does not fit.
    pub fn make(
        &mut self,
        campaign: &Campaign,
        overdue: &[Money],
        today: LocalDate,
    ) -> Result<Vec<PaymentRequest>, MoneyError> {
        let mut made = Vec::new();
        for threshold in &campaign.thresholds {
            let currency = threshold.currency();
            let own = overdue.iter().filter(|it| it.currency() == currency);
            let amount = Money::sum(currency, own.copied())?;
            if !amount.is_positive() {
                self.0.retain(|it| it.amount.currency() != currency);
            } else if amount.minor() >= threshold.minor() && self.may(campaign, currency, today) {
                made.push(PaymentRequest { on: today, amount });
            }
        }
        self.0.extend_from_slice(&made);
        Ok(made)
    }

    fn may(&self, campaign: &Campaign, currency: Currency, today: LocalDate) -> bool {
        let made = u32::try_from(self.count(currency)).unwrap_or(u32::MAX);
        let last = self.in_currency(currency).last();
        let rested = last.is_none_or(|it| {
            let days = today.signed_duration_since(it.on).num_days();
            days > i64::from(campaign.days_between)
        });
        made < campaign.most_attempts && rested
    }

    fn in_currency(&self, currency: Currency) -> impl Iterator<Item = &PaymentRequest> {
        self.0
            .iter()
            .filter(move |it| it.amount.currency() == currency)
    }
}
