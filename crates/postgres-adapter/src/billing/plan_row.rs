//! A plan's row.

use billing::{
    Charging, Interval, IntervalUnit, NewPlan, Plan, PlanSnapshot, PlanStatus, PlanView, SoldAs,
    TaxCode, Timing,
};
use kernel::{Money, PlanId, ProfileId, StoreError};
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
    add_on: bool,
    timing: String,
    trial_days: i64,
    fee_minor: Option<i64>,
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
            sold_as: sold_as(it.sold_as).to_owned(),
            add_on: it.sold_as == SoldAs::AddOn,
            timing: it.charging.timing.as_str().to_owned(),
            trial_days: i64::from(it.charging.trial_days),
            fee_minor: it.charging.fee.map(Money::minor),
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
            charging: it.charging,
            status,
        })
    }

    fn tax_category(&self) -> Result<Option<TaxCode>, StoreError> {
        row::parse_optional("tax_category", self.tax_category.as_deref())
    }

    fn charging(&self) -> Result<Charging, StoreError> {
        let timing = Timing::from_word(&self.timing);
        let fee = self.fee_minor.map(|it| row::money(it, &self.currency));
        Ok(Charging {
            timing: timing.ok_or_else(|| row::bad("timing", &self.timing))?,
            trial_days: row::number("trial_days", self.trial_days)?,
            fee: fee.transpose()?,
        })
    }

    fn plan_status(&self) -> Result<PlanStatus, StoreError> {
        match self.status.as_str() {
            "offered" => Ok(PlanStatus::Offered),
            "retired" => Ok(PlanStatus::Retired),
            other => Err(row::bad("status", other)),
        }
    }

    fn into_defined(self) -> Result<NewPlan, StoreError> {
        let sold_as = match SoldAs::from_word(&self.sold_as) {
            Some(SoldAs::Subscription) if self.add_on => Some(SoldAs::AddOn),
            Some(SoldAs::AddOn) => None,
            other => other.filter(|_| !self.add_on),
        };
        let charging = self.charging()?;
        Ok(NewPlan {
            id: PlanId::from_uuid(self.id),
            name: row::parse("name", &self.name)?,
            price: row::money(self.price_minor, &self.currency)?,
            interval: interval(&self.interval_unit, self.interval_count)?,
            profile: ProfileId::from_uuid(self.profile_id),
            sold_as: sold_as.ok_or_else(|| row::bad("sold_as", &self.sold_as))?,
            charging,
        })
    }
}

/// The check of the column knows no add-ons: the mark beside it does.
const fn sold_as(it: SoldAs) -> &'static str {
    match it {
        SoldAs::AddOn => SoldAs::Subscription.as_str(),
        other => other.as_str(),
    }
}

/// Two columns as an interval.
pub(super) fn interval(unit: &str, count: i64) -> Result<Interval, StoreError> {
    let known = IntervalUnit::from_word(unit).ok_or_else(|| row::bad("interval_unit", unit))?;
    let count = row::number("interval_count", count)?;
    Interval::new(known, count).map_err(StoreError::corrupt)
}
