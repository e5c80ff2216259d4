//! Who the customers are and how to reach them.
//!
//! A customer is first a prospect, then active; they may be blocked, leave, and come back. What they buy and owe is not
//! known here.
//!
//! ```
//! use customers::testing::MemoryCustomers;
//! use customers::{CustomerKind, NewCustomer, RegisterCustomer, StatusName, register_customer};
//! use kernel::testing::{CountingIds, FixedClock};
//! use kernel::{Ids, Scope, Timestamp};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryCustomers::new();
//! let clock = FixedClock::at(Timestamp::from_utc("2026-11-21T12:00:00Z".parse()?));
//! let ids: &dyn Ids = &CountingIds::from(1);
//! let scope = Scope::system(ids.next(), "example", ids.fresh());
//!
//! let customer = NewCustomer {
//!     id: ids.next(),
//!     kind: CustomerKind::Personal,
//!     name: "Siti Rahma".parse()?,
//!     phone: Some("+254 712 345 678".parse()?),
//!     email: None,
//!     address: None,
//!     note: None,
//! };
//! let registered =
//!     register_customer(&store, &clock, &scope, RegisterCustomer { customer }).await?;
//!
//! assert_eq!(registered.status, StatusName::Prospect);
//! assert_eq!(registered.phone.as_deref(), Some("+254712345678"));
//! # Ok(())
//! # }
//! ```

mod contact;
mod customer;
mod events;
mod ports;
#[cfg(feature = "testing")]
pub mod testing;
mod use_cases;

pub use contact::{Address, BadContact, Email, Note, Reason};
pub use customer::{
    Customer, CustomerKind, CustomerRefusal, CustomerSnapshot, CustomerStatus, ImpossibleCustomer,
    NewCustomer, StatusName,
};
pub use events::CustomersEvent;
pub use ports::{
    Addressee, AddresseeRepository, BadSearch, CustomerFilter, CustomerQueries, CustomerRepository,
    CustomerView, CustomersStore, CustomersTx, IssuedDocument, Search,
};
pub use use_cases::change_customer::{ChangeCustomer, ChangeCustomerError, Edit, change_customer};
pub use use_cases::move_customer::{
    BlockCustomer, MoveCustomerError, activate_customer, block_customer, leave_customer,
    return_customer, unblock_customer,
};
pub use use_cases::register_customer::{
    RegisterCustomer, RegisterCustomerError, register_customer,
};
