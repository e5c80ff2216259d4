//! What is asked for: drafts, invoices, credit notes, write-offs, voids.

use kernel::{InvoiceId, Money};

use super::journal::BookEntry;
use super::{BookStatus, BookedBill, Books, BooksRefusal, CreditId, Fund, InvoiceFact};
use crate::ledger::LedgerAccount;
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// What of an invoice is not credited yet.
pub(super) struct Remaining {
    pub(super) net: Money,
    pub(super) tax: Money,
}

impl Remaining {
    fn total(&self) -> Result<Money, BooksRefusal> {
        Ok(self.net.checked_add(self.tax)?)
    }
}

impl Books {
    /// Takes note of a draft: not a debt yet. The same draft again changes nothing.
    ///
    /// # Errors
    /// [`BooksRefusal`] for a negative amount or a known id with other content.
    pub fn draft(&mut self, bill: InvoiceFact) -> Result<(), BooksRefusal> {
        check(&bill)?;
        match self.booked(bill.invoice) {
            Ok(known) if known.bill == bill => Ok(()),
            Ok(_) => Err(BooksRefusal::OtherContent),
            Err(_) => {
                self.bills.push(BookedBill {
                    bill,
                    status: BookStatus::Draft,
                });
                Ok(())
            }
        }
    }

    /// Issues an invoice, drafted before or not: it is owed from now on, and credit pays it. The same invoice again changes
    /// nothing.
    ///
    /// # Errors
    /// [`BooksRefusal`] for a negative amount or a known id with other content.
    pub fn issue(&mut self, bill: InvoiceFact) -> Result<(), BooksRefusal> {
        self.all_or_nothing(|books| {
            books.draft(bill)?;
            if books.booked(bill.invoice)?.status != BookStatus::Draft {
                return Ok(());
            }
            books.set_status(bill.invoice, BookStatus::Issued);
            let total = bill.total()?;
            let mut entries = vec![
                BookEntry::on(LedgerAccount::Receivable, total),
                BookEntry::on(LedgerAccount::Revenue, bill.net.checked_neg()?),
                BookEntry::on(LedgerAccount::Tax, bill.tax.checked_neg()?),
            ];
            entries = of_invoice(entries, bill.invoice);
            books.post("invoice", entries)?;
            books.apply_credit()
        })
    }

    /// Takes an invoice back as a whole. What paid it is credit again.
    ///
    /// # Errors
    /// [`BooksRefusal`] for an invoice that is not issued or was credited or written off in part.
    pub fn void(&mut self, invoice: InvoiceId) -> Result<(), BooksRefusal> {
        self.all_or_nothing(|books| {
            let bill = books.issued_bill(invoice)?;
            books.release_all_of(invoice)?;
            let (due, total) = (books.due(invoice)?, bill.total()?);
            // What was paid for and credited is the customer's already.
            let remaining = books.remaining(invoice)?.total()?.min(due)?;
            if remaining != total {
                return Err(BooksRefusal::BeyondInvoice {
                    remaining,
                    asked: total,
                });
            }
            let mut entries = vec![
                BookEntry::on(LedgerAccount::Receivable, total.checked_neg()?),
                BookEntry::on(LedgerAccount::Revenue, bill.net),
                BookEntry::on(LedgerAccount::Tax, bill.tax),
            ];
            entries = of_invoice(entries, invoice);
            books.post("void", entries)?;
            books.set_status(invoice, BookStatus::Voided);
            books.apply_credit()
        })
    }

    /// Credits a part of an invoice: what is due on it goes first, then what was written off, what was paid for becomes
    /// credit. The same credit note again
    /// changes nothing. Returns the credit that came of it.
    ///
    /// # Errors
    /// [`BooksRefusal::BeyondInvoice`] if the credit notes of the invoice would exceed it, in net or in tax.
    pub fn credit_note(
        &mut self,
        note: CreditId,
        invoice: InvoiceId,
        (net, tax): (Money, Money),
    ) -> Result<Money, BooksRefusal> {
        self.all_or_nothing(|books| {
            books.issued_bill(invoice)?;
            let total = net.checked_add(tax)?;
            positive(total)?;
            let fund = Fund::Credit(note);
            if let Ok(known) = books.held(fund) {
                let same = known.meant_for == Some(invoice);
                return if same {
                    Ok(known.amount)
                } else {
                    Err(BooksRefusal::OtherContent)
                };
            }
            let against_debt = books.due(invoice)?.min(total)?;
            let beyond = total.checked_sub(against_debt)?;
            let no_loss = books.written_off(invoice)?.min(beyond)?;
            let credit = beyond.checked_sub(no_loss)?;
            let mut entries = books.take_off(invoice, (net, tax))?;
            entries.extend([
                BookEntry::on(LedgerAccount::Receivable, against_debt.checked_neg()?),
                BookEntry::on(LedgerAccount::BadDebt, no_loss.checked_neg()?),
                BookEntry::on(LedgerAccount::CustomerCredit, credit.checked_neg()?).of_fund(fund),
            ]);
            books.post("credit_note", of_invoice(entries, invoice))?;
            books.hold(fund, credit, None, Some(invoice));
            books.apply_credit()?;
            Ok(credit)
        })
    }

    /// Gives an invoice's open rest up. Returns how much that was.
    ///
    /// # Errors
    /// [`BooksRefusal::NotPositive`] where nothing is due.
    pub fn write_off(&mut self, invoice: InvoiceId) -> Result<Money, BooksRefusal> {
        self.issued_bill(invoice)?;
        let due = self.due(invoice)?;
        positive(due)?;
        let entries = vec![
            BookEntry::on(LedgerAccount::BadDebt, due),
            BookEntry::on(LedgerAccount::Receivable, due.checked_neg()?),
        ];
        self.post("write_off", of_invoice(entries, invoice))?;
        Ok(due)
    }

    /// What of an invoice was given up and not credited since.
    fn written_off(&self, invoice: InvoiceId) -> Result<Money, BooksRefusal> {
        let currency = self.booked(invoice)?.bill.net.currency();
        Ok(self.sum(currency, |it| {
            it.account == LedgerAccount::BadDebt && it.invoice == Some(invoice)
        })?)
    }

    /// Takes net and tax off what was earned and collected with an invoice.
    fn take_off(
        &self,
        invoice: InvoiceId,
        (net, tax): (Money, Money),
    ) -> Result<Vec<BookEntry>, BooksRefusal> {
        let remaining = self.remaining(invoice)?;
        for (asked, remaining) in [(net, remaining.net), (tax, remaining.tax)] {
            if asked.is_negative() {
                return Err(BooksRefusal::NotPositive { amount: asked });
            }
            if remaining.checked_sub(asked)?.is_negative() {
                return Err(BooksRefusal::BeyondInvoice { remaining, asked });
            }
        }
        Ok(vec![
            BookEntry::on(LedgerAccount::Revenue, net),
            BookEntry::on(LedgerAccount::Tax, tax),
        ])
    }

    /// Takes a gross amount off what is due on an invoice, with its share of the tax: an adjustment. The last one takes the
    /// rounding.
    pub(super) fn adjust(&mut self, invoice: InvoiceId, gross: Money) -> Result<(), BooksRefusal> {
        let remaining = self.remaining(invoice)?;
        let total = remaining.total()?;
        if total.checked_sub(gross)?.is_negative() {
            return Err(BooksRefusal::BeyondInvoice {
                remaining: total,
                asked: gross,
            });
        }
        let whole = i128::from(total.minor());
        let share = Ratio::new(i128::from(remaining.tax.minor()), whole).unwrap_or(Ratio::ZERO);
        let tax = share.of(gross.minor(), 1, Rounding::HalfAwayFromZero);
        let tax = Money::from_minor(
            tax.ok_or(kernel::MoneyError::Overflow)?,
            remaining.tax.currency(),
        );
        let net = gross.checked_sub(tax)?;
        let entries = vec![
            BookEntry::on(LedgerAccount::Revenue, net),
            BookEntry::on(LedgerAccount::Tax, tax),
            BookEntry::on(LedgerAccount::Receivable, gross.checked_neg()?),
        ];
        self.post("adjustment", of_invoice(entries, invoice))
    }

    fn remaining(&self, invoice: InvoiceId) -> Result<Remaining, BooksRefusal> {
        let currency = self.booked(invoice)?.bill.net.currency();
        let booked = |account| {
            self.sum(currency, |it| {
                it.account == account && it.invoice == Some(invoice)
            })
        };
        Ok(Remaining {
            net: booked(LedgerAccount::Revenue)?.checked_neg()?,
            tax: booked(LedgerAccount::Tax)?.checked_neg()?,
        })
    }

    pub(super) fn issued_bill(&self, invoice: InvoiceId) -> Result<InvoiceFact, BooksRefusal> {
        let booked = self.booked(invoice)?;
        match booked.status {
            BookStatus::Issued => Ok(booked.bill),
            BookStatus::Draft | BookStatus::Voided => Err(BooksRefusal::NotIssued(invoice)),
        }
    }

    fn set_status(&mut self, invoice: InvoiceId, status: BookStatus) {
        let found = self.bills.iter_mut().find(|it| it.bill.invoice == invoice);
        if let Some(booked) = found {
            booked.status = status;
        }
    }
}

pub(super) const fn positive(amount: Money) -> Result<(), BooksRefusal> {
    if amount.is_positive() {
        Ok(())
    } else {
        Err(BooksRefusal::NotPositive { amount })
    }
}

fn check(bill: &InvoiceFact) -> Result<(), BooksRefusal> {
    bill.total()?;
    for amount in [bill.net, bill.tax] {
        if amount.is_negative() {
            return Err(BooksRefusal::NotPositive { amount });
        }
    }
    Ok(())
}

fn of_invoice(entries: Vec<BookEntry>, invoice: InvoiceId) -> Vec<BookEntry> {
    let own = entries.into_iter().map(|it| it.of_invoice(invoice));
    own.collect()
}
