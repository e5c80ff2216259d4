//! What reports read: pages of documents, of payments, of accounts and of the books, each in the order of time or of ids, so
//! that no report holds more than a page of them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{
    AccountId, CreditNoteId, CustomerId, EntityId, Id, InvoiceId, Kind, LocalDate, Money,
    MoneyError, OperatorId, PaymentId, StoreError, TenantId, Timestamp,
};

use crate::credit_note::IssuedNote;
use crate::invoice::InvoiceSnapshot;
use crate::ledger::LedgerAccount;
use crate::overdue::OpenAmount;
use crate::subscription::Subscription;
use crate::views::PaymentView;

/// Marks the id of a posting.
#[derive(Debug)]
pub enum PostingKind {}

impl Kind for PostingKind {
    const PREFIX: &'static str = "pst";
    const NAME: &'static str = "posting";
}

/// The id of a posting in the books.
pub type PostingId = Id<PostingKind>;

/// The next documents of some days, by date and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayPage<P> {
    /// Whose documents.
    pub entity: EntityId,
    /// The first day.
    pub from: LocalDate,
    /// The day after the last.
    pub until: LocalDate,
    /// Those after this one.
    pub after: Option<(LocalDate, P)>,
    /// How many at most.
    pub limit: u16,
}

/// What comes next of some time, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimePage<P> {
    /// Whose.
    pub entity: EntityId,
    /// The first moment.
    pub since: Timestamp,
    /// The moment after the last.
    pub before: Timestamp,
    /// What comes after this place.
    pub after: Option<P>,
    /// How many at most.
    pub limit: u16,
}

/// The next accounts of an entity, by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountPage {
    /// Whose accounts.
    pub entity: EntityId,
    /// Those after this one.
    pub after: Option<AccountId>,
    /// How many at most.
    pub limit: u16,
}

/// A payment and who took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenPayment {
    /// The payment.
    pub payment: PaymentView,
    /// The operator who recorded it; nobody did where a provider told of it, and nobody knows who took those of before.
    pub taken_by: Option<OperatorId>,
}

/// What an account owes and has paid ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receivable {
    /// The account.
    pub account: AccountId,
    /// Whose it is.
    pub customer: CustomerId,
    /// What is due on its open invoices, the oldest first.
    pub open: Vec<OpenAmount>,
    /// Money that has paid nothing yet.
    pub credit: Money,
}

/// What moved in one book in some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookTotal {
    /// The book.
    pub book: LedgerAccount,
    /// What it held before; debits above zero, credits below.
    pub opening: Money,
    /// The debits, at or above zero.
    pub debit: Money,
    /// The credits, at or above zero.
    pub credit: Money,
}

impl BookTotal {
    /// What it holds after that time.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn closing(&self) -> Result<Money, MoneyError> {
        self.opening
            .checked_add(self.debit)?
            .checked_sub(self.credit)
    }
}

/// Where an entry stands in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct JournalPlace {
    /// When it was posted.
    pub at: Timestamp,
    /// With which posting.
    pub posting: PostingId,
    /// Which side of it, counted from 0.
    pub side: u16,
}

/// One side of a posting, as the journal shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Where it stands.
    pub place: JournalPlace,
    /// Which customer's account.
    pub account: AccountId,
    /// What happened: `invoice`, `payment`, `allocation` and so on.
    pub what: String,
    /// The document that caused it: an id as text.
    pub source: String,
    /// In which book.
    pub book: LedgerAccount,
    /// How much; debits above zero, credits below.
    pub amount: Money,
}

/// Reads of reports. Every list is a page: a few statements, however much there is.
#[async_trait]
pub trait ReportQueries: Send + Sync {
    /// The invoices of some days.
    async fn invoices_issued(
        &self,
        tenant: TenantId,
        page: DayPage<InvoiceId>,
    ) -> Result<Vec<InvoiceSnapshot>, StoreError>;

    /// The credit notes of some days, each with the invoice of which it gives something back.
    async fn notes_issued(
        &self,
        tenant: TenantId,
        page: DayPage<CreditNoteId>,
    ) -> Result<Vec<(IssuedNote, InvoiceSnapshot)>, StoreError>;

    /// The payments that came in, by time and id; those that are not settled left out.
    async fn payments_received(
        &self,
        tenant: TenantId,
        page: TimePage<(Timestamp, PaymentId)>,
    ) -> Result<Vec<TakenPayment>, StoreError>;

    /// The accounts that owe something or have paid ahead.
    async fn receivables(
        &self,
        tenant: TenantId,
        page: AccountPage,
    ) -> Result<Vec<Receivable>, StoreError>;

    /// Accounts with every subscription they ever had, those that had none included.
    async fn subscribers(
        &self,
        tenant: TenantId,
        page: AccountPage,
    ) -> Result<Vec<(AccountId, Vec<Subscription>)>, StoreError>;

    /// What every book held before some time, and what moved in it then; books that were never used left out. By the
    /// word of the book and the currency.
    async fn book_totals(
        &self,
        tenant: TenantId,
        entity: EntityId,
        time: (Timestamp, Timestamp),
    ) -> Result<Vec<BookTotal>, StoreError>;

    /// The entries of some time.
    async fn journal(
        &self,
        tenant: TenantId,
        page: TimePage<JournalPlace>,
    ) -> Result<Vec<JournalEntry>, StoreError>;

    /// What an account owed before a moment: debt above zero, money paid ahead below. `None` if there is no such account.
    async fn owed_before(
        &self,
        tenant: TenantId,
        account: AccountId,
        before: Timestamp,
    ) -> Result<Option<Money>, StoreError>;

    /// The entries that change what an account owes, at most so many of those from a moment on and before another.
    async fn account_entries(
        &self,
        tenant: TenantId,
        account: AccountId,
        time: (Timestamp, Timestamp),
        limit: u16,
    ) -> Result<Vec<JournalEntry>, StoreError>;

    /// What one document of an account has moved in the books, in order; the document is an id as text.
    async fn entries_of(
        &self,
        tenant: TenantId,
        account: AccountId,
        source: &str,
    ) -> Result<Vec<JournalEntry>, StoreError>;

    /// The printed numbers of invoices and credit notes, and the references of payments, by the ids that are given as text.
    /// What has none is absent.
    async fn numbers_of(
        &self,
        tenant: TenantId,
        sources: &[&str],
    ) -> Result<BTreeMap<String, String>, StoreError>;
}
