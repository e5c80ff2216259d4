//! A customer moves from one status to another: load, tell, save.

use kernel::{Clock, CustomerId, MayConflict, Scope, StoreError};

use crate::contact::Reason;
use crate::customer::{Customer, CustomerRefusal};
use crate::ports::{CustomerView, CustomersStore};

/// Block a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockCustomer {
    /// Who.
    pub customer: CustomerId,
    /// Why.
    pub reason: Reason,
}

/// Why a customer's status did not change.
#[derive(Debug, thiserror::Error)]
pub enum MoveCustomerError {
    /// The tenant has no such customer.
    #[error("there is no customer {0}")]
    NotFound(CustomerId),
    /// The customer's status does not allow it.
    #[error("the customer's status does not allow it")]
    Refused(#[source] CustomerRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for MoveCustomerError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Makes a prospect a customer.
///
/// # Errors
/// [`MoveCustomerError`] says what the caller can do.
pub async fn activate_customer(
    store: &dyn CustomersStore,
    scope: &Scope,
    customer: CustomerId,
) -> Result<CustomerView, MoveCustomerError> {
    tell(store, scope, customer, Customer::activate).await
}

/// Lets nothing more be sold to a customer. What runs goes on: suspending it is the business of billing.
///
/// # Errors
/// [`MoveCustomerError`] says what the caller can do.
pub async fn block_customer(
    store: &dyn CustomersStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: BlockCustomer,
) -> Result<CustomerView, MoveCustomerError> {
    let now = clock.now();
    let block = |it: &mut Customer| it.block(command.reason, now);
    tell(store, scope, command.customer, block).await
}

/// Lets things be sold to a customer again.
///
/// # Errors
/// [`MoveCustomerError`] says what the caller can do.
pub async fn unblock_customer(
    store: &dyn CustomersStore,
    scope: &Scope,
    customer: CustomerId,
) -> Result<CustomerView, MoveCustomerError> {
    tell(store, scope, customer, Customer::unblock).await
}

/// Notes that a customer buys nothing any more.
///
/// # Errors
/// [`MoveCustomerError`] says what the caller can do.
pub async fn leave_customer(
    store: &dyn CustomersStore,
    clock: &dyn Clock,
    scope: &Scope,
    customer: CustomerId,
) -> Result<CustomerView, MoveCustomerError> {
    let now = clock.now();
    tell(store, scope, customer, |it| it.leave(now)).await
}

/// Takes a customer back who left.
///
/// # Errors
/// [`MoveCustomerError`] says what the caller can do.
pub async fn return_customer(
    store: &dyn CustomersStore,
    scope: &Scope,
    customer: CustomerId,
) -> Result<CustomerView, MoveCustomerError> {
    tell(store, scope, customer, Customer::come_back).await
}

async fn tell(
    store: &dyn CustomersStore,
    scope: &Scope,
    id: CustomerId,
    verb: impl FnOnce(&mut Customer) -> Result<(), CustomerRefusal> + Send,
) -> Result<CustomerView, MoveCustomerError> {
    let mut tx = store.begin(scope).await?;
    let Some(mut customer) = tx.customers().find(id).await? else {
        return Err(MoveCustomerError::NotFound(id));
    };
    verb(&mut customer).map_err(MoveCustomerError::Refused)?;
    if customer.is_changed() {
        tx.customers().save(&mut customer).await?;
    }
    tx.commit().await?;
    Ok(customer.view())
}
