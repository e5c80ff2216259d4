//! The books: what each holds, and every entry in order.

use billing::{BookTotal, JournalEntry, JournalPlace, TimePage};
use kernel::{Money, StoreError};

use super::{Days, PAGE, Reader};
use crate::report::{Cell, NextPage, Pages, Row};

pub(super) const TRIAL_COLUMNS: &[&str] = &[
    "book",
    "currency",
    "opening_minor",
    "debit_minor",
    "credit_minor",
    "closing_minor",
];

pub(super) const JOURNAL_COLUMNS: &[&str] = &[
    "posted_at",
    "posting",
    "side",
    "account",
    "what",
    "source",
    "book",
    "currency",
    "debit_minor",
    "credit_minor",
];

pub(super) async fn trial_balance(reader: &Reader, days: Days) -> Result<Vec<Row>, StoreError> {
    let time = reader.time(days);
    let queries = &reader.queries;
    let totals = queries
        .book_totals(reader.tenant, reader.id(), time)
        .await?;
    let row = |it: &BookTotal| {
        Ok(vec![
            it.book.as_str().into(),
            it.opening.currency().code().into(),
            it.opening.into(),
            it.debit.into(),
            it.credit.into(),
            it.closing().map_err(StoreError::corrupt)?.into(),
        ])
    };
    totals.iter().map(row).collect()
}

/// Entries by time.
pub(super) struct JournalPages {
    reader: Reader,
    page: TimePage<JournalPlace>,
}

impl JournalPages {
    pub(super) fn new(reader: Reader, days: Days) -> Self {
        let (since, before) = reader.time(days);
        let page = TimePage {
            entity: reader.id(),
            since,
            before,
            after: None,
            limit: PAGE,
        };
        Self { reader, page }
    }
}

impl Pages for JournalPages {
    fn next(&mut self) -> NextPage<'_> {
        Box::pin(async {
            let queries = &self.reader.queries;
            let found = queries.journal(self.reader.tenant, self.page).await?;
            let Some(last) = found.last() else {
                return Ok(None);
            };
            self.page.after = Some(last.place);
            Ok(Some(found.into_iter().map(row).collect()))
        })
    }
}

fn row(it: JournalEntry) -> Row {
    let none = Money::zero(it.amount.currency());
    let (debit, credit): (Cell, Cell) = match it.amount.checked_neg() {
        Ok(turned) if it.amount.is_negative() => (none.into(), turned.into()),
        _ => (it.amount.into(), none.into()),
    };
    vec![
        it.place.at.to_string().into(),
        it.place.posting.to_string().into(),
        Cell::Number(i64::from(it.place.side)),
        it.account.to_string().into(),
        it.what.into(),
        it.source.into(),
        it.book.as_str().into(),
        it.amount.currency().code().into(),
        debit,
        credit,
    ]
}
