//! The composition root: configuration, telemetry, wiring, the worker loop and shutdown.
//!
//! An app loads [`Settings`], opens the [`Product`], and plugs its [`Ports`] into whatever it serves. Everything that
//! is chosen once for a process is chosen here.

mod counting;
#[cfg(feature = "demo")]
pub mod demo;
mod first_start;
mod homes;
#[cfg(feature = "test-hooks")]
pub mod hooks;
mod listening;
mod metrics;
mod pages;
mod password_reset;
mod payment_gateways;
mod ports;
mod product;
mod reachability;
mod run;
mod settings;
mod shutdown;
mod telemetry;
mod worker;

pub use first_start::{FirstOperator, first_start, show_first_operator};
pub use metrics::{Metrics, start_metrics};
pub use password_reset::{reset_password, show_new_password};
pub use ports::Ports;
pub use product::{Product, migrate, sign_in_policy};
pub use run::run_to_exit;
pub use settings::{
    BadSetting, BillingSettings, BreakerSettings, CacheSettings, DataSettings, DatabaseSettings,
    Embedded, FoundingSettings, LimiterSettings, LogFormat, LogSettings, PaymentSettings,
    PoolSettings, RetentionSettings, RouterSettings, SecuritySettings, ServerSettings, Settings,
    SweepSettings, WorkerSettings,
};
pub use shutdown::stop_on_signal;
pub use telemetry::start_logging;
pub use worker::Worker;
