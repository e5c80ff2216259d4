//! Discounts that were agreed with a customer: on everything or on one subscription, for how long and how often.

use kernel::{Currency, DiscountId, InvoiceId, LocalDate, SubscriptionId};
use serde::{Deserialize, Serialize};

use super::Account;
use crate::events::BillingEvent;
use crate::pricing::{BadDiscount, Discount, DiscountAmount, DiscountScope};

/// The most discounts that an account can have at a time.
pub const MOST_DISCOUNTS: usize = 20;

/// A discount that was agreed with a customer. It counts on invoices of the days from the first on, before tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedDiscount {
    /// The discount: the same id again is the same discount.
    pub id: DiscountId,
    /// What it is called on documents, 1 to 60 characters.
    pub name: String,
    /// The subscription it is for; all if absent.
    pub subscription: Option<SubscriptionId>,
    /// How much it takes off: a fraction of each charge, or an amount of each invoice.
    pub amount: DiscountAmount,
    /// The first day of invoices that it counts on.
    pub from: LocalDate,
    /// The day after the last; for ever if absent.
    pub until: Option<LocalDate>,
    /// On how many invoices, 1 or more; on any number if absent.
    pub times: Option<u32>,
    /// On how many it was used.
    pub used: u32,
    /// Those of them that can be voided, the earliest first, where it is good for so many only. What was stored before they
    /// were noted names none: such uses do not come back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_on: Vec<InvoiceId>,
    /// Why it was agreed, 1 to 300 characters.
    pub reason: String,
}

/// Why a discount is not agreed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAgreement {
    /// More than everything, less than nothing, or another currency.
    #[error(transparent)]
    Discount(#[from] BadDiscount),
    /// Nothing at all.
    #[error("a discount must take something off")]
    Nothing,
    /// An unusable name.
    #[error(
        "the name of a discount must be 1 to 60 characters without control characters, not {length}"
    )]
    Name {
        /// How many characters it has.
        length: usize,
    },
    /// An unusable reason.
    #[error("the reason must be 1 to 300 characters without control characters, not {length}")]
    Reason {
        /// How many characters it has.
        length: usize,
    },
    /// It ends before it begins.
    #[error("a discount from {from} must end after that day, not on {until}")]
    Backwards {
        /// Its first day.
        from: LocalDate,
        /// The day after its last.
        until: LocalDate,
    },
    /// It would never be used.
    #[error("a discount must be good for one invoice or more")]
    Never,
    /// It is for a subscription of somebody else.
    #[error("the account has no subscription {0}")]
    OtherSubscription(SubscriptionId),
    /// There are too many.
    #[error("an account can have {MOST_DISCOUNTS} discounts at a time")]
    TooMany,
    /// The id belongs to another discount.
    #[error("the id belongs to another discount")]
    OtherContent,
    /// The account has no such discount.
    #[error("the account has no discount {0}")]
    Unknown(DiscountId),
}

impl AgreedDiscount {
    /// Refuses a discount that cannot be.
    ///
    /// # Errors
    /// [`BadAgreement`] names the rule that is broken.
    fn check(&self, currency: Currency) -> Result<(), BadAgreement> {
        Discount::new(self.amount, DiscountScope::All)?;
        let (nothing, money) = match self.amount {
            DiscountAmount::Percent(percent) => (percent.is_zero(), None),
            DiscountAmount::PercentUpTo(percent, most) => {
                (percent.is_zero() || most.is_zero(), Some(most))
            }
            DiscountAmount::Fixed(amount) => (amount.is_zero(), Some(amount)),
        };
        if nothing {
            return Err(BadAgreement::Nothing);
        }
        if let Some(money) = money.filter(|it| it.currency() != currency) {
            let (discount, lines) = (money.currency(), currency);
            return Err(BadDiscount::Currency { discount, lines }.into());
        }
        let unusable = |text: &str, most: usize| {
            let length = text.chars().count();
            let bad = !(1..=most).contains(&length) || text.chars().any(char::is_control);
            bad.then_some(length)
        };
        if let Some(length) = unusable(&self.name, 60) {
            return Err(BadAgreement::Name { length });
        }
        if let Some(length) = unusable(&self.reason, 300) {
            return Err(BadAgreement::Reason { length });
        }
        if let Some(until) = self.until.filter(|it| *it <= self.from) {
            let from = self.from;
            return Err(BadAgreement::Backwards { from, until });
        }
        match self.times {
            Some(0) => Err(BadAgreement::Never),
            _ => Ok(()),
        }
    }

    /// Whether it counts on an invoice of a day.
    #[must_use]
    pub fn counts_on(&self, day: LocalDate) -> bool {
        let in_time = self.from <= day && self.until.is_none_or(|it| day < it);
        in_time && self.times.is_none_or(|it| self.used < it)
    }

    /// Whether it will never count again after a day.
    fn is_over(&self, day: LocalDate) -> bool {
        let used_up = self.times.is_some_and(|it| self.used >= it);
        used_up || self.until.is_some_and(|it| it <= day)
    }

    /// Whether it says the same, however often it was used.
    fn is_same(&self, other: &Self) -> bool {
        let other = Self {
            used: self.used,
            used_on: self.used_on.clone(),
            ..other.clone()
        };
        *self == other
    }
}

impl Account {
    /// Agrees a discount from a day on; returns whether that is news.
    ///
    /// # Errors
    /// [`BadAgreement`] names the rule that is broken.
    pub fn agree_discount(
        &mut self,
        new: AgreedDiscount,
        today: LocalDate,
    ) -> Result<bool, BadAgreement> {
        new.check(self.data.currency)?;
        if let Some(known) = self.data.discounts.iter().find(|it| it.id == new.id) {
            return match known.is_same(&new) {
                true => Ok(false),
                false => Err(BadAgreement::OtherContent),
            };
        }
        let running = self.data.discounts.iter().filter(|it| !it.is_over(today));
        if running.count() >= MOST_DISCOUNTS {
            return Err(BadAgreement::TooMany);
        }
        self.tell(BillingEvent::DiscountAgreed {
            account: self.data.id,
            discount: new.id,
            name: new.name.clone(),
            reason: new.reason.clone(),
        });
        self.data.discounts.push(new);
        Ok(true)
    }

    /// Ends a discount: it does not count from a day on. Returns whether that is news.
    ///
    /// # Errors
    /// [`BadAgreement::Unknown`].
    pub fn end_discount(
        &mut self,
        id: DiscountId,
        today: LocalDate,
        reason: &str,
    ) -> Result<bool, BadAgreement> {
        let found = self.data.discounts.iter_mut().find(|it| it.id == id);
        let discount = found.ok_or(BadAgreement::Unknown(id))?;
        if discount.is_over(today) {
            return Ok(false);
        }
        discount.until = Some(today);
        self.tell(BillingEvent::DiscountEnded {
            account: self.data.id,
            discount: id,
            reason: reason.to_owned(),
        });
        Ok(true)
    }

    /// Every discount that was ever agreed, the earliest first.
    #[must_use]
    pub fn discounts(&self) -> &[AgreedDiscount] {
        &self.data.discounts
    }

    /// Whether discounts were ever agreed: what is given back may have had one.
    #[must_use]
    pub const fn has_discounts(&self) -> bool {
        !self.data.discounts.is_empty()
    }

    /// Gives back what discounts were used on an invoice that is voided: whatever replaces it may have them. Twice is
    /// harmless.
    pub(crate) fn return_discounts(&mut self, invoice: InvoiceId) {
        let account = self.data.id;
        let mut returned = Vec::new();
        for it in &mut self.data.discounts {
            let before = it.used_on.len();
            it.used_on.retain(|on| *on != invoice);
            if it.used_on.len() < before {
                it.used = it.used.saturating_sub(1);
                returned.push(it.id);
            }
        }
        for discount in returned {
            self.tell(BillingEvent::DiscountReturned {
                account,
                discount,
                invoice,
            });
        }
    }

    /// Notes that discounts were used on an invoice.
    pub(crate) fn use_discounts(&mut self, used: &[DiscountId], invoice: InvoiceId) {
        let account = self.data.id;
        for discount in used.iter().copied() {
            let known = self.data.discounts.iter_mut();
            let Some(it) = known.into_iter().find(|it| it.id == discount) else {
                continue;
            };
            it.used = it.used.saturating_add(1);
            if it.times.is_some() {
                it.used_on.push(invoice);
            }
            self.tell(BillingEvent::DiscountUsed {
                account,
                discount,
                invoice,
            });
        }
    }
}

#[cfg(test)]
mod tests;
