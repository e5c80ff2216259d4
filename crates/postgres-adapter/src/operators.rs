//! Tenants, operators and sessions on the database.

use async_trait::async_trait;
use kernel::{
    Cursor, OperatorId, Page, PageRequest, Scope, SessionId, StoreError, TenantId,
};
use operators::{
    Login, Operator, OperatorFilter, OperatorQueries, OperatorRepository, OperatorStatusName,
    OperatorView, OperatorsStore, OperatorsTx, Session, SessionRepository, TenantRepository,
    TenantView,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryFilter, QuerySelect, Select};

use crate::error::Stored;
use crate::row;
use crate::store::Store;
use crate::tx::Tx;

mod operator_row;
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

impl Tx {
    async fn locked_operator(
        &self,
        wanted: Select<operator_row::Entity>,
    ) -> Result<Option<Operator>, StoreError> {
        let locked = wanted.lock_exclusive();
        let found = locked.one(self.connection()).await.stored()?;
        found.map(operator_row::Model::into_operator).transpose()
    }
}

#[async_trait]
impl OperatorRepository for Tx {
    async fn find(&mut self, id: OperatorId) -> Result<Option<Operator>, StoreError> {
        let wanted = operator_row::Entity::find_by_id((self.tenant(), id.uuid()));
        self.locked_operator(wanted).await
    }

    async fn find_by_login(&mut self, login: &Login) -> Result<Option<Operator>, StoreError> {
        let wanted = operator_row::Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("login").eq(login.as_str()));
        self.locked_operator(wanted).await
    }

    async fn save(&mut self, operator: &mut Operator) -> Result<(), StoreError> {
        let snapshot = operator.snapshot();
        let row = operator_row::Model::of(self.tenant(), &snapshot);
        let identity = (self.tenant(), snapshot.id.uuid());
        let (stored, next) = (snapshot.version, snapshot.version + 1);
        row::save::<operator_row::Entity, _>(self.connection(), row, identity, stored).await?;
        self.record(operator.id(), operator.take_events())?;
        operator.saved_as(next);
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
        found.map(session_row::Model::into_session).transpose()
    }

    async fn save(&mut self, session: &mut Session) -> Result<(), StoreError> {
        let snapshot = session.snapshot();
        let row = session_row::Model::of(self.tenant(), &snapshot);
        let identity = (self.tenant(), snapshot.id.uuid());
        let (stored, next) = (snapshot.version, snapshot.version + 1);
        row::save::<session_row::Entity, _>(self.connection(), row, identity, stored).await?;
        self.record(session.id(), session.take_events())?;
        session.saved_as(next);
        Ok(())
    }
}

#[async_trait]
impl OperatorQueries for Store {
    async fn tenant(&self, tenant: TenantId) -> Result<Option<TenantView>, StoreError> {
        let found = tenants::find(self.reader(), tenant.uuid()).await?;
        Ok(found.map(|it| it.view()))
    }

    async fn operator(
        &self,
        tenant: TenantId,
        id: OperatorId,
    ) -> Result<Option<OperatorView>, StoreError> {
        let wanted = operator_row::Entity::find_by_id((tenant.uuid(), id.uuid()));
        let found = wanted.one(self.reader()).await.stored()?;
        found.map(operator_row::Model::into_view).transpose()
    }

    async fn operators(
        &self,
        tenant: TenantId,
        filter: OperatorFilter,
        page: PageRequest,
    ) -> Result<Page<OperatorView>, StoreError> {
        let mut wanted = operator_row::Entity::find();
        if let Some(role) = filter.role {
            wanted = wanted.filter(Expr::col("role").eq(role.as_str()));
        }
        wanted = match filter.status {
            None => wanted,
            Some(OperatorStatusName::Active) => wanted.filter(Expr::col("disabled_at").is_null()),
            Some(OperatorStatusName::Disabled) => {
                wanted.filter(Expr::col("disabled_at").is_not_null())
            }
        };
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let views: Result<Vec<_>, _> =
            rows.into_iter().map(operator_row::Model::into_view).collect();
        Ok(Page::from_overfetch(views?, page, |it| Cursor::after(it.id)))
    }
}
