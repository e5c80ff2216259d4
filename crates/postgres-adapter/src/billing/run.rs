//! The billing run on the database.

use async_trait::async_trait;
use billing::{
    AccountFacts, BillingRunStore, BillingStore, LegalEntity, PreparedBill, SweepPage,
    write_prepared,
};
use kernel::{AccountId, EntityId, Scope, StoreError, TenantId, Timestamp};

use super::{number_slots, plain_bill, run_facts};
use crate::dialect::Dialect;
use crate::store::Store;

#[async_trait]
impl BillingRunStore for Store {
    async fn facts_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: SweepPage,
    ) -> Result<Vec<AccountFacts>, StoreError> {
        run_facts::of_page(self.reader(), tenant, entity, page).await
    }

    async fn facts_of(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<(LegalEntity, AccountFacts)>, StoreError> {
        run_facts::of_one(self.reader(), tenant, account, now).await
    }

    async fn reserve_numbers(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
        count: u16,
    ) -> Result<Vec<u64>, StoreError> {
        // The one writer of SQLite never waits for a number, so it takes them one by one.
        if self.db.dialect() == Dialect::Sqlite {
            return Ok(Vec::new());
        }
        number_slots::reserve(self, scope.tenant, entity, count).await
    }

    async fn give_numbers_back(
        &self,
        scope: &Scope,
        entity: &LegalEntity,
    ) -> Result<(), StoreError> {
        number_slots::give_back(self, scope.tenant, entity).await
    }

    async fn write_bill(
        &self,
        scope: &Scope,
        prepared: PreparedBill,
        number: Option<u64>,
    ) -> Result<(), StoreError> {
        let plain = prepared.is_plain && self.db.dialect() == Dialect::Postgres;
        let silent = self
            .surroundings
            .subscriptions
            .handlers_of("billing.invoice_issued")
            .is_empty();
        if let Some(number) = number.filter(|_| plain && silent) {
            return plain_bill::write(self, scope, prepared, number).await;
        }
        let mut tx = BillingStore::begin(self, scope).await?;
        write_prepared(&mut *tx, prepared).await?;
        tx.commit().await
    }
}
