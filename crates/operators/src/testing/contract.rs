//! What every store of operators must do, whatever it is made of: the fake, SQLite and PostgreSQL run these promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chrono::Duration;
use kernel::{
    Cursor, Ids, OperatorId, PageRequest, Scope, SessionId, Slug, StoreError, TenantId, Timestamp,
};

use crate::operator::{NewOperator, Operator, OperatorStatusName};
use crate::password::PasswordHash;
use crate::policy::SignInPolicy;
use crate::ports::reads::{OperatorFilter, OperatorQueries, TenantDirectory};
use crate::ports::store::OperatorsStore;
use crate::role::Role;
use crate::session::{EndReason, Session};
use crate::tenant::Tenant;

/// Checks every promise of [`OperatorsStore`], [`OperatorQueries`] and [`TenantDirectory`] on an adapter.
///
/// `tenant` must be fresh and not founded yet; `ids` must hand out ids that were never used before, later ones after
/// earlier ones. No tenant may have a slug that begins with `contract-`.
///
/// # Panics
/// When a promise is broken.
pub async fn operators_store_contract(
    store: &dyn OperatorsStore,
    queries: &dyn OperatorQueries,
    directory: &dyn TenantDirectory,
    tenant: TenantId,
    ids: &dyn Ids,
) {
    let world = World {
        store,
        queries,
        directory,
        scope: Scope::system(tenant, "contract", ids.fresh()),
        ids,
    };
    world.a_tenant_is_founded_and_found().await;
    world.a_slug_belongs_to_one_tenant().await;
    world.pages_run_from_the_newest_to_the_oldest().await;
    world.an_operator_reads_back_as_saved().await;
    world.a_login_belongs_to_one_operator_of_a_tenant().await;
    world.a_stale_operator_is_a_conflict().await;
    world.what_is_not_committed_never_was().await;
    world.a_session_reads_back_as_saved().await;
    world.another_tenant_sees_nothing().await;
    world.lists_are_filtered().await;
}

struct World<'a> {
    store: &'a dyn OperatorsStore,
    queries: &'a dyn OperatorQueries,
    directory: &'a dyn TenantDirectory,
    scope: Scope,
    ids: &'a dyn Ids,
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00.000456Z".parse().unwrap())
}

fn after(minutes: i64) -> Timestamp {
    noon().plus(Duration::minutes(minutes))
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash::from_phc(format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${text}")).unwrap()
}

impl World<'_> {
    fn scope_of(&self, tenant: TenantId) -> Scope {
        Scope::system(tenant, "contract", self.ids.fresh())
    }

    fn hired(&self, login: &str, role: Role) -> Operator {
        let new = NewOperator {
            id: self.ids.next(),
            login: login.parse().unwrap(),
            name: "Siti Rahma".parse().unwrap(),
            role,
            password: hash("first"),
        };
        Operator::hire(new, noon())
    }

    async fn save(&self, operator: &mut Operator) {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.operators().save(operator).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn refused(&self, operator: &mut Operator) -> StoreError {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        match tx.operators().save(operator).await {
            Ok(()) => tx.commit().await.unwrap_err(),
            Err(err) => err,
        }
    }

    async fn find(&self, scope: &Scope, id: OperatorId) -> Option<Operator> {
        let mut tx = self.store.begin(scope).await.unwrap();
        let found = tx.operators().find(id).await.unwrap();
        tx.commit().await.unwrap();
        found
    }

    async fn save_session(&self, session: &mut Session) {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.sessions().save(session).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn find_session(&self, scope: &Scope, id: SessionId) -> Option<Session> {
        let mut tx = self.store.begin(scope).await.unwrap();
        let found = tx.sessions().find(id).await.unwrap();
        tx.commit().await.unwrap();
        found
    }

    async fn found(&self, scope: &Scope, slug: &str) -> Result<Tenant, StoreError> {
        let name = "Contract Net".parse().unwrap();
        let mut tenant = Tenant::found(scope.tenant, slug.parse().unwrap(), name, noon());
        let mut tx = self.store.begin(scope).await?;
        tx.tenants().save(&mut tenant).await?;
        tx.commit().await?;
        Ok(tenant)
    }

    async fn a_tenant_is_founded_and_found(&self) {
        let slug: Slug = "contract-one".parse().unwrap();
        assert_eq!(self.directory.by_slug(&slug).await.unwrap(), None);
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        assert_eq!(tx.tenants().find().await.unwrap(), None);
        drop(tx);
        let tenant = self.found(&self.scope, slug.as_str()).await.unwrap();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let stored = tx.tenants().find().await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!(stored.snapshot(), tenant.snapshot());
        let id = self.scope.tenant;
        assert_eq!(self.directory.by_slug(&slug).await.unwrap(), Some(id));
        assert!(self.directory.all().await.unwrap().contains(&id));
        let view = self.queries.tenant(id).await.unwrap();
        assert_eq!(view, Some(tenant.view()));
    }

    async fn a_slug_belongs_to_one_tenant(&self) {
        let rival = self.scope_of(self.ids.next());
        let refused = self.found(&rival, "contract-one").await.unwrap_err();
        assert!(refused.is_duplicate_of("tenants_slug_key"), "{refused:?}");
        assert_eq!(self.queries.tenant(rival.tenant).await.unwrap(), None);
        self.found(&rival, "contract-two").await.unwrap();
        let all = self.directory.all().await.unwrap();
        let place = |tenant| all.iter().position(|it| *it == tenant);
        assert!(place(self.scope.tenant) < place(rival.tenant));
    }

    /// Runs while the tenant has no operators yet.
    async fn pages_run_from_the_newest_to_the_oldest(&self) {
        let mut made = Vec::new();
        for login in ["page-1", "page-2", "page-3"] {
            let mut operator = self.hired(login, Role::Cashier);
            self.save(&mut operator).await;
            made.push(operator.id());
        }
        let tenant = self.scope.tenant;
        let page = |after| PageRequest::new(2, after);
        let list = |page| {
            self.queries
                .operators(tenant, OperatorFilter::default(), page)
        };
        let first = list(page(None)).await.unwrap();
        let ids: Vec<_> = first.items.iter().map(|it| it.id).collect();
        assert_eq!(ids, [made[2], made[1]]);
        let cursor: Cursor = first.next.expect("a second page").parse().unwrap();
        let last = list(page(Some(cursor))).await.unwrap();
        let ids: Vec<_> = last.items.iter().map(|it| it.id).collect();
        assert_eq!((ids, last.next), (vec![made[0]], None));
    }

    async fn an_operator_reads_back_as_saved(&self) {
        let policy = SignInPolicy::standard();
        let mut operator = self.hired("life", Role::Technician);
        self.check(&mut operator).await;
        operator.sign_in(self.ids.next(), after(1)).unwrap();
        self.check(&mut operator).await;
        operator.fail_sign_in(&policy, after(2));
        self.check(&mut operator).await;
        for _ in 1..policy.max_failures {
            operator.fail_sign_in(&policy, after(2));
        }
        self.check(&mut operator).await;
        assert!(operator.view().locked_until.is_some());
        operator.enable();
        operator.set_password(hash("second"), after(3)).unwrap();
        operator.disable(None, after(4)).unwrap();
        self.check(&mut operator).await;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let by_login = tx
            .operators()
            .find_by_login(operator.login())
            .await
            .unwrap();
        assert_eq!(by_login.map(|it| it.snapshot()), Some(operator.snapshot()));
        let nobody = tx
            .operators()
            .find_by_login(&"nobody".parse().unwrap())
            .await;
        assert_eq!(nobody.unwrap(), None);
        tx.commit().await.unwrap();
    }

    async fn check(&self, operator: &mut Operator) {
        let version = operator.snapshot().version;
        self.save(operator).await;
        assert_eq!(operator.snapshot().version, version + 1);
        let stored = self.find(&self.scope, operator.id()).await.unwrap();
        assert_eq!(stored.snapshot(), operator.snapshot());
        let view = self
            .queries
            .operator(self.scope.tenant, operator.id())
            .await;
        assert_eq!(view.unwrap(), Some(operator.view()));
    }

    async fn a_login_belongs_to_one_operator_of_a_tenant(&self) {
        self.save(&mut self.hired("taken", Role::Admin)).await;
        let refused = self.refused(&mut self.hired("taken", Role::Admin)).await;
        assert!(
            refused.is_duplicate_of("operators_login_key"),
            "{refused:?}"
        );
        let neighbour = self.scope_of(self.ids.next());
        self.found(&neighbour, "contract-three").await.unwrap();
        let mut tx = self.store.begin(&neighbour).await.unwrap();
        let mut theirs = self.hired("taken", Role::Admin);
        tx.operators().save(&mut theirs).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn a_stale_operator_is_a_conflict(&self) {
        let mut operator = self.hired("stale", Role::Cashier);
        self.save(&mut operator).await;
        let mut stale = operator.clone();
        operator.sign_in(self.ids.next(), after(1)).unwrap();
        self.save(&mut operator).await;
        stale.disable(None, after(2)).unwrap();
        let refused = self.refused(&mut stale).await;
        assert!(matches!(refused, StoreError::Conflict), "{refused:?}");
        let stored = self.find(&self.scope, operator.id()).await.unwrap();
        assert_eq!(stored.snapshot(), operator.snapshot());
    }

    async fn what_is_not_committed_never_was(&self) {
        let mut operator = self.hired("never", Role::Cashier);
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.operators().save(&mut operator).await.unwrap();
        let own = tx.operators().find(operator.id()).await.unwrap();
        assert_eq!(own.map(|it| it.snapshot()), Some(operator.snapshot()));
        drop(tx);
        assert_eq!(self.find(&self.scope, operator.id()).await, None);
    }

    async fn a_session_reads_back_as_saved(&self) {
        let mut operator = self.hired("session", Role::Cashier);
        self.save(&mut operator).await;
        let (first, second) = ([1_u8; 32], [255_u8; 32]);
        let id = self.ids.next();
        let mut session = Session::begin(id, operator.id(), first, after(30), noon());
        self.check_session(&mut session).await;
        let week = Duration::days(7);
        session.rotate(first, second, week, after(5)).unwrap();
        self.check_session(&mut session).await;
        let mut stale = session.clone();
        session.end(EndReason::TokenReused, after(6));
        self.check_session(&mut session).await;
        stale.end(EndReason::SignedOut, after(7));
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let late = match tx.sessions().save(&mut stale).await {
            Ok(()) => tx.commit().await,
            Err(err) => {
                drop(tx);
                Err(err)
            }
        };
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        let stranger = self.scope_of(self.ids.next());
        assert_eq!(self.find_session(&stranger, id).await, None);
    }

    async fn check_session(&self, session: &mut Session) {
        self.save_session(session).await;
        let stored = self.find_session(&self.scope, session.id()).await.unwrap();
        assert_eq!(stored.snapshot(), session.snapshot());
    }

    async fn another_tenant_sees_nothing(&self) {
        let mut operator = self.hired("walled", Role::Cashier);
        self.save(&mut operator).await;
        let stranger = self.scope_of(self.ids.next());
        assert_eq!(self.find(&stranger, operator.id()).await, None);
        let mut tx = self.store.begin(&stranger).await.unwrap();
        let by_login = tx.operators().find_by_login(operator.login()).await;
        assert_eq!(by_login.unwrap(), None);
        assert_eq!(tx.tenants().find().await.unwrap(), None);
        tx.commit().await.unwrap();
        let view = self.queries.operator(stranger.tenant, operator.id()).await;
        assert_eq!(view.unwrap(), None);
        let filter = OperatorFilter::default();
        let page = PageRequest::default();
        let list = self.queries.operators(stranger.tenant, filter, page).await;
        assert_eq!(list.unwrap().items, []);
    }

    async fn lists_are_filtered(&self) {
        let mut gone = self.hired("gone", Role::Auditor);
        gone.disable(None, after(1)).unwrap();
        self.save(&mut gone).await;
        self.save(&mut self.hired("here", Role::Auditor)).await;
        let filter = OperatorFilter {
            role: Some(Role::Auditor),
            status: Some(OperatorStatusName::Disabled),
        };
        let page = PageRequest::default();
        let list = self
            .queries
            .operators(self.scope.tenant, filter, page)
            .await;
        assert_eq!(list.unwrap().items, [gone.view()]);
    }
}
