//! The billing run on the database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::vec::IntoIter;

use async_trait::async_trait;
use billing::{
    AccountFacts, BillingRunStore, BillingStore, FoundAccount, LegalEntity, PreparedBill, RunPage,
    write_prepared,
};
use kernel::{AccountId, EntityId, Scope, StoreError, TenantId, Timestamp};

use tokio::task::JoinSet;

use super::plain_bill::{self, Outcome};
use super::{number_slots, run_facts};
use crate::dialect::Dialect;
use crate::store::Store;

/// Connections that plain bills are written on. One keeps a core of the database busy, which leaves the others to the runs
/// of other entities: with more of them two workers on two cores were no faster than one.
const LANES: usize = 1;
/// Plain bills that are worth a lane.
const LEAST: usize = 50;
/// Bills of the other kind that are written at once.
const WRITERS: usize = 8;

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
        let short = self.has_short_way();
        let is_short =
            |(_, (it, number)): &(usize, NumberedBill)| short && it.is_plain && number.is_some();
        let numbered = bills.into_iter().enumerate();
        let (plain, other): (Vec<_>, Vec<_>) = numbered.partition(is_short);
        let other = other.into_iter().map(|(place, (it, _))| (place, it));
        let mut written = self.write_short(scope, plain).await;
        written.extend(self.write_at_once(scope, other.collect()).await);
        written.into_values().collect()
    }
}

type NumberedBill = (PreparedBill, Option<u64>);
/// By the places of the bills.
type Written = BTreeMap<usize, Result<(), StoreError>>;

/// One whose writer falls over counts as not written: who asked will look again.
fn not_yet(places: impl Iterator<Item = usize>) -> Written {
    places.map(|it| (it, Err(StoreError::Conflict))).collect()
}

impl Store {
    /// Whether plain bills have a way of their own: nobody handles their events, and the database runs procedures.
    fn has_short_way(&self) -> bool {
        let handled = &self.surroundings.subscriptions;
        self.db.dialect() == Dialect::Postgres
            && handled.handlers_of("billing.invoice_issued").is_empty()
    }

    /// In as few calls as there are lanes, each on a connection of its own.
    async fn write_short(&self, scope: &Scope, mut bills: Vec<(usize, NumberedBill)>) -> Written {
        let mut written = not_yet(bills.iter().map(|(place, _)| *place));
        let size = bills.len().div_ceil(LANES).max(LEAST);
        let mut lanes = JoinSet::new();
        while !bills.is_empty() {
            let chunk: Vec<_> = bills.drain(..size.min(bills.len())).collect();
            let (store, scope) = (self.clone(), scope.clone());
            lanes.spawn(async move { store.write_plain(&scope, chunk).await });
        }
        while let Some(own) = lanes.join_next().await {
            written.extend(own.unwrap_or_default());
        }
        written
    }

    async fn write_plain(
        &self,
        scope: &Scope,
        chunk: Vec<(usize, NumberedBill)>,
    ) -> Vec<(usize, Result<(), StoreError>)> {
        let numbered = chunk.iter();
        let numbered = numbered.filter_map(|(_, (it, number))| Some((it, (*number)?)));
        let numbered: Vec<_> = numbered.collect();
        let outcomes = match plain_bill::write(self, scope, &numbered).await {
            Ok(outcomes) => outcomes,
            Err(err @ StoreError::Unavailable(_)) => {
                let away = err.to_string();
                let away = |(place, _)| (place, Err(StoreError::unavailable(away.clone())));
                return chunk.into_iter().map(away).collect();
            }
            Err(err) => {
                tracing::warn!(error = %err, "plain bills are written one by one");
                vec![Outcome::Refused; chunk.len()]
            }
        };
        let mut results = Vec::with_capacity(chunk.len());
        for ((place, (prepared, _)), outcome) in chunk.into_iter().zip(outcomes) {
            let written = match outcome {
                Outcome::Written => Ok(()),
                Outcome::Gone => Err(StoreError::Conflict),
                // The usual way says why.
                Outcome::Refused => self.write_in_steps(scope, prepared).await,
            };
            results.push((place, written));
        }
        results
    }

    /// Several at once, because their commits share the way to the disk. SQLite has one writer.
    async fn write_at_once(&self, scope: &Scope, bills: Vec<(usize, PreparedBill)>) -> Written {
        let writers = match self.db.dialect() {
            Dialect::Postgres => WRITERS.min(bills.len()),
            Dialect::Sqlite => bills.len().min(1),
        };
        let mut written = not_yet(bills.iter().map(|(place, _)| *place));
        let waiting = Arc::new(Mutex::new(bills.into_iter()));
        let mut tasks = JoinSet::new();
        for _ in 0..writers {
            let (store, scope) = (self.clone(), scope.clone());
            let waiting = Arc::clone(&waiting);
            tasks.spawn(async move { store.write_waiting(&scope, &waiting).await });
        }
        while let Some(own) = tasks.join_next().await {
            written.extend(own.unwrap_or_default());
        }
        written
    }

    /// One writer: takes bill after bill until none waits.
    async fn write_waiting(
        &self,
        scope: &Scope,
        waiting: &Mutex<IntoIter<(usize, PreparedBill)>>,
    ) -> Vec<(usize, Result<(), StoreError>)> {
        let mut written = Vec::new();
        loop {
            let next = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .next();
            let Some((place, prepared)) = next else {
                return written;
            };
            written.push((place, self.write_in_steps(scope, prepared).await));
        }
    }

    async fn write_in_steps(&self, scope: &Scope, bill: PreparedBill) -> Result<(), StoreError> {
        let mut tx = BillingStore::begin(self, scope).await?;
        write_prepared(&mut *tx, bill).await?;
        tx.commit().await
    }
}
