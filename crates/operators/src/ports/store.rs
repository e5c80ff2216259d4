//! What a store of tenants, operators and sessions promises.

use async_trait::async_trait;
use kernel::{OperatorId, Scope, SessionId, StoreError, UnitOfWork};

use crate::login::Login;
use crate::operator::Operator;
use crate::session::Session;
use crate::tenant::Tenant;

/// Opens transactions on operators.
#[async_trait]
pub trait OperatorsStore: Send + Sync {
    /// Begins a transaction confined to the scope's tenant, which need not exist yet.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn OperatorsTx>, StoreError>;
}

/// One transaction on operators.
pub trait OperatorsTx: UnitOfWork {
    /// The tenant of the scope.
    fn tenants(&mut self) -> &mut dyn TenantRepository;

    /// The operators of the tenant.
    fn operators(&mut self) -> &mut dyn OperatorRepository;

    /// The sessions of the tenant's operators.
    fn sessions(&mut self) -> &mut dyn SessionRepository;
}

/// The scope's own tenant, inside a transaction.
#[async_trait]
pub trait TenantRepository: Send {
    /// The tenant of the scope, once it is founded.
    async fn find(&mut self) -> Result<Option<Tenant>, StoreError>;

    /// Writes the tenant, which must be the scope's own, and the events it recorded, and moves its version on.
    ///
    /// Fails with [`StoreError::Conflict`] if the stored version moved on, and with [`StoreError::Duplicate`]
    /// (`tenants_slug_key`) if another tenant has the slug.
    async fn save(&mut self, tenant: &mut Tenant) -> Result<(), StoreError>;
}

/// The operators of one tenant, inside a transaction.
#[async_trait]
pub trait OperatorRepository: Send {
    /// The operator; locked until the transaction ends.
    async fn find(&mut self, id: OperatorId) -> Result<Option<Operator>, StoreError>;

    /// The operator with this login; locked until the transaction ends, so that sign-ins at the same time are counted
    /// one after the other.
    async fn find_by_login(&mut self, login: &Login) -> Result<Option<Operator>, StoreError>;

    /// Writes the operator and the events they recorded, and moves their version on.
    ///
    /// Fails with [`StoreError::Conflict`] if the stored version moved on, and with [`StoreError::Duplicate`]
    /// (`operators_login_key`) if another operator of the tenant has the login.
    async fn save(&mut self, operator: &mut Operator) -> Result<(), StoreError>;
}

/// The sessions of one tenant's operators, inside a transaction.
#[async_trait]
pub trait SessionRepository: Send {
    /// The session; locked until the transaction ends.
    async fn find(&mut self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Writes the session and the events it recorded, and moves its version on.
    ///
    /// Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, session: &mut Session) -> Result<(), StoreError>;
}
