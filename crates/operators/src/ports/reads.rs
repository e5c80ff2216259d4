//! Ports of readers: operators and tenants as people look at them.

use async_trait::async_trait;
use kernel::{OperatorId, Page, PageRequest, Slug, StoreError, TenantId, Timestamp};
use serde::Serialize;

use crate::operator::OperatorStatusName;
use crate::role::Role;

/// An operator as people look at them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorView {
    /// Their id.
    pub id: OperatorId,
    /// What they sign in with.
    pub login: String,
    /// What they are called.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Whether they may sign in.
    pub status: OperatorStatusName,
    /// Until when wrong passwords keep them out.
    pub locked_until: Option<Timestamp>,
    /// When they last signed in.
    pub last_signed_in_at: Option<Timestamp>,
    /// When they were hired.
    pub hired_at: Timestamp,
    /// How often the operator was saved.
    pub version: i64,
}

/// A tenant as people look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TenantView {
    /// Its id.
    pub id: TenantId,
    /// The name in addresses and at sign-in.
    pub slug: String,
    /// The name people read.
    pub name: String,
    /// When it was founded.
    pub founded_at: Timestamp,
}

/// Which operators are wanted; what is absent does not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperatorFilter {
    /// Only operators with this role.
    pub role: Option<Role>,
    /// Only operators in this status.
    pub status: Option<OperatorStatusName>,
}

/// Reads of one tenant's operators, newest first.
#[async_trait]
pub trait OperatorQueries: Send + Sync {
    /// The tenant itself.
    async fn tenant(&self, tenant: TenantId) -> Result<Option<TenantView>, StoreError>;

    /// One operator.
    async fn operator(
        &self,
        tenant: TenantId,
        id: OperatorId,
    ) -> Result<Option<OperatorView>, StoreError>;

    /// Operators that pass the filter.
    async fn operators(
        &self,
        tenant: TenantId,
        filter: OperatorFilter,
        page: PageRequest,
    ) -> Result<Page<OperatorView>, StoreError>;
}

/// Finds tenants before anybody is signed in, and for work that concerns them all.
#[async_trait]
pub trait TenantDirectory: Send + Sync {
    /// The tenant with this slug.
    async fn by_slug(&self, slug: &Slug) -> Result<Option<TenantId>, StoreError>;

    /// Every tenant, oldest first.
    async fn all(&self) -> Result<Vec<TenantId>, StoreError>;
}
