//! Batches and vouchers in maps, behind the same promises as a database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel::{
    BatchId, Cursor, JobRequest, NewEvent, Page, PageRequest, Scope, StoreError, TenantId,
    Timestamp, UnitOfWork, VoucherId,
};

use crate::batch::{Batch, BatchSnapshot, BatchStatus};
use crate::ports::{
    BatchFilter, BatchRepository, BatchView, StateCounts, VoucherFilter, VoucherQueries,
    VoucherRepository, VoucherView, VouchersStore, VouchersTx,
};
use crate::voucher::{NewVoucher, Voucher, VoucherSnapshot, VoucherState, VoucherStateName};

#[derive(Debug, Clone, Default)]
struct Rows {
    batches: BTreeMap<(TenantId, BatchId), BatchSnapshot>,
    vouchers: BTreeMap<(TenantId, VoucherId), VoucherSnapshot>,
    digests: BTreeMap<(TenantId, [u8; 32]), VoucherId>,
    events: Vec<NewEvent>,
    jobs: Vec<JobRequest>,
}

/// The fake: cloning it clones a handle.
#[derive(Debug, Clone, Default)]
pub struct MemoryVouchers {
    rows: Arc<Mutex<Rows>>,
}

impl MemoryVouchers {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every event that was committed, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<NewEvent> {
        self.lock().events.clone()
    }

    /// Every job that was enqueued, oldest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobRequest> {
        self.lock().jobs.clone()
    }

    /// Takes the events and jobs that were committed since the last time away, as whoever carries them on would.
    #[must_use]
    pub fn take_outbox(&self) -> (Vec<NewEvent>, Vec<JobRequest>) {
        let mut rows = self.lock();
        (
            std::mem::take(&mut rows.events),
            std::mem::take(&mut rows.jobs),
        )
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl VouchersStore for MemoryVouchers {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn VouchersTx>, StoreError> {
        let rows = self.lock().clone();
        Ok(Box::new(MemoryTx {
            store: self.clone(),
            tenant: scope.tenant,
            rows,
            writes: Vec::new(),
        }))
    }
}

/// What a transaction wrote: replayed on commit, and refused there if another one was faster.
#[derive(Debug)]
enum Write {
    Batch(BatchSnapshot),
    Voucher(VoucherSnapshot),
    Job(JobRequest),
    Event(NewEvent),
}

struct MemoryTx {
    store: MemoryVouchers,
    tenant: TenantId,
    rows: Rows,
    writes: Vec<Write>,
}

impl MemoryTx {
    fn write(&mut self, write: Write) -> Result<(), StoreError> {
        self.rows.apply(self.tenant, &write)?;
        self.writes.push(write);
        Ok(())
    }

    fn record(&mut self, events: Vec<NewEvent>) -> Result<(), StoreError> {
        events
            .into_iter()
            .try_for_each(|it| self.write(Write::Event(it)))
    }

    fn of_tenant(&self) -> impl Iterator<Item = &VoucherSnapshot> {
        let tenant = self.tenant;
        self.rows
            .vouchers
            .iter()
            .filter(move |((owner, _), _)| *owner == tenant)
            .map(|(_, it)| it)
    }
}

impl Rows {
    fn apply(&mut self, tenant: TenantId, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Batch(batch) => {
                let key = (tenant, batch.order.id);
                in_order(self.batches.get(&key).map(|it| it.version), batch.version)?;
                self.batches.insert(key, batch.clone());
            }
            Write::Voucher(voucher) => {
                let key = (tenant, voucher.id);
                in_order(
                    self.vouchers.get(&key).map(|it| it.version),
                    voucher.version,
                )?;
                let holder = self.digests.insert((tenant, voucher.digest), voucher.id);
                if holder.is_some_and(|it| it != voucher.id) {
                    return Err(StoreError::Duplicate {
                        constraint: "vouchers_digest".to_owned(),
                    });
                }
                self.vouchers.insert(key, voucher.clone());
            }
            Write::Job(job) => self.jobs.push(job.clone()),
            Write::Event(event) => self.events.push(event.clone()),
        }
        Ok(())
    }
}

fn in_order(stored: Option<i64>, written: i64) -> Result<(), StoreError> {
    if written == stored.unwrap_or(0) + 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

#[async_trait]
impl UnitOfWork for MemoryTx {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.write(Write::Job(job))
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let mut shared = self.store.lock();
        let mut rows = shared.clone();
        self.writes
            .iter()
            .try_for_each(|it| rows.apply(self.tenant, it))?;
        *shared = rows;
        Ok(())
    }
}

impl VouchersTx for MemoryTx {
    fn batches(&mut self) -> &mut dyn BatchRepository {
        self
    }

    fn vouchers(&mut self) -> &mut dyn VoucherRepository {
        self
    }
}

#[async_trait]
impl BatchRepository for MemoryTx {
    async fn find(&mut self, id: BatchId) -> Result<Option<Batch>, StoreError> {
        Ok(self
            .rows
            .batches
            .get(&(self.tenant, id))
            .cloned()
            .map(Batch::restore))
    }

    async fn save(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        let mut row = batch.snapshot();
        row.version += 1;
        let version = row.version;
        let events = batch.take_events();
        let id = row.order.id;
        let events = events
            .iter()
            .map(|it| NewEvent::of(id, it))
            .collect::<Result<_, _>>()?;
        self.write(Write::Batch(row))?;
        self.record(events)?;
        batch.saved_as(version);
        Ok(())
    }

    async fn find_many(&mut self, ids: &[BatchId]) -> Result<Vec<Batch>, StoreError> {
        let rows = ids
            .iter()
            .map(|it| self.rows.batches.get(&(self.tenant, *it)));
        Ok(rows.flatten().cloned().map(Batch::restore).collect())
    }

    async fn insert_many(&mut self, batches: Vec<Batch>) -> Result<(), StoreError> {
        for mut batch in batches {
            BatchRepository::save(self, &mut batch).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl VoucherRepository for MemoryTx {
    async fn insert_many(
        &mut self,
        batch: BatchId,
        vouchers: Vec<NewVoucher>,
    ) -> Result<(), StoreError> {
        vouchers.into_iter().try_for_each(|new| {
            self.write(Write::Voucher(VoucherSnapshot {
                id: new.id,
                batch,
                code: new.code,
                digest: new.digest,
                state: VoucherState::Generated,
                expires_at: new.expires_at,
                version: 1,
            }))
        })
    }

    async fn insert_imported(&mut self, vouchers: Vec<VoucherSnapshot>) -> Result<(), StoreError> {
        let mut vouchers = vouchers.into_iter();
        vouchers.try_for_each(|it| self.write(Write::Voucher(it)))
    }

    async fn find(&mut self, id: VoucherId) -> Result<Option<Voucher>, StoreError> {
        self.rows
            .vouchers
            .get(&(self.tenant, id))
            .cloned()
            .map(restore)
            .transpose()
    }

    async fn find_by_digest(&mut self, digest: [u8; 32]) -> Result<Option<Voucher>, StoreError> {
        let Some(id) = self.rows.digests.get(&(self.tenant, digest)).copied() else {
            return Ok(None);
        };
        VoucherRepository::find(self, id).await
    }

    async fn find_many_by_digest(
        &mut self,
        digests: &[[u8; 32]],
    ) -> Result<Vec<Voucher>, StoreError> {
        let mut found = Vec::new();
        for digest in digests {
            found.extend(self.find_by_digest(*digest).await?);
        }
        Ok(found)
    }

    async fn save(&mut self, voucher: &mut Voucher) -> Result<(), StoreError> {
        let mut row = voucher.snapshot();
        row.version += 1;
        let (id, version) = (row.id, row.version);
        let events = voucher.take_events();
        let events = events
            .iter()
            .map(|it| NewEvent::of(id, it))
            .collect::<Result<_, _>>()?;
        self.write(Write::Voucher(row))?;
        self.record(events)?;
        voucher.saved_as(version);
        Ok(())
    }

    async fn due_to_expire(
        &mut self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<Voucher>, StoreError> {
        let is_due = |it: &&VoucherSnapshot| {
            !ended(&it.state) && it.expires_at.is_some_and(|end| end <= now)
        };
        let mut due: Vec<_> = self.of_tenant().filter(is_due).cloned().collect();
        due.sort_by_key(|it| (it.expires_at, it.id));
        due.truncate(usize::from(limit));
        due.into_iter().map(restore).collect()
    }

    async fn page_of_batch(
        &mut self,
        batch: BatchId,
        after: Option<VoucherId>,
        limit: u16,
    ) -> Result<Vec<Voucher>, StoreError> {
        self.of_tenant()
            .filter(|it| it.batch == batch && after.is_none_or(|place| it.id > place))
            .take(usize::from(limit))
            .cloned()
            .map(restore)
            .collect()
    }

    async fn void_all_of(
        &mut self,
        batch: BatchId,
        reason: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let open: Vec<_> = self
            .of_tenant()
            .filter(|it| it.batch == batch && !ended(&it.state))
            .cloned()
            .collect();
        let count = open.len() as u64;
        for mut row in open {
            row.state = VoucherState::Voided {
                at,
                reason: reason.trim().to_owned(),
            };
            row.version += 1;
            self.write(Write::Voucher(row))?;
        }
        Ok(count)
    }
}

const fn ended(state: &VoucherState) -> bool {
    matches!(
        state,
        VoucherState::Expired { .. } | VoucherState::Voided { .. }
    )
}

fn restore(row: VoucherSnapshot) -> Result<Voucher, StoreError> {
    Voucher::restore(row).map_err(StoreError::corrupt)
}

#[async_trait]
impl VoucherQueries for MemoryVouchers {
    async fn batch(&self, tenant: TenantId, id: BatchId) -> Result<Option<BatchView>, StoreError> {
        let rows = self.lock();
        Ok(rows
            .batches
            .get(&(tenant, id))
            .map(|it| batch_view(&rows, tenant, it)))
    }

    async fn batches(
        &self,
        tenant: TenantId,
        filter: BatchFilter,
        page: PageRequest,
    ) -> Result<Page<BatchView>, StoreError> {
        let rows = self.lock();
        let wanted = |it: &&BatchSnapshot| {
            filter.router.is_none_or(|router| it.order.router == router)
                && filter.plan.is_none_or(|plan| it.order.plan == plan)
        };
        let mine = rows
            .batches
            .iter()
            .rev()
            .filter(|((owner, _), _)| *owner == tenant);
        let items = mine
            .map(|(_, it)| it)
            .filter(wanted)
            .filter(|it| {
                page.after()
                    .is_none_or(|place| it.order.id.uuid() < place.uuid())
            })
            .take(usize::from(page.limit()) + 1)
            .map(|it| batch_view(&rows, tenant, it))
            .collect();
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn voucher(
        &self,
        tenant: TenantId,
        id: VoucherId,
    ) -> Result<Option<VoucherView>, StoreError> {
        Ok(self.lock().vouchers.get(&(tenant, id)).map(voucher_view))
    }

    async fn vouchers(
        &self,
        tenant: TenantId,
        filter: VoucherFilter,
        page: PageRequest,
    ) -> Result<Page<VoucherView>, StoreError> {
        let rows = self.lock();
        let items = rows
            .vouchers
            .iter()
            .rev()
            .filter(|((owner, _), _)| *owner == tenant)
            .map(|(_, it)| it)
            .filter(|it| filter.batch.is_none_or(|batch| it.batch == batch))
            .filter(|it| filter.state.is_none_or(|state| it.state.name() == state))
            .filter(|it| page.after().is_none_or(|place| it.id.uuid() < place.uuid()))
            .take(usize::from(page.limit()) + 1)
            .map(voucher_view)
            .collect();
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn unused_among(
        &self,
        tenant: TenantId,
        vouchers: &[VoucherId],
    ) -> Result<Vec<VoucherId>, StoreError> {
        let rows = self.lock();
        let unused = |id: &VoucherId| {
            let state = rows.vouchers.get(&(tenant, *id)).map(|it| it.state.name());
            matches!(
                state,
                Some(VoucherStateName::Generated | VoucherStateName::Sold)
            )
        };
        Ok(vouchers.iter().copied().filter(unused).collect())
    }
}

fn batch_view(rows: &Rows, tenant: TenantId, row: &BatchSnapshot) -> BatchView {
    let mut states = StateCounts::default();
    let mine = |((owner, _), it): &(&(TenantId, VoucherId), &VoucherSnapshot)| {
        *owner == tenant && it.batch == row.order.id
    };
    for (_, voucher) in rows.vouchers.iter().filter(mine) {
        *states.of(voucher.state.name()) += 1;
    }
    let (status, voided_reason) = match &row.status {
        BatchStatus::Generating => ("generating", None),
        BatchStatus::Ready => ("ready", None),
        BatchStatus::Voided { reason, .. } => ("voided", Some(reason.clone())),
    };
    BatchView {
        id: row.order.id,
        name: row.order.name.clone(),
        plan: row.order.plan,
        profile: row.order.profile,
        router: row.order.router,
        count: row.order.count,
        generated: row.generated,
        alphabet: row.order.style.alphabet(),
        length: row.order.style.length(),
        prefix: row.order.style.prefix().to_owned(),
        validity: row.order.validity,
        price: row.order.price,
        status,
        voided_reason,
        ordered_at: row.ordered_at,
        states,
    }
}

fn voucher_view(row: &VoucherSnapshot) -> VoucherView {
    let (state_since, voided_reason) = match &row.state {
        VoucherState::Generated => (None, None),
        VoucherState::Sold { at } | VoucherState::Expired { at } => (Some(*at), None),
        VoucherState::Active { since } => (Some(*since), None),
        VoucherState::Voided { at, reason } => (Some(*at), Some(reason.clone())),
    };
    VoucherView {
        id: row.id,
        batch: row.batch,
        state: row.state.name(),
        state_since,
        expires_at: row.expires_at,
        voided_reason,
    }
}
