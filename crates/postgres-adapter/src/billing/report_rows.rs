//! Rows of the books and of printed numbers, as reports read them.

use billing::{BookTotal, JournalEntry, JournalPlace, LedgerAccount, PostingId, printed_number};
use kernel::{AccountId, StoreError};
use sea_orm::FromQueryResult;
use sea_orm::prelude::DateTimeUtc;
use uuid::Uuid;

use crate::row;

#[derive(Debug, FromQueryResult)]
pub(super) struct TotalRow {
    ledger_account: String,
    currency: String,
    opening_minor: i64,
    debit_minor: i64,
    credit_minor: i64,
}

#[derive(Debug, FromQueryResult)]
pub(super) struct EntryRow {
    posting_id: Uuid,
    side: i16,
    account_id: Uuid,
    what: String,
    source: String,
    posted_at: DateTimeUtc,
    ledger_account: String,
    amount_minor: i64,
    currency: String,
}

#[derive(Debug, FromQueryResult)]
pub(super) struct NumberRow {
    pub(super) id: Uuid,
    series: String,
    number: i64,
}

impl TotalRow {
    pub(super) fn into_total(self) -> Result<BookTotal, StoreError> {
        let money = |minor: i64| row::money(minor, &self.currency);
        Ok(BookTotal {
            book: book(&self.ledger_account)?,
            opening: money(self.opening_minor)?,
            debit: money(self.debit_minor)?,
            credit: money(self.credit_minor)?,
        })
    }
}

impl EntryRow {
    pub(super) fn into_entry(self) -> Result<JournalEntry, StoreError> {
        Ok(JournalEntry {
            place: JournalPlace {
                at: row::instant(self.posted_at),
                posting: PostingId::from_uuid(self.posting_id),
                side: row::number("side", self.side)?,
            },
            account: AccountId::from_uuid(self.account_id),
            what: self.what,
            source: self.source,
            book: book(&self.ledger_account)?,
            amount: row::money(self.amount_minor, &self.currency)?,
        })
    }
}

impl NumberRow {
    pub(super) fn printed(&self) -> Result<String, StoreError> {
        let number = row::number("number", self.number)?;
        Ok(printed_number(&self.series, number))
    }
}

fn book(word: &str) -> Result<LedgerAccount, StoreError> {
    LedgerAccount::from_word(word).ok_or_else(|| row::bad("ledger_account", word))
}
