//! What a store of tills promises.

use async_trait::async_trait;
use kernel::{EntityId, Money, OperatorId, Page, PageRequest, StoreError, TenantId};

use crate::report_ports::DayPage;
use crate::till::{SuspenseCash, Taking, TillDay, TillDayId, TillDaySnapshot};

/// The constraint that gives an operator one open day with an entity.
pub const TILL_OPEN_UNIQUE: &str = "till_days_entity_id_operator_id";

/// The tills of the scope's tenant.
#[async_trait]
pub trait TillRepository: Send {
    /// The day, its row locked until the transaction ends, so that nothing is taken while it is counted. `None` if there is
    /// none. Its version grows by one.
    async fn lock(&mut self, id: TillDayId) -> Result<Option<TillDay>, StoreError>;

    /// The open day of an operator with an entity, locked like [`lock`](Self::lock). Whoever locks an account as well does that
    /// first.
    async fn lock_open(
        &mut self,
        entity: EntityId,
        operator: OperatorId,
    ) -> Result<Option<TillDay>, StoreError>;

    /// The cash that came in on a day less what went out.
    async fn taken_on(&mut self, day: &TillDay) -> Result<Money, StoreError>;

    /// Notes who took money; told once for each source.
    async fn take(&mut self, taking: Taking) -> Result<(), StoreError>;

    /// Notes cash that no account has; told once for its way in and once for its way out.
    async fn take_suspense(&mut self, cash: SuspenseCash) -> Result<(), StoreError>;

    /// Writes the day and its events. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a duplicate
    /// of [`TILL_OPEN_UNIQUE`] if the operator has an open day with the entity.
    async fn save(&mut self, day: &mut TillDay) -> Result<(), StoreError>;
}

/// A day of a till with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillDayView {
    /// The day.
    pub day: TillDaySnapshot,
    /// The cash that came in less what went out, so far.
    pub taken: Money,
}

/// Which days are wanted; what is absent does not filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TillFilter {
    /// Only with this entity.
    pub entity: Option<EntityId>,
    /// Only this operator's.
    pub operator: Option<OperatorId>,
    /// Only open ones, or only closed ones.
    pub is_open: Option<bool>,
}

/// Reads of tills.
#[async_trait]
pub trait TillQueries: Send + Sync {
    /// One day.
    async fn till_day(
        &self,
        tenant: TenantId,
        id: TillDayId,
    ) -> Result<Option<TillDayView>, StoreError>;

    /// The days that pass the filter, newest first.
    async fn till_days(
        &self,
        tenant: TenantId,
        filter: TillFilter,
        page: PageRequest,
    ) -> Result<Page<TillDayView>, StoreError>;

    /// The closed days of some business days, by day and id.
    async fn tills_closed(
        &self,
        tenant: TenantId,
        page: DayPage<TillDayId>,
    ) -> Result<Vec<TillDayView>, StoreError>;
}
