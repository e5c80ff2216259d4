//! A plan's row.

use billing::{
    Interval, IntervalUnit, NewPlan, Plan, PlanSnapshot, PlanStatus, PlanView, SoldAs, TaxCode,
};
use kernel::{PlanId, ProfileId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plans")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    name: String,
    price_minor: i64,
    currency: String,
    interval_unit: String,
    interval_count: i64,
    profile_id: Uuid,
    sold_as: String,
    status: String,
    tax_category: Option<String>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, snapshot: &PlanSnapshot) -> Self {
        let it = &snapshot.defined;
        let status = match snapshot.status {
            PlanStatus::Offered => "offered",
            PlanStatus::Retired => "retired",
        };
        Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            name: it.name.to_string(),
            price_minor: it.price.minor(),
            currency: it.price.currency().code().to_owned(),
            interval_unit: it.interval.unit().as_str().to_owned(),
            interval_count: i64::from(it.interval.count()),
            profile_id: it.profile.uuid(),
            sold_as: it.sold_as.as_str().to_owned(),
            status: status.to_owned(),
            tax_category: row::text(snapshot.tax_category.as_ref()),
            version: snapshot.version + 1,
        }
    }

    /// The aggregate, or why there can be no such plan.
    pub(super) fn into_plan(self) -> Result<Plan, StoreError> {
        Ok(Plan::restore(PlanSnapshot {
            status: self.plan_status()?,
            tax_category: self.tax_category()?,
            version: self.version,
            defined: self.into_defined()?,
        }))
    }

    pub(super) fn into_view(self) -> Result<PlanView, StoreError> {
        let status = self.plan_status()?;
        let tax_category = self.tax_category()?;
        let it = self.into_defined()?;
        Ok(PlanView {
            id: it.id,
            name: it.name,
            price: it.price,
            interval: it.interval,
            profile: it.profile,
            sold_as: it.sold_as,
            tax_category,
            status,
        })
    }

    fn tax_category(&self) -> Result<Option<TaxCode>, StoreError> {
        row::parse_optional("tax_category", self.tax_category.as_deref())
    }

    fn plan_status(&self) -> Result<PlanStatus, StoreError> {
        match self.status.as_str() {
            "offered" => Ok(PlanStatus::Offered),
            "retired" => Ok(PlanStatus::Retired),
            other => Err(row::bad("status", other)),
        }
    }

    fn into_defined(self) -> Result<NewPlan, StoreError> {
        let sold_as = SoldAs::from_word(&self.sold_as);
        Ok(NewPlan {
            id: PlanId::from_uuid(self.id),
            name: row::parse("name", &self.name)?,
            price: row::money(self.price_minor, &self.currency)?,
            interval: interval(&self.interval_unit, self.interval_count)?,
            profile: ProfileId::from_uuid(self.profile_id),
            sold_as: sold_as.ok_or_else(|| row::bad("sold_as", &self.sold_as))?,
        })
    }
}

/// Two columns as an interval.
pub(super) fn interval(unit: &str, count: i64) -> Result<Interval, StoreError> {
    let known = IntervalUnit::from_word(unit).ok_or_else(|| row::bad("interval_unit", unit))?;
    let count = row::number("interval_count", count)?;
    Interval::new(known, count).map_err(StoreError::corrupt)
}
