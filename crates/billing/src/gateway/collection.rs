//! Money of a payment that a provider has collected: how much of it went back, and when it is asked about next.

use chrono::Duration;
use kernel::{GatewayAccountId, Money, MoneyError, PaymentId, Timestamp};

use super::provider::Received;
use super::reference::ProviderReference;

/// How soon what was paid is asked about again, and how late at most. In between the pauses grow with its age: refunds made
/// at the provider and chargebacks come for about four months (messaging-payments.md, 2.9 and 2.13, rule 5).
const FIRST_POLL: Duration = Duration::days(1);
const LAST_POLL: Duration = Duration::days(180);

/// How long a provider that could not be asked is left alone.
const AWAY: Duration = Duration::hours(1);

/// Everything a store keeps of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionSnapshot {
    /// The payment that the money is in the books as.
    pub payment: PaymentId,
    /// Where it was paid.
    pub gateway_account: GatewayAccountId,
    /// The link that it was paid by; another payment than its own where a link was paid twice.
    pub link: PaymentId,
    /// What the provider is asked about it as.
    pub reference: ProviderReference,
    /// The provider's id of the transaction; unique in a gateway account.
    pub transaction: String,
    /// How much came, above zero.
    pub amount: Money,
    /// How much of it went back at the provider, or is asked for: 0 to `amount`.
    pub given_back: Money,
    /// Whether the customer's bank has it back, as far as is known.
    pub is_taken_back: bool,
    /// When it came.
    pub received_at: Timestamp,
    /// When it is asked about next; `None` for never again.
    pub next_poll_at: Option<Timestamp>,
    /// 0 if it was never stored.
    pub version: i64,
}

/// What a new collection is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCollection {
    /// The payment that the money is in the books as.
    pub payment: PaymentId,
    /// Where it was paid.
    pub gateway_account: GatewayAccountId,
    /// The link that it was paid by.
    pub link: PaymentId,
    /// What the provider is asked about it as.
    pub reference: ProviderReference,
    /// How much of it the books say was given back before this was remembered: what the provider says of that is no news.
    pub booked_back: Money,
}

/// Why nothing more is given back at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NothingLeft {
    /// More than is left of what was paid.
    #[error("only {left} is left at the provider, not {asked}")]
    TooMuch {
        /// What was paid and is neither back nor asked for.
        left: Money,
        /// What was asked for.
        asked: Money,
    },
    /// Nothing, or less.
    #[error("a refund must be above zero")]
    NotPositive,
    /// The customer's bank has it back.
    #[error("the customer's bank has taken it back")]
    TakenBack,
    /// Another currency.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Money that a provider has collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    state: CollectionSnapshot,
}

impl Collection {
    /// The provider has collected money that is in the books.
    ///
    /// # Errors
    /// [`MoneyError`] if the books and the provider speak of other currencies.
    pub fn collect(
        new: NewCollection,
        received: &Received,
        now: Timestamp,
    ) -> Result<Self, MoneyError> {
        let received_at = received.at.unwrap_or(now);
        let given_back = new.booked_back.min(received.refunded)?;
        Ok(Self {
            state: CollectionSnapshot {
                payment: new.payment,
                gateway_account: new.gateway_account,
                link: new.link,
                reference: new.reference,
                transaction: received.transaction.clone(),
                amount: received.amount,
                given_back,
                is_taken_back: false,
                received_at,
                next_poll_at: Some(now.plus(FIRST_POLL)),
                version: 0,
            },
        })
    }

    /// The collection that a store kept.
    #[must_use]
    pub const fn restore(state: CollectionSnapshot) -> Self {
        Self { state }
    }

    /// Everything a store keeps.
    #[must_use]
    pub const fn snapshot(&self) -> &CollectionSnapshot {
        &self.state
    }

    /// What was paid and is neither back nor asked for.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn left(&self) -> Result<Money, MoneyError> {
        self.state.amount.checked_sub(self.state.given_back)
    }

    /// Money is asked back: `None` for all that is left. Returns how much.
    ///
    /// # Errors
    /// [`NothingLeft`].
    pub fn ask_back(&mut self, amount: Option<Money>) -> Result<Money, NothingLeft> {
        if self.state.is_taken_back {
            return Err(NothingLeft::TakenBack);
        }
        let left = self.left()?;
        let asked = amount.unwrap_or(left);
        if !asked.is_positive() {
            return Err(NothingLeft::NotPositive);
        }
        if left.checked_sub(asked)?.is_negative() {
            return Err(NothingLeft::TooMuch { left, asked });
        }
        self.state.given_back = self.state.given_back.checked_add(asked)?;
        Ok(asked)
    }

    /// The provider did not give back what was asked for.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency.
    pub fn kept(&mut self, amount: Money) -> Result<(), MoneyError> {
        self.state.given_back = self.state.given_back.checked_sub(amount)?;
        Ok(())
    }

    /// The provider says how much of it went back in all. What nobody here knew of or asked for is returned, and known from
    /// now on. While a refund of ours is on its way the provider may know less: then there is nothing new.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency.
    pub fn told_refunded(&mut self, total: Money) -> Result<Option<Money>, MoneyError> {
        let more = total.checked_sub(self.state.given_back)?;
        if !more.is_positive() {
            return Ok(None);
        }
        self.state.given_back = total;
        Ok(Some(more))
    }

    /// Whether the customer's bank has it back, as far as is known.
    #[must_use]
    pub const fn is_taken_back(&self) -> bool {
        self.state.is_taken_back
    }

    /// The customer's bank has it back, or not any more.
    pub const fn taken_back(&mut self, is_taken_back: bool) {
        self.state.is_taken_back = is_taken_back;
    }

    /// It is asked about now: the next time is as far away as it is old, a day at least, and once there is none.
    pub fn asked(&mut self, now: Timestamp) {
        let age = now.since(self.state.received_at).max(FIRST_POLL);
        let last = self.state.received_at.plus(LAST_POLL);
        self.state.next_poll_at = Some(now.plus(age)).filter(|it| *it <= last);
    }

    /// The provider was away: it is asked again soon.
    pub fn not_asked(&mut self, now: Timestamp) {
        self.state.next_poll_at = Some(now.plus(AWAY));
    }

    /// Notes that this version is stored.
    pub const fn saved_as(&mut self, version: i64) {
        self.state.version = version;
    }
}

#[cfg(test)]
mod tests;
