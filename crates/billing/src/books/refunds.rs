//! Refunds: how much may be given back, and what is owed again.

use kernel::{InvoiceId, Money, MoneyError, PaymentId};

use super::{Books, BooksRefusal, Fund};
use crate::ledger::LedgerAccount;

/// What a refund means for the debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refund {
    /// The service stands: what the money paid is owed again.
    Reopening,
    /// The service was not rendered: what the money paid is credited as well, and nothing is owed again.
    Adjusting,
}

/// Why a refund is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// More than was received and not given back yet.
    #[error("{asked} is more than the {refundable} that can be refunded")]
    TooLarge {
        /// What was asked for.
        asked: Money,
        /// What can be refunded.
        refundable: Money,
    },
    /// The adjusted items do not sum to the refund.
    #[error("the adjusted items sum to {adjusted}, not to the refund of {asked}")]
    Mismatch {
        /// What was asked for.
        asked: Money,
        /// The sum of the items.
        adjusted: Money,
    },
    /// Nothing or less.
    #[error("a refund must be above zero, but is {asked}")]
    NotPositive {
        /// What was asked for.
        asked: Money,
    },
    /// The amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// How much to refund: what was requested, else the sum of the adjusted items, else all that can be.
///
/// # Errors
/// [`RefundRefusal`] for more than can be refunded, items that do not sum to what was requested, nothing or less, or another
/// currency.
pub fn refund_amount(
    refundable: Money,
    requested: Option<Money>,
    adjusted_items: &[Money],
) -> Result<Money, RefundRefusal> {
    let adjusted = Money::sum(refundable.currency(), adjusted_items.iter().copied())?;
    let asked = match (requested, adjusted_items) {
        (Some(asked), _) => asked,
        (None, []) => refundable,
        (None, _) => adjusted,
    };
    if !asked.is_positive() {
        return Err(RefundRefusal::NotPositive { asked });
    }
    if !adjusted_items.is_empty() && adjusted != asked {
        return Err(RefundRefusal::Mismatch { asked, adjusted });
    }
    if refundable.checked_sub(asked)?.is_negative() {
        return Err(RefundRefusal::TooLarge { asked, refundable });
    }
    Ok(asked)
}

/// What came back for a returned invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// What is paid out.
    pub money: Money,
    /// What is credit again, because it was paid with credit.
    pub credit: Money,
}

impl Books {
    /// Gives money of a payment back: `None` for all of it. Returns how much.
    ///
    /// A refund that re-opens takes what pays nothing first; one that adjusts takes what pays invoices first, the latest
    /// first, and credits them by the same amount (billing.md, invariant 31).
    ///
    /// # Errors
    /// [`BooksRefusal`]: [`RefundRefusal`] for more than was received, [`BooksRefusal::BeyondInvoice`] for an adjustment of
    /// what was credited before.
    pub fn refund(
        &mut self,
        payment: PaymentId,
        requested: Option<Money>,
        kind: Refund,
    ) -> Result<Money, BooksRefusal> {
        self.all_or_nothing(|books| {
            let fund = Fund::Payment(payment);
            if books.held(fund)?.paid_before.is_some() {
                return Err(BooksRefusal::Reversed);
            }
            let amount = refund_amount(books.received(payment)?, requested, &[])?;
            let to_release = match kind {
                Refund::Adjusting => amount,
                Refund::Reopening => amount.checked_sub(books.left(fund)?.min(amount)?)?,
            };
            let released = books.release(fund, to_release)?;
            if kind == Refund::Adjusting {
                for part in released {
                    books.adjust(part.invoice, part.amount)?;
                }
            }
            books.give_away("refund", fund, LedgerAccount::Cash, amount)?;
            books.apply_credit()?;
            Ok(amount)
        })
    }

    /// Takes an invoice back and returns what paid it: money to where it came from, credit to credit.
    ///
    /// # Errors
    /// [`BooksRefusal`] for an invoice that is not issued.
    pub fn return_invoice(&mut self, invoice: InvoiceId) -> Result<Returned, BooksRefusal> {
        self.all_or_nothing(|books| {
            let bill = books.issued_bill(invoice)?;
            let none = Money::zero(bill.net.currency());
            let mut returned = Returned {
                money: none,
                credit: none,
            };
            for (fund, part) in books.release_all_of(invoice)? {
                if matches!(fund, Fund::Payment(_)) {
                    books.give_away("refund", fund, LedgerAccount::Cash, part)?;
                    returned.money = returned.money.checked_add(part)?;
                } else {
                    returned.credit = returned.credit.checked_add(part)?;
                }
            }
            let due = books.due(invoice)?;
            if due.is_positive() {
                books.adjust(invoice, due)?;
            }
            books.apply_credit()?;
            Ok(returned)
        })
    }
}
