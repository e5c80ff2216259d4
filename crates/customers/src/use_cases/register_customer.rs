//! Somebody new is written down, as a prospect.

use kernel::{Clock, CustomerId, MayConflict, Scope, StoreError};

use crate::customer::{Customer, NewCustomer};
use crate::ports::{CustomerView, CustomersStore};

/// Register somebody new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterCustomer {
    /// What is known about them, and their id.
    pub customer: NewCustomer,
}

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterCustomerError {
    /// The id is taken: the same request came before.
    #[error("customer {0} is registered already")]
    Exists(CustomerId),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for RegisterCustomerError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Registers a prospect.
///
/// # Errors
/// [`RegisterCustomerError`] says what the caller can do.
pub async fn register_customer(
    store: &dyn CustomersStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: RegisterCustomer,
) -> Result<CustomerView, RegisterCustomerError> {
    let id = command.customer.id;
    let mut tx = store.begin(scope).await?;
    if tx.customers().find(id).await?.is_some() {
        return Err(RegisterCustomerError::Exists(id));
    }
    let mut customer = Customer::register(command.customer, clock.now());
    tx.customers().save(&mut customer).await?;
    tx.commit().await?;
    Ok(customer.view())
}
