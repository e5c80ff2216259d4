//! The statement of an account: what it owed, what happened, and what it owes, straight from the books.

use std::collections::BTreeMap;

use kernel::{AccountId, LocalDate, Money, MoneyError, StoreError, TenantId};

use crate::ports::BillingQueries;
use crate::report_ports::JournalEntry;
use crate::views::{StatementEntry, StatementView, StatementWhat};

/// The most entries in the books that one statement is made of.
pub const MOST_STATEMENT_ENTRIES: u16 = 10_000;

/// The most days of one report or statement.
pub const MOST_REPORT_DAYS: i64 = 366;

/// Why there is no statement.
#[derive(Debug, thiserror::Error)]
pub enum NoStatement {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// The days are in the wrong order, too many, or beyond the calendar.
    #[error("a statement is for 1 to {MOST_REPORT_DAYS} days, not from {from} to {to}")]
    Days {
        /// The first day.
        from: LocalDate,
        /// The last day.
        to: LocalDate,
    },
    /// More happened than fits one statement.
    #[error("more than {MOST_STATEMENT_ENTRIES} entries: ask for fewer days")]
    TooMuch,
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// The day after the last of some days that a report may be about; `None` for days in the wrong order, too many, or beyond the
/// calendar.
#[must_use]
pub fn report_end(from: LocalDate, to: LocalDate) -> Option<LocalDate> {
    let days = to.signed_duration_since(from).num_days();
    let fits = (0..MOST_REPORT_DAYS).contains(&days);
    to.succ_opt().filter(|_| fits)
}

/// The statement of an account for some days, both included, in the zone of its legal entity.
///
/// # Errors
/// [`NoStatement`].
pub async fn statement(
    queries: &dyn BillingQueries,
    tenant: TenantId,
    id: AccountId,
    (from, to): (LocalDate, LocalDate),
) -> Result<StatementView, NoStatement> {
    let until = report_end(from, to).ok_or(NoStatement::Days { from, to })?;
    let account = queries.account(tenant, id).await?;
    let account = account.ok_or(NoStatement::NotFound(id))?;
    let entities = queries.entities(tenant).await?;
    let entity = entities.into_iter().find(|it| it.id == account.entity);
    let zone = entity
        .ok_or_else(|| StoreError::corrupt("an account without its entity"))?
        .zone;
    let time = (zone.start_of(from), zone.start_of(until));
    let opening = queries.owed_before(tenant, id, time.0).await?;
    let opening = opening.ok_or(NoStatement::NotFound(id))?;
    let most = MOST_STATEMENT_ENTRIES;
    let found = queries.account_entries(tenant, id, time, most + 1).await?;
    if found.len() > usize::from(most) {
        return Err(NoStatement::TooMuch);
    }
    let day_of = |it: &JournalEntry| zone.date_at(it.place.at);
    let lines = statement_lines(opening, &found, day_of).map_err(StoreError::corrupt)?;
    let sources: Vec<&str> = lines.iter().map(|it| it.source.as_str()).collect();
    let numbers = queries.numbers_of(tenant, &sources).await?;
    Ok(StatementView {
        account: id,
        customer: account.customer,
        entity: account.entity,
        from,
        to,
        opening,
        closing: lines.last().map_or(opening, |it| it.balance),
        entries: numbered(lines, &numbers),
    })
}

fn numbered(
    mut lines: Vec<StatementEntry>,
    numbers: &BTreeMap<String, String>,
) -> Vec<StatementEntry> {
    for line in &mut lines {
        line.number = numbers.get(&line.source).cloned();
    }
    lines
}

/// The lines of a statement, from the entries of an account in the order of the journal: one for each posting that changes
/// what it owes. A payment that pays an invoice moves nothing: both are on it already.
///
/// # Errors
/// [`MoneyError`] for another currency or overflow.
fn statement_lines(
    opening: Money,
    entries: &[JournalEntry],
    day_of: impl Fn(&JournalEntry) -> LocalDate,
) -> Result<Vec<StatementEntry>, MoneyError> {
    let mut lines = Vec::new();
    let mut balance = opening;
    let same = |a: &JournalEntry, b: &JournalEntry| a.place.posting == b.place.posting;
    for posting in entries.chunk_by(same) {
        let Some(first) = posting.first() else {
            continue;
        };
        let moved = posting.iter().map(|it| it.amount);
        let amount = Money::sum(opening.currency(), moved)?;
        if amount.is_zero() {
            continue;
        }
        balance = balance.checked_add(amount)?;
        lines.push(StatementEntry {
            posting: first.place.posting,
            on: day_of(first),
            what: StatementWhat::of(&first.what),
            source: first.source.clone(),
            number: None,
            amount,
            balance,
        });
    }
    Ok(lines)
}
