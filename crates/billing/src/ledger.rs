//! The ledger: every money event as a balanced set of entries, never changed.

use kernel::{AccountId, EntityId, Money, MoneyError, Timestamp};
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
    /// Tax collected for the state.
    Tax,
    /// What was added to totals, or taken off, so that they can be paid in coins.
    Rounding,
    /// What was given to customers without being paid for.
    Goodwill,
    /// Debt that nobody expects to be paid any more.
    BadDebt,
    /// Money in hand that fits no account yet.
    Suspense,
}

impl LedgerAccount {
    /// Every book.
    pub const ALL: [Self; 9] = [
        Self::Receivable,
        Self::Revenue,
        Self::Cash,
        Self::CustomerCredit,
        Self::Tax,
        Self::Rounding,
        Self::Goodwill,
        Self::BadDebt,
        Self::Suspense,
    ];

    /// The book with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::Revenue => "revenue",
            Self::Cash => "cash",
            Self::CustomerCredit => "customer_credit",
            Self::Tax => "tax",
            Self::Rounding => "rounding",
            Self::Goodwill => "goodwill",
            Self::BadDebt => "bad_debt",
            Self::Suspense => "suspense",
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
    entries: Vec<Entry>,
}

/// Entries that are no posting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unbalanced {
    /// Fewer than two entries move nothing.
    #[error("a posting needs two entries or more, not {entries}")]
    TooFew {
        /// How many there were.
        entries: usize,
    },
    /// Debits and credits differ.
    #[error("debits exceed credits by {by}")]
    Off {
        /// Debits less credits, never zero.
        by: Money,
    },
    /// The entries do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Refuses entries of one currency whose debits and credits differ (billing.md, invariant 1).
///
/// # Errors
/// [`Unbalanced`] says by how much, or what does not add up.
pub fn check_balanced(entries: &[Entry]) -> Result<(), Unbalanced> {
    let [first, _, ..] = entries else {
        return Err(Unbalanced::TooFew {
            entries: entries.len(),
        });
    };
    let amounts = entries.iter().map(|it| it.amount);
    let by = Money::sum(first.amount.currency(), amounts)?;
    if by.is_zero() {
        Ok(())
    } else {
        Err(Unbalanced::Off { by })
    }
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
        let entries = vec![
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

    /// Any number of entries that sum to zero, as an invoice with tax needs: owed, earned and collected for the state.
    ///
    /// # Errors
    /// [`Unbalanced`] for fewer than two, mixed currencies, or a sum that is not zero.
    pub fn balanced(
        (entity, account): (EntityId, AccountId),
        (what, source): (&'static str, String),
        at: Timestamp,
        entries: Vec<Entry>,
    ) -> Result<Self, Unbalanced> {
        check_balanced(&entries)?;
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

    /// Its sides, two or more, which sum to zero.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
mod tests;
