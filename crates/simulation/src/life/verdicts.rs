//! When the promises are judged: touched accounts every day, everything at the end of a month.

use access::{Attribute, Menu};
use anyhow::{Result, anyhow, ensure};
use billing::{Access, bill_account, evaluate_account};
use kernel::{AccountId, LocalDate};

use super::Life;
use super::month_end::Totals;
use crate::books::Books;
use crate::carrier::by_hand;
use crate::rules::judge;

/// Accounts a day that are billed and evaluated once more.
const SAMPLES: usize = 2;

impl Life {
    pub(super) async fn judge_day(&mut self, day: LocalDate, month_end: bool) -> Result<()> {
        let accounts: Vec<_> = match month_end {
            true => self.by_account.keys().copied().collect(),
            false => self.touched.iter().copied().collect(),
        };
        let mut totals = Totals::default();
        for account in &accounts {
            let books = self.judge_account(*account, day).await?;
            totals.add(&books);
        }
        for account in accounts.iter().take(SAMPLES) {
            self.again_changes_nothing(*account).await?;
        }
        if month_end {
            self.reports_agree(&totals, day)?;
            self.numbers_have_no_gap()?;
        }
        Ok(())
    }

    async fn judge_account(&mut self, account: AccountId, day: LocalDate) -> Result<Books> {
        let books = Books::read(&self.provider, account).await?;
        self.summary.judged += 1;
        let known = self.known.get(&account).cloned().unwrap_or_default();
        if let Some(reason) = &books.account.parked {
            return Err(self.broken(account, &anyhow!("the account is parked: {reason}")));
        }
        if let Err(broken) = judge(&books, &known, &self.terms, day) {
            return Err(self.broken(account, &broken.into()));
        }
        if let Err(err) = self.documents_stand(&books) {
            return Err(self.broken(account, &err));
        }
        if let Err(err) = self.routers_agree(&books) {
            return Err(self.broken(account, &err));
        }
        Ok(books)
    }

    /// An issued invoice is never changed: all but what is paid of it stays as it was.
    fn documents_stand(&mut self, books: &Books) -> Result<()> {
        for invoice in &books.invoices {
            let stands = self
                .issued
                .entry(invoice.id)
                .or_insert_with(|| invoice.clone());
            let same = (&stands.number, &stands.lines, stands.total)
                == (&invoice.number, &invoice.lines, invoice.total)
                && (stands.issued_on, stands.due_on) == (invoice.issued_on, invoice.due_on);
            ensure!(same, "invariant 23: {} was changed", invoice.number);
        }
        Ok(())
    }

    /// What a router within reach enforces is what was decided, once nothing is on its way any more.
    fn routers_agree(&self, books: &Books) -> Result<()> {
        let Some(number) = self.by_account.get(&books.account.id) else {
            return Ok(());
        };
        let router = usize::try_from(*number)? % self.provider.routers.len();
        let id = self.provider.routers[router];
        if self.away.contains(&id) {
            return Ok(());
        }
        let subscriptions = books.subscriptions.iter();
        for subscription in subscriptions.filter(|it| self.carrier.is_idle_about(it.id, id)) {
            let login = format!("c{number}-{}", subscription.id);
            let row = self.provider.gateway.row(id, Menu::PppSecret, &login);
            let enforced = match &row {
                None => Access::Ended,
                Some(row) if row.values.contains_key(&Attribute::Disabled) => Access::Suspended,
                Some(row) if is_restricted(row.values.get(&Attribute::Profile)) => {
                    Access::Restricted
                }
                Some(_) => Access::Active,
            };
            ensure!(
                enforced == subscription.access,
                "invariant 37: {login} is {enforced:?} on its router and {:?} by right",
                subscription.access
            );
        }
        Ok(())
    }

    /// Billing and evaluating once more finds nothing to do.
    async fn again_changes_nothing(&mut self, account: AccountId) -> Result<()> {
        let provider = &self.provider;
        let before = Books::read(provider, account).await?;
        provider.stores.peril.start(None);
        let (ids, clock, scope) = (provider.ids(), &*provider.clock, by_hand(provider));
        let issued = bill_account(&provider.stores, ids, clock, &scope, account).await?;
        evaluate_account(&provider.stores, clock, &scope, account).await?;
        let after = Books::read(provider, account).await?;
        let nothing = issued.is_none() && before == after;
        match nothing {
            true => Ok(()),
            false => Err(self.broken(
                account,
                &anyhow!("invariant 15: billing again changed {before:?} to {after:?}"),
            )),
        }
    }

    fn broken(&self, account: AccountId, why: &anyhow::Error) -> anyhow::Error {
        let steps = self.trail.of(account).join("\n  ");
        anyhow!("{why}\nthe account {account}:\n  {steps}")
    }
}

/// The product names the slow twin of a profile after it.
fn is_restricted(profile: Option<&String>) -> bool {
    profile.is_some_and(|it| it.contains("restricted"))
}
