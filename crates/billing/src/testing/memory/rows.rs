//! The rows themselves, and the rules that a database would enforce on every write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel::{
    AccountId, AccountKind, CreditNoteKind, CustomerId, DunningRunKind, EntityId, EntityKind, Id,
    InvoiceId, InvoiceKind, JobRequest, LocalDate, NewEvent, PaymentId, PaymentKind, PlanKind,
    ProofKind, StoreError, SubscriptionKind, TenantId, Timestamp,
};

use super::table::{Row, Shared, Table};
use crate::account::{AccountSnapshot, Charge, Waiver};
use crate::credit_note::IssuedNote;
use crate::dunning::{DunningRunSnapshot, TakenStep};
use crate::dunning_ports::{
    ChargeView, DUNNING_RUN_DAY_UNIQUE, DUNNING_STEP_ONCE, ProcedureView, StepView,
};
use crate::entity::EntitySnapshot;
use crate::invoice::InvoiceSnapshot;
use crate::ledger::Posting;
use crate::letterhead::DatedLetterhead;
use crate::payment::{PaymentMethod, PaymentSnapshot};
use crate::plan::{PlanSnapshot, PlanStatus};
use crate::ports::{
    ACCOUNT_CUSTOMER_UNIQUE, PAYMENT_ASKED_UNIQUE, PAYMENT_REFERENCE_UNIQUE, PLAN_NAME_UNIQUE,
    PROOF_FILE_UNIQUE, UNMATCHED_REFERENCE_UNIQUE,
};
use crate::proof::ProofSnapshot;
use crate::subscription::SubscriptionSnapshot;
use crate::till::{SuspenseCash, Taking, TillDayKind, TillDaySnapshot};
use crate::unmatched::{UnmatchedId, UnmatchedKind, UnmatchedSnapshot};

/// The logos of an entity by the first day of each; `None` from when it had none.
pub(super) type DatedLogos = BTreeMap<LocalDate, Option<Vec<u8>>>;

/// A posting and its place in the order of all.
type Placed = (u64, Arc<Posting>);

#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) entities: Table<EntityKind, EntitySnapshot>,
    pub(super) plans: Table<PlanKind, PlanSnapshot>,
    pub(super) accounts: Table<AccountKind, AccountSnapshot>,
    pub(super) subscriptions: Table<SubscriptionKind, SubscriptionSnapshot>,
    pub(super) invoices: Table<InvoiceKind, InvoiceSnapshot>,
    pub(super) notes: Table<CreditNoteKind, IssuedNote>,
    pub(super) payments: Table<PaymentKind, PaymentSnapshot>,
    pub(super) unmatched: Table<UnmatchedKind, UnmatchedSnapshot>,
    pub(super) proofs: Table<ProofKind, ProofSnapshot>,
    pub(super) runs: Table<DunningRunKind, DunningRunSnapshot>,
    pub(super) till_days: Table<TillDayKind, TillDaySnapshot>,
    /// Who took which money, by the id of its payment or refund.
    pub(super) takings: Shared<(TenantId, String), Taking>,
    /// Cash that no account has, by its id and whether it left.
    pub(super) suspense: Shared<(TenantId, UnmatchedId, bool), SuspenseCash>,
    /// The dunning steps taken for each account, the oldest first.
    pub(super) steps: Shared<(TenantId, AccountId), Vec<StepView>>,
    /// The charges dunning has made to each account, the oldest first.
    pub(super) charges: Shared<(TenantId, AccountId), Vec<ChargeView>>,
    /// Whom the dunning of each entity has cut off on a day.
    pub(super) cuts: Shared<(TenantId, EntityId, LocalDate), BTreeSet<AccountId>>,
    /// The procedures each entity has defined, the oldest first.
    pub(super) procedures: Shared<(TenantId, EntityId), Vec<ProcedureView>>,
    /// The letterheads each entity has had.
    pub(super) letterheads: Shared<(TenantId, EntityId), Vec<DatedLetterhead>>,
    /// The logos of each entity, by the first day of each.
    pub(super) logos: Shared<(TenantId, EntityId), DatedLogos>,
    /// The last number taken of each series.
    pub(super) counters: Shared<(TenantId, EntityId, String), u64>,
    /// How many committed transactions have held the lock of each account.
    turns: Shared<(TenantId, AccountId), u64>,
    /// Whose account it is with an entity.
    customers: Shared<(TenantId, CustomerId, EntityId), AccountId>,
    /// Which payment a method's reference names.
    references: Shared<(TenantId, &'static str, Arc<str>), PaymentId>,
    /// Which payment a provider was asked for under a name.
    asks: Shared<(TenantId, String, String), PaymentId>,
    /// Of each account, oldest first.
    pub(super) postings: Shared<(TenantId, AccountId), Arc<Vec<Placed>>>,
    posted: u64,
    /// Bumped by every commit.
    pub(super) generation: u64,
    pub(super) events: Vec<NewEvent>,
    pub(super) jobs: Vec<JobRequest>,
}

/// What a transaction wrote: replayed on commit, and refused there if another one was faster.
#[derive(Debug)]
pub(super) enum Write {
    Entity(Box<EntitySnapshot>),
    Letterhead(EntityId, Box<DatedLetterhead>),
    Logo(EntityId, LocalDate, Option<Vec<u8>>),
    Plan(PlanSnapshot),
    Lock(AccountId),
    Account(Box<AccountSnapshot>),
    Step(AccountId, TakenStep),
    Charge(AccountId, Charge),
    Waive(AccountId, Waiver),
    LetFeesGo(AccountId, InvoiceId, Vec<Charge>),
    Run(DunningRunSnapshot),
    Cut(EntityId, LocalDate, AccountId),
    LookAtAll(EntityId, Timestamp),
    TillDay(TillDaySnapshot),
    Taking(Taking),
    SuspenseCash(SuspenseCash),
    Subscription(Box<SubscriptionSnapshot>),
    Issue(InvoiceSnapshot),
    Invoice(InvoiceSnapshot),
    Note(IssuedNote),
    Payment(PaymentSnapshot),
    Unmatched(UnmatchedSnapshot),
    Proof(Box<ProofSnapshot>),
    Posting(Arc<Posting>),
    Job(JobRequest),
    Event(NewEvent),
}

impl Row for EntitySnapshot {}

impl Row for PlanSnapshot {}

impl Row for AccountSnapshot {}

impl Row for UnmatchedSnapshot {}
impl Row for ProofSnapshot {}
impl Row for DunningRunSnapshot {}

impl Row for TillDaySnapshot {}

impl Row for SubscriptionSnapshot {
    fn account(&self) -> Option<AccountId> {
        Some(self.account)
    }
}

impl Row for InvoiceSnapshot {
    fn account(&self) -> Option<AccountId> {
        Some(self.account)
    }
}

impl Row for IssuedNote {
    fn account(&self) -> Option<AccountId> {
        Some(self.draft.account)
    }
}

impl Row for PaymentSnapshot {
    fn account(&self) -> Option<AccountId> {
        Some(self.account)
    }
}

impl Rows {
    /// The account of a customer with an entity.
    pub(super) fn account_of(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        entity: EntityId,
    ) -> Option<AccountId> {
        self.customers.get(&(tenant, customer, entity)).copied()
    }

    /// The payment of a method with a reference.
    pub(super) fn paid_as(
        &self,
        tenant: TenantId,
        method: PaymentMethod,
        reference: &str,
    ) -> Option<PaymentId> {
        let key = (tenant, method.as_str(), Arc::from(reference));
        self.references.get(&key).copied()
    }

    /// The payment that a provider was asked for under a name.
    pub(super) fn asked_as(
        &self,
        tenant: TenantId,
        provider: &str,
        asked_as: &str,
    ) -> Option<PaymentId> {
        let key = (tenant, provider.to_owned(), asked_as.to_owned());
        self.asks.get(&key).copied()
    }

    pub(super) fn turn_of(&self, tenant: TenantId, account: AccountId) -> u64 {
        self.turns.get(&(tenant, account)).copied().unwrap_or(0)
    }

    /// Refuses a transaction that read an account which another one has held since.
    pub(super) fn take_turns(
        &mut self,
        tenant: TenantId,
        locked: &BTreeMap<AccountId, u64>,
    ) -> Result<(), StoreError> {
        for (account, seen) in locked {
            if self.turn_of(tenant, *account) != *seen {
                return Err(StoreError::Conflict);
            }
            self.turns.insert_cow((tenant, *account), seen + 1);
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, tenant: TenantId, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Entity(row) => self.put_entity(tenant, row),
            Write::Letterhead(entity, dated) => {
                let kept = self.letterheads.get_or_default_cow((tenant, *entity));
                kept.retain(|it| it.from != dated.from);
                kept.push((**dated).clone());
                Ok(())
            }
            Write::Logo(entity, from, file) => {
                let kept = self.logos.get_or_default_cow((tenant, *entity));
                kept.insert(*from, file.clone());
                Ok(())
            }
            Write::Plan(row) => self.put_plan(tenant, row),
            Write::Lock(account) => self.touch(tenant, *account),
            Write::Account(row) => self.put_account(tenant, row),
            Write::Step(account, step) => self.step(tenant, *account, *step),
            Write::Charge(account, charge) => {
                self.charge(tenant, *account, *charge);
                Ok(())
            }
            Write::Waive(account, waiver) => self.waive(tenant, *account, waiver),
            Write::LetFeesGo(account, invoice, fees) => {
                self.let_fees_go((tenant, *account), *invoice, fees);
                Ok(())
            }
            Write::Cut(entity, on, account) => {
                let cut = self.cuts.get_or_default_cow((tenant, *entity, *on));
                cut.insert(*account);
                Ok(())
            }
            Write::LookAtAll(entity, at) => {
                self.look_at_all(tenant, *entity, *at);
                Ok(())
            }
            Write::Run(row) => self.put_run(tenant, row),
            Write::TillDay(row) => self.put_till_day(tenant, row),
            Write::Taking(taking) => self.put_taking(tenant, *taking),
            Write::SuspenseCash(cash) => self.put_suspense(tenant, *cash),
            Write::Subscription(row) => put(&mut self.subscriptions, (tenant, row.id), row, |it| {
                it.version
            }),
            Write::Issue(row) => self.issue(tenant, row),
            Write::Invoice(row) => self.settle(tenant, row),
            Write::Note(row) => self.issue_note(tenant, row),
            Write::Payment(row) => self.put_payment(tenant, row),
            Write::Unmatched(row) => self.put_unmatched(tenant, row),
            Write::Proof(row) => self.put_proof(tenant, row),
            Write::Posting(posting) => {
                self.posted += 1;
                let place = (tenant, posting.account());
                let postings = self.postings.get_or_default_cow(place);
                Arc::make_mut(postings).push((self.posted, Arc::clone(posting)));
                Ok(())
            }
            Write::Job(job) => {
                self.enqueue(job);
                Ok(())
            }
            Write::Event(event) => {
                self.events.push(event.clone());
                Ok(())
            }
        }
    }

    fn put_entity(&mut self, tenant: TenantId, row: &EntitySnapshot) -> Result<(), StoreError> {
        put(&mut self.entities, (tenant, row.founded.id), row, |it| {
            it.version
        })?;
        let defined = self.procedures.get_or_default_cow((tenant, row.founded.id));
        let known = defined.last().map_or(0, |it| it.version);
        if let Some(procedure) = row.procedure.clone().filter(|_| row.procedures > known) {
            defined.push(ProcedureView {
                version: row.procedures,
                procedure,
            });
        }
        Ok(())
    }

    fn step(
        &mut self,
        tenant: TenantId,
        account: AccountId,
        it: TakenStep,
    ) -> Result<(), StoreError> {
        let steps = self.steps.get_or_default_cow((tenant, account));
        if steps
            .iter()
            .any(|known| (known.episode, known.step) == (it.episode, it.step))
        {
            return Err(duplicate(DUNNING_STEP_ONCE));
        }
        steps.push(StepView {
            episode: it.episode,
            step: it.step,
            kind: it.of.kind.as_str().to_owned(),
            day: it.of.day,
            taken_on: it.on,
            merged: it.merged,
        });
        Ok(())
    }

    fn put_run(&mut self, tenant: TenantId, row: &DunningRunSnapshot) -> Result<(), StoreError> {
        let is_twin = |it: &DunningRunSnapshot| {
            it.id != row.id && (it.entity, it.run_on) == (row.entity, row.run_on)
        };
        if self.runs.of_tenant(tenant).any(is_twin) {
            return Err(duplicate(DUNNING_RUN_DAY_UNIQUE));
        }
        put(&mut self.runs, (tenant, row.id), row, |it| it.version)
    }

    fn put_plan(&mut self, tenant: TenantId, row: &PlanSnapshot) -> Result<(), StoreError> {
        let rival = |it: &PlanSnapshot| {
            it.status == PlanStatus::Offered
                && it.defined.id != row.defined.id
                && it.defined.name == row.defined.name
        };
        if row.status == PlanStatus::Offered && self.plans.of_tenant(tenant).any(rival) {
            return Err(duplicate(PLAN_NAME_UNIQUE));
        }
        put(&mut self.plans, (tenant, row.defined.id), row, |it| {
            it.version
        })
    }

    fn put_account(&mut self, tenant: TenantId, row: &AccountSnapshot) -> Result<(), StoreError> {
        let key = (tenant, row.customer, row.entity);
        if self.customers.get(&key).is_some_and(|it| *it != row.id) {
            return Err(duplicate(ACCOUNT_CUSTOMER_UNIQUE));
        }
        self.customers.insert_cow(key, row.id);
        put(&mut self.accounts, (tenant, row.id), row, |it| it.version)
    }

    fn touch(&mut self, tenant: TenantId, account: AccountId) -> Result<(), StoreError> {
        let row = self.accounts.get_mut(&(tenant, account));
        row.ok_or(StoreError::Conflict)?.version += 1;
        Ok(())
    }

    fn look_at_all(&mut self, tenant: TenantId, entity: EntityId, at: Timestamp) {
        let accounts = self.accounts.of_tenant(tenant);
        let follows = |it: &&AccountSnapshot| it.entity == entity && it.procedure.is_none();
        let later = |it: &AccountSnapshot| match it.look_at {
            Some(due) => due > at,
            None => {
                let mut own = self.invoices.of_account(tenant, it.id);
                own.any(|it| it.allocated != it.total)
            }
        };
        let wanted = accounts.filter(follows).filter(|it| later(it));
        let wanted: Vec<AccountId> = wanted.map(|it| it.id).collect();
        for id in wanted {
            if let Some(row) = self.accounts.get_mut(&(tenant, id)) {
                row.look_at = Some(at);
                row.version += 1;
            }
        }
    }

    fn put_payment(&mut self, tenant: TenantId, row: &PaymentSnapshot) -> Result<(), StoreError> {
        if let Some(reference) = &row.reference {
            let key = (tenant, row.method.as_str(), reference.as_str().into());
            if self.references.get(&key).is_some_and(|it| *it != row.id) {
                return Err(duplicate(PAYMENT_REFERENCE_UNIQUE));
            }
            self.references.insert_cow(key, row.id);
        }
        if let Some(ask) = &row.ask {
            let key = (tenant, ask.provider.clone(), ask.asked_as.clone());
            if self.asks.get(&key).is_some_and(|it| *it != row.id) {
                return Err(duplicate(PAYMENT_ASKED_UNIQUE));
            }
            self.asks.insert_cow(key, row.id);
        }
        put(&mut self.payments, (tenant, row.id), row, |it| it.version)
    }

    fn put_unmatched(
        &mut self,
        tenant: TenantId,
        row: &UnmatchedSnapshot,
    ) -> Result<(), StoreError> {
        let rival = |it: &UnmatchedSnapshot| {
            it.id != row.id && it.method == row.method && it.reference == row.reference
        };
        if row.reference.is_some() && self.unmatched.of_tenant(tenant).any(rival) {
            return Err(duplicate(UNMATCHED_REFERENCE_UNIQUE));
        }
        put(&mut self.unmatched, (tenant, row.id), row, |it| it.version)
    }

    fn put_proof(&mut self, tenant: TenantId, row: &ProofSnapshot) -> Result<(), StoreError> {
        let it = &row.view;
        let rival =
            |other: &ProofSnapshot| other.view.id != it.id && other.view.sha256 == it.sha256;
        if self.proofs.of_tenant(tenant).any(rival) {
            return Err(duplicate(PROOF_FILE_UNIQUE));
        }
        put(&mut self.proofs, (tenant, it.id), row, |it| it.view.version)
    }

    /// The number must be the next one: a faster transaction may have taken it.
    fn issue(&mut self, tenant: TenantId, row: &InvoiceSnapshot) -> Result<(), StoreError> {
        let series = (tenant, row.entity, row.series.clone());
        let last = self.counters.get_or_default_cow(series);
        if row.number != *last + 1 {
            return Err(StoreError::Conflict);
        }
        *last = row.number;
        self.bill_fees(tenant, row)?;
        put(&mut self.invoices, (tenant, row.id), row, |it| it.version)
    }

    /// The number must be the next one of its series, like that of an invoice.
    fn issue_note(&mut self, tenant: TenantId, row: &IssuedNote) -> Result<(), StoreError> {
        let series = (tenant, row.draft.entity, row.series.clone());
        let last = self.counters.get_or_default_cow(series);
        if row.number != *last + 1 {
            return Err(StoreError::Conflict);
        }
        *last = row.number;
        self.notes.insert((tenant, row.draft.id), row.clone());
        Ok(())
    }

    /// An issued invoice never changes, but for how it is settled.
    fn settle(&mut self, tenant: TenantId, row: &InvoiceSnapshot) -> Result<(), StoreError> {
        let stored = self.invoices.get_mut(&(tenant, row.id));
        let stored = stored.filter(|it| it.version + 1 == row.version);
        let stored = stored.ok_or(StoreError::Conflict)?;
        stored.allocated = row.allocated;
        stored.credited = row.credited;
        stored.written_off = row.written_off;
        stored.voided.clone_from(&row.voided);
        stored.version = row.version;
        Ok(())
    }

    fn enqueue(&mut self, job: &JobRequest) {
        let waiting = self
            .jobs
            .iter_mut()
            .find(|it| it.unique_key.is_some() && it.unique_key == job.unique_key);
        let Some(waiting) = waiting else {
            self.jobs.push(job.clone());
            return;
        };
        waiting.priority = waiting.priority.min(job.priority);
        waiting.run_at = waiting.run_at.min(job.run_at);
    }
}

/// Writes a row whose version must follow the stored one.
pub(super) fn put<K, R: Row>(
    table: &mut Table<K, R>,
    key: (TenantId, Id<K>),
    row: &R,
    version: impl Fn(&R) -> i64,
) -> Result<(), StoreError> {
    let stored = table.get(&key).map_or(0, &version);
    if version(row) != stored + 1 {
        return Err(StoreError::Conflict);
    }
    table.insert(key, row.clone());
    Ok(())
}

pub(super) fn duplicate(constraint: &str) -> StoreError {
    StoreError::Duplicate {
        constraint: constraint.to_owned(),
    }
}
