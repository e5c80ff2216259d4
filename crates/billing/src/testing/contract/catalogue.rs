//! Promises about legal entities and plans.

use kernel::PageRequest;

use super::{World, kes, must_conflict, outcome};
use crate::entity::LegalEntity;
use crate::plan::{Charging, NewPlan, Plan, PlanStatus, SoldAs};
use crate::ports::PLAN_NAME_UNIQUE;
use crate::timeline::Timing;

impl World<'_> {
    pub(super) async fn catalogue_promises(&self) {
        self.an_entity_reads_back_as_it_was_saved().await;
        self.a_plan_reads_back_as_it_was_saved().await;
        self.plans_of_every_kind_read_back().await;
        self.a_stale_plan_is_a_conflict().await;
        self.a_stale_entity_is_a_conflict().await;
        self.only_offered_plans_hold_their_names().await;
        self.plans_run_from_the_newest_to_the_oldest().await;
    }

    /// Run first: the tenant must have no entity yet.
    pub(super) async fn the_first_entity_is_the_oldest(&self) {
        let mut tx = self.tx().await;
        assert!(tx.entities().first().await.unwrap().is_none());
        drop(tx);
        let entities = self.queries.entities(self.tenant()).await.unwrap();
        assert!(entities.is_empty());
        let older = self.found().await;
        let newer = self.found().await;
        let mut tx = self.tx().await;
        let first = tx.entities().first().await.unwrap().unwrap();
        assert_eq!(first.id(), older);
        drop(tx);
        let entities = self.queries.entities(self.tenant()).await.unwrap();
        let order: Vec<_> = entities.iter().map(|it| it.id).collect();
        assert_eq!(order, [older, newer]);
    }

    async fn an_entity_reads_back_as_it_was_saved(&self) {
        let mut entity = LegalEntity::found(self.new_entity()).unwrap();
        let mut tx = self.tx().await;
        tx.entities().save(&mut entity).await.unwrap();
        let seen = tx.entities().find(entity.id()).await.unwrap();
        assert!(seen.is_some(), "a transaction sees what it wrote");
        tx.commit().await.unwrap();
        let mut tx = self.tx().await;
        let stored = tx.entities().find(entity.id()).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), entity.snapshot());
        assert_eq!(stored.snapshot().version, 1);
        let nobody = self.ids.next();
        assert!(tx.entities().find(nobody).await.unwrap().is_none());
        drop(tx);
        let views = self.queries.entities(self.tenant()).await.unwrap();
        let view = views.into_iter().find(|it| it.id == entity.id()).unwrap();
        let founded = entity.snapshot().founded;
        assert_eq!((view.name, view.zone), (founded.name, founded.zone));
        assert_eq!(view.currency, founded.currency);
        assert_eq!(
            (view.terms_days, view.dunning),
            (founded.terms_days, founded.dunning)
        );
    }

    async fn plans_of_every_kind_read_back(&self) {
        let base = || self.new_plan(&self.ids.fresh().to_string(), 5_000);
        let late = NewPlan {
            charging: Charging {
                timing: Timing::InArrear,
                trial_days: 14,
                fee: Some(kes(70_000)),
            },
            ..base()
        };
        let add_on = NewPlan {
            sold_as: SoldAs::AddOn,
            ..base()
        };
        let voucher = NewPlan {
            sold_as: SoldAs::Voucher,
            ..base()
        };
        for defined in [late, add_on, voucher] {
            let mut plan = Plan::define(defined.clone()).unwrap();
            let mut tx = self.tx().await;
            tx.plans().save(&mut plan).await.unwrap();
            tx.commit().await.unwrap();
            let mut tx = self.tx().await;
            let stored = tx.plans().find(defined.id).await.unwrap().unwrap();
            assert_eq!(stored.defined(), &defined);
            drop(tx);
            let view = self.queries.plan(self.tenant(), defined.id).await;
            let view = view.unwrap().unwrap();
            let shown = (view.sold_as, view.charging);
            assert_eq!(shown, (defined.sold_as, defined.charging));
        }
    }

    async fn a_plan_reads_back_as_it_was_saved(&self) {
        let mut plan = self.plan(250_050).await;
        let id = plan.defined().id;
        let mut tx = self.tx().await;
        plan.retire();
        tx.plans().save(&mut plan).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.tx().await;
        let stored = tx.plans().find(id).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), plan.snapshot());
        assert_eq!(stored.snapshot().version, 2);
        let nothing = self.ids.next();
        assert!(tx.plans().find(nothing).await.unwrap().is_none());
        drop(tx);
        let view = self.queries.plan(self.tenant(), id).await.unwrap().unwrap();
        assert_eq!(view.status, PlanStatus::Retired);
        let defined = plan.defined();
        assert_eq!(
            (view.price, view.interval),
            (defined.price, defined.interval)
        );
        assert_eq!(
            (view.name, view.profile),
            (defined.name.clone(), defined.profile)
        );
        assert_eq!(view.sold_as, defined.sold_as);
    }

    async fn a_stale_plan_is_a_conflict(&self) {
        let mut plan = self.plan(100).await;
        let mut stale = plan.clone();
        plan.retire();
        let mut tx = self.tx().await;
        tx.plans().save(&mut plan).await.unwrap();
        tx.commit().await.unwrap();
        stale.retire();
        let mut tx = self.tx().await;
        let written = tx.plans().save(&mut stale).await;
        must_conflict(&outcome(tx, written).await);
    }

    async fn a_stale_entity_is_a_conflict(&self) {
        let mut entity = LegalEntity::found(self.new_entity()).unwrap();
        let mut tx = self.tx().await;
        tx.entities().save(&mut entity).await.unwrap();
        tx.commit().await.unwrap();
        let mut stale = entity.clone();
        let mut tx = self.tx().await;
        tx.entities().save(&mut entity).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.tx().await;
        let written = tx.entities().save(&mut stale).await;
        must_conflict(&outcome(tx, written).await);
    }

    async fn only_offered_plans_hold_their_names(&self) {
        let name = format!("Taken {}", self.ids.fresh());
        let mut first = Plan::define(self.new_plan(&name, 100)).unwrap();
        let mut tx = self.tx().await;
        tx.plans().save(&mut first).await.unwrap();
        tx.commit().await.unwrap();
        let mut second = Plan::define(self.new_plan(&name, 200)).unwrap();
        let mut tx = self.tx().await;
        let written = tx.plans().save(&mut second).await;
        let refused = outcome(tx, written).await.unwrap_err();
        assert!(refused.is_duplicate_of(PLAN_NAME_UNIQUE), "{refused:?}");
        first.retire();
        let mut tx = self.tx().await;
        tx.plans().save(&mut first).await.unwrap();
        tx.commit().await.unwrap();
        let mut third = Plan::define(self.new_plan(&name, 300)).unwrap();
        let mut tx = self.tx().await;
        tx.plans().save(&mut third).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn plans_run_from_the_newest_to_the_oldest(&self) {
        let mut made = Vec::new();
        for minor in [1, 2, 3] {
            made.push(self.plan(minor).await.defined().id);
        }
        let tenant = self.tenant();
        let page = PageRequest::new(2, None);
        let first = self.queries.plans(tenant, page).await.unwrap();
        let order: Vec<_> = first.items.iter().map(|it| it.id).collect();
        assert_eq!(order, [made[2], made[1]]);
        let next = PageRequest::new(1, Some(first.next.unwrap().parse().unwrap()));
        let second = self.queries.plans(tenant, next).await.unwrap();
        assert_eq!(second.items[0].id, made[0]);
    }
}
