//! The demonstration: simulated routers, a seeded provider, and customers who dial in by themselves.

mod calendar;
mod catalogue;
mod payments;
mod people;
mod residents;
mod routers;
mod seed;

pub use payments::sandbox;
pub use residents::live_in;
pub use routers::DemoRouters;
pub use seed::seed;

use crate::settings::Settings;

/// The API account's password on the simulated routers, which listen on loopback only.
pub const ROUTER_PASSWORD: &str = "demo-router";

/// Turns settings into those of a demonstration: an Indonesian provider whose routers are on loopback.
pub fn adapt(settings: &mut Settings) {
    settings.routers.allow_loopback = true;
    settings.payments.allow_test_accounts = true;
    let founding = &mut settings.founding;
    "demo".clone_into(&mut founding.tenant);
    "Nusantara Net (demo)".clone_into(&mut founding.name);
    "IDR".clone_into(&mut founding.currency);
    "Asia/Jakarta".clone_into(&mut founding.zone);
    "0".clone_into(&mut founding.invoice_digits);
    if settings.log.filter == "info" {
        "warn".clone_into(&mut settings.log.filter);
    }
    let sweeps = &mut settings.sweeps;
    sweeps.watch_sessions_s = sweeps.watch_sessions_s.min(15);
    sweeps.expire_vouchers_s = sweeps.expire_vouchers_s.min(15);
    sweeps.raise_invoices_s = sweeps.raise_invoices_s.min(60);
    sweeps.evaluate_overdue_s = sweeps.evaluate_overdue_s.min(60);
}
