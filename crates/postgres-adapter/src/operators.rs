//! Stores tenants, operators and sessions.

use async_trait::async_trait;
use kernel::{OperatorId, Scope, SessionId, StoreError};
use operators::{
    Login, Operator, OperatorRepository, OperatorsStore, OperatorsTx, Session, SessionRepository,
    TenantRepository,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::error::Stored;
use crate::row;
use crate::store::Store;
use crate::tx::Tx;

mod operator_row;
mod queries;
mod session_row;
mod tenants;

#[async_trait]
impl OperatorsStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn OperatorsTx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }
}

impl OperatorsTx for Tx {
    fn tenants(&mut self) -> &mut dyn TenantRepository {
        self
    }

    fn operators(&mut self) -> &mut dyn OperatorRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }
}

#[async_trait]
impl OperatorRepository for Tx {
    async fn find(&mut self, id: OperatorId) -> Result<Option<Operator>, StoreError> {
        let found = operator_row::Entity::find_by_id((self.tenant(), id.uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await
            .stored()?;
        found.map(operator_row::restore).transpose()
    }

    async fn find_by_login(&mut self, login: &Login) -> Result<Option<Operator>, StoreError> {
        let found = operator_row::Entity::find()
            .filter(operator_row::Column::TenantId.eq(self.tenant()))
            .filter(operator_row::Column::Login.eq(login.as_str()))
            .lock_exclusive()
            .one(self.connection())
            .await
            .stored()?;
        found.map(operator_row::restore).transpose()
    }

    async fn save(&mut self, operator: &mut Operator) -> Result<(), StoreError> {
        let (id, snapshot) = (operator.id(), operator.snapshot());
        let stored = snapshot.version;
        let written = operator_row::written(self.tenant(), &snapshot, stored + 1);
        let identity = (self.tenant(), id.uuid());
        row::save::<operator_row::Entity, _>(self.connection(), written, identity, stored).await?;
        self.record(id, operator.take_events())?;
        operator.saved_as(stored + 1);
        Ok(())
    }
}

#[async_trait]
impl SessionRepository for Tx {
    async fn find(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let found = session_row::Entity::find_by_id((self.tenant(), id.uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await
            .stored()?;
        found.map(session_row::restore).transpose()
    }

    async fn save(&mut self, session: &mut Session) -> Result<(), StoreError> {
        let (id, snapshot) = (session.id(), session.snapshot());
        let stored = snapshot.version;
        let written = session_row::written(self.tenant(), &snapshot, stored + 1);
        let identity = (self.tenant(), id.uuid());
        row::save::<session_row::Entity, _>(self.connection(), written, identity, stored).await?;
        self.record(id, session.take_events())?;
        session.saved_as(stored + 1);
        Ok(())
    }
}
