//! The books of everybody together at the end of a month: reports agree with the ledger, numbers have no gap.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use billing::{AgeBucket, LedgerAccount, OpenAmount, aging};
use kernel::{LocalDate, Money};

use super::Life;
use crate::books::Books;

/// What all accounts come to.
#[derive(Debug, Default)]
pub(super) struct Totals {
    open: Vec<OpenAmount>,
    receivable: i64,
    cash: i64,
    credit: i64,
}

impl Totals {
    pub(super) fn add(&mut self, books: &Books) {
        for (account, amount) in books.postings.iter().flatten() {
            let of = |it: LedgerAccount| account == it.as_str();
            self.receivable += if of(LedgerAccount::Receivable) {
                *amount
            } else {
                0
            };
            self.cash += if of(LedgerAccount::Cash) { *amount } else { 0 };
        }
        self.credit += books.account.credit.minor();
        let open = books.invoices.iter().filter(|it| !it.due.is_zero());
        self.open.extend(open.map(|it| OpenAmount {
            due: it.due,
            due_on: it.due_on,
        }));
    }
}

impl Life {
    /// Receivables by age sum to the ledger, and each bucket to the debts of its days.
    pub(super) fn reports_agree(&self, totals: &Totals, day: LocalDate) -> Result<()> {
        let currency = self.provider.prices[0].currency();
        let report = aging(currency, &totals.open, Money::zero(currency), day)?;
        let sum = report.total()?.minor();
        ensure!(
            sum == totals.receivable,
            "invariant 44: {sum} is owed by age, the ledger says {}",
            totals.receivable
        );
        for (bucket, days) in AgeBucket::ALL.into_iter().zip(BUCKETS) {
            let late = |it: &&OpenAmount| days.contains(&(day - it.due_on).num_days());
            let owed: i64 = totals
                .open
                .iter()
                .filter(late)
                .map(|it| it.due.minor())
                .sum();
            let shown = report.of(bucket).minor();
            ensure!(
                owed == shown,
                "invariant 44: {owed} is {bucket:?}, shown is {shown}"
            );
        }
        let paid: i64 = self.known.values().map(|it| it.paid).sum();
        ensure!(
            paid == totals.cash,
            "invariant 1: {paid} was paid by everybody, {} is in the cash book",
            totals.cash
        );
        Ok(())
    }

    /// Every number of the series from 1 on, once.
    pub(super) fn numbers_have_no_gap(&self) -> Result<()> {
        let mut numbers = BTreeSet::new();
        for invoice in self.issued.values() {
            let number = invoice.number.rsplit('-').next().unwrap_or_default();
            let number: usize = number.parse()?;
            ensure!(
                numbers.insert(number),
                "invariant 23: {} stands twice",
                invoice.number
            );
        }
        let last = numbers.last().copied().unwrap_or(0);
        ensure!(
            last == numbers.len(),
            "invariant 23: {} numbers up to {last}",
            numbers.len()
        );
        Ok(())
    }
}

/// Days past due of each bucket.
const BUCKETS: [std::ops::RangeInclusive<i64>; 5] =
    [i64::MIN..=0, 1..=30, 31..=60, 61..=90, 91..=i64::MAX];
