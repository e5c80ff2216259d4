//! Defines what is sold, and stops selling it.

use kernel::{MayConflict, PlanId, Scope, StoreError};

use crate::entity::TaxCode;
use crate::plan::{BadPlan, NewPlan, Plan};
use crate::ports::{BillingStore, PLAN_NAME_UNIQUE};

/// Why a plan was not defined or retired.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The tenant has no such plan.
    #[error("there is no plan {0}")]
    NotFound(PlanId),
    /// The tenant has no legal entity to sell for.
    #[error("there is no legal entity yet")]
    NoEntity,
    /// The plan breaks a rule.
    #[error("the plan breaks a rule")]
    Refused(#[from] BadPlan),
    /// An offered plan has the name.
    #[error("an offered plan has this name")]
    NameTaken,
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for PlanError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(PLAN_NAME_UNIQUE) {
            Self::NameTaken
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for PlanError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Defines a plan in the currency of the tenant's entity.
///
/// # Errors
/// [`PlanError`]; nothing is defined then.
pub async fn define_plan(
    store: &dyn BillingStore,
    scope: &Scope,
    new: NewPlan,
) -> Result<(), PlanError> {
    let mut plan = Plan::define(new)?;
    let mut tx = store.begin(scope).await?;
    let entity = tx.entities().first().await?.ok_or(PlanError::NoEntity)?;
    if plan.defined().price.currency() != entity.currency() {
        return Err(BadPlan::Currency.into());
    }
    tx.plans().save(&mut plan).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a plan a tax category of the tenant's entity, or none of its own. What was issued stays as it is. Twice is harmless.
///
/// # Errors
/// [`PlanError`]; nothing is changed then.
pub async fn tax_plan(
    store: &dyn BillingStore,
    scope: &Scope,
    id: PlanId,
    category: Option<TaxCode>,
) -> Result<(), PlanError> {
    let mut tx = store.begin(scope).await?;
    let entity = tx.entities().first().await?.ok_or(PlanError::NoEntity)?;
    let known = |it: &TaxCode| entity.pricing().taxes.contains_key(it);
    if !category.as_ref().is_none_or(known) {
        return Err(BadPlan::TaxCategory.into());
    }
    let mut plan = tx.plans().find(id).await?.ok_or(PlanError::NotFound(id))?;
    if !plan.tax_as(category) {
        return Ok(());
    }
    tx.plans().save(&mut plan).await?;
    tx.commit().await?;
    Ok(())
}

/// Stops selling a plan; subscribers keep it. Twice is harmless.
///
/// # Errors
/// [`PlanError`].
pub async fn retire_plan(
    store: &dyn BillingStore,
    scope: &Scope,
    id: PlanId,
) -> Result<(), PlanError> {
    let mut tx = store.begin(scope).await?;
    let mut plan = tx.plans().find(id).await?.ok_or(PlanError::NotFound(id))?;
    plan.retire();
    tx.plans().save(&mut plan).await?;
    tx.commit().await?;
    Ok(())
}
