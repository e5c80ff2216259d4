//! What a store of dunning promises.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kernel::{
    AccountId, DunningRunId, EntityId, InvoiceId, LocalDate, Money, Page, PageRequest, StoreError,
    TenantId, Timestamp,
};
use serde::Serialize;

use crate::account::{Account, Charge, ChargeReason, Fee};
use crate::dunning::{DunningRun, DunningRunState, NewProcedure};
use crate::entity::LegalEntity;
use crate::overdue::OpenAmount;

/// The constraint that lets a step of a debt be taken once.
pub const DUNNING_STEP_ONCE: &str = "dunning_steps_account_id_episode_step_key";
/// The constraint that gives an entity one dunning run a day.
pub const DUNNING_RUN_DAY_UNIQUE: &str = "dunning_runs_entity_id_run_on_key";

/// The constraint that lets a charge of dunning be on one standing invoice.
pub const FEE_BILLED_ONCE: &str = "invoice_fees_account_id_episode_step_key";

/// What dunning has charged accounts of the scope's tenant. A charge is written along with its account, which also writes
/// that it was let off, and is on an invoice from the moment that is issued: once, by [`FEE_BILLED_ONCE`].
#[async_trait]
pub trait FeeRepository: Send {
    /// The charge that a step of an account's debt has made, or `None`.
    async fn find(
        &mut self,
        account: AccountId,
        episode: u64,
        step: u16,
    ) -> Result<Option<Fee>, StoreError>;

    /// The charges of an account that wait for its next bill, in the order of debts and steps.
    async fn waiting(&mut self, account: AccountId) -> Result<Vec<Charge>, StoreError>;

    /// Lets fees of an invoice that is voided wait for the next bill again, as much of each as its amount says, which is no
    /// more than it was on the invoice; its lines stay as they were issued. Fees that are not on it are none.
    async fn let_go(
        &mut self,
        account: AccountId,
        invoice: InvoiceId,
        fees: &[Charge],
    ) -> Result<(), StoreError>;
}

/// Dunning runs of the scope's tenant.
#[async_trait]
pub trait DunningRunRepository: Send {
    /// The run, or `None`.
    async fn find(&mut self, id: DunningRunId) -> Result<Option<DunningRun>, StoreError>;

    /// An entity's run of a day, or `None`.
    async fn of_day(
        &mut self,
        entity: EntityId,
        run_on: LocalDate,
    ) -> Result<Option<DunningRun>, StoreError>;

    /// Writes the run and its events. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a
    /// duplicate of [`DUNNING_RUN_DAY_UNIQUE`] if the entity has a run of the day already.
    async fn save(&mut self, run: &mut DunningRun) -> Result<(), StoreError>;

    /// Notes that an account was cut off on a day of its entity; once, however often it is noted.
    async fn count_cut(
        &mut self,
        day: (EntityId, LocalDate),
        account: AccountId,
    ) -> Result<(), StoreError>;

    /// The accounts of an entity that were cut off on a day.
    async fn cuts_of(
        &mut self,
        day: (EntityId, LocalDate),
    ) -> Result<BTreeSet<AccountId>, StoreError>;
}

/// Which accounts a dunning run looks at next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuePage {
    /// The moment up to which they are due to be looked at.
    pub now: Timestamp,
    /// Accounts after this one, by when they are due and id.
    pub after: Option<(Timestamp, AccountId)>,
    /// How many at most.
    pub limit: u16,
}

/// An account with what its level follows from, as read at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct DebtFacts {
    /// The account.
    pub account: Account,
    /// What is open.
    pub open: Vec<OpenAmount>,
}

/// An account that is due to be looked at, and what its level follows from, if that makes sense.
#[derive(Debug)]
pub struct FoundDebt {
    /// Its place among the accounts that are due.
    pub place: (Timestamp, AccountId),
    /// What is known; [`StoreError::Corrupt`] about this one is no trouble of the others.
    pub facts: Result<DebtFacts, StoreError>,
}

/// A dunning step that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// Of which debt of the account, from 1.
    pub episode: u64,
    /// Its place among those taken for this debt, from 0.
    pub step: u16,
    /// What was done: `reminder`, `fee`, `restriction`, `suspension` or `termination`.
    pub kind: String,
    /// Days past the due date at which it was to be done.
    pub day: i64,
    /// When it was done.
    pub taken_on: LocalDate,
    /// Whether it was left out because a later reminder said the same.
    pub merged: bool,
}

/// A charge that dunning has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChargeView {
    /// Of which debt of the account, from 1.
    pub episode: u64,
    /// The step that made it.
    pub step: u16,
    /// What for.
    pub reason: ChargeReason,
    /// How much was charged.
    pub amount: Money,
    /// What credit notes have given back of it for good, before an invoice that it was on was voided: the next bill carries
    /// the rest.
    pub credited: Money,
    /// When it was made.
    pub charged_on: LocalDate,
    /// The invoice it is on; none while it waits for the next bill.
    pub invoice: Option<InvoiceId>,
    /// Why it was let off, if it was.
    pub waived: Option<String>,
}

impl ChargeView {
    /// Whether the next bill carries it.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.invoice.is_none() && self.waived.is_none()
    }
}

/// A definition of a dunning procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcedureView {
    /// Its number, from 1.
    pub version: u64,
    /// What it was defined with.
    pub procedure: NewProcedure,
}

/// A day's dunning of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DunningRunView {
    /// The run.
    pub id: DunningRunId,
    /// Whose accounts.
    pub entity: EntityId,
    /// The day, in the entity's zone.
    pub run_on: LocalDate,
    /// Where it stands.
    pub state: DunningRunState,
    /// How many accounts it has cut off or would.
    pub cuts: u64,
    /// How many accounts had access then.
    pub active: u64,
    /// Why it was approved or refused.
    pub reason: Option<String>,
}

/// How many accounts billing has stopped for, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParkedReason {
    /// Why.
    pub reason: String,
    /// How many accounts.
    pub accounts: u64,
}

/// Reads of dunning.
#[async_trait]
pub trait DunningQueries: Send + Sync {
    /// An entity and its next accounts that time may have changed something about, those first that were due first: a
    /// handful of statements for the page, and no look at the others. `None` if there is no such entity.
    async fn accounts_to_evaluate(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: DuePage,
    ) -> Result<Option<(LegalEntity, Vec<FoundDebt>)>, StoreError>;

    /// How many accounts of an entity have a subscription with access, slow or not.
    async fn accounts_with_access(
        &self,
        tenant: TenantId,
        entity: EntityId,
    ) -> Result<u64, StoreError>;

    /// The steps taken for an account's debts, the newest first, at most 200.
    async fn dunning_steps(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Vec<StepView>, StoreError>;

    /// The charges that dunning has made to an account, the newest first, at most 200.
    async fn dunning_charges(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Vec<ChargeView>, StoreError>;

    /// The procedures an entity has defined, the newest first, at most 200.
    async fn procedures(
        &self,
        tenant: TenantId,
        entity: EntityId,
    ) -> Result<Vec<ProcedureView>, StoreError>;

    /// One dunning run.
    async fn dunning_run(
        &self,
        tenant: TenantId,
        id: DunningRunId,
    ) -> Result<Option<DunningRunView>, StoreError>;

    /// Dunning runs, newest first, in one state or all.
    async fn dunning_runs(
        &self,
        tenant: TenantId,
        state: Option<DunningRunState>,
        page: PageRequest,
    ) -> Result<Page<DunningRunView>, StoreError>;

    /// Why billing has stopped for accounts, the most frequent reason first, at most 50.
    async fn parked_reasons(&self, tenant: TenantId) -> Result<Vec<ParkedReason>, StoreError>;
}
