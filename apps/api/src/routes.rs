//! The routes, one file per resource.

use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;

mod accounts;
mod arrears;
mod auth;
mod billing;
mod credit_notes;
mod customers;
mod deliveries;
mod discounts;
mod documents;
mod drift;
mod drift_rows;
mod dunning;
mod events;
mod gateway_accounts;
mod gateway_reconciliations;
mod grants;
mod historical_sales;
mod import_rows;
mod imports;
mod invoices;
mod jobs;
mod legal_entities;
mod letterheads;
mod needs_attention;
mod operators;
mod payment_links;
mod payment_proofs;
mod payments;
mod plans;
mod provider_refunds;
mod reports;
mod router_commands;
mod router_setup;
mod routers;
mod service_profiles;
mod sessions;
mod statements;
mod subscriptions;
mod taxes;
mod tills;
mod unmatched_payments;
mod usage;
mod voucher_batches;
mod vouchers;
mod webhooks;

pub(crate) use routers::{TransportName, TrustName};

/// The header of requests that must act once.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by the description only")]
pub(crate) struct KeyHeader {
    /// 1 to 128 visible ASCII characters, kept for 7 days: the same key with the same body acts once, and the repetition
    /// is answered with `Idempotency-Replayed: true`.
    #[param(rename = "Idempotency-Key", pattern = "^[!-~]{1,128}$")]
    idempotency_key: Option<String>,
}

/// Every route under `/api/v1`.
pub(crate) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(auth::routes())
        .merge(customers::routes())
        .merge(legal_entities::routes())
        .merge(letterheads::routes())
        .merge(taxes::routes())
        .merge(plans::routes())
        .merge(subscriptions::routes())
        .merge(invoices::routes())
        .merge(credit_notes::routes())
        .merge(documents::routes())
        .merge(payments::routes())
        .merge(unmatched_payments::routes())
        .merge(gateway_accounts::routes())
        .merge(payment_links::routes())
        .merge(payment_proofs::routes())
        .merge(webhooks::routes())
        .merge(provider_refunds::routes())
        .merge(gateway_reconciliations::routes())
        .merge(accounts::routes())
        .merge(statements::routes())
        .merge(tills::routes())
        .merge(reports::routes())
        .merge(discounts::routes())
        .merge(billing::routes())
        .merge(arrears::routes())
        .merge(dunning::routes())
        .merge(needs_attention::routes())
        .merge(jobs::routes())
        .merge(deliveries::routes())
        .merge(events::routes())
        .merge(operators::routes())
        .merge(service_profiles::routes())
        .merge(routers::routes())
        .merge(router_commands::routes())
        .merge(drift::routes())
        .merge(drift_rows::routes())
        .merge(router_setup::routes())
        .merge(imports::routes())
        .merge(sessions::routes())
        .merge(grants::routes())
        .merge(usage::routes())
        .merge(voucher_batches::routes())
        .merge(vouchers::routes())
}
