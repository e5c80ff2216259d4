//! The journal: balanced moves, and the sums over them.

use kernel::{Currency, InvoiceId, Money, MoneyError};

use super::{Books, BooksRefusal, Fund};
use crate::ledger::{Entry, LedgerAccount, check_balanced};

/// One side of a move, and whose it is; debits are above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookEntry {
    /// Where it stands.
    pub account: LedgerAccount,
    /// How much.
    pub amount: Money,
    /// The invoice it concerns.
    pub invoice: Option<InvoiceId>,
    /// The fund it concerns.
    pub fund: Option<Fund>,
}

impl BookEntry {
    /// A side that concerns neither an invoice nor a fund yet.
    pub(super) const fn on(account: LedgerAccount, amount: Money) -> Self {
        Self {
            account,
            amount,
            invoice: None,
            fund: None,
        }
    }

    pub(super) const fn of_invoice(mut self, invoice: InvoiceId) -> Self {
        self.invoice = Some(invoice);
        self
    }

    pub(super) const fn of_fund(mut self, fund: Fund) -> Self {
        self.fund = Some(fund);
        self
    }
}

/// A balanced set of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// What happened: `invoice`, `payment`, `allocation`, `refund`, …
    pub what: &'static str,
    /// Two sides or more, which sum to zero.
    pub entries: Vec<BookEntry>,
}

impl Books {
    /// Appends a move. Sides of nothing are left out; a move of nothing is none.
    pub(super) fn post(
        &mut self,
        what: &'static str,
        mut entries: Vec<BookEntry>,
    ) -> Result<(), BooksRefusal> {
        entries.retain(|it| !it.amount.is_zero());
        if entries.is_empty() {
            return Ok(());
        }
        let plain: Vec<Entry> = entries
            .iter()
            .map(|it| Entry {
                account: it.account,
                amount: it.amount,
            })
            .collect();
        check_balanced(&plain)?;
        self.journal.push(Move { what, entries });
        Ok(())
    }

    /// The sum of the entries in a currency that are wanted.
    pub(super) fn sum(
        &self,
        currency: Currency,
        wanted: impl Fn(&BookEntry) -> bool,
    ) -> Result<Money, MoneyError> {
        let entries = self.journal.iter().flat_map(|it| &it.entries);
        let own = entries.filter(|it| it.amount.currency() == currency && wanted(it));
        Money::sum(currency, own.map(|it| it.amount))
    }
}
