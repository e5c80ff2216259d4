//! The billing run in memory: numbers are taken one by one, and a bill is written statement by statement.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kernel::{AccountId, EntityId, InvoiceId, Scope, StoreError, TenantId, Timestamp};

use super::MemoryBilling;
use crate::account::Account;
use crate::bill::AccountFacts;
use crate::entity::LegalEntity;
use crate::ports::{BillingQueries, BillingStore, SweepPage};
use crate::run::{BillingRunStore, FoundAccount, PreparedBill, RunPage, write_prepared};
use crate::use_cases::bill_account::{original_of, papers_of};

#[async_trait]
impl BillingRunStore for MemoryBilling {
    async fn facts_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: RunPage,
    ) -> Result<Option<(LegalEntity, Vec<FoundAccount>)>, StoreError> {
        let row = self.lock().entities.get(&(tenant, entity)).cloned();
        let Some(row) = row else {
            return Ok(None);
        };
        let found = LegalEntity::restore(row).map_err(StoreError::corrupt)?;
        let today = found.today(page.now);
        let due = SweepPage {
            today,
            after: page.after,
            limit: page.limit,
        };
        let mut facts = Vec::new();
        for account in self.accounts_to_bill(tenant, entity, due).await? {
            let found = self.facts(tenant, account, page.now).await?;
            facts.extend(found.map(|(_, it)| (account, Ok(it))));
        }
        Ok(Some((found, facts)))
    }

    async fn count_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let page = RunPage {
            now,
            after: None,
            limit: u16::MAX,
        };
        let found = self.facts_to_bill(tenant, entity, page).await?;
        Ok(found.map_or(0, |(_, it)| it.len() as u64))
    }

    async fn facts_of(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<(LegalEntity, AccountFacts)>, StoreError> {
        self.facts(tenant, account, now).await
    }

    async fn reserve_numbers(
        &self,
        _scope: &Scope,
        _entity: &LegalEntity,
        _count: u16,
    ) -> Result<Vec<u64>, StoreError> {
        Ok(Vec::new())
    }

    async fn give_numbers_back(
        &self,
        _scope: &Scope,
        _entity: &LegalEntity,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn write_bills(
        &self,
        scope: &Scope,
        bills: Vec<(PreparedBill, Option<u64>)>,
    ) -> Vec<Result<(), StoreError>> {
        let mut written = Vec::new();
        for (prepared, _) in bills {
            written.push(self.write_bill(scope, prepared).await);
        }
        written
    }
}

impl MemoryBilling {
    async fn write_bill(&self, scope: &Scope, prepared: PreparedBill) -> Result<(), StoreError> {
        let mut tx = self.begin(scope).await?;
        write_prepared(&mut *tx, prepared).await?;
        tx.commit().await
    }

    async fn facts(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<(LegalEntity, AccountFacts)>, StoreError> {
        let row = self.lock().accounts.get(&(tenant, account)).cloned();
        let Some(account) = row.map(Account::restore) else {
            return Ok(None);
        };
        let scope = Scope::system(tenant, "facts", account.id().uuid());
        let mut tx = self.begin(&scope).await?;
        let entity = tx.entities().find(account.entity()).await?;
        let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
        let subscriptions = tx.subscriptions().of_account(account.id()).await?;
        let mut papers = papers_of(&mut *tx, &entity, account.id(), &subscriptions, now).await?;
        let billed = papers.billed.values().flatten();
        let invoices: BTreeSet<InvoiceId> = billed.map(|it| it.line.invoice).collect();
        for invoice in invoices {
            papers.originals.push(original_of(&mut *tx, invoice).await?);
        }
        let facts = AccountFacts {
            account,
            subscriptions,
            papers,
        };
        Ok(Some((entity, facts)))
    }
}
