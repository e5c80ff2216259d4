//! The repositories of a transaction in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    AccountId, CreditNoteId, CustomerId, EntityId, InvoiceId, LocalDate, Money, MoneyError,
    PaymentId, PlanId, ProofId, StoreError, SubscriptionId, Timestamp,
};

use super::MemoryTx;
use super::rows::Write;
use crate::account::Account;
use crate::credit_note::{IssuedNote, NoteDraft};
use crate::difference::{Billed, LetGo, LineRef};
use crate::entity::{LegalEntity, TaxCode};
use crate::invoice::{Invoice, InvoiceDraft, InvoiceSnapshot};
use crate::ledger::Posting;
use crate::overdue::OpenAmount;
use crate::payment::{Payment, PaymentMethod};
use crate::plan::Plan;
use crate::ports::{
    AccountRepository, EntityRepository, InvoiceRepository, Ledger, PaymentRepository,
    PlanRepository, ProofRepository, SubscriptionRepository, UnmatchedRepository,
};
use crate::proof::Proof;
use crate::schedule::Period;
use crate::subscription::Subscription;
use crate::unmatched::{Unmatched, UnmatchedId, UnmatchedState};

#[async_trait]
impl EntityRepository for MemoryTx {
    async fn find(&mut self, id: EntityId) -> Result<Option<LegalEntity>, StoreError> {
        let row = self.rows.entities.get(&(self.tenant, id)).cloned();
        row.map(LegalEntity::restore)
            .transpose()
            .map_err(StoreError::corrupt)
    }

    async fn first(&mut self) -> Result<Option<LegalEntity>, StoreError> {
        let row = self.rows.entities.of_tenant(self.tenant).next().cloned();
        row.map(LegalEntity::restore)
            .transpose()
            .map_err(StoreError::corrupt)
    }

    async fn save(&mut self, entity: &mut LegalEntity) -> Result<(), StoreError> {
        let mut row = entity.snapshot();
        row.version += 1;
        let version = row.version;
        self.keep(
            entity.id(),
            &entity.take_events(),
            Write::Entity(Box::new(row)),
        )?;
        entity.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl PlanRepository for MemoryTx {
    async fn find(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        let row = self.rows.plans.get(&(self.tenant, id)).cloned();
        Ok(row.map(Plan::restore))
    }

    async fn tax_codes(&mut self) -> Result<BTreeMap<PlanId, TaxCode>, StoreError> {
        let plans = self.rows.plans.of_tenant(self.tenant);
        let coded = plans.filter_map(|it| Some((it.defined.id, it.tax_category.clone()?)));
        Ok(coded.collect())
    }

    async fn save(&mut self, plan: &mut Plan) -> Result<(), StoreError> {
        let mut row = plan.snapshot();
        row.version += 1;
        let version = row.version;
        self.keep(row.defined.id, &plan.take_events(), Write::Plan(row))?;
        plan.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl AccountRepository for MemoryTx {
    async fn lock(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        if self.rows.accounts.get(&(self.tenant, id)).is_none() {
            return Ok(None);
        }
        let turn = self.rows.turn_of(self.tenant, id);
        self.locked.entry(id).or_insert(turn);
        self.write(Write::Lock(id))?;
        let row = self.rows.accounts.get(&(self.tenant, id)).cloned();
        let row = row.ok_or(StoreError::Conflict)?;
        Ok(Some(Account::restore(row)))
    }

    async fn lock_of(
        &mut self,
        customer: CustomerId,
        entity: EntityId,
    ) -> Result<Option<Account>, StoreError> {
        let id = self.rows.account_of(self.tenant, customer, entity);
        match id {
            Some(id) => self.lock(id).await,
            None => Ok(None),
        }
    }

    async fn save(&mut self, account: &mut Account) -> Result<(), StoreError> {
        let mut row = account.snapshot();
        row.version += 1;
        let version = row.version;
        self.keep(
            account.id(),
            &account.take_events(),
            Write::Account(Box::new(row)),
        )?;
        for step in account.take_steps() {
            self.write(Write::Step(account.id(), step))?;
        }
        for charge in account.take_charges() {
            self.write(Write::Charge(account.id(), charge))?;
        }
        for waiver in account.take_waivers() {
            self.write(Write::Waive(account.id(), waiver))?;
        }
        account.saved_as(version);
        Ok(())
    }

    /// Every row makes sense here, so it is parked like any other.
    async fn set_aside(
        &mut self,
        id: AccountId,
        reason: &str,
        again: Timestamp,
    ) -> Result<(), StoreError> {
        let account = self.lock(id).await?;
        let mut account = account.ok_or(StoreError::Conflict)?;
        account.park(reason);
        account.look_again(Some(again));
        AccountRepository::save(self, &mut account).await
    }

    async fn look_at_all(&mut self, entity: EntityId, at: Timestamp) -> Result<(), StoreError> {
        self.write(Write::LookAtAll(entity, at))
    }
}

#[async_trait]
impl SubscriptionRepository for MemoryTx {
    async fn find(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        let row = self.rows.subscriptions.get(&(self.tenant, id)).cloned();
        row.map(Subscription::restore)
            .transpose()
            .map_err(StoreError::corrupt)
    }

    async fn of_account(&mut self, account: AccountId) -> Result<Vec<Subscription>, StoreError> {
        self.rows
            .subscriptions
            .of_account(self.tenant, account)
            .cloned()
            .map(|it| Subscription::restore(it).map_err(StoreError::corrupt))
            .collect()
    }

    async fn save(&mut self, subscription: &mut Subscription) -> Result<(), StoreError> {
        let mut row = subscription.snapshot();
        row.version += 1;
        let (id, version) = (row.id, row.version);
        let write = Write::Subscription(Box::new(row));
        self.keep(id, &subscription.take_events(), write)?;
        subscription.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl InvoiceRepository for MemoryTx {
    async fn find(&mut self, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
        let row = self.rows.invoices.get(&(self.tenant, id)).cloned();
        Ok(row.map(Invoice::restore))
    }

    async fn open_of(&mut self, account: AccountId) -> Result<Vec<Invoice>, StoreError> {
        let mut open: Vec<_> = self
            .rows
            .invoices
            .of_account(self.tenant, account)
            .filter(|it| it.allocated != it.total)
            .cloned()
            .collect();
        open.sort_by_key(|it| (it.issued_on, it.number));
        Ok(open.into_iter().map(Invoice::restore).collect())
    }

    async fn owed_of(&mut self, account: AccountId) -> Result<Vec<OpenAmount>, StoreError> {
        let open = self.open_of(account).await?;
        let owed = open.iter().map(Invoice::owed).collect::<Result<_, _>>();
        owed.map_err(StoreError::corrupt)
    }

    async fn billed(
        &mut self,
        subscription: SubscriptionId,
        cycles_ending_after: LocalDate,
    ) -> Result<Vec<Billed>, StoreError> {
        let row = self.rows.subscriptions.get(&(self.tenant, subscription));
        let account = row.map(|it| it.account);
        let Some(account) = account else {
            return Ok(Vec::new());
        };
        let mine: Vec<_> = self
            .rows
            .invoices
            .of_account(self.tenant, account)
            .collect();
        let mut billed = Vec::new();
        for invoice in &mine {
            for (line, it) in (0_u16..).zip(&invoice.lines) {
                let wanted = it.subscription == subscription && it.cycle.end > cycles_ending_after;
                if !wanted || it.repairs.is_some() {
                    continue;
                }
                let line = LineRef {
                    invoice: invoice.id,
                    line,
                };
                let (adjusted, noted) = self.credited(line, it.amount)?;
                let mut repaired = repairs_of(line, &mine).map_err(StoreError::corrupt)?;
                repaired.extend(noted);
                billed.push(Billed {
                    line,
                    terms: it.terms(),
                    period: it.period,
                    cycle: it.cycle,
                    price: it.price,
                    amount: it.amount,
                    adjusted,
                    repaired,
                });
            }
        }
        Ok(billed)
    }

    async fn find_note(&mut self, id: CreditNoteId) -> Result<Option<IssuedNote>, StoreError> {
        Ok(self.rows.notes.get(&(self.tenant, id)).cloned())
    }

    async fn notes_of(&mut self, invoice: InvoiceId) -> Result<Vec<IssuedNote>, StoreError> {
        let notes = self.rows.notes.of_tenant(self.tenant);
        let own = notes.filter(|it| it.draft.invoice == invoice);
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_by_key(|it| it.number);
        Ok(own)
    }

    async fn taken_back(&mut self, invoice: InvoiceId) -> Result<Vec<(u16, Money)>, StoreError> {
        let mut taken: BTreeMap<u16, Money> = BTreeMap::new();
        for line in self
            .rows
            .invoices
            .of_tenant(self.tenant)
            .flat_map(|it| &it.lines)
        {
            let Some(of) = line.repairs.filter(|it| it.invoice == invoice) else {
                continue;
            };
            let back = line.amount.checked_neg().map_err(StoreError::corrupt)?;
            let none = Money::zero(back.currency());
            let sum = taken.entry(of.line).or_insert(none);
            *sum = sum.checked_add(back).map_err(StoreError::corrupt)?;
        }
        taken.retain(|_, it| it.is_positive());
        Ok(taken.into_iter().collect())
    }

    async fn issue_note(
        &mut self,
        draft: NoteDraft,
        series: &str,
    ) -> Result<IssuedNote, StoreError> {
        let counter = (self.tenant, draft.entity, series.to_owned());
        let number = self.rows.counters.get(&counter).copied().unwrap_or(0) + 1;
        let issued = IssuedNote::issue(draft, series, number);
        let (note, told) = issued.map_err(StoreError::corrupt)?;
        self.keep(note.draft.id, &[told], Write::Note(note.clone()))?;
        Ok(note)
    }

    async fn issue(&mut self, draft: InvoiceDraft, series: &str) -> Result<Invoice, StoreError> {
        let counter = (self.tenant, draft.entity, series.to_owned());
        let number = self.rows.counters.get(&counter).copied().unwrap_or(0) + 1;
        let mut invoice = Invoice::issue(draft, series, number);
        let mut row = invoice.snapshot();
        row.version = 1;
        self.keep(invoice.id(), &invoice.take_events(), Write::Issue(row))?;
        invoice.saved_as(1);
        Ok(invoice)
    }

    /// Nothing is kept here beside the lines themselves.
    async fn let_days_go(&mut self, _days: &[LetGo]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn save(&mut self, invoice: &mut Invoice) -> Result<(), StoreError> {
        let mut row = invoice.snapshot();
        row.version += 1;
        let version = row.version;
        self.keep(invoice.id(), &invoice.take_events(), Write::Invoice(row))?;
        invoice.saved_as(version);
        Ok(())
    }
}

impl MemoryTx {
    /// What credit notes took off a line: amounts alone, and days with theirs.
    fn credited(
        &self,
        line: LineRef,
        amount: Money,
    ) -> Result<(Money, Vec<(Period, Money)>), StoreError> {
        let notes = self.rows.notes.of_tenant(self.tenant);
        let own = notes.filter(|it| it.draft.invoice == line.invoice);
        let pieces = own.flat_map(|it| &it.draft.pieces);
        let mut adjusted = Money::zero(amount.currency());
        let mut repaired = Vec::new();
        for piece in pieces.filter(|it| it.line == line.line) {
            match piece.days {
                Some(days) => repaired.push((days, piece.amount)),
                None => {
                    let sum = adjusted.checked_add(piece.amount);
                    adjusted = sum.map_err(StoreError::corrupt)?;
                }
            }
        }
        Ok((adjusted, repaired))
    }
}

fn repairs_of(
    line: LineRef,
    invoices: &[&InvoiceSnapshot],
) -> Result<Vec<(Period, Money)>, MoneyError> {
    invoices
        .iter()
        .flat_map(|it| &it.lines)
        .filter(|it| it.repairs == Some(line))
        .map(|it| Ok((it.period, it.amount.checked_neg()?)))
        .collect()
}

#[async_trait]
impl PaymentRepository for MemoryTx {
    async fn find(&mut self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let row = self.rows.payments.get(&(self.tenant, id)).cloned();
        Ok(row.map(Payment::restore))
    }

    /// One transaction at a time changes the rows here; the commit finds what another one was faster with.
    async fn lock_reference(
        &mut self,
        _method: PaymentMethod,
        _reference: &str,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn find_by_reference(
        &mut self,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError> {
        let id = self.rows.paid_as(self.tenant, method, reference);
        let row = id.and_then(|it| self.rows.payments.get(&(self.tenant, it)));
        Ok(row.cloned().map(Payment::restore))
    }

    async fn find_asked(
        &mut self,
        provider: &str,
        asked_as: &str,
    ) -> Result<Option<Payment>, StoreError> {
        let id = self.rows.asked_as(self.tenant, provider, asked_as);
        let row = id.and_then(|it| self.rows.payments.get(&(self.tenant, it)));
        Ok(row.cloned().map(Payment::restore))
    }

    async fn with_credit(&mut self, account: AccountId) -> Result<Vec<Payment>, StoreError> {
        let mut rows: Vec<_> = self
            .rows
            .payments
            .of_account(self.tenant, account)
            .collect();
        rows.sort_by_key(|it| (it.received_at, it.id));
        let mut left = Vec::new();
        for payment in rows.into_iter().cloned().map(Payment::restore) {
            let credit = payment.unallocated().map_err(StoreError::corrupt)?;
            if credit.is_positive() {
                left.push(payment);
            }
        }
        Ok(left)
    }

    async fn that_paid(&mut self, invoice: InvoiceId) -> Result<Vec<Payment>, StoreError> {
        let mut rows: Vec<_> = self.rows.payments.of_tenant(self.tenant).collect();
        rows.sort_by_key(|it| (it.received_at, it.id));
        let mut payers = Vec::new();
        for payment in rows.into_iter().cloned().map(Payment::restore) {
            let uses = payment.uses().map_err(StoreError::corrupt)?;
            if uses.iter().any(|it| it.invoice == invoice) {
                payers.push(payment);
            }
        }
        Ok(payers)
    }

    async fn save(&mut self, payment: &mut Payment) -> Result<(), StoreError> {
        let mut row = payment.snapshot();
        row.version += 1;
        let version = row.version;
        self.keep(payment.id(), &payment.take_events(), Write::Payment(row))?;
        payment.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl UnmatchedRepository for MemoryTx {
    async fn find(&mut self, id: UnmatchedId) -> Result<Option<Unmatched>, StoreError> {
        let row = self.rows.unmatched.get(&(self.tenant, id)).cloned();
        Ok(row.map(Unmatched::restore))
    }

    async fn find_open(
        &mut self,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<Option<Unmatched>, StoreError> {
        let mut rows = self.rows.unmatched.of_tenant(self.tenant);
        let row = rows.find(|it| {
            it.state == UnmatchedState::Open
                && it.method == method
                && it.reference.as_deref() == Some(reference)
        });
        Ok(row.cloned().map(Unmatched::restore))
    }

    async fn save(&mut self, money: &mut Unmatched) -> Result<(), StoreError> {
        let mut row = money.snapshot();
        row.version += 1;
        let version = row.version;
        self.keep(money.id(), &money.take_events(), Write::Unmatched(row))?;
        money.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl ProofRepository for MemoryTx {
    async fn find(&mut self, id: ProofId) -> Result<Option<Proof>, StoreError> {
        let row = self.rows.proofs.get(&(self.tenant, id)).cloned();
        Ok(row.map(Proof::restore))
    }

    async fn save(&mut self, proof: &mut Proof) -> Result<(), StoreError> {
        let mut row = proof.snapshot().clone();
        row.view.version += 1;
        let (id, version) = (row.view.id, row.view.version);
        self.keep(id, &proof.take_events(), Write::Proof(Box::new(row)))?;
        proof.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl Ledger for MemoryTx {
    async fn post(&mut self, posting: Posting) -> Result<(), StoreError> {
        self.write(Write::Posting(Arc::new(posting)))
    }
}
