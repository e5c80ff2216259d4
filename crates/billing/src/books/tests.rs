//! Whatever happens, the books balance, nothing is lost and nothing is owed below zero.

#![allow(clippy::unwrap_used)]

mod any;
mod examples;
mod properties;

use kernel::testing::CountingIds;
use kernel::{Currency, Id, Ids, InvoiceId, LocalDate, Money, PaymentId};

use super::{Application, Books, BooksRefusal, CreditId, Fund, InvoiceFact, SettledPayment};
use crate::allocation::PayOrder;

fn currency() -> Currency {
    "KES".parse().unwrap()
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, currency())
}

/// Books with names for what is in them.
struct Desk {
    books: Books,
    ids: CountingIds,
    bills: u64,
}

impl Desk {
    fn open() -> Self {
        Self::with(Application::Automatic)
    }

    fn with(application: Application) -> Self {
        Self {
            books: Books::new(application, PayOrder::OldestFirst),
            ids: CountingIds::from(1),
            bills: 0,
        }
    }

    fn id<K>(&self) -> Id<K> {
        let ids: &dyn Ids = &self.ids;
        ids.next()
    }

    /// The next bill, a day after the one before.
    fn bill(&mut self, net: i64, tax: i64) -> InvoiceFact {
        self.bills += 1;
        let first: LocalDate = "2026-01-01".parse().unwrap();
        let issued_on = first + chrono::Days::new(self.bills);
        InvoiceFact {
            invoice: self.id(),
            issued_on,
            due_on: issued_on,
            number: self.bills,
            net: kes(net),
            tax: kes(tax),
        }
    }

    fn invoice(&mut self, net: i64, tax: i64) -> InvoiceId {
        let bill = self.bill(net, tax);
        self.books.issue(bill).unwrap();
        bill.invoice
    }

    fn payment(&mut self, minor: i64) -> PaymentId {
        let payment = self.id();
        self.books.settle(settled(payment, minor)).unwrap();
        payment
    }

    fn grant(&mut self, minor: i64) -> CreditId {
        let credit = self.id();
        self.books.grant(credit, kes(minor)).unwrap();
        credit
    }

    fn note(&mut self, invoice: InvoiceId, net: i64, tax: i64) -> Result<Money, BooksRefusal> {
        let note = self.id();
        self.books.credit_note(note, invoice, (kes(net), kes(tax)))
    }

    fn due(&self, invoice: InvoiceId) -> i64 {
        self.books.due(invoice).unwrap().minor()
    }

    fn balance(&self) -> i64 {
        self.books.balance(currency()).unwrap().minor()
    }

    fn credit(&self) -> i64 {
        self.books.credit(currency()).unwrap().minor()
    }

    fn used(&self, fund: Fund) -> i64 {
        self.books.used(fund).unwrap().minor()
    }
}

fn settled(payment: PaymentId, minor: i64) -> SettledPayment {
    SettledPayment {
        payment,
        amount: kes(minor),
        settled_as: None,
        meant_for: None,
    }
}
