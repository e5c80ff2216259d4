//! Stores every context on sea-orm: PostgreSQL in production, SQLite when embedded.
//!
//! [`Db`] is the connection, [`Store`] implements every context's store, queries and claims on it. Both dialects run
//! the same statements; the few that must differ live in `dialect`. No rule of the business is known here: rows become
//! snapshots, snapshots become rows, and what cannot be is refused.

mod access;
mod background;
mod billing;
mod customers;
mod db;
mod dialect;
mod error;
mod gateways;
mod operators;
mod receipts;
mod row;
mod sql;
mod store;
mod subscription_sales;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;
mod vouchers;

pub use db::{Db, PoolSettings};
pub use store::{Store, Subscriptions};
pub use tx::DELIVERY_DONE_ALREADY;
