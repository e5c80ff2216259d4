//! What the access context needs from a store, and the views it shows.

use std::net::Ipv4Addr;

use async_trait::async_trait;
use kernel::{
    GrantId, Page, PageRequest, ProfileId, RouterId, Scope, StoreError, TenantId, Timestamp,
    UnitOfWork,
};
use serde::Serialize;

use crate::adoption::ImportRepository;
use crate::grant::{Allowance, Grant, Subject};
use crate::login::{LoginRef, Service};
use crate::profile::{ProfileStatus, ServiceProfile, Terms};
use crate::router::{LoginMethod, Reconciled, Router, RouterFacts, RouterStatus};
use crate::setup::RouterSetup;
use crate::transport::Transport;

/// The constraint that keeps profile names unique in a tenant.
pub const PROFILE_NAME_UNIQUE: &str = "service_profiles_name";

/// The constraint that keeps router names unique among a tenant's routers in service.
pub const ROUTER_NAME_UNIQUE: &str = "routers_name";

/// The constraint that keeps serials unique among a tenant's routers in service.
pub const ROUTER_SERIAL_UNIQUE: &str = "routers_serial";

/// The constraint that keeps logins unique per router and service among grants that have not ended.
pub const GRANT_LOGIN_UNIQUE: &str = "grants_login";

/// The constraint that gives a subject one grant in a tenant.
pub const GRANT_SUBJECT_UNIQUE: &str = "grants_subject";

/// Opens transactions of this context.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// A transaction in a scope; dropping it rolls back.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn AccessTx>, StoreError>;

    /// Forgets up to `limit` previews of imports, of whatever tenant, that were made before an instant and never applied,
    /// with their rows; returns how many.
    async fn forget_previews(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// One transaction over profiles, routers, their setups and grants.
pub trait AccessTx: UnitOfWork {
    /// The profiles.
    fn profiles(&mut self) -> &mut dyn ProfileRepository;
    /// The routers.
    fn routers(&mut self) -> &mut dyn RouterRepository;
    /// The grants.
    fn grants(&mut self) -> &mut dyn GrantRepository;
    /// What routers hold besides customers.
    fn setups(&mut self) -> &mut dyn SetupRepository;
    /// The imports and historical sales.
    fn imports(&mut self) -> &mut dyn ImportRepository;
}

/// Profiles of the scope's tenant.
#[async_trait]
pub trait ProfileRepository: Send {
    /// The profile, or `None`.
    async fn find(&mut self, id: ProfileId) -> Result<Option<ServiceProfile>, StoreError>;

    /// The profiles of grants on a router that have not ended, each once.
    async fn used_on(&mut self, router: RouterId) -> Result<Vec<ServiceProfile>, StoreError>;

    /// Writes the profile and its recorded events.
    ///
    /// Fails with [`StoreError::Conflict`] if the stored version moved on, and with a duplicate of
    /// [`PROFILE_NAME_UNIQUE`] if the name is taken.
    async fn save(&mut self, profile: &mut ServiceProfile) -> Result<(), StoreError>;

    /// The profiles that stand for a router's own rows.
    async fn adopted_on(&mut self, router: RouterId) -> Result<Vec<ServiceProfile>, StoreError>;
}

/// Routers of the scope's tenant.
#[async_trait]
pub trait RouterRepository: Send {
    /// The router, or `None`.
    async fn find(&mut self, id: RouterId) -> Result<Option<Router>, StoreError>;

    /// The routers that have a grant, not ended, on a profile; each once.
    async fn using(&mut self, profile: ProfileId) -> Result<Vec<RouterId>, StoreError>;

    /// Every router in service, oldest first.
    async fn in_service(&mut self) -> Result<Vec<RouterId>, StoreError>;

    /// Writes the router and its recorded events.
    ///
    /// Fails with [`StoreError::Conflict`] if the stored version moved on, and with a duplicate of
    /// [`ROUTER_NAME_UNIQUE`] or [`ROUTER_SERIAL_UNIQUE`] if another router in service has the name or serial.
    async fn save(&mut self, router: &mut Router) -> Result<(), StoreError>;
}

/// Setups of the scope's tenant's routers.
#[async_trait]
pub trait SetupRepository: Send {
    /// The setup of a router; an empty one if none was ever saved.
    async fn of(&mut self, router: RouterId) -> Result<RouterSetup, StoreError>;

    /// Writes the setup of a router that exists, and its recorded events.
    ///
    /// Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, setup: &mut RouterSetup) -> Result<(), StoreError>;
}

/// A revision of a grant that its router has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation {
    /// The grant.
    pub grant: GrantId,
    /// Who it is for.
    pub subject: Subject,
    /// The revision that was brought to the router.
    pub revision: u32,
}

/// A grant that its router refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The grant.
    pub grant: GrantId,
    /// Why, in words.
    pub reason: String,
}

/// Grants of the scope's tenant.
#[async_trait]
pub trait GrantRepository: Send {
    /// The grant, or `None`.
    async fn find(&mut self, id: GrantId) -> Result<Option<Grant>, StoreError>;

    /// The grant of a subject, or `None`.
    async fn find_by_subject(&mut self, subject: Subject) -> Result<Option<Grant>, StoreError>;

    /// Writes the grant and its recorded events.
    ///
    /// Fails with [`StoreError::Conflict`] if the stored version moved on, and with a duplicate of
    /// [`GRANT_LOGIN_UNIQUE`] or [`GRANT_SUBJECT_UNIQUE`].
    async fn save(&mut self, grant: &mut Grant) -> Result<(), StoreError>;

    /// Writes new grants of one router, skipping subjects that have one already, and returns how many were new.
    /// Their own events are dropped; [`crate::insertion_event`] is recorded instead.
    ///
    /// Fails with a duplicate of [`GRANT_LOGIN_UNIQUE`] if a login is taken by another subject.
    async fn insert_many(&mut self, grants: Vec<Grant>) -> Result<u64, StoreError>;

    /// What [`Grant::end`] does, to the grants of many subjects in few statements, bumping their stored versions;
    /// subjects without a grant and grants that have ended are skipped. Records [`crate::ending_event`] for each
    /// router and returns the routers concerned, each once.
    async fn end_many(
        &mut self,
        subjects: &[Subject],
        at: Timestamp,
    ) -> Result<Vec<RouterId>, StoreError>;

    /// Up to `limit` grants of a router for which [`Grant::is_pending`] holds. Those that have never failed come first;
    /// among them active subscriptions (who has just paid waits for it), then the other subscriptions, then vouchers;
    /// then by id.
    async fn pending(
        &mut self,
        router: RouterId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Grant>, StoreError>;

    /// Up to `limit` grants of a router, by id, after an id: those that have not ended, and ended ones whose end the
    /// router has not confirmed.
    async fn page_of(
        &mut self,
        router: RouterId,
        after: Option<GrantId>,
        limit: u32,
    ) -> Result<Vec<Grant>, StoreError>;

    /// How many grants of a router have not ended.
    async fn count_live(&mut self, router: RouterId) -> Result<u64, StoreError>;

    /// What [`Grant::confirm`] does, to many grants of one router in few statements, bumping their stored versions.
    /// Records [`crate::confirmation_events`].
    async fn confirm_many(
        &mut self,
        router: RouterId,
        confirmations: &[Confirmation],
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// What [`Grant::fail`] does, to many grants, bumping their stored versions. Records no event:
    /// [`AccessQueries::not_applied`] shows them.
    async fn fail_many(&mut self, failures: &[Failure], at: Timestamp) -> Result<(), StoreError>;

    /// Up to `limit` grants of active subscriptions on a router that were changed after an instant and that the router
    /// has not confirmed, by id: who has paid while something else was being done.
    async fn paid_since(
        &mut self,
        router: RouterId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Grant>, StoreError>;
}

/// A router, as shown. No credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouterView {
    /// Its id.
    pub id: RouterId,
    /// Its name.
    pub name: String,
    /// Its address or name.
    pub host: String,
    /// The port of its API service.
    pub port: u16,
    /// How the way is protected.
    pub transport: Transport,
    /// How to log in.
    pub method: LoginMethod,
    /// The API account.
    pub username: String,
    /// What it said about itself.
    pub facts: RouterFacts,
    /// How it does.
    pub status: RouterStatus,
    /// The last full comparison.
    pub last_reconcile: Option<Reconciled>,
    /// Grants on it that have not ended.
    pub grants: u64,
    /// Grants whose newest revision it does not have.
    pub pending: u64,
    /// Grants whose sessions could not be ended: customers who are online and should not be.
    pub still_online: u64,
}

/// A profile, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfileView {
    /// Its id.
    pub id: ProfileId,
    /// Its name.
    pub name: String,
    /// The service it is for.
    pub service: Service,
    /// What it allows.
    pub terms: Terms,
    /// Whether it is offered.
    pub status: ProfileStatus,
    /// Grows with every change of the terms.
    pub revision: u32,
}

/// A grant, as shown. No password; a voucher's login is masked because it is the voucher's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantView {
    /// Its id.
    pub id: GrantId,
    /// The router.
    pub router: RouterId,
    /// Who it is for.
    pub subject: Subject,
    /// The service.
    pub service: Service,
    /// The login; of a voucher only [`crate::Login::masked`].
    pub login: String,
    /// The address a device is always to have.
    pub address: Option<Ipv4Addr>,
    /// The profile.
    pub profile: ProfileId,
    /// What it allows.
    pub allowance: Allowance,
    /// The newest revision.
    pub revision: u32,
    /// When the newest revision was made.
    pub changed_at: Timestamp,
    /// The last revision the router is known to have.
    pub applied_revision: u32,
    /// When that was confirmed.
    pub applied_at: Option<Timestamp>,
    /// Why the newest revision is not on the router, if it was tried.
    pub error: Option<String>,
}

/// A grant whose newest revision is not on its router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotApplied {
    /// The grant.
    pub grant: GrantView,
    /// Why: the router's refusal, else why the router is out of reach; `None` while it is merely waiting.
    pub reason: Option<String>,
    /// Since when: the first refusal, else the change itself.
    pub since: Timestamp,
}

/// Which grants are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GrantFilter {
    /// Only those on this router.
    pub router: Option<RouterId>,
    /// Only this subject's.
    pub subject: Option<Subject>,
}

/// Lists and views, newest first.
#[async_trait]
pub trait AccessQueries: Send + Sync {
    /// A router, or `None`.
    async fn router(
        &self,
        tenant: TenantId,
        id: RouterId,
    ) -> Result<Option<RouterView>, StoreError>;

    /// The routers, retired ones included.
    async fn routers(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<RouterView>, StoreError>;

    /// A profile, or `None`.
    async fn profile(
        &self,
        tenant: TenantId,
        id: ProfileId,
    ) -> Result<Option<ProfileView>, StoreError>;

    /// The profiles, retired ones included.
    async fn profiles(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<ProfileView>, StoreError>;

    /// The grants.
    async fn grants(
        &self,
        tenant: TenantId,
        filter: GrantFilter,
        page: PageRequest,
    ) -> Result<Page<GrantView>, StoreError>;

    /// Whose these logins on a router are, grants that have ended left out: one statement for all of them.
    async fn subjects_of(
        &self,
        tenant: TenantId,
        router: RouterId,
        logins: &[LoginRef],
    ) -> Result<Vec<(LoginRef, Subject)>, StoreError>;

    /// The routers on which the logins of some subjects are, grants that have ended included: one statement for all of them. Who
    /// has none is absent.
    async fn routers_of(
        &self,
        tenant: TenantId,
        subjects: &[Subject],
    ) -> Result<Vec<(Subject, RouterId)>, StoreError>;

    /// The grants whose newest revision is not on their router; of one router or of all.
    async fn not_applied(
        &self,
        tenant: TenantId,
        router: Option<RouterId>,
        page: PageRequest,
    ) -> Result<Page<NotApplied>, StoreError>;
}
