//! Tenants, operators and sessions in maps, behind the same promises as a database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel::{
    Cursor, JobRequest, Kind, NewEvent, OperatorId, Page, PageRequest, Scope, SessionId, Slug,
    StoreError, TenantId, UnitOfWork,
};

use crate::events::OperatorsEvent;
use crate::login::Login;
use crate::operator::{Operator, OperatorSnapshot};
use crate::ports::reads::{
    OperatorFilter, OperatorQueries, OperatorView, TenantDirectory, TenantView,
};
use crate::ports::store::{
    OperatorRepository, OperatorsStore, OperatorsTx, SessionRepository, TenantRepository,
};
use crate::session::{Session, SessionSnapshot};
use crate::tenant::{Tenant, TenantSnapshot};

#[derive(Debug, Clone, Default)]
struct Rows {
    tenants: BTreeMap<TenantId, TenantSnapshot>,
    operators: BTreeMap<(TenantId, OperatorId), OperatorSnapshot>,
    sessions: BTreeMap<(TenantId, SessionId), SessionSnapshot>,
    events: Vec<NewEvent>,
    jobs: Vec<JobRequest>,
}

/// The fake: cloning it clones a handle. Where a database would wait for a lock, it fails with a conflict on commit.
#[derive(Debug, Clone, Default)]
pub struct MemoryOperators {
    rows: Arc<Mutex<Rows>>,
}

impl MemoryOperators {
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

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One write: replayed on commit, and refused there if another transaction was faster.
enum Write {
    Tenant(TenantSnapshot),
    Operator(OperatorSnapshot),
    Session(SessionSnapshot),
    Event(NewEvent),
    Job(JobRequest),
}

impl Rows {
    fn apply(&mut self, tenant: TenantId, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Tenant(row) => self.put_tenant(row),
            Write::Operator(row) => self.put_operator(tenant, row),
            Write::Session(row) => self.put_session(tenant, row),
            Write::Event(event) => {
                self.events.push(event.clone());
                Ok(())
            }
            Write::Job(job) => {
                self.jobs.push(job.clone());
                Ok(())
            }
        }
    }

    fn put_tenant(&mut self, row: &TenantSnapshot) -> Result<(), StoreError> {
        let taken = |it: &TenantSnapshot| it.slug == row.slug && it.id != row.id;
        if self.tenants.values().any(taken) {
            return Err(duplicate("tenants_slug_key"));
        }
        let stored = self.tenants.get(&row.id).map(|it| it.version);
        in_order(stored, row.version, "tenants_pkey")?;
        self.tenants.insert(row.id, row.clone());
        Ok(())
    }

    fn put_operator(&mut self, tenant: TenantId, row: &OperatorSnapshot) -> Result<(), StoreError> {
        if self
            .with_login(tenant, &row.login)
            .is_some_and(|it| it.id != row.id)
        {
            return Err(duplicate("operators_login_key"));
        }
        let key = (tenant, row.id);
        let stored = self.operators.get(&key).map(|it| it.version);
        in_order(stored, row.version, "operators_pkey")?;
        self.operators.insert(key, row.clone());
        Ok(())
    }

    fn put_session(&mut self, tenant: TenantId, row: &SessionSnapshot) -> Result<(), StoreError> {
        let key = (tenant, row.id);
        let stored = self.sessions.get(&key).map(|it| it.version);
        in_order(stored, row.version, "sessions_pkey")?;
        self.sessions.insert(key, row.clone());
        Ok(())
    }

    fn with_login(&self, tenant: TenantId, login: &Login) -> Option<&OperatorSnapshot> {
        let mut rows = self.operators.iter();
        rows.find(|((owner, _), it)| *owner == tenant && it.login == *login)
            .map(|(_, it)| it)
    }
}

fn duplicate(constraint: &str) -> StoreError {
    StoreError::Duplicate {
        constraint: constraint.to_owned(),
    }
}

/// Each write raises the version by one; the first one inserts.
fn in_order(stored: Option<i64>, written: i64, key: &str) -> Result<(), StoreError> {
    match (stored, written) {
        (None, 1) => Ok(()),
        (Some(_), 1) => Err(duplicate(key)),
        (Some(stored), written) if written == stored + 1 => Ok(()),
        _ => Err(StoreError::Conflict),
    }
}

struct MemoryTx {
    store: MemoryOperators,
    tenant: TenantId,
    rows: Rows,
    writes: Vec<Write>,
}

#[async_trait]
impl OperatorsStore for MemoryOperators {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn OperatorsTx>, StoreError> {
        let rows = self.lock().clone();
        Ok(Box::new(MemoryTx {
            store: self.clone(),
            tenant: scope.tenant,
            rows,
            writes: Vec::new(),
        }))
    }
}

impl MemoryTx {
    fn write(&mut self, write: Write) -> Result<(), StoreError> {
        self.rows.apply(self.tenant, &write)?;
        self.writes.push(write);
        Ok(())
    }

    fn record<K: Kind>(
        &mut self,
        aggregate: kernel::Id<K>,
        events: Vec<OperatorsEvent>,
    ) -> Result<(), StoreError> {
        for event in events {
            self.write(Write::Event(NewEvent::of(aggregate, &event)?))?;
        }
        Ok(())
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
        for write in &self.writes {
            rows.apply(self.tenant, write)?;
        }
        *shared = rows;
        Ok(())
    }
}

impl OperatorsTx for MemoryTx {
    fn tenants(&mut self) -> &mut dyn TenantRepository {
        self
    }

    fn operators(&mut self) -> &mut dyn OperatorRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }
}

#[async_trait]
impl TenantRepository for MemoryTx {
    async fn find(&mut self) -> Result<Option<Tenant>, StoreError> {
        let row = self.rows.tenants.get(&self.tenant).cloned();
        row.map(Tenant::restore)
            .transpose()
            .map_err(StoreError::corrupt)
    }

    async fn save(&mut self, tenant: &mut Tenant) -> Result<(), StoreError> {
        let mut row = tenant.snapshot();
        row.version += 1;
        let version = row.version;
        self.write(Write::Tenant(row))?;
        self.record(tenant.id(), tenant.take_events())?;
        tenant.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl OperatorRepository for MemoryTx {
    async fn find(&mut self, id: OperatorId) -> Result<Option<Operator>, StoreError> {
        let row = self.rows.operators.get(&(self.tenant, id)).cloned();
        row.map(Operator::restore)
            .transpose()
            .map_err(StoreError::corrupt)
    }

    async fn find_by_login(&mut self, login: &Login) -> Result<Option<Operator>, StoreError> {
        let row = self.rows.with_login(self.tenant, login).cloned();
        row.map(Operator::restore)
            .transpose()
            .map_err(StoreError::corrupt)
    }

    async fn save(&mut self, operator: &mut Operator) -> Result<(), StoreError> {
        let mut row = operator.snapshot();
        row.version += 1;
        let version = row.version;
        self.write(Write::Operator(row))?;
        self.record(operator.id(), operator.take_events())?;
        operator.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl SessionRepository for MemoryTx {
    async fn find(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row = self.rows.sessions.get(&(self.tenant, id)).cloned();
        row.map(Session::restore)
            .transpose()
            .map_err(StoreError::corrupt)
    }

    async fn save(&mut self, session: &mut Session) -> Result<(), StoreError> {
        let mut row = session.snapshot();
        row.version += 1;
        let version = row.version;
        self.write(Write::Session(row))?;
        self.record(session.id(), session.take_events())?;
        session.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl OperatorQueries for MemoryOperators {
    async fn tenant(&self, tenant: TenantId) -> Result<Option<TenantView>, StoreError> {
        let row = self.lock().tenants.get(&tenant).cloned();
        let restored = row.map(Tenant::restore).transpose();
        Ok(restored.map_err(StoreError::corrupt)?.map(|it| it.view()))
    }

    async fn operator(
        &self,
        tenant: TenantId,
        id: OperatorId,
    ) -> Result<Option<OperatorView>, StoreError> {
        let row = self.lock().operators.get(&(tenant, id)).cloned();
        row.map(view).transpose()
    }

    async fn operators(
        &self,
        tenant: TenantId,
        filter: OperatorFilter,
        page: PageRequest,
    ) -> Result<Page<OperatorView>, StoreError> {
        let rows = self.lock();
        let items: Result<Vec<_>, _> = rows
            .operators
            .iter()
            .rev()
            .filter(|((owner, _), _)| *owner == tenant)
            .map(|(_, it)| it)
            .filter(|it| filter.role.is_none_or(|role| it.role == role))
            .filter(|it| filter.status.is_none_or(|name| it.status.name() == name))
            .filter(|it| page.after().is_none_or(|place| it.id.uuid() < place.uuid()))
            .take(usize::from(page.limit()) + 1)
            .cloned()
            .map(view)
            .collect();
        Ok(Page::from_overfetch(items?, page, |it| {
            Cursor::after(it.id)
        }))
    }
}

fn view(row: OperatorSnapshot) -> Result<OperatorView, StoreError> {
    let operator = Operator::restore(row).map_err(StoreError::corrupt)?;
    Ok(operator.view())
}

#[async_trait]
impl TenantDirectory for MemoryOperators {
    async fn by_slug(&self, slug: &Slug) -> Result<Option<TenantId>, StoreError> {
        let rows = self.lock();
        let mut tenants = rows.tenants.values();
        Ok(tenants.find(|it| it.slug == *slug).map(|it| it.id))
    }

    async fn all(&self) -> Result<Vec<TenantId>, StoreError> {
        let rows = self.lock();
        let mut tenants: Vec<_> = rows.tenants.values().collect();
        tenants.sort_by_key(|it| (it.founded_at, it.id));
        Ok(tenants.iter().map(|it| it.id).collect())
    }
}
