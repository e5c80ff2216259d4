//! What a store of customers promises.

use std::str::FromStr;

use async_trait::async_trait;
use kernel::{
    CreditNoteId, CustomerId, InvoiceId, Page, PageRequest, PaymentId, Scope, StoreError, TenantId,
    Timestamp, UnitOfWork,
};
use serde::{Deserialize, Serialize};

use crate::customer::{Customer, CustomerKind, StatusName};

/// Opens transactions on customers.
#[async_trait]
pub trait CustomersStore: Send + Sync {
    /// Begins a transaction confined to the scope's tenant.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn CustomersTx>, StoreError>;
}

/// One transaction on customers.
pub trait CustomersTx: UnitOfWork {
    /// The customers of the tenant.
    fn customers(&mut self) -> &mut dyn CustomerRepository;

    /// Who stands on the documents of the tenant.
    fn addressees(&mut self) -> &mut dyn AddresseeRepository;
}

/// A document that was issued to a customer and shows them ever after as they were on that day (billing.md, invariant 23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssuedDocument {
    /// An invoice.
    Invoice(InvoiceId),
    /// A credit note.
    CreditNote(CreditNoteId),
    /// The receipt of a payment.
    Receipt(PaymentId),
}

/// A customer as a document shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// What they are called.
    pub name: String,
    /// Where to call or text, as E.164.
    pub phone: Option<String>,
    /// Where to write.
    pub email: Option<String>,
    /// Where they live, line by line.
    pub address: Option<String>,
}

/// Who stands on the documents of one tenant, inside a transaction.
#[async_trait]
pub trait AddresseeRepository: Send {
    /// Lets everything that was issued to a customer so far show them as they were; what shows them as they were before that
    /// goes on doing so. Nothing is issued to them until the transaction ends.
    async fn keep(
        &mut self,
        customer: CustomerId,
        as_they_were: &Addressee,
    ) -> Result<(), StoreError>;
}

/// The customers of one tenant, inside a transaction.
#[async_trait]
pub trait CustomerRepository: Send {
    /// The customer, or `None`: absence is an answer, not a failure.
    async fn find(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError>;

    /// Writes the customer and the events it recorded, and moves its version on.
    ///
    /// Fails with [`StoreError::Conflict`] if the stored version moved on, and with [`StoreError::Duplicate`]
    /// (`customers_pkey`) if a new customer's id is taken.
    async fn save(&mut self, customer: &mut Customer) -> Result<(), StoreError>;

    /// Which of these ids are taken, in few statements and no particular order.
    async fn known_among(&mut self, ids: &[CustomerId]) -> Result<Vec<CustomerId>, StoreError>;

    /// Writes new customers and the events they recorded, in few statements.
    ///
    /// Fails with [`StoreError::Duplicate`] (`customers_pkey`) if an id is taken; the transaction is then of no further
    /// use.
    async fn insert_many(&mut self, customers: Vec<Customer>) -> Result<(), StoreError>;
}

/// A customer as people look at them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustomerView {
    /// Their id.
    pub id: CustomerId,
    /// Person or business.
    pub kind: CustomerKind,
    /// What they are called.
    pub name: String,
    /// Where to call or text, as E.164.
    pub phone: Option<String>,
    /// Where to write.
    pub email: Option<String>,
    /// Where they live.
    pub address: Option<String>,
    /// What colleagues should know.
    pub note: Option<String>,
    /// Where the relation stands.
    pub status: StatusName,
    /// Since when they are blocked or gone.
    pub status_since: Option<Timestamp>,
    /// Why they are blocked.
    pub blocked_reason: Option<String>,
    /// When they were registered.
    pub registered_at: Timestamp,
    /// How often the customer was saved.
    pub version: i64,
}

/// The beginning of a name or of a phone number: 1 to 60 characters after trimming, no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(String);

/// The text cannot be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 60 characters without control characters")]
pub struct BadSearch;

impl Search {
    /// The text in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Search {
    type Err = BadSearch;

    fn from_str(text: &str) -> Result<Self, BadSearch> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > 60 || text.chars().any(char::is_control) {
            return Err(BadSearch);
        }
        Ok(Self(text.to_lowercase()))
    }
}

/// Which customers are wanted; what is absent does not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerFilter {
    /// Only customers in this status.
    pub status: Option<StatusName>,
    /// Only customers whose name (ignoring the case of ASCII letters) or phone number begins with this; `%` and `_`
    /// stand for themselves.
    pub search: Option<Search>,
}

/// Reads of customers, newest first.
#[async_trait]
pub trait CustomerQueries: Send + Sync {
    /// One customer.
    async fn customer(
        &self,
        tenant: TenantId,
        id: CustomerId,
    ) -> Result<Option<CustomerView>, StoreError>;

    /// Whom a document shows; `None` where nothing about its customer has changed since it was issued.
    async fn addressee_of(
        &self,
        tenant: TenantId,
        document: IssuedDocument,
    ) -> Result<Option<Addressee>, StoreError>;

    /// Customers that pass the filter.
    async fn customers(
        &self,
        tenant: TenantId,
        filter: CustomerFilter,
        page: PageRequest,
    ) -> Result<Page<CustomerView>, StoreError>;
}
