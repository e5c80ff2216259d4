//! A legal entity's row.

use billing::{
    DunningPolicy, EntityPricing, EntitySnapshot, EntityView, LegalEntity, NewEntity, NewProcedure,
};
use kernel::{EntityId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value;
use uuid::Uuid;

use super::account_row::stored;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "legal_entities")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    name: String,
    currency: String,
    zone: String,
    scale_digits: i16,
    series: String,
    terms_days: i64,
    grace_days: i64,
    suspend_after_days: i64,
    tolerance_minor: i64,
    dunning_procedure: Option<Value>,
    dunning_procedures: i64,
    pricing: Option<Value>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, snapshot: &EntitySnapshot) -> Result<Self, StoreError> {
        let it = &snapshot.founded;
        let procedure = snapshot.procedure.as_ref().map(serde_json::to_value);
        let pricing = serde_json::to_value(&snapshot.pricing).map_err(StoreError::corrupt)?;
        Ok(Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            name: it.name.to_string(),
            currency: it.currency.code().to_owned(),
            zone: it.zone.name().to_owned(),
            scale_digits: i16::from(it.scale_digits),
            series: it.series.clone(),
            terms_days: i64::from(it.terms_days),
            grace_days: i64::from(it.dunning.grace_days),
            suspend_after_days: i64::from(it.dunning.suspend_after_days),
            tolerance_minor: it.dunning.tolerance_minor,
            dunning_procedure: procedure.transpose().map_err(StoreError::corrupt)?,
            dunning_procedures: row::column("dunning_procedures", snapshot.procedures)?,
            pricing: Some(pricing),
            version: snapshot.version + 1,
        })
    }

    /// The aggregate, or why there can be no such entity.
    pub(super) fn into_entity(self) -> Result<LegalEntity, StoreError> {
        let snapshot = EntitySnapshot {
            version: self.version,
            procedure: stored(self.dunning_procedure.clone())?,
            procedures: row::number("dunning_procedures", self.dunning_procedures)?,
            pricing: self.pricing()?,
            founded: self.into_founded()?,
        };
        LegalEntity::restore(snapshot).map_err(StoreError::corrupt)
    }

    pub(super) fn into_view(self) -> Result<EntityView, StoreError> {
        let procedure: Option<NewProcedure> = stored(self.dunning_procedure.clone())?;
        let procedure_version = row::number("dunning_procedures", self.dunning_procedures)?;
        let pricing = self.pricing()?;
        let it = self.into_founded()?;
        Ok(EntityView {
            id: it.id,
            name: it.name,
            currency: it.currency,
            zone: it.zone,
            scale_digits: it.scale_digits,
            terms_days: it.terms_days,
            dunning: it.dunning,
            procedure: procedure.unwrap_or_else(|| NewProcedure::of_policy(it.dunning)),
            procedure_version,
            pricing,
        })
    }

    /// A row from before there were taxes has none.
    fn pricing(&self) -> Result<EntityPricing, StoreError> {
        let stored = self.pricing.clone().map(serde_json::from_value);
        let stored = stored.transpose().map_err(StoreError::corrupt)?;
        Ok(stored.unwrap_or(EntityPricing::PLAIN))
    }

    fn into_founded(self) -> Result<NewEntity, StoreError> {
        Ok(NewEntity {
            id: EntityId::from_uuid(self.id),
            name: row::parse("name", &self.name)?,
            currency: row::parse("currency", &self.currency)?,
            zone: row::parse("zone", &self.zone)?,
            scale_digits: row::number("scale_digits", self.scale_digits)?,
            series: self.series,
            terms_days: row::number("terms_days", self.terms_days)?,
            dunning: DunningPolicy {
                grace_days: row::number("grace_days", self.grace_days)?,
                suspend_after_days: row::number("suspend_after_days", self.suspend_after_days)?,
                tolerance_minor: self.tolerance_minor,
            },
        })
    }
}
