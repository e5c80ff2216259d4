//! Statements as billing shows them, with what stands around their figures.

use billing::{StatementEntry, StatementView, StatementWhat};

use crate::issued::Frame;
use crate::statement::{Entry, Movement, Statement};

impl Statement {
    /// A statement.
    #[must_use]
    pub fn of_view(it: StatementView, frame: Frame) -> Self {
        Self {
            from: it.from,
            through: it.to,
            seller: frame.seller,
            buyer: frame.buyer,
            opening: it.opening,
            entries: it.entries.into_iter().map(entry).collect(),
            closing: it.closing,
            paper: frame.paper,
        }
    }
}

fn entry(it: StatementEntry) -> Entry {
    Entry {
        on: it.on,
        movement: movement(it.what),
        number: it.number,
        amount: it.amount,
        balance: it.balance,
    }
}

const fn movement(what: StatementWhat) -> Movement {
    match what {
        StatementWhat::Invoice => Movement::Invoice,
        StatementWhat::CreditNote => Movement::CreditNote,
        StatementWhat::Payment | StatementWhat::ReversalUndone => Movement::Payment,
        StatementWhat::Refund => Movement::Refund,
        StatementWhat::Reversal => Movement::Reversal,
        StatementWhat::WriteOff => Movement::WriteOff,
        StatementWhat::WriteOffReversed => Movement::WriteOffReversed,
        StatementWhat::Other => Movement::Other,
    }
}
