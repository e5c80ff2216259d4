//! What every access store must do, on whatever database.

mod bulk;
mod certificates;
mod setups;
mod views;

use std::sync::Arc;

use chrono::Duration;
use kernel::testing::OpenVault;
use kernel::{GrantId, Ids, RouterId, Scope, Secret, StoreError, TenantId, Timestamp, Vault};

use super::samples::{sample_grant, sample_profile, sample_router, sample_terms};
use crate::grant::{Allowance, Grant, Subject, secret_owner};
use crate::login::Service;
use crate::ports::{
    AccessQueries, AccessStore, AccessTx, GRANT_LOGIN_UNIQUE, GRANT_SUBJECT_UNIQUE,
    PROFILE_NAME_UNIQUE, ROUTER_NAME_UNIQUE, ROUTER_SERIAL_UNIQUE,
};
use crate::profile::ServiceProfile;
use crate::rate_limit::{Burst, RateLimit};
use crate::router::{DriftCounts, Router};

/// Walks two empty tenants through everything the ports promise. `ids` must give ids that grow.
///
/// # Panics
/// When a promise is broken.
pub async fn access_store_contract(
    store: &dyn AccessStore,
    queries: &dyn AccessQueries,
    ids: Arc<dyn Ids>,
    tenant: TenantId,
    other: TenantId,
) {
    let mut walk = Walk::new(store, queries, ids, tenant);
    walk.profiles_are_kept_whole().await;
    walk.routers_are_kept_whole().await;
    walk.grants_are_kept_whole().await;
    walk.uniqueness_is_kept().await;
    walk.stale_copies_conflict().await;
    walk.nothing_is_kept_without_a_commit().await;
    walk.many_are_inserted_once().await;
    walk.pending_grants_come_in_order().await;
    walk.confirmations_and_failures_are_kept().await;
    walk.ended_grants_leave_when_confirmed().await;
    walk.many_end_at_once().await;
    walk.views_show_no_secrets().await;
    walk.every_service_is_kept().await;
    walk.who_has_paid_meanwhile_is_found().await;
    walk.who_is_online_still_is_counted().await;
    walk.setups_are_kept_whole().await;
    walk.tenants_do_not_meet(other).await;
}

struct Walk<'a> {
    store: &'a dyn AccessStore,
    queries: &'a dyn AccessQueries,
    ids: Arc<dyn Ids>,
    scope: Scope,
    profile: Option<ServiceProfile>,
    router: Option<Router>,
    now: Timestamp,
}

fn start() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_123_456).expect("a valid instant")
}

fn ok<T>(result: Result<T, StoreError>) -> T {
    result.expect("the store can")
}

impl<'a> Walk<'a> {
    fn new(
        store: &'a dyn AccessStore,
        queries: &'a dyn AccessQueries,
        ids: Arc<dyn Ids>,
        tenant: TenantId,
    ) -> Self {
        let scope = Scope::system(tenant, "contract", ids.fresh());
        Self {
            store,
            queries,
            ids,
            scope,
            profile: None,
            router: None,
            now: start(),
        }
    }

    async fn begin(&self) -> Box<dyn AccessTx> {
        ok(self.store.begin(&self.scope).await)
    }

    fn profile(&self) -> &ServiceProfile {
        self.profile.as_ref().expect("made first")
    }

    fn router(&self) -> RouterId {
        self.router.as_ref().expect("made first").id()
    }

    fn subscription(&self) -> Subject {
        Subject::Subscription(self.ids.next())
    }

    fn grant(&self, subject: Subject, login: &str) -> Grant {
        let id: GrantId = self.ids.next();
        sample_grant(id, self.router(), subject, self.profile(), login, self.now).expect("a grant")
    }

    async fn save(&self, grant: &mut Grant) -> Result<(), StoreError> {
        let mut tx = self.begin().await;
        tx.grants().save(grant).await?;
        tx.commit().await
    }

    async fn find(&self, id: GrantId) -> Option<Grant> {
        ok(self.begin().await.grants().find(id).await)
    }

    async fn pending(&self, now: Timestamp) -> Vec<Grant> {
        ok(self
            .begin()
            .await
            .grants()
            .pending(self.router(), now, 10_000)
            .await)
    }

    async fn profiles_are_kept_whole(&mut self) {
        let mut terms = sample_terms();
        terms.rate = RateLimit {
            burst: Some(Burst {
                up_bps: 8_000_000,
                down_bps: 30_000_000,
                up_threshold_bps: 4_000_000,
                down_threshold_bps: 15_000_000,
                time_s: 10,
            }),
            ..terms.rate
        };
        terms.pool = Some("pool-1".parse().expect("a pool"));
        terms.address_list = Some("customers".parse().expect("a list"));
        terms.session_timeout_s = Some(86_400);
        terms.idle_timeout_s = Some(600);
        terms.shared_users = 3;
        let name = "contract".parse().expect("a slug");
        let id = self.ids.next();
        let mut profile =
            ServiceProfile::define(id, name, Service::Hotspot, terms).expect("a profile");
        let mut tx = self.begin().await;
        ok(tx.profiles().save(&mut profile).await);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        let mut found = ok(tx.profiles().find(id).await).expect("kept");
        assert_eq!(found.snapshot(), profile.snapshot());
        assert_eq!(found.snapshot().version, 1);
        found.change(sample_terms()).expect("other terms");
        ok(tx.profiles().save(&mut found).await);
        ok(tx.commit().await);
        let again = ok(self.begin().await.profiles().find(id).await).expect("kept");
        assert_eq!(again.snapshot(), found.snapshot());
        assert_eq!(
            ok(self.begin().await.profiles().find(self.ids.next()).await).map(|it| it.id()),
            None
        );
        self.profile = Some(again);
    }

    async fn routers_are_kept_whole(&mut self) {
        let id = self.ids.next();
        let mut router = sample_router(id).expect("a router");
        let mut tx = self.begin().await;
        ok(tx.routers().save(&mut router).await);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        let mut found = ok(tx.routers().find(id).await).expect("kept");
        assert_eq!(found.snapshot(), router.snapshot());
        assert!(found.went_silent("no route", self.now));
        let drift = DriftCounts {
            missing: 1,
            foreign: 7,
            ..DriftCounts::default()
        };
        found.reconciled(drift, true, self.now);
        found.compared_at_uptime(600, self.now);
        ok(tx.routers().save(&mut found).await);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        let again = ok(tx.routers().find(id).await).expect("kept");
        assert_eq!(again.snapshot(), found.snapshot());
        assert_eq!(ok(tx.routers().in_service().await), [id]);
        drop(tx);
        self.router = Some(self.certificates_are_kept(again).await);
    }

    async fn grants_are_kept_whole(&mut self) {
        let subject = self.subscription();
        let mut grant = self.grant(subject, "whole");
        ok(self.save(&mut grant).await);
        let mut found = self.find(grant.id()).await.expect("kept");
        assert_eq!(found.snapshot(), grant.snapshot());
        let until = Some(self.now.plus(Duration::days(30)));
        assert!(found.follow(Allowance::Active { until }, found.profile(), 4, self.now));
        let owner = secret_owner(found.id());
        let sealed = OpenVault.seal(&owner, &Secret::new("another"));
        found.change_secret(sealed, self.now).expect("not ended");
        ok(self.save(&mut found).await);
        let again = self.find(grant.id()).await.expect("kept");
        assert_eq!(again.snapshot(), found.snapshot());
        let mut tx = self.begin().await;
        let by_subject = ok(tx.grants().find_by_subject(subject).await);
        assert_eq!(by_subject.map(|it| it.id()), Some(grant.id()));
        assert!(ok(tx.grants().find_by_subject(self.subscription()).await).is_none());
        let used = ok(tx.profiles().used_on(self.router()).await);
        assert_eq!(
            used.iter().map(ServiceProfile::id).collect::<Vec<_>>(),
            [self.profile().id()]
        );
        assert_eq!(
            ok(tx.routers().using(self.profile().id()).await),
            [self.router()]
        );
        assert_eq!(ok(tx.routers().using(self.ids.next()).await), []);
    }

    async fn uniqueness_is_kept(&mut self) {
        let refused = |err: StoreError, constraint: &str| {
            assert!(
                err.is_duplicate_of(constraint),
                "{err:?} instead of {constraint}"
            );
        };
        let subject = self.subscription();
        ok(self.save(&mut self.grant(subject, "unique")).await);
        let taken = self
            .save(&mut self.grant(self.subscription(), "unique"))
            .await;
        refused(taken.expect_err("a taken login"), GRANT_LOGIN_UNIQUE);
        let twice = self.save(&mut self.grant(subject, "unique-2")).await;
        refused(
            twice.expect_err("a subject with a grant"),
            GRANT_SUBJECT_UNIQUE,
        );
        let mut twin = sample_profile(self.ids.next(), "contract", Service::Pppoe).expect("one");
        let err = self.begin().await.profiles().save(&mut twin).await;
        refused(err.expect_err("a taken name"), PROFILE_NAME_UNIQUE);
        let known = self.router.as_ref().expect("made first").snapshot();
        let mut other = sample_router(self.ids.next()).expect("a router").snapshot();
        other.name = known.name.clone();
        let err = self
            .begin()
            .await
            .routers()
            .save(&mut Router::restore(other.clone()))
            .await;
        refused(err.expect_err("a taken name"), ROUTER_NAME_UNIQUE);
        other.name = "another name".parse().expect("a name");
        other.facts.serial = known.facts.serial;
        let err = self
            .begin()
            .await
            .routers()
            .save(&mut Router::restore(other))
            .await;
        refused(err.expect_err("a known serial"), ROUTER_SERIAL_UNIQUE);
    }

    async fn stale_copies_conflict(&mut self) {
        let mut grant = self.grant(self.subscription(), "stale");
        ok(self.save(&mut grant).await);
        let mut stale = self.find(grant.id()).await.expect("kept");
        assert!(grant.follow(Allowance::Blocked, grant.profile(), 1, self.now));
        ok(self.save(&mut grant).await);
        assert!(stale.follow(Allowance::Restricted, stale.profile(), 2, self.now));
        let refused = self.save(&mut stale).await.expect_err("a stale copy");
        assert!(matches!(refused, StoreError::Conflict), "{refused:?}");
    }

    async fn nothing_is_kept_without_a_commit(&mut self) {
        let mut grant = self.grant(self.subscription(), "dropped");
        let mut tx = self.begin().await;
        ok(tx.grants().save(&mut grant).await);
        assert!(
            ok(tx.grants().find(grant.id()).await).is_some(),
            "its own writes are seen"
        );
        drop(tx);
        assert!(self.find(grant.id()).await.is_none());
    }
}
