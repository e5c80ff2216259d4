//! Children whose invoices a parent account pays.

use kernel::{AccountId, Money, MoneyError};

/// A line of a parent's invoice: what it takes over from a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentItem {
    /// The child.
    pub child: AccountId,
    /// How much.
    pub amount: Money,
}

/// What of a child's charges no parent's invoice has taken over. Lines for other children do not count.
///
/// # Errors
/// [`MoneyError`] on mixed currencies or overflow.
pub fn left_of_child(
    child: AccountId,
    charged: Money,
    items: &[ParentItem],
) -> Result<Money, MoneyError> {
    let own = items.iter().filter(|it| it.child == child);
    let taken = Money::sum(charged.currency(), own.map(|it| it.amount))?;
    charged.checked_sub(taken)
}
