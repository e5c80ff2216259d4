//! Details of a customer are corrected, each on its own.

use kernel::{CustomerId, MayConflict, Name, Phone, Scope, StoreError};

use crate::contact::{Address, Email, Note};
use crate::customer::{Customer, CustomerKind};
use crate::ports::{CustomerView, CustomersStore};

/// What becomes of an optional detail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// It stays.
    #[default]
    Keep,
    /// It goes.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Edit<T> {
    /// `None` to keep, otherwise the new state of the detail.
    fn into_change(self) -> Option<Option<T>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}

/// Correct a customer's details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeCustomer {
    /// Who.
    pub customer: CustomerId,
    /// The version the change was made for; `None` to change whatever is there.
    pub expected_version: Option<i64>,
    /// Person or business.
    pub kind: Option<CustomerKind>,
    /// What they are called.
    pub name: Option<Name>,
    /// Where to call or text.
    pub phone: Edit<Phone>,
    /// Where to write.
    pub email: Edit<Email>,
    /// Where they live.
    pub address: Edit<Address>,
    /// What colleagues should know.
    pub note: Edit<Note>,
}

impl ChangeCustomer {
    /// A change of nothing yet.
    #[must_use]
    pub const fn of(customer: CustomerId) -> Self {
        Self {
            customer,
            expected_version: None,
            kind: None,
            name: None,
            phone: Edit::Keep,
            email: Edit::Keep,
            address: Edit::Keep,
            note: Edit::Keep,
        }
    }
}

/// Why nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeCustomerError {
    /// The tenant has no such customer.
    #[error("there is no customer {0}")]
    NotFound(CustomerId),
    /// Somebody else changed the customer since the caller looked.
    #[error("expected version {expected} but the customer is at version {actual}")]
    Stale {
        /// What the caller saw.
        expected: i64,
        /// What is stored.
        actual: i64,
    },
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for ChangeCustomerError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Corrects details; a change that changes nothing writes nothing. What was issued before goes on showing them as they were.
///
/// # Errors
/// [`ChangeCustomerError`] says what the caller can do.
pub async fn change_customer(
    store: &dyn CustomersStore,
    scope: &Scope,
    command: ChangeCustomer,
) -> Result<CustomerView, ChangeCustomerError> {
    let id = command.customer;
    let mut tx = store.begin(scope).await?;
    let Some(mut customer) = tx.customers().find(id).await? else {
        return Err(ChangeCustomerError::NotFound(id));
    };
    refuse_stale(&customer, command.expected_version)?;
    let before = customer.addressee();
    apply(&mut customer, command);
    if customer.addressee() != before {
        tx.addressees().keep(id, &before).await?;
    }
    if customer.is_changed() {
        tx.customers().save(&mut customer).await?;
    }
    tx.commit().await?;
    Ok(customer.view())
}

fn refuse_stale(customer: &Customer, expected: Option<i64>) -> Result<(), ChangeCustomerError> {
    let actual = customer.version();
    match expected {
        Some(expected) if expected != actual => {
            Err(ChangeCustomerError::Stale { expected, actual })
        }
        _ => Ok(()),
    }
}

fn apply(customer: &mut Customer, command: ChangeCustomer) {
    if let Some(kind) = command.kind {
        customer.reclassify(kind);
    }
    if let Some(name) = command.name {
        customer.rename(name);
    }
    if let Some(phone) = command.phone.into_change() {
        customer.set_phone(phone);
    }
    if let Some(email) = command.email.into_change() {
        customer.set_email(email);
    }
    if let Some(address) = command.address.into_change() {
        customer.set_address(address);
    }
    if let Some(note) = command.note.into_change() {
        customer.set_note(note);
    }
}
