//! Customers in a map, behind the same promises as a database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel::{
    Cursor, CustomerId, JobRequest, NewEvent, Page, PageRequest, Scope, StoreError, TenantId,
    UnitOfWork,
};

use crate::customer::{Customer, CustomerSnapshot};
use crate::ports::{
    Addressee, AddresseeRepository, CustomerFilter, CustomerQueries, CustomerRepository,
    CustomerView, CustomersStore, CustomersTx, IssuedDocument,
};

type Key = (TenantId, CustomerId);

#[derive(Debug, Default)]
struct Rows {
    customers: BTreeMap<Key, CustomerSnapshot>,
    /// What was issued to whom.
    issued: Vec<(Key, IssuedDocument)>,
    addressees: BTreeMap<(TenantId, IssuedDocument), Addressee>,
    events: Vec<NewEvent>,
    jobs: Vec<JobRequest>,
}

/// The fake: cloning it clones a handle.
#[derive(Debug, Clone, Default)]
pub struct MemoryCustomers {
    rows: Arc<Mutex<Rows>>,
}

impl MemoryCustomers {
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

    /// Notes that a document was issued to a customer.
    pub fn issue(&self, tenant: TenantId, customer: CustomerId, document: IssuedDocument) {
        self.lock().issued.push(((tenant, customer), document));
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CustomersStore for MemoryCustomers {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn CustomersTx>, StoreError> {
        Ok(Box::new(MemoryTx {
            store: self.clone(),
            tenant: scope.tenant,
            written: BTreeMap::new(),
            kept: Vec::new(),
            events: Vec::new(),
            jobs: Vec::new(),
        }))
    }
}

/// What a transaction wrote, with the version each write was based on; checked again on commit.
struct MemoryTx {
    store: MemoryCustomers,
    tenant: TenantId,
    written: BTreeMap<CustomerId, (i64, CustomerSnapshot)>,
    kept: Vec<(CustomerId, Addressee)>,
    events: Vec<NewEvent>,
    jobs: Vec<JobRequest>,
}

#[async_trait]
impl UnitOfWork for MemoryTx {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.jobs.push(job);
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let mut rows = self.store.lock();
        for (id, (based_on, _)) in &self.written {
            let stored = rows.customers.get(&(self.tenant, *id));
            in_order(stored.map_or(0, |it| it.version), *based_on)?;
        }
        let tenant = self.tenant;
        let written = self.written.into_iter();
        rows.customers
            .extend(written.map(|(id, (_, row))| ((tenant, id), row)));
        for (customer, addressee) in self.kept {
            let issued = rows.issued.clone().into_iter();
            for (_, document) in issued.filter(|it| it.0 == (tenant, customer)) {
                let place = rows.addressees.entry((tenant, document));
                place.or_insert_with(|| addressee.clone());
            }
        }
        rows.events.extend(self.events);
        rows.jobs.extend(self.jobs);
        Ok(())
    }
}

/// A version of 0 means a new customer, whose id may be taken.
fn in_order(stored: i64, based_on: i64) -> Result<(), StoreError> {
    match (stored, based_on) {
        (stored, based_on) if stored == based_on => Ok(()),
        (_, 0) => Err(StoreError::Duplicate {
            constraint: "customers_pkey".to_owned(),
        }),
        _ => Err(StoreError::Conflict),
    }
}

impl CustomersTx for MemoryTx {
    fn customers(&mut self) -> &mut dyn CustomerRepository {
        self
    }

    fn addressees(&mut self) -> &mut dyn AddresseeRepository {
        self
    }
}

#[async_trait]
impl AddresseeRepository for MemoryTx {
    async fn keep(
        &mut self,
        customer: CustomerId,
        as_they_were: &Addressee,
    ) -> Result<(), StoreError> {
        self.kept.push((customer, as_they_were.clone()));
        Ok(())
    }
}

impl MemoryTx {
    fn row(&self, id: CustomerId) -> Option<CustomerSnapshot> {
        if let Some((_, row)) = self.written.get(&id) {
            return Some(row.clone());
        }
        self.store.lock().customers.get(&(self.tenant, id)).cloned()
    }
}

#[async_trait]
impl CustomerRepository for MemoryTx {
    async fn find(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        let restored = self.row(id).map(Customer::restore).transpose();
        restored.map_err(StoreError::corrupt)
    }

    async fn save(&mut self, customer: &mut Customer) -> Result<(), StoreError> {
        let id = customer.id();
        in_order(self.row(id).map_or(0, |it| it.version), customer.version())?;
        let based_on = self
            .written
            .get(&id)
            .map_or(customer.version(), |(first, _)| *first);
        for event in customer.take_events() {
            self.events.push(NewEvent::of(id, &event)?);
        }
        customer.saved_as(customer.version() + 1);
        self.written.insert(id, (based_on, customer.snapshot()));
        Ok(())
    }

    async fn known_among(&mut self, ids: &[CustomerId]) -> Result<Vec<CustomerId>, StoreError> {
        let ids = ids.iter().copied();
        Ok(ids.filter(|it| self.row(*it).is_some()).collect())
    }

    async fn insert_many(&mut self, customers: Vec<Customer>) -> Result<(), StoreError> {
        for mut customer in customers {
            self.save(&mut customer).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl CustomerQueries for MemoryCustomers {
    async fn customer(
        &self,
        tenant: TenantId,
        id: CustomerId,
    ) -> Result<Option<CustomerView>, StoreError> {
        let row = self.lock().customers.get(&(tenant, id)).cloned();
        row.map(view).transpose()
    }

    async fn addressee_of(
        &self,
        tenant: TenantId,
        document: IssuedDocument,
    ) -> Result<Option<Addressee>, StoreError> {
        Ok(self.lock().addressees.get(&(tenant, document)).cloned())
    }

    async fn customers(
        &self,
        tenant: TenantId,
        filter: CustomerFilter,
        page: PageRequest,
    ) -> Result<Page<CustomerView>, StoreError> {
        let rows = self.lock();
        let items: Result<Vec<_>, _> = rows
            .customers
            .iter()
            .rev()
            .filter(|((owner, _), _)| *owner == tenant)
            .map(|(_, it)| it)
            .filter(|it| passes(&filter, it))
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

fn passes(filter: &CustomerFilter, row: &CustomerSnapshot) -> bool {
    let status = filter.status.is_none_or(|it| row.status.name() == it);
    let search = filter.search.as_ref().is_none_or(|it| {
        let name = row.name.as_str().to_lowercase();
        let phone = row.phone.as_ref().map_or("", |phone| phone.as_str());
        name.starts_with(it.as_str()) || phone.starts_with(it.as_str())
    });
    status && search
}

fn view(row: CustomerSnapshot) -> Result<CustomerView, StoreError> {
    let customer = Customer::restore(row).map_err(StoreError::corrupt)?;
    Ok(customer.view())
}
