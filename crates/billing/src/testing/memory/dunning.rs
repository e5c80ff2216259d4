//! Dunning in memory: what is due to be looked at, what was done, and the runs.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kernel::{
    AccountId, DunningRunId, EntityId, LocalDate, Page, PageRequest, StoreError, TenantId,
};

use super::queries::page_of;
use super::rows::{Rows, Write};
use super::{MemoryBilling, MemoryTx};
use crate::account::{Account, AccountSnapshot};
use crate::dunning::{DunningRun, DunningRunSnapshot, DunningRunState};
use crate::dunning_ports::{
    ChargeView, DebtFacts, DuePage, DunningQueries, DunningRunRepository, DunningRunView,
    FoundDebt, ParkedReason, ProcedureView, StepView,
};
use crate::entity::LegalEntity;
use crate::events::Access;
use crate::overdue::OpenAmount;

/// How many rows a history shows.
const MOST_SHOWN: usize = 200;

#[async_trait]
impl DunningRunRepository for MemoryTx {
    async fn find(&mut self, id: DunningRunId) -> Result<Option<DunningRun>, StoreError> {
        let row = self.rows.runs.get(&(self.tenant, id)).cloned();
        Ok(row.map(DunningRun::restore))
    }

    async fn of_day(
        &mut self,
        entity: EntityId,
        run_on: LocalDate,
    ) -> Result<Option<DunningRun>, StoreError> {
        let mut runs = self.rows.runs.of_tenant(self.tenant);
        let found = runs.find(|it| it.entity == entity && it.run_on == run_on);
        Ok(found.cloned().map(DunningRun::restore))
    }

    async fn save(&mut self, run: &mut DunningRun) -> Result<(), StoreError> {
        let mut row = run.snapshot();
        row.version += 1;
        let version = row.version;
        self.keep(run.id(), &run.take_events(), Write::Run(row))?;
        run.saved_as(version);
        Ok(())
    }

    async fn count_cut(
        &mut self,
        (entity, on): (EntityId, LocalDate),
        account: AccountId,
    ) -> Result<(), StoreError> {
        self.write(Write::Cut(entity, on, account))
    }

    async fn cuts_of(
        &mut self,
        day: (EntityId, LocalDate),
    ) -> Result<BTreeSet<AccountId>, StoreError> {
        let key = (self.tenant, day.0, day.1);
        Ok(self.rows.cuts.get(&key).cloned().unwrap_or_default())
    }
}

#[async_trait]
impl DunningQueries for MemoryBilling {
    async fn accounts_to_evaluate(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: DuePage,
    ) -> Result<Option<(LegalEntity, Vec<FoundDebt>)>, StoreError> {
        let rows = self.lock();
        let Some(found) = rows.entities.get(&(tenant, entity)).cloned() else {
            return Ok(None);
        };
        let found = LegalEntity::restore(found).map_err(StoreError::corrupt)?;
        let mut due: Vec<_> = rows
            .accounts
            .of_tenant(tenant)
            .filter(|it| it.entity == entity)
            .filter_map(|it| it.look_at.map(|at| ((at, it.id), it)))
            .filter(|((at, _), _)| *at <= page.now)
            .filter(|(place, _)| page.after.is_none_or(|after| *place > after))
            .collect();
        due.sort_by_key(|(place, _)| *place);
        due.truncate(usize::from(page.limit));
        let facts = due.into_iter().map(|(place, it)| FoundDebt {
            place,
            facts: facts(&rows, tenant, it),
        });
        Ok(Some((found, facts.collect())))
    }

    async fn accounts_with_access(
        &self,
        tenant: TenantId,
        entity: EntityId,
    ) -> Result<u64, StoreError> {
        let rows = self.lock();
        let has_access = |it: &&AccountSnapshot| {
            let mut sold = rows.subscriptions.of_account(tenant, it.id);
            sold.any(|it| matches!(it.access, Access::Active | Access::Restricted))
        };
        let accounts = rows.accounts.of_tenant(tenant);
        let count = accounts
            .filter(|it| it.entity == entity)
            .filter(has_access)
            .count();
        u64::try_from(count).map_err(StoreError::corrupt)
    }

    async fn dunning_steps(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Vec<StepView>, StoreError> {
        let rows = self.lock();
        let steps = rows.steps.get(&(tenant, account)).into_iter().flatten();
        Ok(steps.rev().take(MOST_SHOWN).cloned().collect())
    }

    async fn dunning_charges(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Vec<ChargeView>, StoreError> {
        let rows = self.lock();
        let charges = rows.charges.get(&(tenant, account)).into_iter().flatten();
        Ok(charges.rev().take(MOST_SHOWN).cloned().collect())
    }

    async fn procedures(
        &self,
        tenant: TenantId,
        entity: EntityId,
    ) -> Result<Vec<ProcedureView>, StoreError> {
        let rows = self.lock();
        let defined = rows.procedures.get(&(tenant, entity)).into_iter().flatten();
        Ok(defined.rev().take(MOST_SHOWN).cloned().collect())
    }

    async fn dunning_run(
        &self,
        tenant: TenantId,
        id: DunningRunId,
    ) -> Result<Option<DunningRunView>, StoreError> {
        Ok(self.lock().runs.get(&(tenant, id)).map(run_view))
    }

    async fn dunning_runs(
        &self,
        tenant: TenantId,
        state: Option<DunningRunState>,
        page: PageRequest,
    ) -> Result<Page<DunningRunView>, StoreError> {
        let rows = self.lock();
        let runs = rows.runs.of_tenant(tenant).rev();
        let wanted = runs.filter(|it| state.is_none_or(|state| it.state == state));
        page_of(wanted.map(|it| Ok(run_view(it))), page, |it| it.id)
    }

    async fn parked_reasons(&self, tenant: TenantId) -> Result<Vec<ParkedReason>, StoreError> {
        let rows = self.lock();
        let mut reasons: Vec<ParkedReason> = Vec::new();
        let parked = rows.accounts.of_tenant(tenant);
        for reason in parked.filter_map(|it| it.parked.as_ref()) {
            match reasons.iter_mut().find(|it| it.reason == *reason) {
                Some(known) => known.accounts += 1,
                None => reasons.push(ParkedReason {
                    reason: reason.clone(),
                    accounts: 1,
                }),
            }
        }
        reasons.sort_by(|a, b| (b.accounts, &a.reason).cmp(&(a.accounts, &b.reason)));
        reasons.truncate(50);
        Ok(reasons)
    }
}

fn facts(
    rows: &Rows,
    tenant: TenantId,
    account: &AccountSnapshot,
) -> Result<DebtFacts, StoreError> {
    let open = rows.invoices.of_account(tenant, account.id);
    let open = open.filter(|it| it.allocated != it.total).map(|it| {
        Ok(OpenAmount {
            due_on: it.due_on,
            due: it
                .total
                .checked_sub(it.allocated)
                .map_err(StoreError::corrupt)?,
        })
    });
    Ok(DebtFacts {
        account: Account::restore(account.clone()),
        open: open.collect::<Result<_, StoreError>>()?,
    })
}

fn run_view(it: &DunningRunSnapshot) -> DunningRunView {
    DunningRunView {
        id: it.id,
        entity: it.entity,
        run_on: it.run_on,
        state: it.state,
        cuts: it.cuts,
        active: it.active,
        reason: it.reason.clone(),
    }
}
