//! Dunning runs: one of an entity a day.

use std::collections::BTreeSet;

use async_trait::async_trait;
use billing::{
    DunningRun, DunningRunRepository, DunningRunSnapshot, DunningRunState, DunningRunView,
};
use kernel::{AccountId, DunningRunId, EntityId, LocalDate, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{FromQueryResult, QueryFilter};
use uuid::Uuid;

use crate::error::Stored;
use crate::tx::Tx;
use crate::{row, sql};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dunning_runs")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    entity_id: Uuid,
    run_on: LocalDate,
    state: String,
    cuts: i64,
    active: i64,
    reason: Option<String>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    fn of(tenant: Uuid, it: &DunningRunSnapshot) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            entity_id: it.entity.uuid(),
            run_on: it.run_on,
            state: it.state.as_str().to_owned(),
            cuts: row::column("cuts", it.cuts)?,
            active: row::column("active", it.active)?,
            reason: it.reason.clone(),
            version: it.version + 1,
        })
    }

    fn into_snapshot(self) -> Result<DunningRunSnapshot, StoreError> {
        let state = DunningRunState::from_word(&self.state);
        Ok(DunningRunSnapshot {
            id: DunningRunId::from_uuid(self.id),
            entity: EntityId::from_uuid(self.entity_id),
            run_on: self.run_on,
            state: state.ok_or_else(|| row::bad("state", &self.state))?,
            cuts: row::number("cuts", self.cuts)?,
            active: row::number("active", self.active)?,
            reason: self.reason,
            version: self.version,
        })
    }

    pub(super) fn into_view(self) -> Result<DunningRunView, StoreError> {
        let it = self.into_snapshot()?;
        Ok(DunningRunView {
            id: it.id,
            entity: it.entity,
            run_on: it.run_on,
            state: it.state,
            cuts: it.cuts,
            active: it.active,
            reason: it.reason,
        })
    }
}

#[derive(Debug, FromQueryResult)]
struct CutRow {
    account_id: Uuid,
}

#[async_trait]
impl DunningRunRepository for Tx {
    async fn find(&mut self, id: DunningRunId) -> Result<Option<DunningRun>, StoreError> {
        let wanted = Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        let found = found.map(Model::into_snapshot).transpose()?;
        Ok(found.map(DunningRun::restore))
    }

    async fn of_day(
        &mut self,
        entity: EntityId,
        run_on: LocalDate,
    ) -> Result<Option<DunningRun>, StoreError> {
        let found = Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("entity_id").eq(entity.uuid()))
            .filter(Expr::col("run_on").eq(run_on))
            .one(self.connection())
            .await
            .stored()?;
        let found = found.map(Model::into_snapshot).transpose()?;
        Ok(found.map(DunningRun::restore))
    }

    async fn save(&mut self, run: &mut DunningRun) -> Result<(), StoreError> {
        let snapshot = run.snapshot();
        let row = Model::of(self.tenant(), &snapshot)?;
        let identity = (self.tenant(), snapshot.id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, snapshot.version).await?;
        self.record(run.id(), run.take_events())?;
        run.saved_as(snapshot.version + 1);
        Ok(())
    }

    async fn count_cut(
        &mut self,
        (entity, on): (EntityId, LocalDate),
        account: AccountId,
    ) -> Result<(), StoreError> {
        let values = [
            self.tenant().into(),
            entity.uuid().into(),
            on.into(),
            account.uuid().into(),
        ];
        sql::execute(self.connection(), CUT, values).await?;
        Ok(())
    }

    async fn cuts_of(
        &mut self,
        (entity, on): (EntityId, LocalDate),
    ) -> Result<BTreeSet<AccountId>, StoreError> {
        let values = [self.tenant().into(), entity.uuid().into(), on.into()];
        let found = sql::rows::<CutRow, _>(self.connection(), CUTS, values).await?;
        let accounts = found
            .into_iter()
            .map(|it| AccountId::from_uuid(it.account_id));
        Ok(accounts.collect())
    }
}

const CUT: &str = "\
INSERT INTO dunning_cuts (tenant_id, entity_id, run_on, account_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

const CUTS: &str = "\
SELECT account_id FROM dunning_cuts WHERE tenant_id = $1 AND entity_id = $2 AND run_on = $3";
