//! The ledger: every money event as a balanced set of entries, never changed.

use kernel::{AccountId, Currency, EntityId, Money, MoneyError, Timestamp};
use serde::{Deserialize, Serialize};

/// Where an amount stands in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerAccount {
    /// What customers owe.
    Receivable,
    /// What was earned.
    Revenue,
    /// Money in hand.
    Cash,
    /// Money of customers that has not paid anything yet.
    CustomerCredit,
}

impl LedgerAccount {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::Revenue => "revenue",
            Self::Cash => "cash",
            Self::CustomerCredit => "customer_credit",
        }
    }
}

/// One side of a posting; debits are above zero, credits below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub account: LedgerAccount,
    /// How much.
    pub amount: Money,
}

/// A balanced set of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    entity: EntityId,
    account: AccountId,
    what: &'static str,
    source: String,
    at: Timestamp,
    entries: [Entry; 2],
}

impl Posting {
    /// Debits one account and credits another with the same amount: such a posting cannot be out of balance.
    ///
    /// # Errors
    /// [`MoneyError`] if the amount has no mirror image.
    pub fn new(
        (entity, account): (EntityId, AccountId),
        (what, source): (&'static str, String),
        at: Timestamp,
        (debit, credit): (LedgerAccount, LedgerAccount),
        amount: Money,
    ) -> Result<Self, MoneyError> {
        let entries = [
            Entry {
                account: debit,
                amount,
            },
            Entry {
                account: credit,
                amount: amount.checked_neg()?,
            },
        ];
        Ok(Self {
            entity,
            account,
            what,
            source,
            at,
            entries,
        })
    }

    /// Whose books.
    #[must_use]
    pub const fn entity(&self) -> EntityId {
        self.entity
    }

    /// Which customer's account.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// What happened: `invoice`, `payment` or `allocation`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The document that caused it: an id as text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Its two sides, which sum to zero.
    #[must_use]
    pub const fn entries(&self) -> &[Entry; 2] {
        &self.entries
    }

    /// The currency of both sides.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.entries[0].amount.currency()
    }
}

#[cfg(test)]
mod tests;
