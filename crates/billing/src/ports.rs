//! What a store of money and of what is sold promises.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{
    AccountId, CreditNoteId, CustomerId, EntityId, InvoiceId, LocalDate, Money, Page, PageRequest,
    PaymentId, PlanId, ProofId, Scope, StoreError, SubscriptionId, TenantId, Timestamp, UnitOfWork,
};

use crate::account::{Account, AgreedDiscount};
use crate::bill::BillLimits;
use crate::credit_note::{IssuedNote, NoteDraft};
use crate::difference::{Billed, LetGo};
use crate::dunning_ports::{DunningQueries, DunningRunRepository, FeeRepository};
use crate::entity::{LegalEntity, TaxCode};
use crate::invoice::{Invoice, InvoiceDraft};
use crate::ledger::Posting;
use crate::letterhead_ports::{LetterheadQueries, LetterheadRepository};
use crate::overdue::OpenAmount;
use crate::payment::{Payment, PaymentMethod};
use crate::plan::Plan;
use crate::proof::{Proof, ProofStatus, ProofView};
use crate::report_ports::ReportQueries;
use crate::subscription::Subscription;
use crate::till_ports::{TillQueries, TillRepository};
use crate::unmatched::{Unmatched, UnmatchedId, UnmatchedStatus};
use crate::views::{
    AccountView, EntityView, InvoiceFilter, InvoiceView, NoteFilter, NoteView, PaymentFilter,
    PaymentView, PlanView, SubscriptionFilter, SubscriptionView, UnmatchedView,
};

/// The constraint that keeps the names of offered plans unique in a tenant.
pub const PLAN_NAME_UNIQUE: &str = "plans_name";
/// The constraint that gives a customer one account with an entity.
pub const ACCOUNT_CUSTOMER_UNIQUE: &str = "accounts_customer";
/// The constraint that keeps payment references unique per method.
pub const PAYMENT_REFERENCE_UNIQUE: &str = "payments_reference";
/// The constraint that keeps what a provider is asked for unique per provider.
pub const PAYMENT_ASKED_UNIQUE: &str = "payments_provider_asked_as";
/// The constraint that takes each file of a proof once.
pub const PROOF_FILE_UNIQUE: &str = "payment_proofs_sha256";
/// The constraint that keeps the references of money that fits no account unique per method.
pub const UNMATCHED_REFERENCE_UNIQUE: &str = "unmatched_money_reference";

/// Opens transactions of this context.
#[async_trait]
pub trait BillingStore: Send + Sync {
    /// Begins a transaction confined to the scope's tenant.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn BillingTx>, StoreError>;
}

/// One transaction over money and what is sold.
pub trait BillingTx: UnitOfWork {
    /// The legal entities.
    fn entities(&mut self) -> &mut dyn EntityRepository;
    /// What stands at the head of their documents.
    fn letterheads(&mut self) -> &mut dyn LetterheadRepository;
    /// The plans.
    fn plans(&mut self) -> &mut dyn PlanRepository;
    /// The accounts.
    fn accounts(&mut self) -> &mut dyn AccountRepository;
    /// The subscriptions.
    fn subscriptions(&mut self) -> &mut dyn SubscriptionRepository;
    /// The invoices.
    fn invoices(&mut self) -> &mut dyn InvoiceRepository;
    /// The payments.
    fn payments(&mut self) -> &mut dyn PaymentRepository;
    /// Money that fits no account.
    fn unmatched(&mut self) -> &mut dyn UnmatchedRepository;
    /// Proofs of payment.
    fn proofs(&mut self) -> &mut dyn ProofRepository;
    /// The dunning runs.
    fn dunning_runs(&mut self) -> &mut dyn DunningRunRepository;
    /// What dunning has charged.
    fn fees(&mut self) -> &mut dyn FeeRepository;
    /// The tills.
    fn tills(&mut self) -> &mut dyn TillRepository;
    /// The ledger.
    fn ledger(&mut self) -> &mut dyn Ledger;

    /// How far a bill written here may reach before it is an alarm: the setting of the installation.
    fn bill_limits(&self) -> BillLimits {
        BillLimits::STANDARD
    }
}

/// Legal entities of the scope's tenant.
#[async_trait]
pub trait EntityRepository: Send {
    /// The entity, or `None`.
    async fn find(&mut self, id: EntityId) -> Result<Option<LegalEntity>, StoreError>;

    /// The tenant's first entity, or `None` before it was founded.
    async fn first(&mut self) -> Result<Option<LegalEntity>, StoreError>;

    /// Writes the entity and its events. Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, entity: &mut LegalEntity) -> Result<(), StoreError>;
}

/// Plans of the scope's tenant.
#[async_trait]
pub trait PlanRepository: Send {
    /// The plan, or `None`.
    async fn find(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError>;

    /// The tax category of every plan that has one of its own.
    async fn tax_codes(&mut self) -> Result<BTreeMap<PlanId, TaxCode>, StoreError>;

    /// Writes the plan and its events. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a
    /// duplicate of [`PLAN_NAME_UNIQUE`] if an offered plan has the name.
    async fn save(&mut self, plan: &mut Plan) -> Result<(), StoreError>;
}

/// Accounts of the scope's tenant.
#[async_trait]
pub trait AccountRepository: Send {
    /// The account, its row locked until the transaction ends: first of all in every transaction that touches its
    /// money. `None` if there is none. Its version grows by one, so that whoever has read without a lock can tell.
    async fn lock(&mut self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// A customer's account with an entity, locked like [`lock`](Self::lock).
    async fn lock_of(
        &mut self,
        customer: CustomerId,
        entity: EntityId,
    ) -> Result<Option<Account>, StoreError>;

    /// Writes the account, its events, and the dunning steps, charges and waivers of charges it has recorded, each once. Fails with [`StoreError::Conflict`] if the stored version moved on, and with
    /// a duplicate of [`ACCOUNT_CUSTOMER_UNIQUE`] if the customer has one already.
    async fn save(&mut self, account: &mut Account) -> Result<(), StoreError>;

    /// Parks an account whose row makes no sense, for a reason unless it has one, and has it looked at again at an instant.
    async fn set_aside(
        &mut self,
        id: AccountId,
        reason: &str,
        again: Timestamp,
    ) -> Result<(), StoreError>;

    /// Has every account of an entity that follows its procedure, and that time or a debt may do something about, looked at
    /// from an instant on, if not earlier.
    async fn look_at_all(&mut self, entity: EntityId, at: Timestamp) -> Result<(), StoreError>;
}

/// Subscriptions of the scope's tenant.
#[async_trait]
pub trait SubscriptionRepository: Send {
    /// The subscription, or `None`.
    async fn find(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError>;

    /// Every subscription of an account, by id.
    async fn of_account(&mut self, account: AccountId) -> Result<Vec<Subscription>, StoreError>;

    /// Writes the subscription and its events. Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, subscription: &mut Subscription) -> Result<(), StoreError>;
}

/// Invoices of the scope's tenant.
#[async_trait]
pub trait InvoiceRepository: Send {
    /// The invoice, or `None`.
    async fn find(&mut self, id: InvoiceId) -> Result<Option<Invoice>, StoreError>;

    /// The account's invoices on which something is due, oldest date and then lowest number first.
    async fn open_of(&mut self, account: AccountId) -> Result<Vec<Invoice>, StoreError>;

    /// What is due on them, and when, without the rest of them.
    async fn owed_of(&mut self, account: AccountId) -> Result<Vec<OpenAmount>, StoreError>;

    /// What was billed for a subscription in cycles that end after a day, with what was taken back of it.
    async fn billed(
        &mut self,
        subscription: SubscriptionId,
        cycles_ending_after: LocalDate,
    ) -> Result<Vec<Billed>, StoreError>;

    /// The credit note, or `None`.
    async fn find_note(&mut self, id: CreditNoteId) -> Result<Option<IssuedNote>, StoreError>;

    /// The credit notes of an invoice, in the order of their numbers.
    async fn notes_of(&mut self, invoice: InvoiceId) -> Result<Vec<IssuedNote>, StoreError>;

    /// What negative lines of later invoices have taken back of each line of an invoice, above zero.
    async fn taken_back(&mut self, invoice: InvoiceId) -> Result<Vec<(u16, Money)>, StoreError>;

    /// Issues a credit note under the next number of a series, gapless like that of an invoice. The days that it takes
    /// back do not stand billed any more.
    async fn issue_note(
        &mut self,
        draft: NoteDraft,
        series: &str,
    ) -> Result<IssuedNote, StoreError>;

    /// Issues a draft under the next number of a series: gapless, because the number is taken in this transaction and
    /// given back with it. Writes the invoice with its lines and events. Touches the counter last of all.
    async fn issue(&mut self, draft: InvoiceDraft, series: &str) -> Result<Invoice, StoreError>;

    /// Forgets that days of lines stand billed, so that an invoice issued afterwards may charge them on other terms. Days
    /// that do not stand are none.
    async fn let_days_go(&mut self, days: &[LetGo]) -> Result<(), StoreError>;

    /// Writes what changes about an issued invoice: how it is settled, that it is voided, and its events. Fails with
    /// [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, invoice: &mut Invoice) -> Result<(), StoreError>;
}

/// Payments of the scope's tenant.
#[async_trait]
pub trait PaymentRepository: Send {
    /// The payment, or `None`.
    async fn find(&mut self, id: PaymentId) -> Result<Option<Payment>, StoreError>;

    /// Makes whoever records money under the same method and reference wait until this transaction has ended, so that the
    /// same money is never a payment and unmatched at once. Asked for after the account is locked, never before.
    async fn lock_reference(
        &mut self,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<(), StoreError>;

    /// The payment with this method and reference, or `None`.
    async fn find_by_reference(
        &mut self,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError>;

    /// The payment that a provider was asked for under this name, or `None`.
    async fn find_asked(
        &mut self,
        provider: &str,
        asked_as: &str,
    ) -> Result<Option<Payment>, StoreError>;

    /// The account's payments of which something is left, the earliest received first.
    async fn with_credit(&mut self, account: AccountId) -> Result<Vec<Payment>, StoreError>;

    /// The payments that pay a part of an invoice now, the earliest received first.
    async fn that_paid(&mut self, invoice: InvoiceId) -> Result<Vec<Payment>, StoreError>;

    /// Writes the payment with its allocations and events. Fails with [`StoreError::Conflict`] if the stored version
    /// moved on, with a duplicate of [`PAYMENT_REFERENCE_UNIQUE`] if the method has the reference already, and with one of
    /// [`PAYMENT_ASKED_UNIQUE`] if the provider was asked for another payment under the name.
    async fn save(&mut self, payment: &mut Payment) -> Result<(), StoreError>;
}

/// Money of the scope's tenant that fits no account.
#[async_trait]
pub trait UnmatchedRepository: Send {
    /// The money, or `None`.
    async fn find(&mut self, id: UnmatchedId) -> Result<Option<Unmatched>, StoreError>;

    /// The money with this method and reference that nothing has become of yet, or `None`.
    async fn find_open(
        &mut self,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<Option<Unmatched>, StoreError>;

    /// Writes the money and its events. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a
    /// duplicate of [`UNMATCHED_REFERENCE_UNIQUE`] if the method has the reference already.
    async fn save(&mut self, money: &mut Unmatched) -> Result<(), StoreError>;
}

/// Proofs of payment of the scope's tenant.
#[async_trait]
pub trait ProofRepository: Send {
    /// The proof with its file, or `None`.
    async fn find(&mut self, id: ProofId) -> Result<Option<Proof>, StoreError>;

    /// Writes the proof and its events. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a
    /// duplicate of [`PROOF_FILE_UNIQUE`] if the same file was handed in before.
    async fn save(&mut self, proof: &mut Proof) -> Result<(), StoreError>;
}

/// The books of the scope's tenant.
#[async_trait]
pub trait Ledger: Send {
    /// Appends a posting.
    async fn post(&mut self, posting: Posting) -> Result<(), StoreError>;
}

/// Which accounts a sweep should look at next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepPage {
    /// The local date of the entity.
    pub today: LocalDate,
    /// Accounts after this one, by id.
    pub after: Option<AccountId>,
    /// How many at most.
    pub limit: u16,
}

/// Reads of money and of what is sold, newest first.
#[async_trait]
pub trait BillingQueries: DunningQueries + LetterheadQueries + ReportQueries + TillQueries {
    /// The tenant's entities, oldest first.
    async fn entities(&self, tenant: TenantId) -> Result<Vec<EntityView>, StoreError>;

    /// One plan.
    async fn plan(&self, tenant: TenantId, id: PlanId) -> Result<Option<PlanView>, StoreError>;

    /// The plans, retired ones included.
    async fn plans(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<PlanView>, StoreError>;

    /// One account with its balance.
    async fn account(
        &self,
        tenant: TenantId,
        id: AccountId,
    ) -> Result<Option<AccountView>, StoreError>;

    /// Every discount that was ever agreed for an account, the earliest first; `None` if there is no such account.
    async fn discounts(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<Vec<AgreedDiscount>>, StoreError>;

    /// The accounts of a customer, oldest first.
    async fn accounts_of(
        &self,
        tenant: TenantId,
        customer: CustomerId,
    ) -> Result<Vec<AccountView>, StoreError>;

    /// One subscription.
    async fn subscription(
        &self,
        tenant: TenantId,
        id: SubscriptionId,
    ) -> Result<Option<SubscriptionView>, StoreError>;

    /// Subscriptions that pass the filter.
    async fn subscriptions(
        &self,
        tenant: TenantId,
        filter: SubscriptionFilter,
        page: PageRequest,
    ) -> Result<Page<SubscriptionView>, StoreError>;

    /// One invoice with its lines.
    async fn invoice(
        &self,
        tenant: TenantId,
        id: InvoiceId,
    ) -> Result<Option<InvoiceView>, StoreError>;

    /// Invoices that pass the filter, with their lines; two statements, not one for each invoice.
    async fn invoices(
        &self,
        tenant: TenantId,
        filter: InvoiceFilter,
        page: PageRequest,
    ) -> Result<Page<InvoiceView>, StoreError>;

    /// One credit note.
    async fn credit_note(
        &self,
        tenant: TenantId,
        id: CreditNoteId,
    ) -> Result<Option<NoteView>, StoreError>;

    /// Credit notes of an account, of an invoice, or all.
    async fn credit_notes(
        &self,
        tenant: TenantId,
        filter: NoteFilter,
        page: PageRequest,
    ) -> Result<Page<NoteView>, StoreError>;

    /// One payment with its allocations.
    async fn payment(
        &self,
        tenant: TenantId,
        id: PaymentId,
    ) -> Result<Option<PaymentView>, StoreError>;

    /// The payment with this method and reference.
    async fn payment_by_reference(
        &self,
        tenant: TenantId,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<Option<PaymentView>, StoreError>;

    /// Payments that pass the filter.
    async fn payments(
        &self,
        tenant: TenantId,
        filter: PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<PaymentView>, StoreError>;

    /// Payments that nobody made before an instant, by id: at most `limit` of those after one.
    async fn payments_to_expire(
        &self,
        tenant: TenantId,
        now: Timestamp,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<Vec<PaymentId>, StoreError>;

    /// One piece of money that fits no account, or did not.
    async fn unmatched_payment(
        &self,
        tenant: TenantId,
        id: UnmatchedId,
    ) -> Result<Option<UnmatchedView>, StoreError>;

    /// Money that fits no account, of one status or of all.
    async fn unmatched_payments(
        &self,
        tenant: TenantId,
        status: Option<UnmatchedStatus>,
        page: PageRequest,
    ) -> Result<Page<UnmatchedView>, StoreError>;

    /// Proofs of payment without their files, of one status or of all.
    async fn proofs(
        &self,
        tenant: TenantId,
        status: Option<ProofStatus>,
        page: PageRequest,
    ) -> Result<Page<ProofView>, StoreError>;

    /// Accounts of an entity that are not parked and have a subscription whose next bill is due by the page's date, or a fee
    /// of dunning that waits and no subscription that will ever bring a bill for it.
    async fn accounts_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: SweepPage,
    ) -> Result<Vec<AccountId>, StoreError>;

    /// Accounts that billing has stopped for, newest first.
    async fn parked_accounts(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<AccountView>, StoreError>;
}
