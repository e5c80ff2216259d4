//! What can be done with payment providers, one file each.

pub(super) mod add_account;
mod awaited;
mod book;
pub(super) mod cancel_link;
pub(super) mod carry_refund;
pub(super) mod change_account;
pub(super) mod follow_link;
pub(super) mod open_link;
pub(super) mod provider_refund;
pub(super) mod receive_webhook;
pub(super) mod reconcile;
pub(super) mod refund_by_hand;
pub(super) mod settle_webhook;

#[cfg(test)]
mod tests;
