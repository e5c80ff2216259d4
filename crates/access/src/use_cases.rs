//! The context's use cases, one per file.

pub(crate) mod change_profile;
pub(crate) mod change_router;
pub(crate) mod change_setup;
mod comparison;
pub(crate) mod cut_login;
pub(crate) mod define_profile;
pub(crate) mod diagnose_router;
pub(crate) mod end_access;
pub(crate) mod enrol_router;
pub(crate) mod execute_command;
pub(crate) mod follow_access;
pub(crate) mod grant_access;
pub(crate) mod grant_many;
pub(crate) mod list_sessions;
pub(crate) mod listen_to_sessions;
pub(crate) mod note_reachability;
pub(crate) mod read_usage;
pub(crate) mod reconcile_router;
pub(crate) mod record_usage;
mod refresh_facts;
pub(crate) mod retire_profile;
pub(crate) mod retire_router;
pub(crate) mod review_drift;
pub(crate) mod router_task;
pub(crate) mod sync_router;
pub(crate) mod test_router;
pub(crate) mod trust_router;
