//! A wallet: money paid ahead, down to a floor and never below.

use kernel::{Money, MoneyError};

use crate::books::{BadClaim, tax_on};
use crate::ratio::Ratio;

/// Money paid ahead, as a rule by itself: the wallet of an account is the unallocated credit of its payments, topped up by a
/// payment and debited by an allocation, and its floor is zero ([`Payment::unallocated`](crate::Payment::unallocated)).
///
/// Whoever changes it holds the lock of its account, so that the floor holds at once for all (billing.md,
/// invariant 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wallet {
    balance: Money,
    floor: Money,
}

/// Why a wallet does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WalletRefusal {
    /// The floor would be passed.
    #[error("{balance} less {asked} is below the floor of {floor}")]
    BelowFloor {
        /// What is in it.
        balance: Money,
        /// What was to be taken.
        asked: Money,
        /// How low it may go.
        floor: Money,
    },
    /// Nothing or less is neither paid in nor taken.
    #[error("amount must be above zero, but is {0}")]
    NotPositive(Money),
    /// A floor above zero would keep the customer's money.
    #[error("a floor must not be above zero, but is {0}")]
    Floor(Money),
    /// The amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What a wallet comes to once what was used but not invoiced yet is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// What was used, with tax.
    pub with_tax: Money,
    /// What is left then; below zero where credit does not reach.
    pub left: Money,
}

impl Wallet {
    /// A wallet with money in it and a floor: zero, or the agreed credit limit below it.
    ///
    /// # Errors
    /// [`WalletRefusal`] for a floor above zero or above the balance, or mixed currencies.
    pub fn new(balance: Money, floor: Money) -> Result<Self, WalletRefusal> {
        if floor.is_positive() {
            return Err(WalletRefusal::Floor(floor));
        }
        let wallet = Self { balance, floor };
        wallet.check(Money::zero(balance.currency()))?;
        Ok(wallet)
    }

    /// What is in it.
    #[must_use]
    pub const fn balance(&self) -> Money {
        self.balance
    }

    /// Puts money in.
    ///
    /// # Errors
    /// [`WalletRefusal`] for nothing or less, another currency or overflow.
    pub fn credit(&mut self, amount: Money) -> Result<(), WalletRefusal> {
        positive(amount)?;
        self.balance = self.balance.checked_add(amount)?;
        Ok(())
    }

    /// Takes money out, all of it or nothing.
    ///
    /// # Errors
    /// [`WalletRefusal::BelowFloor`] where it does not reach.
    pub fn debit(&mut self, amount: Money) -> Result<(), WalletRefusal> {
        positive(amount)?;
        self.check(amount)?;
        self.balance = self.balance.checked_sub(amount)?;
        Ok(())
    }

    /// What would be left after paying for usage that is not invoiced yet. It may lie below the floor: a warning, not a debit.
    ///
    /// # Errors
    /// [`BadClaim`] for a negative rate, another currency or overflow.
    pub fn forecast(&self, usage: Money, tax_rate: Ratio) -> Result<Forecast, BadClaim> {
        let with_tax = usage.checked_add(tax_on(usage, tax_rate)?)?;
        Ok(Forecast {
            with_tax,
            left: self.balance.checked_sub(with_tax)?,
        })
    }

    fn check(&self, asked: Money) -> Result<(), WalletRefusal> {
        let above = self.balance.checked_sub(asked)?.checked_sub(self.floor)?;
        if above.is_negative() {
            return Err(WalletRefusal::BelowFloor {
                balance: self.balance,
                asked,
                floor: self.floor,
            });
        }
        Ok(())
    }
}

const fn positive(amount: Money) -> Result<(), WalletRefusal> {
    if amount.is_positive() {
        Ok(())
    } else {
        Err(WalletRefusal::NotPositive(amount))
    }
}
