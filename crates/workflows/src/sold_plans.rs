//! What vouchers of a profile are sold under, for previews of imports: billing knows.

use std::collections::BTreeMap;

use access::adoption::SoldPlans;
use async_trait::async_trait;
use billing::{BillingQueries, PlanStatus, PlanView, SoldAs};
use kernel::{PageRequest, PlanId, ProfileId, StoreError, TenantId};

/// Reads plans where they are kept.
#[derive(Clone, Copy)]
pub struct PlansOfBilling<'a>(pub &'a dyn BillingQueries);

#[async_trait]
impl SoldPlans for PlansOfBilling<'_> {
    async fn plans_of(
        &self,
        tenant: TenantId,
        profiles: &[ProfileId],
    ) -> Result<BTreeMap<ProfileId, PlanId>, StoreError> {
        if profiles.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut found = BTreeMap::<ProfileId, (bool, PlanId)>::new();
        let mut page = PageRequest::new(PageRequest::MAX_LIMIT, None);
        loop {
            let plans = self.0.plans(tenant, page).await?;
            for plan in plans
                .items
                .iter()
                .filter(|it| it.sold_as == SoldAs::Voucher)
            {
                if profiles.contains(&plan.profile) {
                    prefer(&mut found, plan);
                }
            }
            let Some(next) = plans.next.and_then(|it| it.parse().ok()) else {
                break;
            };
            page = PageRequest::new(PageRequest::MAX_LIMIT, Some(next));
        }
        Ok(found.into_iter().map(|(it, best)| (it, best.1)).collect())
    }
}

/// Offered before retired, then the oldest: ids grow.
fn prefer(found: &mut BTreeMap<ProfileId, (bool, PlanId)>, plan: &PlanView) {
    let this = (plan.status != PlanStatus::Offered, plan.id);
    let best = found.entry(plan.profile).or_insert(this);
    *best = this.min(*best);
}
