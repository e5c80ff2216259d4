//! Imports profiles, and defines the plans that sell them.

use access::adoption::{ImportRow, PlanProposal, ProfileProposal};
use access::{AdoptedRow, PROFILE_NAME_UNIQUE, ServiceProfile};
use billing::{Charging, Interval, IntervalUnit, NewPlan, PLAN_NAME_UNIQUE, Plan, SoldAs};
use kernel::{Currency, Money, ProfileId, StoreError, rerun_on_conflict};

use super::{Run, imported, refused};
use crate::failure::Failure;

impl Run<'_> {
    pub(super) async fn import_profile(
        &self,
        row: &ImportRow,
        it: &ProfileProposal,
    ) -> Result<(), Failure> {
        let profile = match self.profile(row, it) {
            Ok(profile) => profile,
            Err(why) => return Ok(self.settle(vec![refused(row, why)]).await?),
        };
        let stored = rerun_on_conflict(|| self.store_profile(profile.clone())).await;
        match stored {
            Err(err) if err.is_duplicate_of(PROFILE_NAME_UNIQUE) => {
                let why = "another service profile took its name since the preview";
                return Ok(self.settle(vec![refused(row, why)]).await?);
            }
            stored => stored?,
        }
        // The row stays open until its plan is there too: a run that dies here is finished by the next.
        if let (Some(plan), Some(currency)) = (&it.plan, self.currency) {
            self.define_plan(plan, it.profile, currency).await?;
        }
        Ok(self.settle(vec![imported(row)]).await?)
    }

    /// One that stands for a row of the router, else one that only says what its customers' rows say.
    fn profile(&self, row: &ImportRow, it: &ProfileProposal) -> Result<ServiceProfile, String> {
        let (slug, terms) = (it.slug.clone(), it.terms.clone());
        let made = match &it.row_name {
            None => ServiceProfile::define(it.profile, slug, it.service, terms),
            Some(name) => {
                if let Some(why) = self.changed(row) {
                    return Err(why.to_owned());
                }
                let (router, name) = (self.router.id(), name.clone());
                let adopted = AdoptedRow { router, name };
                ServiceProfile::adopt(it.profile, slug, it.service, terms, adopted)
            }
        };
        made.map_err(|why| why.to_string())
    }

    async fn store_profile(&self, mut profile: ServiceProfile) -> Result<(), StoreError> {
        let mut tx = self.bench.access.begin(self.scope).await?;
        if tx.profiles().find(profile.id()).await?.is_some() {
            return Ok(());
        }
        tx.profiles().save(&mut profile).await?;
        tx.commit().await
    }

    /// Under its own name, else with the router's behind it, else with its id.
    async fn define_plan(
        &self,
        proposed: &PlanProposal,
        profile: ProfileId,
        currency: Currency,
    ) -> Result<(), Failure> {
        let name = &proposed.name;
        let names = [
            name.clone(),
            format!("{name} ({})", self.router.name()),
            format!("{name} {}", proposed.plan),
        ];
        for name in names {
            let Ok(name) = name.parse() else { continue };
            let new = NewPlan {
                id: proposed.plan,
                name,
                price: price_of(proposed, currency),
                interval: interval_of(proposed.minutes),
                profile,
                sold_as: SoldAs::Voucher,
                charging: Charging::AHEAD,
            };
            let Ok(plan) = Plan::define(new) else { break };
            match rerun_on_conflict(|| self.store_plan(proposed, plan.clone())).await {
                Err(err) if err.is_duplicate_of(PLAN_NAME_UNIQUE) => {}
                stored => return Ok(stored?),
            }
        }
        Ok(())
    }

    /// A plan whose price or time nobody wrote down must not be sold by accident.
    async fn store_plan(&self, proposed: &PlanProposal, mut plan: Plan) -> Result<(), StoreError> {
        let mut tx = self.bench.billing.begin(self.scope).await?;
        if tx.plans().find(proposed.plan).await?.is_some() {
            return Ok(());
        }
        if proposed.price.is_none() || proposed.minutes.is_none() {
            plan.retire();
        }
        tx.plans().save(&mut plan).await?;
        tx.commit().await
    }
}

fn price_of(proposed: &PlanProposal, currency: Currency) -> Money {
    let price = proposed.price.and_then(|it| it.in_currency(currency));
    price.unwrap_or(Money::from_minor(0, currency))
}

/// The largest unit that says it exactly; a month where nobody wrote it down.
fn interval_of(minutes: Option<u32>) -> Interval {
    let units = [
        (IntervalUnit::Days, 1_440),
        (IntervalUnit::Hours, 60),
        (IntervalUnit::Minutes, 1),
    ];
    let fitting = minutes.filter(|it| *it > 0).and_then(|minutes| {
        units.into_iter().find_map(|(unit, each)| {
            let exact = minutes.is_multiple_of(each);
            let count = u16::try_from(minutes / each).ok().filter(|_| exact)?;
            Interval::new(unit, count).ok()
        })
    });
    fitting.unwrap_or(Interval::MONTH)
}

#[cfg(test)]
mod tests {
    //! Times are said in the largest unit that fits.

    use super::interval_of;
    use billing::{Interval, IntervalUnit};

    #[test]
    fn a_day_is_a_day_and_ninety_minutes_are_minutes() {
        let said = |minutes, unit, count| {
            assert_eq!(Ok(interval_of(Some(minutes))), Interval::new(unit, count));
        };
        said(1_440, IntervalUnit::Days, 1);
        said(180, IntervalUnit::Hours, 3);
        said(90, IntervalUnit::Minutes, 90);
        assert_eq!(interval_of(None), Interval::MONTH);
        assert_eq!(interval_of(Some(0)), Interval::MONTH);
    }
}
