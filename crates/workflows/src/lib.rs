//! What happens across contexts: reactions to events, jobs, and sweeps over time.
//!
//! Contexts do not know each other. They meet here: a reaction reads what one context recorded and tells another; a
//! job does work that is too long for a request; a sweep finds by query what time has made due, so that a run that was
//! missed heals on the next.
//!
//! An order of vouchers asks three contexts: billing for the plan, access for its profile and the router, vouchers for
//! the codes.
//!
//! ```
//! use access::testing::{MemoryAccess, sample_profile, sample_router};
//! use access::{AccessStore, Service};
//! use billing::testing::MemoryBilling;
//! use billing::{Charging, Interval, IntervalUnit, NewPlan, SoldAs, define_plan};
//! # use billing::{DunningPolicy, NewEntity, found_entity};
//! use kernel::testing::{CountingIds, FixedClock};
//! use kernel::{Ids, Money, Scope, Timestamp};
//! use vouchers::Alphabet;
//! use vouchers::testing::MemoryVouchers;
//! use workflows::{OrderVouchers, OrderVouchersPorts, job_kinds, order_vouchers};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let (access, billing) = (MemoryAccess::new(), MemoryBilling::new());
//! let vouchers = MemoryVouchers::new();
//! let clock = FixedClock::at(Timestamp::from_utc("2026-11-21T12:00:00Z".parse()?));
//! let ids: &dyn Ids = &CountingIds::from(1);
//! let scope = Scope::system(ids.next(), "example", ids.fresh());
//! # let entity = NewEntity {
//! #     id: ids.next(),
//! #     name: "Harbour Net".parse()?,
//! #     currency: "KES".parse()?,
//! #     zone: "Africa/Nairobi".parse()?,
//! #     scale_digits: 2,
//! #     series: "INV".to_owned(),
//! #     terms_days: 7,
//! #     dunning: DunningPolicy::STANDARD,
//! # };
//! # found_entity(&billing, &scope, entity).await?;
//!
//! let mut router = sample_router(ids.next())?;
//! let mut profile = sample_profile(ids.next(), "pass", Service::Hotspot)?;
//! let mut tx = access.begin(&scope).await?;
//! tx.routers().save(&mut router).await?;
//! tx.profiles().save(&mut profile).await?;
//! tx.commit().await?;
//! let plan = NewPlan {
//!     id: ids.next(),
//!     name: "Day pass".parse()?,
//!     price: Money::from_minor(5_000, "KES".parse()?),
//!     interval: Interval::new(IntervalUnit::Days, 1)?,
//!     profile: profile.id(),
//!     sold_as: SoldAs::Voucher,
//!     charging: Charging::AHEAD,
//! };
//! let day_pass = plan.id;
//! define_plan(&billing, &scope, plan).await?;
//!
//! let order = OrderVouchers {
//!     id: ids.next(),
//!     job: ids.next(),
//!     name: "Kiosk at the harbour".parse()?,
//!     plan: day_pass,
//!     router: router.id(),
//!     count: 500,
//!     alphabet: Alphabet::Mix,
//!     length: 10,
//!     prefix: String::new(),
//!     shelf_days: Some(180),
//!     online_s: None,
//!     data_bytes: None,
//! };
//! let ports = OrderVouchersPorts {
//!     vouchers: &vouchers,
//!     billing: &billing,
//!     access: &access,
//!     clock: &clock,
//! };
//! order_vouchers(ports, &scope, order).await?;
//! assert_eq!(vouchers.jobs()[0].kind, job_kinds::GENERATE_VOUCHERS);
//! # Ok(())
//! # }
//! ```

mod begin_import;
mod executors;
mod failure;
pub mod job_kinds;
mod keeping;
mod local_day;
mod order_vouchers;
mod progress;
mod reactions;
mod redeem_on_subscription;
mod sell_subscription;
mod sold_plans;
#[cfg(feature = "testing")]
pub mod testing;
mod workbench;

pub use begin_import::{BeginImport, BeginImportPorts, begin_import, interrupted};
pub use executors::{request_watch, run_job};
pub use failure::{Failure, Remedy};
pub use keeping::Keeping;
pub use local_day::zone_of;
pub use order_vouchers::{OrderVouchers, OrderVouchersError, OrderVouchersPorts, order_vouchers};
pub use progress::Progress;
pub use reactions::{deliver, subscriptions};
pub use redeem_on_subscription::{
    RedeemOnSubscriptionError, RedemptionStore, RedemptionTx, redeem_on_subscription,
};
pub use sell_subscription::{
    SellSubscription, SellSubscriptionError, SubscriptionStore, SubscriptionTx, sell_subscription,
};
pub use sold_plans::PlansOfBilling;
pub use workbench::Workbench;
