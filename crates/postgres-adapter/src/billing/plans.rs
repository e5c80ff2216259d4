//! Plans in a transaction.

use std::collections::BTreeMap;

use async_trait::async_trait;
use billing::{Plan, PlanRepository, TaxCode};
use kernel::{PlanId, StoreError};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};
use uuid::Uuid;

use super::plan_row::{Entity, Model};
use crate::error::Stored;
use crate::tx::Tx;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct CodeRow {
    id: Uuid,
    tax_category: String,
}

/// The tax category of every plan of a tenant that has one of its own.
pub(super) async fn tax_codes<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
) -> Result<BTreeMap<PlanId, TaxCode>, StoreError> {
    let rows: Vec<CodeRow> = sql::rows(connection, CODES, [tenant.into()]).await?;
    let code = |it: &CodeRow| row::parse("tax_category", &it.tax_category);
    rows.iter()
        .map(|it| Ok((PlanId::from_uuid(it.id), code(it)?)))
        .collect()
}

#[async_trait]
impl PlanRepository for Tx {
    async fn find(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        let wanted = Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        found.map(Model::into_plan).transpose()
    }

    async fn tax_codes(&mut self) -> Result<BTreeMap<PlanId, TaxCode>, StoreError> {
        tax_codes(self.connection(), self.tenant()).await
    }

    async fn save(&mut self, plan: &mut Plan) -> Result<(), StoreError> {
        let snapshot = plan.snapshot();
        let id = snapshot.defined.id;
        let row = Model::of(self.tenant(), &snapshot);
        let identity = (self.tenant(), id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, snapshot.version).await?;
        self.record(id, plan.take_events())?;
        plan.saved_as(snapshot.version + 1);
        Ok(())
    }
}

const CODES: &str =
    "SELECT id, tax_category FROM plans WHERE tenant_id = $1 AND tax_category IS NOT NULL";
