//! Revenue: what was charged and given back, without taxes, and what came in and went back, each by some key.

use std::collections::BTreeMap;

use kernel::{Currency, LocalDate, Money, MoneyError};

use crate::credit_note::IssuedNote;
use crate::invoice::{InvoiceSnapshot, Line};
use crate::report_ports::TakenPayment;

/// What came to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earned {
    /// How many lines, or payments, it is made of; what only gives back counts none.
    pub count: u64,
    /// What was charged, discounts off and without taxes; or received.
    pub gross: Money,
    /// What credit notes gave back of it, without taxes; or what went back to payers. At or above zero.
    pub back: Money,
}

impl Earned {
    const fn nothing(currency: Currency) -> Self {
        Self {
            count: 0,
            gross: Money::zero(currency),
            back: Money::zero(currency),
        }
    }

    /// What is left.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn net(&self) -> Result<Money, MoneyError> {
        self.gross.checked_sub(self.back)
    }
}

/// Earned by key; keys that nothing came to are absent. It holds as much as there are keys, however many documents it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revenue<K> {
    currency: Currency,
    by_key: BTreeMap<K, Earned>,
}

impl<K: Ord> Revenue<K> {
    /// Nothing yet.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self {
            currency,
            by_key: BTreeMap::new(),
        }
    }

    /// What was earned, by key in its order.
    pub fn rows(&self) -> impl Iterator<Item = (&K, &Earned)> {
        self.by_key.iter()
    }

    /// Adds the lines of an invoice and the fees of dunning on it, each under its key; a fee is no line of a subscription.
    /// Negative lines reduce what was charged.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency or overflow.
    pub fn charge(
        &mut self,
        invoice: &InvoiceSnapshot,
        key: impl Fn(LocalDate, Option<&Line>) -> K,
    ) -> Result<(), MoneyError> {
        let lines = invoice.lines.iter().map(|it| (Some(it), it.amount));
        let fees = invoice.fees.iter().map(|it| (None, it.amount));
        for (place, (line, amount)) in lines.chain(fees).enumerate() {
            let priced = invoice.figures.as_deref();
            let priced = priced.and_then(|it| it.lines.get(place));
            let net = priced.map_or(amount, |it| it.net);
            let earned = self.of(key(invoice.issued_on, line));
            earned.count += 1;
            earned.gross = earned.gross.checked_add(net)?;
        }
        Ok(())
    }

    /// Takes off what a credit note gives back, under the keys of the lines it gives it back of.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency or overflow.
    pub fn give_back(
        &mut self,
        note: &IssuedNote,
        invoice: &InvoiceSnapshot,
        key: impl Fn(LocalDate, Option<&Line>) -> K,
    ) -> Result<(), MoneyError> {
        for part in &note.draft.note.lines {
            let line = invoice.lines.get(part.line);
            let earned = self.of(key(note.draft.issued_on, line));
            earned.back = earned.back.checked_add(part.net)?;
        }
        Ok(())
    }

    /// Adds a payment, with what went back of it whenever that was.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency or overflow.
    pub fn receive(
        &mut self,
        taken: &TakenPayment,
        key: impl Fn(&TakenPayment) -> K,
    ) -> Result<(), MoneyError> {
        let it = &taken.payment;
        let earned = self.of(key(taken));
        earned.count += 1;
        earned.gross = earned.gross.checked_add(it.amount)?;
        earned.back = earned.back.checked_add(it.returned)?;
        Ok(())
    }

    /// The same by other keys, each of which takes what came to several.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn regrouped<L: Ord>(&self, key: impl Fn(&K) -> L) -> Result<Revenue<L>, MoneyError> {
        let mut other = Revenue::new(self.currency);
        for (old, it) in &self.by_key {
            let earned = other.of(key(old));
            earned.count += it.count;
            earned.gross = earned.gross.checked_add(it.gross)?;
            earned.back = earned.back.checked_add(it.back)?;
        }
        Ok(other)
    }

    fn of(&mut self, key: K) -> &mut Earned {
        let nothing = Earned::nothing(self.currency);
        self.by_key.entry(key).or_insert(nothing)
    }
}
