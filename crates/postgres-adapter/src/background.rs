//! Jobs, schedules and event deliveries: claimed across tenants, read and controlled within one.

mod control;
mod deliveries;
mod finish;
mod housekeeping;
mod jobs;
pub(crate) mod reads;
mod schedules;
pub(crate) mod signal;
