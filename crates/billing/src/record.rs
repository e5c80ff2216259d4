//! The book of what was billed: charges, and what was taken back of them, put together from single records.

use kernel::{InvoiceId, Money};

use crate::difference::{Billed, Due, Inconsistent, LineRef};
use crate::schedule::Period;

/// One thing that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A charge; what it says about repairs and adjustments is kept.
    Charge(Billed),
    /// Days of a charge that were taken back.
    Repair {
        /// The charge.
        of: LineRef,
        /// The days.
        days: Period,
        /// What was given back, above zero.
        amount: Money,
    },
    /// Something taken off a charge without taking days back: goodwill, a credit note for a part.
    Adjustment {
        /// The charge.
        of: LineRef,
        /// What was taken off, above zero.
        amount: Money,
    },
}

/// The charges of some records, each with what was taken back of it. The order of the records does not matter.
///
/// # Errors
/// [`Inconsistent::NothingToRepair`] for a repair or adjustment of a line that is not among them.
pub fn book_of(records: impl IntoIterator<Item = Record>) -> Result<Vec<Billed>, Inconsistent> {
    let (mut book, mut taken) = (Vec::new(), Vec::new());
    for record in records {
        match record {
            Record::Charge(item) => book.push(item),
            other => taken.push(other),
        }
    }
    for record in taken {
        match record {
            Record::Repair { of, days, amount } => {
                charge_of(&mut book, of)?.repaired.push((days, amount));
            }
            Record::Adjustment { of, amount } => {
                let item = charge_of(&mut book, of)?;
                item.adjusted = item.adjusted.checked_add(amount)?;
            }
            Record::Charge(_) => {}
        }
    }
    Ok(book)
}

/// Writes lines that were issued into a book, as the lines of an invoice from the given one on.
///
/// # Errors
/// [`Inconsistent::NothingToRepair`] for a repair of a line that is not in it; the book is not to be used then.
pub fn write_down(
    book: &mut Vec<Billed>,
    due: impl IntoIterator<Item = Due>,
    invoice: InvoiceId,
    first_line: u16,
) -> Result<(), Inconsistent> {
    for (line, due) in (first_line..).zip(due) {
        match due {
            Due::Charge { segment, amount } => book.push(Billed {
                line: LineRef { invoice, line },
                terms: segment.terms,
                period: segment.period,
                cycle: segment.cycle,
                price: segment.price,
                amount,
                adjusted: Money::zero(amount.currency()),
                repaired: Vec::new(),
            }),
            Due::Repair {
                of,
                segment,
                amount,
            } => {
                let given_back = (segment.period, amount.checked_neg()?);
                charge_of(book, of)?.repaired.push(given_back);
            }
        }
    }
    Ok(())
}

fn charge_of(book: &mut [Billed], line: LineRef) -> Result<&mut Billed, Inconsistent> {
    let found = book.iter_mut().find(|it| it.line == line);
    found.ok_or(Inconsistent::NothingToRepair { line })
}
