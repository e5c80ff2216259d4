//! Money of the customer: payments and credit, what they pay, and what happens when they are taken back.

use kernel::{InvoiceId, Money, PaymentId};

use super::bills::positive;
use super::journal::BookEntry;
use super::{Application, BookedFund, Books, BooksRefusal, CreditId, Fund, SettledPayment};
use crate::allocation::{Allocation, allocate_by};
use crate::ledger::LedgerAccount;

impl Books {
    /// Takes money that came in for good: it pays the invoice it is meant for, then the others; what is left over is credit.
    /// The same payment again changes nothing.
    ///
    /// # Errors
    /// [`BooksRefusal`] for nothing or less, a known id with other content, or an unknown invoice.
    pub fn settle(&mut self, new: SettledPayment) -> Result<(), BooksRefusal> {
        positive(new.amount)?;
        let fund = Fund::Payment(new.payment);
        if let Ok(known) = self.held(fund) {
            let same = (known.amount, known.settled_as, known.meant_for)
                == (new.amount, new.settled_as, new.meant_for);
            return if same {
                Ok(())
            } else {
                Err(BooksRefusal::OtherContent)
            };
        }
        self.all_or_nothing(|books| {
            books.hold(fund, new.amount, new.settled_as, new.meant_for);
            books.receive("payment", fund, LedgerAccount::Cash, new.amount)?;
            if let Some(invoice) = new.meant_for {
                books.issued_bill(invoice)?;
                books.pay_up_to(fund, invoice, new.amount)?;
            }
            books.apply_credit()
        })
    }

    /// Gives credit for nothing. The same credit again changes nothing.
    ///
    /// # Errors
    /// [`BooksRefusal`] for nothing or less, or a known id with other content.
    pub fn grant(&mut self, credit: CreditId, amount: Money) -> Result<(), BooksRefusal> {
        positive(amount)?;
        let fund = Fund::Credit(credit);
        if let Ok(known) = self.held(fund) {
            let same = known.amount == amount && known.meant_for.is_none();
            return if same {
                Ok(())
            } else {
                Err(BooksRefusal::OtherContent)
            };
        }
        self.all_or_nothing(|books| {
            books.hold(fund, amount, None, None);
            books.receive("credit", fund, LedgerAccount::Goodwill, amount)?;
            books.apply_credit()
        })
    }

    /// Takes credit back that was given for nothing; what it paid is open again (billing.md, invariant 32). Returns how much
    /// was taken: nothing the second time.
    ///
    /// # Errors
    /// [`BooksRefusal`] for credit that is unknown or came of a credit note.
    pub fn take_back(&mut self, credit: CreditId) -> Result<Money, BooksRefusal> {
        self.all_or_nothing(|books| {
            let fund = Fund::Credit(credit);
            if books.held(fund)?.meant_for.is_some() {
                return Err(BooksRefusal::NotGiven);
            }
            books.release(fund, books.used(fund)?)?;
            let amount = books.left(fund)?;
            books.give_away("credit_taken_back", fund, LedgerAccount::Goodwill, amount)?;
            books.apply_credit()?;
            Ok(amount)
        })
    }

    /// Uses a part of a fund for an invoice, because somebody says so. A fund pays an invoice once.
    ///
    /// # Errors
    /// [`BooksRefusal`] for more than is left or due, or a second time.
    pub fn allocate(
        &mut self,
        fund: Fund,
        invoice: InvoiceId,
        amount: Money,
    ) -> Result<(), BooksRefusal> {
        positive(amount)?;
        self.issued_bill(invoice)?;
        if self.uses_of(fund)?.iter().any(|it| it.invoice == invoice) {
            return Err(BooksRefusal::AlreadyApplied(invoice));
        }
        let (left, due) = (self.left(fund)?, self.due(invoice)?);
        if left.checked_sub(amount)?.is_negative() {
            let asked = amount;
            return Err(BooksRefusal::OverAllocated { left, asked });
        }
        if due.checked_sub(amount)?.is_negative() {
            let asked = amount;
            return Err(BooksRefusal::BeyondDue { due, asked });
        }
        self.pay(fund, invoice, amount)
    }

    /// A provider takes a payment back: what it paid is open again. Returns how much was taken; a second time it is refused.
    ///
    /// # Errors
    /// [`BooksRefusal`] for an unknown payment or one that was reversed already.
    pub fn reverse(&mut self, payment: PaymentId) -> Result<Money, BooksRefusal> {
        self.all_or_nothing(|books| {
            let fund = Fund::Payment(payment);
            if books.held(fund)?.paid_before.is_some() {
                return Err(BooksRefusal::Reversed);
            }
            let paid = books.uses_of(fund)?;
            books.release(fund, books.used(fund)?)?;
            let amount = books.left(fund)?;
            books.give_away("reversal", fund, LedgerAccount::Cash, amount)?;
            books.remember(fund, Some(paid));
            books.apply_credit()?;
            Ok(amount)
        })
    }

    /// A provider gives a reversed payment back: it pays again what it paid, then the others.
    ///
    /// # Errors
    /// [`BooksRefusal::NotReversed`] for a payment that was not reversed.
    pub fn undo_reversal(&mut self, payment: PaymentId) -> Result<(), BooksRefusal> {
        self.all_or_nothing(|books| {
            let fund = Fund::Payment(payment);
            let held = books.held(fund)?.clone();
            let paid = held.paid_before.ok_or(BooksRefusal::NotReversed)?;
            let back = books.reversed_amount(fund)?;
            books.receive("reversal_undone", fund, LedgerAccount::Cash, back)?;
            books.remember(fund, None);
            for part in paid {
                books.pay_up_to(fund, part.invoice, part.amount)?;
            }
            books.apply_credit()
        })
    }

    /// What a fund pays now, in the order it began to.
    ///
    /// # Errors
    /// [`BooksRefusal`] if the journal does not add up.
    pub fn uses_of(&self, fund: Fund) -> Result<Vec<Allocation>, BooksRefusal> {
        let currency = self.held(fund)?.amount.currency();
        let mut uses: Vec<Allocation> = Vec::new();
        let entries = self.journal.iter().flat_map(|it| &it.entries);
        let own =
            |it: &&BookEntry| it.account == LedgerAccount::Receivable && it.fund == Some(fund);
        for entry in entries.filter(own) {
            let Some(invoice) = entry.invoice else {
                continue;
            };
            let known = uses.iter().position(|it| it.invoice == invoice);
            let before = known.map_or(Money::zero(currency), |at| uses.remove(at).amount);
            let amount = before.checked_sub(entry.amount)?;
            if amount.is_positive() {
                let at = known.unwrap_or(uses.len());
                uses.insert(at, Allocation { invoice, amount });
            }
        }
        Ok(uses)
    }

    pub(super) fn hold(
        &mut self,
        fund: Fund,
        amount: Money,
        settled_as: Option<Money>,
        meant_for: Option<InvoiceId>,
    ) {
        self.funds.push(BookedFund {
            fund,
            amount,
            settled_as,
            meant_for,
            paid_before: None,
        });
    }

    fn remember(&mut self, fund: Fund, paid: Option<Vec<Allocation>>) {
        if let Some(held) = self.funds.iter_mut().find(|it| it.fund == fund) {
            held.paid_before = paid;
        }
    }

    /// What the last reversal took.
    fn reversed_amount(&self, fund: Fund) -> Result<Money, BooksRefusal> {
        let reversals = self.journal.iter().rev().filter(|it| it.what == "reversal");
        let sides = reversals.flat_map(|it| &it.entries);
        let mut own =
            sides.filter(|it| it.account == LedgerAccount::CustomerCredit && it.fund == Some(fund));
        let currency = self.held(fund)?.amount.currency();
        Ok(own.next().map_or(Money::zero(currency), |it| it.amount))
    }

    /// Uses every fund in the order they came, as far as they reach.
    pub(super) fn apply_credit(&mut self) -> Result<(), BooksRefusal> {
        if self.application == Application::ByHand {
            return Ok(());
        }
        let funds: Vec<(Fund, Money)> = self.funds.iter().map(|it| (it.fund, it.amount)).collect();
        for (fund, amount) in funds {
            let left = self.left(fund)?;
            if left.is_positive() {
                let open = self.open(amount.currency())?;
                let (parts, _) = allocate_by(self.order, left, &open)?;
                for part in parts {
                    self.pay(fund, part.invoice, part.amount)?;
                }
            }
        }
        Ok(())
    }

    fn pay_up_to(
        &mut self,
        fund: Fund,
        invoice: InvoiceId,
        most: Money,
    ) -> Result<(), BooksRefusal> {
        let amount = self.due(invoice)?.min(most)?.min(self.left(fund)?)?;
        if amount.is_positive() {
            self.pay(fund, invoice, amount)?;
        }
        Ok(())
    }

    fn pay(&mut self, fund: Fund, invoice: InvoiceId, amount: Money) -> Result<(), BooksRefusal> {
        let sides = [
            (LedgerAccount::CustomerCredit, amount),
            (LedgerAccount::Receivable, amount.checked_neg()?),
        ];
        let entries = sides.map(|(account, amount)| {
            BookEntry::on(account, amount)
                .of_fund(fund)
                .of_invoice(invoice)
        });
        self.post("allocation", entries.to_vec())
    }

    /// Takes a fund off what it pays, the latest first. Returns what is open again.
    pub(super) fn release(
        &mut self,
        fund: Fund,
        amount: Money,
    ) -> Result<Vec<Allocation>, BooksRefusal> {
        let mut left = amount;
        let mut released = Vec::new();
        for used in self.uses_of(fund)?.into_iter().rev() {
            let part = used.amount.min(left)?;
            if !part.is_positive() {
                break;
            }
            left = left.checked_sub(part)?;
            self.pay(fund, used.invoice, part.checked_neg()?)?;
            released.push(Allocation {
                amount: part,
                ..used
            });
        }
        Ok(released)
    }

    /// Takes everything off an invoice that pays it.
    pub(super) fn release_all_of(
        &mut self,
        invoice: InvoiceId,
    ) -> Result<Vec<(Fund, Money)>, BooksRefusal> {
        let funds: Vec<Fund> = self.funds.iter().map(|it| it.fund).collect();
        let mut released = Vec::new();
        for fund in funds {
            for used in self.uses_of(fund)? {
                if used.invoice == invoice {
                    self.pay(fund, invoice, used.amount.checked_neg()?)?;
                    released.push((fund, used.amount));
                }
            }
        }
        Ok(released)
    }

    fn receive(
        &mut self,
        what: &'static str,
        fund: Fund,
        from: LedgerAccount,
        amount: Money,
    ) -> Result<(), BooksRefusal> {
        let sides = [
            (from, amount),
            (LedgerAccount::CustomerCredit, amount.checked_neg()?),
        ];
        let entries = sides.map(|(account, amount)| BookEntry::on(account, amount).of_fund(fund));
        self.post(what, entries.to_vec())
    }

    /// The way back of [`receive`](Self::receive).
    pub(super) fn give_away(
        &mut self,
        what: &'static str,
        fund: Fund,
        to: LedgerAccount,
        amount: Money,
    ) -> Result<(), BooksRefusal> {
        self.receive(what, fund, to, amount.checked_neg()?)
    }
}
