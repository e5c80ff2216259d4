//! What the counting of use needs from a store, and the views it shows.

use async_trait::async_trait;
use kernel::{
    AccessSessionId, GrantId, LocalDate, Page, PageRequest, RouterId, StoreError, TenantId,
    Timestamp,
};
use serde::Serialize;

use crate::grant::Subject;
use crate::login::{LoginRef, Service};
use crate::usage::account::LoginChange;
use crate::usage::load::Load;
use crate::usage::meter::Meter;
use crate::usage::poll::PollState;
use crate::usage::session::{EndCause, TrackedSession};

/// Whose a login is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The login.
    pub login: LoginRef,
    /// The grant that has not ended.
    pub grant: GrantId,
    /// Who it is for.
    pub subject: Subject,
}

/// Meters, sessions and days of use.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// What is known of a router from its last poll, or `None` before the first.
    async fn poll_state(
        &self,
        tenant: TenantId,
        router: RouterId,
    ) -> Result<Option<PollState>, StoreError>;

    /// The sessions of a router that have not ended.
    async fn open_sessions(
        &self,
        tenant: TenantId,
        router: RouterId,
    ) -> Result<Vec<TrackedSession>, StoreError>;

    /// Up to `limit` meters of a router in the order of their logins, service first, after one of them.
    async fn meters(
        &self,
        tenant: TenantId,
        router: RouterId,
        after: Option<&LoginRef>,
        limit: u32,
    ) -> Result<Vec<Meter>, StoreError>;

    /// The meters of these logins, in any order: one statement for a few hundred.
    async fn meters_of(
        &self,
        tenant: TenantId,
        router: RouterId,
        logins: &[LoginRef],
    ) -> Result<Vec<Meter>, StoreError>;

    /// Whose these logins are, grants that have ended left out, in any order: one statement for a few hundred.
    async fn owners_of(
        &self,
        tenant: TenantId,
        router: RouterId,
        logins: &[LoginRef],
    ) -> Result<Vec<Owner>, StoreError>;

    /// Records changes of different logins and the state of the router, all or nothing, in a few statements however
    /// many they are: meters and sessions are replaced, use is added to its day, what was carried to the grant's total,
    /// and [`crate::session_events`] among the events.
    ///
    /// Returns the new version of the state. Fails with [`StoreError::Conflict`] if the stored one is no longer
    /// `state.version`: somebody else has recorded a poll of this router meanwhile.
    async fn record(
        &self,
        tenant: TenantId,
        router: RouterId,
        state: &PollState,
        day: LocalDate,
        changes: &[LoginChange],
    ) -> Result<i64, StoreError>;

    /// Deletes up to `limit` sessions, of any tenant, that were found ended before an instant; returns how many.
    async fn forget_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Moves up to `limit` days of use, of any tenant, that lie before a day into the totals of their grants; returns
    /// how many. Totals stay what they were.
    async fn fold_days(&self, before: LocalDate, limit: u32) -> Result<u64, StoreError>;

    /// Deletes up to `limit` meters, of any tenant, whose grants ended before an instant; returns how many. A meter stays
    /// while a session of its login is open, or a grant that has not ended has its login.
    async fn forget_meters(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Deletes up to `limit` events of sessions, of any tenant, that were recorded before an instant and that nobody
    /// waits for; returns how many. The newest event of all stays.
    async fn forget_session_events(&self, before: Timestamp, limit: u32)
    -> Result<u64, StoreError>;
}

/// What was used on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DayUsage {
    /// The day, in the zone of the provider's first legal entity: the one on which the poll noticed the use.
    pub day: LocalDate,
    /// What was used.
    pub used: Load,
}

/// What a grant has used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantUsage {
    /// The days with any use, the earliest first.
    pub days: Vec<DayUsage>,
    /// Everything ever used, days long gone included.
    pub total: Load,
}

/// Which sessions are wanted; what is absent does not filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionFilter {
    /// Only those on this router.
    pub router: Option<RouterId>,
    /// Only those on this grant.
    pub grant: Option<GrantId>,
    /// Only this subject's.
    pub subject: Option<Subject>,
    /// Only those that run, or only those that have ended.
    pub is_open: Option<bool>,
}

/// A session, as shown; a voucher's login is masked because it is the voucher's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionView {
    /// The session.
    pub id: AccessSessionId,
    /// The router.
    pub router: RouterId,
    /// The grant.
    pub grant: GrantId,
    /// Who it is for.
    pub subject: Subject,
    /// The service.
    pub service: Service,
    /// The login; of a voucher only [`crate::Login::masked`].
    pub login: String,
    /// When it began, by its own age.
    pub started_at: Timestamp,
    /// When it was last seen.
    pub seen_at: Timestamp,
    /// When it was found ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended, as far as a poll can tell.
    pub cause: Option<EndCause>,
    /// The customer's address, if known.
    pub address: Option<String>,
    /// The device: a MAC address as a rule.
    pub device: Option<String>,
    /// What was recorded from it.
    pub used: Load,
}

/// How many were online on a router at its last poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RouterOnline {
    /// The tenant.
    pub tenant: TenantId,
    /// The router.
    pub router: RouterId,
    /// Hotspot sessions.
    pub hotspot: u64,
    /// PPPoE sessions.
    pub pppoe: u64,
    /// When that was.
    pub at: Timestamp,
}

/// Reads of use and sessions.
#[async_trait]
pub trait UsageQueries: Send + Sync {
    /// What a grant has used on the days from one to another, both included; `None` without such a grant.
    async fn usage_of(
        &self,
        tenant: TenantId,
        grant: GrantId,
        from: LocalDate,
        to: LocalDate,
    ) -> Result<Option<GrantUsage>, StoreError>;

    /// The sessions that pass the filter, those first seen last first.
    async fn sessions(
        &self,
        tenant: TenantId,
        filter: SessionFilter,
        page: PageRequest,
    ) -> Result<Page<SessionView>, StoreError>;

    /// How many were online at the last poll of each router, of every tenant: for gauges.
    async fn online(&self) -> Result<Vec<RouterOnline>, StoreError>;
}
