//! Cases that tell what happened to one account: what they name is put into its books in the order things happen.

mod told;

use anyhow::{Context, Result, bail};
use billing::{
    Application, Books, BooksRefusal, CreditId, Fund, InvoiceFact, PayOrder, Refund, RefundRefusal,
    SettledPayment,
};
use chrono::{Days, NaiveDate};
use kernel::testing::CountingIds;
use kernel::{Currency, Id, Ids, InvoiceId, Money, PaymentId};
use serde_json::{Value, json};

use super::DECIMALS;
use crate::case::Case;
use crate::given::Given;
use crate::themes::words::any_of;

/// Every name that a scene understands.
pub(super) const KNOWN: [&str; 31] = [
    "adjusted",
    "adjustment",
    "allocation",
    "allocations",
    "balance",
    "before",
    "credit",
    "credit_notes",
    "deleted",
    "events",
    "fees",
    "invoice",
    "invoice2",
    "invoice3",
    "invoices",
    "item",
    "items",
    "new",
    "parallel_invoices",
    "payments",
    "processed",
    "received",
    "refund",
    "refunds",
    "repair",
    "tax",
    "tax_adjustment",
    "taxes",
    "unallocated",
    "used_by",
    "wallets",
];

pub(super) struct Scene {
    pub(super) books: Books,
    ids: CountingIds,
    currency: Currency,
    pub(super) invoices: Vec<InvoiceId>,
    pub(super) payments: Vec<PaymentId>,
    pub(super) credits: Vec<CreditId>,
    /// The balance after each payment, refund or event, in minor units.
    trace: Vec<i64>,
}

pub(super) fn run(case: &Case) -> Result<Option<Value>> {
    let (given, expected) = (Given(&case.input), Given(&case.expected));
    let by_hand = ["allocations", "allocation"].iter().any(|it| given.has(it));
    let application = if by_hand {
        Application::ByHand
    } else {
        Application::Automatic
    };
    let mut scene = Scene::new(application, "KES".parse()?);
    match scene.play(given, expected) {
        Ok(()) => scene.told(given, expected),
        Err(err) => match err.downcast_ref::<BooksRefusal>() {
            Some(refusal) => Ok(Some(json!({ "error": in_words(refusal) }))),
            None => Err(err),
        },
    }
}

/// Refusals by the words other systems have for them.
pub(super) fn in_words(refusal: &BooksRefusal) -> String {
    match refusal {
        BooksRefusal::OverAllocated { .. } | BooksRefusal::BeyondDue { .. } => {
            "over allocation".to_owned()
        }
        BooksRefusal::AlreadyApplied(_) => "already applied".to_owned(),
        BooksRefusal::Refund(RefundRefusal::TooLarge { .. }) => "refund too large".to_owned(),
        BooksRefusal::Refund(RefundRefusal::Mismatch { .. }) => "mismatch".to_owned(),
        other => other.to_string(),
    }
}

/// Wallets may be told as amounts, or as balances with priorities: the lowest is used first.
fn by_priority<'a>(mut wallets: Vec<Given<'a>>) -> Vec<Given<'a>> {
    wallets.sort_by_key(|it| it.whole("priority").unwrap_or(0));
    let amount = |it: Given<'a>| any_of(it, &["balance", "amount"]).unwrap_or(it);
    wallets.into_iter().map(amount).collect()
}

impl Scene {
    pub(super) fn new(application: Application, currency: Currency) -> Self {
        Self {
            books: Books::new(application, PayOrder::OldestFirst),
            ids: CountingIds::from(1),
            currency,
            invoices: Vec::new(),
            payments: Vec::new(),
            credits: Vec::new(),
            trace: Vec::new(),
        }
    }

    fn id<K>(&self) -> Id<K> {
        let ids: &dyn Ids = &self.ids;
        ids.next()
    }

    pub(super) fn money(&self, given: Given<'_>) -> Result<Money> {
        Ok(Money::from_minor(given.as_minor(DECIMALS)?, self.currency))
    }

    fn none(&self) -> Money {
        Money::zero(self.currency)
    }

    /// An amount whatever sign it is told with: what it does is told by its name.
    fn size(&self, given: Given<'_>) -> Result<Money> {
        let minor = given.as_minor(DECIMALS)?;
        Ok(Money::from_minor(minor.abs(), self.currency))
    }

    fn sum(&self, all: &[Given<'_>]) -> Result<Money> {
        let amounts = all.iter().map(|it| self.money(*it));
        Ok(Money::sum(
            self.currency,
            amounts.collect::<Result<Vec<_>>>()?,
        )?)
    }

    /// One invoice a day.
    pub(super) fn bill(&self, net: Money, tax: Money) -> Result<InvoiceFact> {
        let first: NaiveDate = "2026-01-01".parse()?;
        let number = u64::try_from(self.invoices.len())? + 1;
        let issued_on = first + Days::new(number);
        Ok(InvoiceFact {
            invoice: self.id(),
            issued_on,
            due_on: issued_on,
            number,
            net,
            tax,
        })
    }

    pub(super) fn issue(&mut self, net: Money, tax: Money) -> Result<InvoiceId> {
        let bill = self.bill(net, tax)?;
        self.books.issue(bill)?;
        self.invoices.push(bill.invoice);
        Ok(bill.invoice)
    }

    pub(super) fn pay(&mut self, amount: Money, settled_as: Option<Money>) -> Result<PaymentId> {
        let payment = self.id();
        self.books.settle(SettledPayment {
            payment,
            amount,
            settled_as,
            meant_for: None,
        })?;
        self.payments.push(payment);
        Ok(payment)
    }

    pub(super) fn grant(&mut self, amount: Money) -> Result<CreditId> {
        let credit = self.id();
        self.books.grant(credit, amount)?;
        self.credits.push(credit);
        Ok(credit)
    }

    fn note(&mut self, invoice: InvoiceId, net: Money, tax: Money) -> Result<Money> {
        let note = self.id();
        Ok(self.books.credit_note(note, invoice, (net, tax))?)
    }

    fn balance(&self) -> Result<i64> {
        Ok(self.books.balance(self.currency)?.minor())
    }

    fn play(&mut self, given: Given<'_>, expected: Given<'_>) -> Result<()> {
        self.credit_before(given, expected)?;
        self.bills(given)?;
        self.money_in(given)?;
        self.later(given)
    }

    /// Credit that is there before the invoices. Where a case tells what an invoice used and not what there was, there is
    /// enough.
    fn credit_before(&mut self, given: Given<'_>, expected: Given<'_>) -> Result<()> {
        for name in ["wallets", "credit_notes"] {
            if given.has(name) {
                for amount in by_priority(given.list(name)?) {
                    self.grant(self.money(amount)?)?;
                }
            }
        }
        let uses_credit = expected.has("credit_used");
        if given.has("credit") && !given.has("balance") && !self.pays_itself(given) {
            self.grant(self.size(given.part("credit")?)?)?;
        } else if uses_credit && !given.has("credit") && self.credits.is_empty() {
            self.grant(Money::from_minor(1_000_000_000, self.currency))?;
        }
        Ok(())
    }

    /// Credit that came of an invoice that was paid and then taken back.
    fn pays_itself(&self, given: Given<'_>) -> bool {
        given.has("refund") || given.has("deleted")
    }

    fn bills(&mut self, given: Given<'_>) -> Result<()> {
        if let Some(before) = any_of(given, &["before"]) {
            return self.with_balance(before, given);
        }
        if given.has("credit") && self.pays_itself(given) {
            return self.paid_and_taken_back(given);
        }
        if given.has("adjustment") {
            let net = self.size(given.part("adjustment")?)?;
            let tax = any_of(given, &["tax_adjustment"]).map(|it| self.size(it));
            self.issue(net, tax.transpose()?.unwrap_or(self.none()))?;
            return Ok(());
        }
        for name in ["items", "fees"] {
            if given.has(name) {
                return self.with_items(given, &given.list(name)?);
            }
        }
        for name in ["invoices", "parallel_invoices"] {
            if given.has(name) {
                for amount in given.list(name)? {
                    self.issue(self.money(amount)?, self.none())?;
                }
                return Ok(());
            }
        }
        if given.has("received") || given.has("unallocated") {
            return self.with_allocated(given);
        }
        match any_of(given, &["invoice", "item", "balance"]) {
            Some(it) if it.0.as_str() == Some("draft") => {
                let bill = self.bill(Money::from_minor(100, self.currency), self.none())?;
                self.books.draft(bill)?;
                Ok(())
            }
            Some(it) => {
                let amount = self.told_with_currency(it)?;
                self.issue(amount, self.none())?;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// "249.95 USD", "249.95" or 24995.
    fn told_with_currency(&mut self, given: Given<'_>) -> Result<Money> {
        let Some((amount, currency)) = given.0.as_str().and_then(|it| it.split_once(' ')) else {
            return self.money(given);
        };
        self.currency = currency.parse()?;
        self.money(Given(&json!(amount)))
    }

    fn with_items(&mut self, given: Given<'_>, items: &[Given<'_>]) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let mut tax = self.none();
        if given.has("tax") {
            tax = tax.checked_add(self.money(given.part("tax")?)?)?;
        }
        if given.has("taxes") {
            tax = tax.checked_add(self.sum(&given.list("taxes")?)?)?;
        }
        self.issue(self.sum(items)?, tax)?;
        Ok(())
    }

    /// The account stood at a balance, with an invoice that was paid with enough to refund.
    fn with_balance(&mut self, before: Given<'_>, given: Given<'_>) -> Result<()> {
        let before = self.money(before)?;
        if let Some(refund) = any_of(given, &["refund"]) {
            let paid = self.size(refund)?;
            self.issue(paid, self.none())?;
            self.pay(paid, None)?;
        }
        if before.is_negative() {
            self.grant(before.checked_neg()?)?;
        } else if before.is_positive() {
            self.issue(before, self.none())?;
        }
        Ok(())
    }

    /// An invoice was paid and then taken back: that is where the credit came from.
    fn paid_and_taken_back(&mut self, given: Given<'_>) -> Result<()> {
        let amount = self.size(given.part("credit")?)?;
        let invoice = self.issue(amount, self.none())?;
        self.pay(amount, None)?;
        if given.has("refund") {
            self.note(invoice, amount, self.none())?;
        } else {
            self.grant(amount)?;
        }
        for name in ["invoice2", "invoice3", "invoice3"] {
            if given.has(name) {
                self.issue(self.money(given.part(name)?)?, self.none())?;
            }
        }
        if given.has("used_by") {
            let parts = given.whole("used_by")?;
            let each = amount.minor() / parts;
            for _ in 0..parts {
                self.issue(Money::from_minor(each, self.currency), self.none())?;
            }
        }
        Ok(())
    }

    /// Invoices as large as what is allocated to them.
    fn with_allocated(&mut self, given: Given<'_>) -> Result<()> {
        let parts = match any_of(given, &["allocations"]) {
            Some(list) => list.elements()?,
            None => vec![given.part("allocation")?],
        };
        for part in parts {
            self.issue(self.money(part)?, self.none())?;
        }
        Ok(())
    }

    fn money_in(&mut self, given: Given<'_>) -> Result<()> {
        if given.has("payments") {
            for amount in given.list("payments")? {
                self.pay(self.money(amount)?, None)?;
                self.trace.push(self.balance()?);
            }
        }
        if let Some(processed) = any_of(given, &["processed"]) {
            let (amount, currency) = processed
                .as_text()?
                .split_once(' ')
                .context("processed tells an amount and its currency")?;
            let currency = currency.parse()?;
            let amount = Given(&json!(amount)).as_minor(DECIMALS)?;
            let due = self.books.due(self.last_invoice()?)?;
            self.pay(due, Some(Money::from_minor(amount, currency)))?;
        }
        if let Some(received) = any_of(given, &["received", "unallocated"]) {
            let payment = self.pay(self.money(received)?, None)?;
            let parts = match any_of(given, &["allocations"]) {
                Some(list) => list.elements()?,
                None => vec![given.part("allocation")?],
            };
            for (invoice, part) in self.invoices.clone().into_iter().zip(parts) {
                let amount = self.money(part)?;
                self.books
                    .allocate(Fund::Payment(payment), invoice, amount)?;
            }
        } else if given.has("allocations") {
            let invoice = self.last_invoice()?;
            for part in given.list("allocations")? {
                let amount = self.money(part)?;
                let payment = self.pay(amount, None)?;
                self.books
                    .allocate(Fund::Payment(payment), invoice, amount)?;
            }
        }
        let paid_silently = given.has("item") || given.has("adjustment");
        if paid_silently
            && !given.has("payments")
            && (given.has("refund") || given.has("adjustment"))
        {
            self.pay(self.books.due(self.last_invoice()?)?, None)?;
        }
        Ok(())
    }

    fn later(&mut self, given: Given<'_>) -> Result<()> {
        if given.has("balance") && given.has("credit") {
            self.grant(self.size(given.part("credit")?)?)?;
        }
        if given.has("adjustment") {
            let net = self.size(given.part("adjustment")?)?;
            let tax = any_of(given, &["tax_adjustment"]).map(|it| self.size(it));
            let tax = tax.transpose()?.unwrap_or(self.none());
            self.note(self.last_invoice()?, net, tax)?;
        }
        if given.has("repair") {
            let amount = self.size(given.part("repair")?)?;
            self.note(self.last_invoice()?, amount, self.none())?;
        }
        if given.has("new") {
            self.issue(self.money(given.part("new")?)?, self.none())?;
        }
        if given.has("deleted") {
            let credit = *self.credits.last().context("no credit to delete")?;
            self.books.take_back(credit)?;
        }
        self.given_back(given)?;
        if given.has("events") {
            for event in given.list("events")? {
                self.event(event.as_text()?)?;
                self.trace.push(self.balance()?);
            }
        }
        Ok(())
    }

    fn given_back(&mut self, given: Given<'_>) -> Result<()> {
        if given.has("refunds") {
            for refund in given.list("refunds")? {
                let [amount, how] = refund.elements()?[..] else {
                    bail!("a refund tells an amount and how");
                };
                let kind = match how.as_text()? {
                    "no adjustment" => Refund::Reopening,
                    "item adjustment" | "adjustment" => Refund::Adjusting,
                    how => return crate::themes::unknown(format!("a refund with {how}")),
                };
                self.refund(amount, kind)?;
            }
        }
        if given.has("refund") {
            let adjusted = given.0.get("adjusted").and_then(Value::as_bool);
            let kind = match adjusted {
                Some(true) => Refund::Adjusting,
                _ => Refund::Reopening,
            };
            self.refund(given.part("refund")?, kind)?;
        }
        Ok(())
    }

    fn refund(&mut self, amount: Given<'_>, kind: Refund) -> Result<()> {
        let amount = self.size(amount)?;
        let payment = self.payments.first().context("nothing was paid")?;
        self.books.refund(*payment, Some(amount), kind)?;
        self.trace.push(self.balance()?);
        Ok(())
    }

    fn event(&mut self, what: &str) -> Result<()> {
        let payment = *self.payments.last().context("nothing was paid")?;
        match what {
            "chargeback" => {
                self.books.reverse(payment)?;
            }
            "chargeback reversal" => self.books.undo_reversal(payment)?,
            other => return crate::themes::unknown(format!("event {other}")),
        }
        Ok(())
    }

    fn last_invoice(&self) -> Result<InvoiceId> {
        self.invoices.last().copied().context("no invoice")
    }
}
