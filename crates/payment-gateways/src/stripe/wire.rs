//! How Stripe is spoken to: forms in, JSON out, errors with a code.

use std::sync::Arc;

use billing::gateway::{GatewayCredentials, ProviderError, Refusal};
use form_urlencoded::Serializer;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::address::BaseAddress;
use crate::client::{Answer, Body, Call, Client, Key, Safety};

/// A form. Stripe's fields are flat names with brackets.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    fn encoded(&self) -> String {
        Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

/// Stripe at an address.
#[derive(Debug)]
pub(super) struct Wire {
    client: Arc<Client>,
    address: BaseAddress,
}

#[derive(Deserialize)]
struct Failed {
    error: Error,
}

/// Stripe's error object; only what decides something.
#[derive(Deserialize)]
struct Error {
    #[serde(rename = "type", default)]
    kind: String,
    code: Option<String>,
    param: Option<String>,
    #[serde(default)]
    message: String,
}

impl Wire {
    pub(super) const fn new(client: Arc<Client>, address: BaseAddress) -> Self {
        Self { client, address }
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        credentials: &GatewayCredentials,
        path: &str,
    ) -> Result<T, ProviderError> {
        let call = Call {
            method: Method::GET,
            url: self.address.at(path),
            key: Key::Bearer(credentials.api_key()),
            body: Body::None,
            headers: Vec::new(),
            safety: Safety::Read,
        };
        read(&self.client.call(&call).await?, call.safety)
    }

    /// Sends a form. `once` is the same for the same thing, and different for every other.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        credentials: &GatewayCredentials,
        path: &str,
        form: Fields,
        once: &str,
    ) -> Result<T, ProviderError> {
        let call = Call {
            method: Method::POST,
            url: self.address.at(path),
            key: Key::Bearer(credentials.api_key()),
            body: Body::Form(form.encoded()),
            headers: vec![("Idempotency-Key", once.to_owned())],
            safety: Safety::Repeatable,
        };
        read(&self.client.call(&call).await?, call.safety)
    }
}

fn read<T: DeserializeOwned>(answer: &Answer, safety: Safety) -> Result<T, ProviderError> {
    if answer.status == 200 {
        return answer.parse(safety);
    }
    answer.check_key()?;
    let failed: Failed = answer.parse(safety)?;
    Err(refused(answer.status, failed.error))
}

/// Stripe's error by what can be done about it.
fn refused(status: u16, error: Error) -> ProviderError {
    let code = error.code.as_deref().unwrap_or_default();
    // The first call with this key is still under way.
    if status == 409 || code == "lock_timeout" {
        return ProviderError::Retry {
            after_s: Some(1),
            reason: "the same call is under way".to_owned(),
        };
    }
    let param = error.param.as_deref().unwrap_or_default();
    let refusal = match code {
        _ if status == 404 || code == "resource_missing" => Refusal::NotFound,
        _ if error.kind == "idempotency_error" => Refusal::Duplicate,
        "charge_already_refunded" | "amount_too_small" | "amount_too_large" => Refusal::Amount,
        "payment_intent_unexpected_state" => Refusal::State,
        _ if param == "amount" || param.ends_with("[unit_amount]") => Refusal::Amount,
        _ => Refusal::Other,
    };
    ProviderError::refused(refusal, error.message)
}
