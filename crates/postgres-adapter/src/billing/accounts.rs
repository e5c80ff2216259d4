//! Accounts in a transaction: the row that everything about an account's money locks first.

use async_trait::async_trait;
use billing::{Account, AccountRepository, BillingEvent};
use kernel::{AccountId, CustomerId, EntityId, StoreError, Timestamp};
use sea_orm::Value;

use super::account_row::{COLUMNS, Entity, Model};
use super::{dunning, fees};
use crate::tx::Tx;
use crate::{row, sql};

impl Tx {
    /// Counting the version up locks the row, and tells whoever has read it without a lock.
    async fn locked_account(
        &self,
        which: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<Account>, StoreError> {
        let text = format!("{LOCK} {which} RETURNING {COLUMNS}");
        let found: Option<Model> = sql::row(self.connection(), text, values).await?;
        found.map(Model::into_account).transpose()
    }
}

#[async_trait]
impl AccountRepository for Tx {
    async fn lock(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let values = [self.tenant().into(), id.uuid().into()];
        self.locked_account("id = $2", values).await
    }

    async fn lock_of(
        &mut self,
        customer: CustomerId,
        entity: EntityId,
    ) -> Result<Option<Account>, StoreError> {
        let values = [
            self.tenant().into(),
            customer.uuid().into(),
            entity.uuid().into(),
        ];
        self.locked_account("customer_id = $2 AND entity_id = $3", values)
            .await
    }

    async fn save(&mut self, account: &mut Account) -> Result<(), StoreError> {
        let snapshot = account.snapshot();
        let row = Model::of(self.tenant(), &snapshot)?;
        let identity = (self.tenant(), snapshot.id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, snapshot.version).await?;
        dunning::keep_steps(self, account.id(), &account.take_steps()).await?;
        dunning::keep_charges(self, account.id(), &account.take_charges()).await?;
        fees::waive(self, account.id(), &account.take_waivers()).await?;
        let events = account.take_events();
        dunning::keep_procedures(self, account.id().uuid(), &events).await?;
        self.record(account.id(), events)?;
        account.saved_as(snapshot.version + 1);
        Ok(())
    }

    async fn set_aside(
        &mut self,
        id: AccountId,
        reason: &str,
        again: Timestamp,
    ) -> Result<(), StoreError> {
        let values = || -> [Value; 4] {
            [
                self.tenant().into(),
                id.uuid().into(),
                reason.into(),
                again.utc().into(),
            ]
        };
        let news = sql::execute(self.connection(), PARK, values()).await? > 0;
        if !news {
            let later = [self.tenant().into(), id.uuid().into(), again.utc().into()];
            sql::execute(self.connection(), LATER, later).await?;
            return Ok(());
        }
        let reason = reason.to_owned();
        let parked = BillingEvent::AccountParked {
            account: id,
            reason,
        };
        self.record(id, vec![parked])
    }

    async fn look_at_all(&mut self, entity: EntityId, at: Timestamp) -> Result<(), StoreError> {
        let values = [self.tenant().into(), entity.uuid().into(), at.utc().into()];
        sql::execute(self.connection(), LOOK_AT_ALL, values).await?;
        Ok(())
    }
}

const PARK: &str = "\
UPDATE accounts SET parked = $3, look_at = $4, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND parked IS NULL";

const LATER: &str =
    "UPDATE accounts SET look_at = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2";

/// Whoever has read one of them without a lock is told by its version, like after a lock.
const LOOK_AT_ALL: &str = "\
UPDATE accounts SET look_at = $3, version = version + 1
WHERE tenant_id = $1 AND entity_id = $2 AND dunning_procedure IS NULL AND (look_at > $3 OR (look_at IS NULL AND EXISTS (
    SELECT 1 FROM invoices AS i
    WHERE i.tenant_id = $1 AND i.account_id = accounts.id AND i.allocated_minor < i.total_minor)))";

const LOCK: &str = "UPDATE accounts SET version = version + 1 WHERE tenant_id = $1 AND";
