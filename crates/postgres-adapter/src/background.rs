//! Jobs, schedules and event deliveries: claimed across tenants, read and controlled within one.

mod control;
mod deliveries;
mod finish;
mod housekeeping;
mod jobs;
mod reads;
mod schedules;
pub(crate) mod signal;
