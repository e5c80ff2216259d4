//! Which handler listens to which event, and the way from a delivery to its handler.

mod end_voucher_grant;
mod follow_access;
mod give_time;
mod push_batch;
mod refresh_routers;
mod renew_prepaid;
mod start_voucher_clock;
mod welcome_customer;
mod withdraw_batch;

use jobs::ClaimedDelivery;
use kernel::{Actor, Scope};
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::workbench::Workbench;

/// Every event that somebody listens to, with the handler's name. The store writes one delivery for each pair.
const SUBSCRIPTIONS: &[(&str, &str)] = &[
    ("billing.access_desired", follow_access::NAME),
    ("billing.renewal_due", renew_prepaid::NAME),
    ("billing.renewal_wanted", renew_prepaid::NAME),
    ("billing.subscribed", welcome_customer::NAME),
    ("vouchers.batch_generated", push_batch::NAME),
    ("vouchers.batch_voided", withdraw_batch::NAME),
    ("vouchers.voucher_activated", start_voucher_clock::NAME),
    ("vouchers.voucher_expired", end_voucher_grant::NAME),
    ("vouchers.voucher_voided", end_voucher_grant::NAME),
    ("vouchers.voucher_redeemed", end_voucher_grant::NAME),
    ("access.profile_changed", refresh_routers::NAME),
];

/// Pairs of event and handler.
#[must_use]
pub const fn subscriptions() -> &'static [(&'static str, &'static str)] {
    SUBSCRIPTIONS
}

/// Hands an event to its handler. The handler's transaction carries the delivery, so that a repeat is harmless.
///
/// # Errors
/// [`Failure`] says whether to try again or to ask a person.
pub async fn deliver(bench: &Workbench, delivery: &ClaimedDelivery) -> Result<(), Failure> {
    let event = &delivery.event;
    if event.version != 1 {
        return Err(Failure::park(format!(
            "{} has version {} and only version 1 is understood",
            event.name, event.version
        )));
    }
    let scope = Scope {
        tenant: delivery.tenant,
        actor: Actor::System(format!("handler:{}", delivery.handler).into()),
        correlation: event.correlation,
        causation: Some(event.id),
        trace: event.trace.clone(),
        delivery: Some(delivery.id),
        receipt: None,
    };
    match delivery.handler.as_str() {
        follow_access::NAME => follow_access::handle(bench, &scope, read(delivery)?).await,
        welcome_customer::NAME => welcome_customer::handle(bench, &scope, read(delivery)?).await,
        give_time::NAME => give_time::handle(bench, &scope, read(delivery)?).await,
        renew_prepaid::NAME => renew_prepaid::handle(bench, &scope, read(delivery)?).await,
        push_batch::NAME => push_batch::handle(bench, &scope, read(delivery)?).await,
        withdraw_batch::NAME => withdraw_batch::handle(bench, &scope, read(delivery)?).await,
        start_voucher_clock::NAME => {
            start_voucher_clock::handle(bench, &scope, read(delivery)?).await
        }
        end_voucher_grant::NAME => end_voucher_grant::handle(bench, &scope, read(delivery)?).await,
        refresh_routers::NAME => refresh_routers::handle(bench, &scope, read(delivery)?).await,
        other => Err(Failure::park(format!("nothing here listens as {other}"))),
    }
}

fn read<T: DeserializeOwned>(delivery: &ClaimedDelivery) -> Result<T, Failure> {
    serde_json::from_value(delivery.event.body.clone()).map_err(|err| {
        Failure::park(format!(
            "the body of {} is not understood: {err}",
            delivery.event.name
        ))
    })
}
