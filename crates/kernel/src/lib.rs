//! Values, ids, time and ports that every context shares.
//!
//! The kernel knows no context, no runtime and no database. Everything here is either a value that exists only if
//! it is valid, or a promise (a port) that an adapter keeps.
//!
//! ```
//! use kernel::{Currency, Money};
//!
//! let idr: Currency = "IDR".parse()?;
//! let price = Money::from_minor(15_000_000, idr);
//! assert_eq!(price.checked_add(price)?.minor(), 30_000_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod base32;
mod currency;
mod event;
mod id;
mod ids;
mod job_request;
mod locale;
mod money;
mod page;
mod probe;
mod receipts;
mod scope;
mod secret;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod time;
mod zone;

pub use currency::{BadCurrency, Currency};
pub use event::{DomainEvent, EventRow, EventVersion, NewEvent};
pub use id::{BadId, Id, Kind};
pub use ids::{
    AccessSessionId, AccessSessionKind, AccountId, AccountKind, BatchId, BatchKind, CreditNoteId,
    CreditNoteKind, CustomerId, CustomerKind, DeliveryId, DeliveryKind, DiscountId, DiscountKind,
    DunningRunId, DunningRunKind, EntityId, EntityKind, EventId, EventKind, GatewayAccountId,
    GatewayAccountKind, GrantId, GrantKind, HistoricalSaleId, HistoricalSaleKind, ImportId,
    ImportKind, ImportRowId, ImportRowKind, InvoiceId, InvoiceKind, JobId, JobKind, OperatorId,
    OperatorKind, PaymentId, PaymentKind, PlanId, PlanKind, ProfileId, ProfileKind, ProofId,
    ProofKind, ReconciliationId, ReconciliationKind, RouterId, RouterKind, SessionId, SessionKind,
    SubscriptionId, SubscriptionKind, TenantId, TenantKind, VoucherId, VoucherKind, WebhookId,
    WebhookKind,
};
pub use job_request::{JobRequest, Lane, Priority};
pub use locale::{BadLocale, Locale};
pub use money::{Money, MoneyError};
pub use page::{BadCursor, Cursor, Page, PageRequest};
pub use probe::{NoProbe, Probe};
pub use receipts::{Receipts, StoredReceipt};
pub use scope::{Actor, IdempotencyKey, Receipt, Scope};
pub use secret::{CannotOpen, Randomness, Sealed, Secret, Vault};
pub use store::{MayConflict, StoreError, UnitOfWork, rerun_on_conflict};
pub use text::{BadText, Name, Phone, Slug};
pub use time::{Clock, Ids, LocalDate, Timestamp};
pub use zone::{BadZone, Zone};
