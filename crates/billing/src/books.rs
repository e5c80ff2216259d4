//! The money of one account: what it was billed, what it gave, what paid for what, and what follows for its balance.
//!
//! Nothing but the facts is remembered. Every fact posts a balanced set of entries to a journal that only grows, and every
//! balance is a sum of entries: what is due on an invoice, what is left of a payment, the credit and the balance of the
//! account (billing.md, invariants 1, 2, 28 and 33). A refused command changes nothing.
//!
//! A *fund* is money of the customer: a payment, or credit that was given. Funds pay invoices, oldest first unless an entity
//! agreed otherwise; what pays nothing yet is credit. Taking a fund back opens what it paid again.
//!
//! ```
//! use billing::{InvoiceFact, Books, Application, PayOrder, SettledPayment};
//! use kernel::Money;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let kes = |minor| Ok::<_, Box<dyn std::error::Error>>(Money::from_minor(minor, "KES".parse()?));
//! let mut books = Books::new(Application::Automatic, PayOrder::OldestFirst);
//! let invoice = "inv_aaaaaaaaaaaaaaaaaaaaaaaaaa".parse()?;
//! let payment = "pay_aaaaaaaaaaaaaaaaaaaaaaaaaa".parse()?;
//! let day = "2026-11-01".parse()?;
//! books.issue(InvoiceFact { invoice, issued_on: day, due_on: day, number: 1, net: kes(20_000)?, tax: kes(3_200)? })?;
//! books.settle(SettledPayment { payment, amount: kes(25_000)?, settled_as: None, meant_for: None })?;
//! assert!(books.due(invoice)?.is_zero());
//! assert_eq!(books.balance(kes(0)?.currency())?, kes(-1_800)?, "an overpayment is credit");
//! # Ok(())
//! # }
//! ```

mod bills;
mod claim;
mod family;
mod funds;
mod journal;
mod refunds;
mod refusal;

use kernel::{Currency, Id, InvoiceId, Kind, LocalDate, Money, MoneyError, PaymentId};
use serde::{Deserialize, Serialize};

use crate::allocation::{Allocation, PayOrder, Payable};
use crate::dunning::Debt;
use crate::ledger::LedgerAccount;

pub(crate) use claim::tax_on;
pub use claim::{BadClaim, Claim};
pub use family::{ParentItem, left_of_child};
pub use journal::{BookEntry, Move};
pub use refunds::{Refund, RefundRefusal, Returned, refund_amount};
pub use refusal::BooksRefusal;

/// Marks the id of a credit.
#[derive(Debug)]
pub enum CreditKind {}

impl Kind for CreditKind {
    const PREFIX: &'static str = "crd";
    const NAME: &'static str = "credit";
}

/// The id of credit that was given: by a credit note, or for nothing.
pub type CreditId = Id<CreditKind>;

/// Money of the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fund {
    /// Money that came in.
    Payment(PaymentId),
    /// Credit that was given.
    Credit(CreditId),
}

/// Whether credit pays open invoices by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Application {
    /// After every fact, as far as it reaches.
    #[default]
    Automatic,
    /// Only where somebody says so.
    ByHand,
}

/// What an invoice asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvoiceFact {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its date.
    pub issued_on: LocalDate,
    /// The last day to pay it without being overdue.
    pub due_on: LocalDate,
    /// Its number in its series.
    pub number: u64,
    /// What is earned, not below zero.
    pub net: Money,
    /// What is collected for the state, not below zero.
    pub tax: Money,
}

impl InvoiceFact {
    /// What is asked for: net and tax.
    ///
    /// # Errors
    /// [`MoneyError`] on mixed currencies or overflow.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.net.checked_add(self.tax)
    }
}

/// How far an invoice has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BookStatus {
    /// Not a debt yet (billing.md, invariant 27).
    Draft,
    /// Owed.
    Issued,
    /// Taken back as a whole.
    Voided,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct BookedBill {
    bill: InvoiceFact,
    status: BookStatus,
}

/// Money that came in for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettledPayment {
    /// The payment.
    pub payment: PaymentId,
    /// How much of the account's currency it settles, above zero.
    pub amount: Money,
    /// What the provider paid out, if in another currency: a fact that is kept, not converted.
    pub settled_as: Option<Money>,
    /// The invoice that is paid before all others.
    pub meant_for: Option<InvoiceId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct BookedFund {
    fund: Fund,
    amount: Money,
    settled_as: Option<Money>,
    meant_for: Option<InvoiceId>,
    /// What it paid until it was reversed.
    paid_before: Option<Vec<Allocation>>,
}

/// The money of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Books {
    application: Application,
    order: PayOrder,
    bills: Vec<BookedBill>,
    funds: Vec<BookedFund>,
    journal: Vec<Move>,
}

impl Books {
    /// Empty books.
    #[must_use]
    pub const fn new(application: Application, order: PayOrder) -> Self {
        Self {
            application,
            order,
            bills: Vec::new(),
            funds: Vec::new(),
            journal: Vec::new(),
        }
    }

    /// What is due on an invoice: the sum of its entries in the receivables.
    ///
    /// # Errors
    /// [`BooksRefusal::UnknownInvoice`].
    pub fn due(&self, invoice: InvoiceId) -> Result<Money, BooksRefusal> {
        let currency = self.booked(invoice)?.bill.net.currency();
        Ok(self.sum(currency, |it| {
            it.account == LedgerAccount::Receivable && it.invoice == Some(invoice)
        })?)
    }

    /// What is left of a fund.
    ///
    /// # Errors
    /// [`BooksRefusal::UnknownFund`].
    pub fn left(&self, fund: Fund) -> Result<Money, BooksRefusal> {
        let currency = self.held(fund)?.amount.currency();
        let owed = self.sum(currency, |it| {
            it.account == LedgerAccount::CustomerCredit && it.fund == Some(fund)
        })?;
        Ok(owed.checked_neg()?)
    }

    /// What a fund pays now.
    ///
    /// # Errors
    /// [`BooksRefusal::UnknownFund`].
    pub fn used(&self, fund: Fund) -> Result<Money, BooksRefusal> {
        let currency = self.held(fund)?.amount.currency();
        let parts = self.uses_of(fund)?.into_iter().map(|it| it.amount);
        Ok(Money::sum(currency, parts)?)
    }

    /// What was received for a payment and not given back.
    ///
    /// # Errors
    /// [`BooksRefusal::UnknownFund`].
    pub fn received(&self, payment: PaymentId) -> Result<Money, BooksRefusal> {
        let fund = Fund::Payment(payment);
        let currency = self.held(fund)?.amount.currency();
        Ok(self.sum(currency, |it| {
            it.account == LedgerAccount::Cash && it.fund == Some(fund)
        })?)
    }

    /// What the provider paid out for a payment, and what it settled.
    ///
    /// # Errors
    /// [`BooksRefusal::UnknownFund`].
    pub fn both_amounts(&self, payment: PaymentId) -> Result<(Money, Option<Money>), BooksRefusal> {
        let held = self.held(Fund::Payment(payment))?;
        Ok((held.amount, held.settled_as))
    }

    /// Customer credit in a currency: all that is left of the funds, never below zero.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn credit(&self, currency: Currency) -> Result<Money, MoneyError> {
        self.sum(currency, |it| it.account == LedgerAccount::CustomerCredit)?
            .checked_neg()
    }

    /// What the customer owes in a currency, less credit: below zero when credit is more.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn balance(&self, currency: Currency) -> Result<Money, MoneyError> {
        let owed = self.sum(currency, |it| it.account == LedgerAccount::Receivable)?;
        owed.checked_sub(self.credit(currency)?)
    }

    /// The sum of an account of the books in a currency; debits are above zero.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn standing(
        &self,
        account: LedgerAccount,
        currency: Currency,
    ) -> Result<Money, MoneyError> {
        self.sum(currency, |it| it.account == account)
    }

    /// The issued invoices on which something is due, in the order money pays them.
    ///
    /// # Errors
    /// [`BooksRefusal`] if the journal does not add up.
    pub fn open(&self, currency: Currency) -> Result<Vec<Payable>, BooksRefusal> {
        let mut open = Vec::new();
        for booked in self.issued(currency) {
            let due = self.due(booked.bill.invoice)?;
            if due.is_positive() {
                open.push(Payable {
                    invoice: booked.bill.invoice,
                    issued_on: booked.bill.issued_on,
                    number: booked.bill.number,
                    due,
                });
            }
        }
        open.sort_by_key(|it| (it.issued_on, it.number));
        Ok(open)
    }

    /// The open debts, as dunning looks at them.
    ///
    /// # Errors
    /// [`BooksRefusal`] if the journal does not add up.
    pub fn debts(&self, currency: Currency) -> Result<Vec<Debt>, BooksRefusal> {
        let mut debts = Vec::new();
        for booked in self.issued(currency) {
            let due = self.due(booked.bill.invoice)?;
            if due.is_positive() {
                debts.push(Debt {
                    issued_on: booked.bill.issued_on,
                    due_on: booked.bill.due_on,
                    due,
                });
            }
        }
        Ok(debts)
    }

    /// How far an invoice has come.
    ///
    /// # Errors
    /// [`BooksRefusal::UnknownInvoice`].
    pub fn status(&self, invoice: InvoiceId) -> Result<BookStatus, BooksRefusal> {
        Ok(self.booked(invoice)?.status)
    }

    /// Everything that moved, in order.
    #[must_use]
    pub fn journal(&self) -> &[Move] {
        &self.journal
    }

    fn issued(&self, currency: Currency) -> impl Iterator<Item = &BookedBill> {
        self.bills
            .iter()
            .filter(move |it| it.status == BookStatus::Issued && it.bill.net.currency() == currency)
    }

    fn booked(&self, invoice: InvoiceId) -> Result<&BookedBill, BooksRefusal> {
        let found = self.bills.iter().find(|it| it.bill.invoice == invoice);
        found.ok_or(BooksRefusal::UnknownInvoice(invoice))
    }

    fn held(&self, fund: Fund) -> Result<&BookedFund, BooksRefusal> {
        let found = self.funds.iter().find(|it| it.fund == fund);
        found.ok_or(BooksRefusal::UnknownFund(fund))
    }

    /// Runs a command on a copy, which replaces the books only if all of it went well.
    fn all_or_nothing<T>(
        &mut self,
        command: impl FnOnce(&mut Self) -> Result<T, BooksRefusal>,
    ) -> Result<T, BooksRefusal> {
        let mut next = self.clone();
        let done = command(&mut next)?;
        *self = next;
        Ok(done)
    }
}

#[cfg(test)]
mod tests;
