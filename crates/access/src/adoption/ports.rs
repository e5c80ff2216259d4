//! What imports need from a store, and the views they show.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDateTime;
use kernel::{
    HistoricalSaleId, ImportId, ImportRowId, Money, Page, PageRequest, PlanId, ProfileId, RouterId,
    StoreError, TenantId, Timestamp,
};

use super::import::{Import, ImportRow, ImportSnapshot, RowCount, RowState, Settled};
use super::proposal::RowKind;
use super::raw::Raw;

/// Imports and historical sales of the scope's tenant.
#[async_trait]
pub trait ImportRepository: Send {
    /// The import, or `None`.
    async fn find(&mut self, id: ImportId) -> Result<Option<Import>, StoreError>;

    /// Writes the import and its recorded events.
    ///
    /// Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, import: &mut Import) -> Result<(), StoreError>;

    /// Writes new rows of an import, in few statements.
    async fn insert_rows(
        &mut self,
        import: ImportId,
        rows: Vec<ImportRow>,
    ) -> Result<(), StoreError>;

    /// Up to `limit` rows with work left, by id, after an id.
    async fn open_rows(
        &mut self,
        import: ImportId,
        after: Option<ImportRowId>,
        limit: u16,
    ) -> Result<Vec<ImportRow>, StoreError>;

    /// Notes what became of rows, each named once, in few statements. A row without work left keeps what it has.
    async fn settle(&mut self, import: ImportId, settled: &[Settled]) -> Result<(), StoreError>;

    /// How many rows of each kind are in each state.
    async fn count_rows(&mut self, import: ImportId) -> Result<Vec<RowCount>, StoreError>;

    /// Writes sales for good, skipping those of the same router with the same digest, and returns how many were new.
    async fn insert_sales(&mut self, sales: Vec<HistoricalSale>) -> Result<u64, StoreError>;
}

/// A sale that another program recorded on a router, before this product had it. Never changed, and no invoice: it is
/// for reports only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoricalSale {
    /// Its id.
    pub id: HistoricalSaleId,
    /// The router it was found on.
    pub router: RouterId,
    /// The import that found it.
    pub import: ImportId,
    /// A keyed digest of the record, unique per router.
    pub digest: [u8; 32],
    /// When, in the zone of the import.
    pub at: Timestamp,
    /// When, by the router's own clock.
    pub local: NaiveDateTime,
    /// The hotspot user.
    pub login: Raw,
    /// What was paid.
    pub price: Money,
    /// The address.
    pub address: Raw,
    /// The device.
    pub device: Raw,
    /// Seconds of validity.
    pub validity_s: Option<u64>,
    /// The profile's name on the router.
    pub profile: Raw,
    /// The comment: its batch.
    pub comment: Raw,
}

/// An import, as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportView {
    /// Everything but its rows.
    pub import: ImportSnapshot,
    /// How many rows of each kind are in each state.
    pub counts: Vec<RowCount>,
}

/// Which rows of an import are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportRowFilter {
    /// Only rows of this kind.
    pub kind: Option<RowKind>,
    /// Only rows in this state.
    pub state: Option<RowState>,
}

/// Lists and views of imports.
#[async_trait]
pub trait ImportQueries: Send + Sync {
    /// An import, or `None`.
    async fn import(
        &self,
        tenant: TenantId,
        id: ImportId,
    ) -> Result<Option<ImportView>, StoreError>;

    /// The rows of an import, in the order in which they are applied.
    async fn import_rows(
        &self,
        tenant: TenantId,
        id: ImportId,
        filter: ImportRowFilter,
        page: PageRequest,
    ) -> Result<Page<ImportRow>, StoreError>;

    /// The sales that were found on a router, the ones imported last first.
    async fn historical_sales(
        &self,
        tenant: TenantId,
        router: RouterId,
        page: PageRequest,
    ) -> Result<Page<HistoricalSale>, StoreError>;
}

/// Knows what vouchers are sold under: plans are another context's.
#[async_trait]
pub trait SoldPlans: Send + Sync {
    /// For each of the profiles that has a plan for vouchers, that plan: one that is offered, else a retired one; of
    /// several the oldest.
    async fn plans_of(
        &self,
        tenant: TenantId,
        profiles: &[ProfileId],
    ) -> Result<BTreeMap<ProfileId, PlanId>, StoreError>;
}
