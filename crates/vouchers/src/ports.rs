//! What a store of vouchers promises.

use async_trait::async_trait;
use kernel::{
    BatchId, Money, Name, Page, PageRequest, PlanId, ProfileId, RouterId, Scope, StoreError,
    TenantId, Timestamp, UnitOfWork, VoucherId,
};
use serde::Serialize;

use crate::batch::Batch;
use crate::code::Alphabet;
use crate::validity::Validity;
use crate::voucher::{NewVoucher, Voucher, VoucherSnapshot, VoucherStateName};

/// Opens transactions over batches and vouchers.
#[async_trait]
pub trait VouchersStore: Send + Sync {
    /// Begins a transaction confined to the scope's tenant.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn VouchersTx>, StoreError>;
}

/// One transaction over batches and vouchers.
pub trait VouchersTx: UnitOfWork {
    /// The batches.
    fn batches(&mut self) -> &mut dyn BatchRepository;
    /// The vouchers.
    fn vouchers(&mut self) -> &mut dyn VoucherRepository;
}

/// Batches, by id.
#[async_trait]
pub trait BatchRepository: Send {
    /// The batch, or `None`.
    async fn find(&mut self, id: BatchId) -> Result<Option<Batch>, StoreError>;

    /// Writes the batch and its events. Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, batch: &mut Batch) -> Result<(), StoreError>;

    /// The batches with these ids, as far as there are any, in few statements and no particular order.
    async fn find_many(&mut self, ids: &[BatchId]) -> Result<Vec<Batch>, StoreError>;

    /// Writes new batches and their events, in few statements.
    ///
    /// Fails if an id is taken; the transaction is then of no further use.
    async fn insert_many(&mut self, batches: Vec<Batch>) -> Result<(), StoreError>;
}

/// Vouchers, by id, by code and in bulk.
#[async_trait]
pub trait VoucherRepository: Send {
    /// Writes new vouchers of a batch, with version 1, in as few statements as the database takes.
    ///
    /// Fails with [`StoreError::Duplicate`] of `vouchers_digest` if any code was ever issued by the tenant before;
    /// the transaction is then of no further use.
    async fn insert_many(
        &mut self,
        batch: BatchId,
        vouchers: Vec<NewVoucher>,
    ) -> Result<(), StoreError>;

    /// The voucher, or `None`.
    async fn find(&mut self, id: VoucherId) -> Result<Option<Voucher>, StoreError>;

    /// The voucher with this code digest, or `None`.
    async fn find_by_digest(&mut self, digest: [u8; 32]) -> Result<Option<Voucher>, StoreError>;

    /// Writes the voucher and its events. Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, voucher: &mut Voucher) -> Result<(), StoreError>;

    /// Up to `limit` vouchers that have not ended and whose clock has run out, the earliest first.
    async fn due_to_expire(
        &mut self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<Voucher>, StoreError>;

    /// Up to `limit` vouchers of a batch, in the order of their ids, after one of them.
    async fn page_of_batch(
        &mut self,
        batch: BatchId,
        after: Option<VoucherId>,
        limit: u16,
    ) -> Result<Vec<Voucher>, StoreError>;

    /// Withdraws every voucher of a batch that has not ended, in one statement and without an event for each; returns
    /// how many.
    async fn void_all_of(
        &mut self,
        batch: BatchId,
        reason: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Writes vouchers that another program made, as they stand, in as few statements as the database takes.
    ///
    /// Fails with [`StoreError::Duplicate`] of `vouchers_digest` if any code was ever issued by the tenant before;
    /// the transaction is then of no further use.
    async fn insert_imported(&mut self, vouchers: Vec<VoucherSnapshot>) -> Result<(), StoreError>;

    /// The vouchers with these code digests, as far as there are any, in few statements and no particular order.
    async fn find_many_by_digest(
        &mut self,
        digests: &[[u8; 32]],
    ) -> Result<Vec<Voucher>, StoreError>;
}

/// How many vouchers of a batch are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StateCounts {
    /// Made, not sold.
    pub generated: u64,
    /// Sold, not used.
    pub sold: u64,
    /// In use.
    pub active: u64,
    /// Over.
    pub expired: u64,
    /// Withdrawn.
    pub voided: u64,
}

impl StateCounts {
    /// The counter of a state.
    pub const fn of(&mut self, state: VoucherStateName) -> &mut u64 {
        match state {
            VoucherStateName::Generated => &mut self.generated,
            VoucherStateName::Sold => &mut self.sold,
            VoucherStateName::Active => &mut self.active,
            VoucherStateName::Expired => &mut self.expired,
            VoucherStateName::Voided => &mut self.voided,
        }
    }
}

/// A batch as people look at it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BatchView {
    /// The batch.
    pub id: BatchId,
    /// What people call it.
    pub name: Name,
    /// What is sold.
    pub plan: PlanId,
    /// The technical side.
    pub profile: ProfileId,
    /// Where it is valid.
    pub router: RouterId,
    /// How many were ordered.
    pub count: u32,
    /// How many exist.
    pub generated: u32,
    /// What codes are drawn from.
    pub alphabet: Alphabet,
    /// Random characters in a code.
    pub length: u8,
    /// What stands before them.
    pub prefix: String,
    /// The clocks.
    pub validity: Validity,
    /// What one costs.
    pub price: Money,
    /// `generating`, `ready` or `voided`.
    pub status: &'static str,
    /// Why it was withdrawn.
    pub voided_reason: Option<String>,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// What became of its vouchers.
    pub states: StateCounts,
}

/// A voucher as people look at it: never with its code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VoucherView {
    /// The voucher.
    pub id: VoucherId,
    /// Its batch.
    pub batch: BatchId,
    /// Where it stands.
    pub state: VoucherStateName,
    /// When it entered that state; absent while generated.
    pub state_since: Option<Timestamp>,
    /// When its present clock runs out.
    pub expires_at: Option<Timestamp>,
    /// Why it was withdrawn.
    pub voided_reason: Option<String>,
}

/// Which batches are wanted; what is absent does not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchFilter {
    /// Only batches of this router.
    pub router: Option<RouterId>,
    /// Only batches of this plan.
    pub plan: Option<PlanId>,
}

/// Which vouchers are wanted; what is absent does not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VoucherFilter {
    /// Only vouchers of this batch.
    pub batch: Option<BatchId>,
    /// Only vouchers in this state.
    pub state: Option<VoucherStateName>,
}

/// Reads of batches and vouchers, newest first.
#[async_trait]
pub trait VoucherQueries: Send + Sync {
    /// One batch with its counts.
    async fn batch(&self, tenant: TenantId, id: BatchId) -> Result<Option<BatchView>, StoreError>;

    /// Batches that pass the filter; their counts come from one more query, not one each.
    async fn batches(
        &self,
        tenant: TenantId,
        filter: BatchFilter,
        page: PageRequest,
    ) -> Result<Page<BatchView>, StoreError>;

    /// One voucher.
    async fn voucher(
        &self,
        tenant: TenantId,
        id: VoucherId,
    ) -> Result<Option<VoucherView>, StoreError>;

    /// Vouchers that pass the filter.
    async fn vouchers(
        &self,
        tenant: TenantId,
        filter: VoucherFilter,
        page: PageRequest,
    ) -> Result<Page<VoucherView>, StoreError>;

    /// Which of these vouchers were made or sold but never used, in one query.
    async fn unused_among(
        &self,
        tenant: TenantId,
        vouchers: &[VoucherId],
    ) -> Result<Vec<VoucherId>, StoreError>;
}
