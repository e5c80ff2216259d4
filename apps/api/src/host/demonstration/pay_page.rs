//! The page on which the customers of the demonstration pay: what a payment provider shows them, without money.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use billing::gateway::{
    Followed, Order, ProviderReference, ProviderStatus, SandboxGateway, follow_payment_link,
};
use bootstrap::Ports;
use kernel::{Scope, TenantId};

/// Where the pages are, without the name of the payment.
pub(super) const PATH: &str = "/demo/pay";

/// No script, no foreign content; the one form goes back to the page.
const POLICY: &str =
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Where money changes hands, so to say.
#[derive(Clone)]
pub(super) struct Counter {
    /// Whose pages these are.
    pub(super) provider: Arc<SandboxGateway>,
    /// How the product hears of a payment.
    pub(super) ports: Ports,
    /// Whose customers pay.
    pub(super) tenant: TenantId,
}

/// The page of a payment, and its one button.
pub(super) fn routes(counter: Counter) -> Router {
    let path = format!("{PATH}/{{payment}}");
    Router::new()
        .route(&path, get(show).post(pay))
        .with_state(counter)
}

async fn show(State(counter): State<Counter>, Path(payment): Path<String>) -> Response {
    let Some((_, order, status)) = counter.order(&payment) else {
        return missing();
    };
    let said = match status {
        ProviderStatus::Pending => {
            "<form method=\"post\"><button>Pay (no money moves)</button></form>"
        }
        ProviderStatus::Paid(_) => "<p>This is paid.</p>",
        _ => "<p>This cannot be paid any more.</p>",
    };
    page(StatusCode::OK, &order, said)
}

/// Pays what is asked for, and has the product look at it as a message of the provider would.
async fn pay(State(counter): State<Counter>, Path(payment): Path<String>) -> Response {
    let Some((reference, order, _)) = counter.order(&payment) else {
        return missing();
    };
    counter.provider.pay(&reference, order.amount);
    let scope = Scope::system(counter.tenant, "demonstration", counter.ports.ids.fresh());
    let link = order.reference.payment;
    let told = follow_payment_link(counter.ports.gateway_desk(), &scope, link, None).await;
    match told {
        Ok(Followed::Paid) => page(StatusCode::OK, &order, "<p>Paid. Thank you.</p>"),
        Ok(_) => page(
            StatusCode::CONFLICT,
            &order,
            "<p>This cannot be paid any more.</p>",
        ),
        Err(err) => {
            tracing::warn!(error = %err, "the payment is found when the link is asked about next");
            page(
                StatusCode::OK,
                &order,
                "<p>Paid. It is booked within minutes.</p>",
            )
        }
    }
}

impl Counter {
    fn order(&self, payment: &str) -> Option<(ProviderReference, Order, ProviderStatus)> {
        let reference: ProviderReference = payment.parse().ok()?;
        let (order, status) = self.provider.order(&reference)?;
        Some((reference, order, status))
    }
}

fn missing() -> Response {
    let said = "The provider of the demonstration knows no such payment. It forgets everything when the program ends: \
                open the link again.";
    (StatusCode::NOT_FOUND, said).into_response()
}

/// Nothing on it was typed by anybody: an amount, and a name of letters and digits.
fn page(status: StatusCode, order: &Order, said: &str) -> Response {
    let (amount, name) = (order.amount, order.reference);
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sandbox</title>\
         <h1>Sandbox</h1><p>{amount}</p><p>{name}</p>{said}</html>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (status, headers, html).into_response()
}
