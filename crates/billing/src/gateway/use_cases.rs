//! What can be done with payment providers, one file each.

pub(super) mod add_account;
pub(super) mod cancel_link;
pub(super) mod change_account;
pub(super) mod follow_link;
pub(super) mod open_link;
pub(super) mod receive_webhook;
pub(super) mod settle_webhook;

#[cfg(test)]
mod tests;
