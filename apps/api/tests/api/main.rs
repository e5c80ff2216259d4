//! The API in this process, on the contexts' fakes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    unreachable_pub
)]

mod auth_story;
mod bad_input;
mod billing_story;
mod corrections_story;
mod customers_story;
mod description;
mod documents_story;
mod down;
mod dunning_story;
mod exchange;
mod fee_story;
mod gateways_story;
mod house;
mod imports_story;
mod jobs_story;
mod money_story;
mod monitoring;
mod operators_story;
mod payments_story;
mod prepaid_story;
mod problems;
mod provider_story;
mod receipts;
mod reports_story;
mod roles;
mod routers_story;
mod sale;
mod services_story;
mod usage_story;
mod vouchers_story;
