//! The usual bill, an invoice of new charges: many of them in one call, each in a transaction of its own.
//!
//! One way to the database for a whole chunk, and one plan for each statement of a connection. In every transaction each
//! part waits for the one before: the account at the version that was seen, the number that was set aside, the
//! subscriptions at their versions. If one of them is gone nothing is written. PostgreSQL only.
//!
//! The commits do not wait for the disk; the last one waits for all. A crash of the database before it takes the last
//! bills back, each as a whole and with its number: they are due again. Whoever acts on such an invoice commits something
//! in the usual way, which makes everything before it durable.

mod columns;
mod procedure;

use std::collections::HashSet;

use billing::PreparedBill;
use kernel::{Scope, StoreError};
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::error::Stored;
use crate::store::Store;
use columns::Columns;

/// What became of a plain bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is written, and survives a crash of the database.
    Written,
    /// Its account, its number or a subscription is not as it was; nothing is written.
    Gone,
    /// The database refused it, or one before it; nothing is written.
    Refused,
}

/// Writes plain bills under numbers that were set aside.
///
/// # Errors
/// When the database went away: any of them may be written then, and what is cannot be written again.
pub(super) async fn write(
    store: &Store,
    scope: &Scope,
    bills: &[(&PreparedBill, u64)],
) -> Result<Vec<Outcome>, StoreError> {
    let surroundings = &store.surroundings;
    let mut columns = Columns::default();
    for (prepared, number) in bills {
        columns.add(surroundings, prepared, *number)?;
    }
    let invoices = columns.invoices().to_vec();
    let values = columns.bind(scope, surroundings.clock.now().utc())?;
    let pool = store.writer().get_postgres_connection_pool();
    let mut connection = pool.acquire().await.stored()?;
    make_known(&mut connection).await?;
    surroundings.probe.reached("store.before_commit");
    let called = sqlx::query_with(procedure::CALL, values);
    let row = match called.fetch_one(&mut *connection).await.stored() {
        Ok(row) => row,
        Err(err @ StoreError::Unavailable(_)) => return Err(err),
        Err(err) => {
            tracing::debug!(error = %err, "a bill was refused: it and those after it go the usual way");
            return before_the_refused(&mut connection, scope, &invoices).await;
        }
    };
    surroundings.probe.reached("store.after_commit");
    let outcomes: Vec<String> = row.try_get("outcomes").stored()?;
    let outcome = |it: &String| match it == procedure::WRITTEN {
        true => Outcome::Written,
        false => Outcome::Gone,
    };
    Ok(outcomes.iter().map(outcome).collect())
}

async fn make_known(connection: &mut PgConnection) -> Result<(), StoreError> {
    let known = sqlx::query(procedure::KNOWN).fetch_one(&mut *connection);
    let known: bool = known.await.stored()?.try_get("known").stored()?;
    if !known {
        sqlx::raw_sql(procedure::CREATE)
            .execute(&mut *connection)
            .await
            .stored()?;
    }
    Ok(())
}

/// What stands written of a call that ended with an error, on the disk from now on.
async fn before_the_refused(
    connection: &mut PgConnection,
    scope: &Scope,
    invoices: &[Uuid],
) -> Result<Vec<Outcome>, StoreError> {
    let found = sqlx::query_scalar(procedure::WRITTEN_BEFORE)
        .bind(scope.tenant.uuid())
        .bind(invoices);
    let found: HashSet<Uuid> = found
        .fetch_all(connection)
        .await
        .stored()?
        .into_iter()
        .collect();
    let outcome = |it: &Uuid| match found.contains(it) {
        true => Outcome::Written,
        false => Outcome::Refused,
    };
    Ok(invoices.iter().map(outcome).collect())
}
