//! What reports read, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::testing::CountingIds;
use kernel::{
    AccountId, CreditNoteId, EntityId, Ids, InvoiceId, Money, PaymentId, StoreError, TenantId,
    Timestamp,
};

use super::MemoryBilling;
use super::rows::Rows;
use super::views::{account_view, payment_view};
use crate::credit_note::IssuedNote;
use crate::invoice::{InvoiceSnapshot, printed_number};
use crate::ledger::{LedgerAccount, Posting};
use crate::overdue::OpenAmount;
use crate::payment::PaymentState;
use crate::report_ports::{
    AccountPage, BookTotal, DayPage, JournalEntry, JournalPlace, Receivable, ReportQueries,
    TakenPayment, TimePage,
};
use crate::subscription::Subscription;

/// The books that say what a customer owes.
const OWED: [LedgerAccount; 2] = [LedgerAccount::Receivable, LedgerAccount::CustomerCredit];

#[async_trait]
impl ReportQueries for MemoryBilling {
    async fn invoices_issued(
        &self,
        tenant: TenantId,
        page: DayPage<InvoiceId>,
    ) -> Result<Vec<InvoiceSnapshot>, StoreError> {
        let rows = self.lock();
        let mine = rows.invoices.of_tenant(tenant);
        let mut found: Vec<_> = mine
            .filter(|it| it.entity == page.entity)
            .filter(|it| (page.from..page.until).contains(&it.issued_on))
            .filter(|it| page.after.is_none_or(|after| (it.issued_on, it.id) > after))
            .cloned()
            .collect();
        found.sort_by_key(|it| (it.issued_on, it.id));
        found.truncate(usize::from(page.limit));
        Ok(found)
    }

    async fn notes_issued(
        &self,
        tenant: TenantId,
        page: DayPage<CreditNoteId>,
    ) -> Result<Vec<(IssuedNote, InvoiceSnapshot)>, StoreError> {
        let rows = self.lock();
        let place = |it: &IssuedNote| (it.draft.issued_on, it.draft.id);
        let mine = rows.notes.of_tenant(tenant);
        let mut found: Vec<_> = mine
            .filter(|it| it.draft.entity == page.entity)
            .filter(|it| (page.from..page.until).contains(&it.draft.issued_on))
            .filter(|it| page.after.is_none_or(|after| place(it) > after))
            .cloned()
            .collect();
        found.sort_by_key(place);
        found.truncate(usize::from(page.limit));
        let with_invoice = |note: IssuedNote| {
            let invoice = rows.invoices.get(&(tenant, note.draft.invoice)).cloned();
            let invoice = invoice.ok_or_else(|| StoreError::corrupt("a note without an invoice"));
            Ok((note, invoice?))
        };
        found.into_iter().map(with_invoice).collect()
    }

    async fn payments_received(
        &self,
        tenant: TenantId,
        page: TimePage<(Timestamp, PaymentId)>,
    ) -> Result<Vec<TakenPayment>, StoreError> {
        let rows = self.lock();
        let of_entity = |account: AccountId| {
            let account = rows.accounts.get(&(tenant, account));
            account.is_some_and(|it| it.entity == page.entity)
        };
        let mine = rows.payments.of_tenant(tenant);
        let mut found: Vec<_> = mine
            .filter(|it| it.state == PaymentState::Settled && of_entity(it.account))
            .filter(|it| (page.since..page.before).contains(&it.received_at))
            .filter(|it| {
                page.after
                    .is_none_or(|after| (it.received_at, it.id) > after)
            })
            .collect();
        found.sort_by_key(|it| (it.received_at, it.id));
        found.truncate(usize::from(page.limit));
        let taken = found.into_iter().map(|it| {
            Ok(TakenPayment {
                payment: payment_view(it)?,
                taken_by: rows.taker_of(tenant, it.id),
            })
        });
        taken.collect()
    }

    async fn receivables(
        &self,
        tenant: TenantId,
        page: AccountPage,
    ) -> Result<Vec<Receivable>, StoreError> {
        let rows = self.lock();
        let mut found = Vec::new();
        for account in accounts_of(&rows, tenant, page) {
            let row = rows.accounts.get(&(tenant, account));
            let view = row.map(|it| account_view(&rows, tenant, it)).transpose()?;
            let Some(view) = view.filter(|it| !it.due.is_zero() || !it.credit.is_zero()) else {
                continue;
            };
            found.push(Receivable {
                account,
                customer: view.customer,
                open: open_of(&rows, tenant, account)?,
                credit: view.credit,
            });
        }
        found.truncate(usize::from(page.limit));
        Ok(found)
    }

    async fn subscribers(
        &self,
        tenant: TenantId,
        page: AccountPage,
    ) -> Result<Vec<(AccountId, Vec<Subscription>)>, StoreError> {
        let rows = self.lock();
        let accounts = accounts_of(&rows, tenant, page);
        let accounts = accounts.into_iter().take(usize::from(page.limit));
        let with_all = accounts.map(|account| {
            let all = rows.subscriptions.of_account(tenant, account);
            let all = all.map(|it| Subscription::restore(it.clone()));
            let all: Result<Vec<_>, _> = all.collect();
            Ok((account, all.map_err(StoreError::corrupt)?))
        });
        with_all.collect()
    }

    async fn book_totals(
        &self,
        tenant: TenantId,
        entity: EntityId,
        (since, before): (Timestamp, Timestamp),
    ) -> Result<Vec<BookTotal>, StoreError> {
        let mut totals: BTreeMap<(&str, &str), BookTotal> = BTreeMap::new();
        for posting in self.postings(tenant) {
            if posting.entity() != entity || posting.at() >= before {
                continue;
            }
            for entry in posting.entries() {
                let none = Money::zero(entry.amount.currency());
                let key = (entry.account.as_str(), entry.amount.currency().code());
                let total = totals.entry(key).or_insert(BookTotal {
                    book: entry.account,
                    opening: none,
                    debit: none,
                    credit: none,
                });
                add(total, entry.amount, posting.at() < since).map_err(StoreError::corrupt)?;
            }
        }
        Ok(totals.into_values().collect())
    }

    async fn journal(
        &self,
        tenant: TenantId,
        page: TimePage<JournalPlace>,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let mut found = self.journal_of(tenant);
        found.retain(|(entity, it)| {
            *entity == page.entity
                && (page.since..page.before).contains(&it.place.at)
                && page.after.is_none_or(|after| it.place > after)
        });
        let mut found: Vec<_> = found.into_iter().map(|(_, it)| it).collect();
        found.sort_by_key(|it| it.place);
        found.truncate(usize::from(page.limit));
        Ok(found)
    }

    async fn owed_before(
        &self,
        tenant: TenantId,
        account: AccountId,
        before: Timestamp,
    ) -> Result<Option<Money>, StoreError> {
        let row = self.lock().accounts.get(&(tenant, account)).cloned();
        let Some(row) = row else {
            return Ok(None);
        };
        let mut owed = self.journal_of(tenant);
        owed.retain(|(_, it)| owes(it, account) && it.place.at < before);
        let amounts = owed.into_iter().map(|(_, it)| it.amount);
        let owed = Money::sum(row.currency, amounts).map_err(StoreError::corrupt)?;
        Ok(Some(owed))
    }

    async fn account_entries(
        &self,
        tenant: TenantId,
        account: AccountId,
        (since, before): (Timestamp, Timestamp),
        limit: u16,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let found = self.journal_of(tenant).into_iter().map(|(_, it)| it);
        let mut found: Vec<_> = found
            .filter(|it| owes(it, account) && (since..before).contains(&it.place.at))
            .collect();
        found.sort_by_key(|it| it.place);
        found.truncate(usize::from(limit));
        Ok(found)
    }

    async fn entries_of(
        &self,
        tenant: TenantId,
        account: AccountId,
        source: &str,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let found = self.journal_of(tenant).into_iter().map(|(_, it)| it);
        let own = |it: &JournalEntry| it.account == account && it.source == source;
        let mut found: Vec<_> = found.filter(own).collect();
        found.sort_by_key(|it| it.place);
        Ok(found)
    }

    async fn numbers_of(
        &self,
        tenant: TenantId,
        sources: &[&str],
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let rows = self.lock();
        let invoice = |it: &str| {
            let row = rows.invoices.get(&(tenant, it.parse().ok()?))?;
            Some(printed_number(&row.series, row.number))
        };
        let note = |it: &str| {
            let row = rows.notes.get(&(tenant, it.parse().ok()?))?;
            Some(printed_number(&row.series, row.number))
        };
        let payment = |it: &str| {
            let row = rows.payments.get(&(tenant, it.parse().ok()?))?;
            row.reference.clone()
        };
        let number = |it: &str| invoice(it).or_else(|| note(it)).or_else(|| payment(it));
        let named = sources
            .iter()
            .filter_map(|it| Some(((*it).to_owned(), number(it)?)));
        Ok(named.collect())
    }
}

impl MemoryBilling {
    /// Every entry with the entity of its posting.
    fn journal_of(&self, tenant: TenantId) -> Vec<(EntityId, JournalEntry)> {
        let ids: &dyn Ids = &CountingIds::from(1);
        let sides = |posting: &Posting| {
            let id = ids.next();
            let sides = (0_u16..).zip(posting.entries());
            let entries = sides.map(|(side, it)| JournalEntry {
                place: JournalPlace {
                    at: posting.at(),
                    posting: id,
                    side,
                },
                account: posting.account(),
                what: posting.what().to_owned(),
                source: posting.source().to_owned(),
                book: it.account,
                amount: it.amount,
            });
            let entries = entries.map(|it| (posting.entity(), it));
            entries.collect::<Vec<_>>()
        };
        self.postings(tenant).iter().flat_map(sides).collect()
    }
}

fn owes(it: &JournalEntry, account: AccountId) -> bool {
    it.account == account && OWED.contains(&it.book)
}

fn add(total: &mut BookTotal, amount: Money, is_old: bool) -> Result<(), kernel::MoneyError> {
    if is_old {
        total.opening = total.opening.checked_add(amount)?;
    } else if amount.is_negative() {
        total.credit = total.credit.checked_sub(amount)?;
    } else {
        total.debit = total.debit.checked_add(amount)?;
    }
    Ok(())
}

fn accounts_of(rows: &Rows, tenant: TenantId, page: AccountPage) -> Vec<AccountId> {
    let mine = rows.accounts.of_tenant(tenant);
    mine.filter(|it| it.entity == page.entity && page.after.is_none_or(|after| it.id > after))
        .map(|it| it.id)
        .collect()
}

fn open_of(
    rows: &Rows,
    tenant: TenantId,
    account: AccountId,
) -> Result<Vec<OpenAmount>, StoreError> {
    let mut open: Vec<_> = rows
        .invoices
        .of_account(tenant, account)
        .filter(|it| it.allocated != it.total)
        .collect();
    open.sort_by_key(|it| (it.issued_on, it.number));
    let amount = |it: &InvoiceSnapshot| {
        let due = it.total.checked_sub(it.allocated);
        Ok(OpenAmount {
            due_on: it.due_on,
            due: due.map_err(StoreError::corrupt)?,
        })
    };
    open.into_iter().map(amount).collect()
}
