//! The billing run on the database.

use std::iter::Enumerate;
use std::sync::{Arc, Mutex, PoisonError};
use std::vec::IntoIter;

use async_trait::async_trait;
use billing::{
    AccountFacts, BillingRunStore, BillingStore, FoundAccount, LegalEntity, PreparedBill, RunPage,
    write_prepared,
};
use kernel::{AccountId, EntityId, Scope, StoreError, TenantId, Timestamp};

use tokio::task::JoinSet;

use super::{number_slots, plain_bill, run_facts};
use crate::dialect::Dialect;
use crate::store::Store;

#[async_trait]
impl BillingRunStore for Store {
    async fn facts_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: RunPage,
    ) -> Result<Option<(LegalEntity, Vec<FoundAccount>)>, StoreError> {
        run_facts::of_page(self.reader(), tenant, entity, page).await
    }

    async fn count_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        run_facts::count(self.reader(), tenant, entity, now).await
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

    async fn write_bills(
        &self,
        scope: &Scope,
        bills: Vec<(PreparedBill, Option<u64>)>,
    ) -> Vec<Result<(), StoreError>> {
        let written = self.write_at_once(scope, bills).await;
        if self.db.dialect() == Dialect::Sqlite {
            return written;
        }
        match plain_bill::make_durable(self).await {
            Ok(()) => written,
            // Whether they last is not known: what does is not due any more when the run looks again.
            Err(err) => written.into_iter().map(|_| Err(again(&err))).collect(),
        }
    }
}

type Waiting = Mutex<Enumerate<IntoIter<(PreparedBill, Option<u64>)>>>;

fn again(err: &StoreError) -> StoreError {
    StoreError::unavailable(err.to_string())
}

impl Store {
    /// Enough to keep a server of a few cores busy, and not so many that the run of another entity waits. SQLite has one
    /// writer.
    const fn bills_at_once(&self) -> usize {
        match self.db.dialect() {
            Dialect::Postgres => 4,
            Dialect::Sqlite => 1,
        }
    }

    async fn write_at_once(
        &self,
        scope: &Scope,
        bills: Vec<(PreparedBill, Option<u64>)>,
    ) -> Vec<Result<(), StoreError>> {
        let count = bills.len();
        let waiting = Arc::new(Mutex::new(bills.into_iter().enumerate()));
        let mut writers = JoinSet::new();
        for _ in 0..count.min(self.bills_at_once()) {
            let (store, scope) = (self.clone(), scope.clone());
            let waiting = Arc::clone(&waiting);
            writers.spawn(async move { store.write_waiting(&scope, &waiting).await });
        }
        // One whose writer fell over counts as not written: who asked will look again.
        let mut written: Vec<_> = (0..count).map(|_| Err(StoreError::Conflict)).collect();
        while let Some(own) = writers.join_next().await {
            for (place, result) in own.unwrap_or_default() {
                written[place] = result;
            }
        }
        written
    }

    /// One writer: takes bill after bill until none waits.
    async fn write_waiting(
        &self,
        scope: &Scope,
        waiting: &Waiting,
    ) -> Vec<(usize, Result<(), StoreError>)> {
        let mut written = Vec::new();
        loop {
            let next = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .next();
            let Some((place, (prepared, number))) = next else {
                return written;
            };
            written.push((place, self.write_bill(scope, prepared, number).await));
        }
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
