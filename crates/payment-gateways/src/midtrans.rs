//! Midtrans: Snap pages, status queries, refunds, and notifications of which only some fields are signed.
//!
//! A notification's `transaction_status` is not signed (messaging-payments.md, 2.2): a genuine "pending" can be edited to
//! "settlement" and still verify. So a notification never says more than whose payment to ask about. The queried answer
//! counts as paid only with status code 200, a paid status, and nothing that speaks of fraud.

mod amount;
mod notification;
mod status;

use std::sync::Arc;

use async_trait::async_trait;
use billing::gateway::{
    BadCredentials, Checkout, GatewayCapabilities, GatewayCredentials, GatewayMode, ListSpan,
    Notice, Order, PaymentGateway, ProviderError, ProviderPayment, ProviderReference,
    ProviderStatus, RefundAbility, RefundOrder, RefundProgress, Refusal, WebhookRefusal,
    WebhookRequest,
};
use kernel::{Clock, Timestamp};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address::BaseAddress;
use crate::client::{Answer, Body, Call, Client, Key, Safety};
use crate::json::nonsense;
use status::Status;

/// The two hosts of one mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MidtransHosts {
    /// Opens pages.
    pub snap: BaseAddress,
    /// Everything else.
    pub api: BaseAddress,
}

/// Where Midtrans is in each mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MidtransSettings {
    /// For live accounts.
    pub live: MidtransHosts,
    /// For test accounts.
    pub test: MidtransHosts,
}

impl MidtransSettings {
    /// Midtrans itself.
    #[must_use]
    pub fn production() -> Self {
        let hosts = |snap, api| MidtransHosts {
            snap: BaseAddress::constant(snap),
            api: BaseAddress::constant(api),
        };
        Self {
            live: hosts("https://app.midtrans.com", "https://api.midtrans.com"),
            test: hosts(
                "https://app.sandbox.midtrans.com",
                "https://api.sandbox.midtrans.com",
            ),
        }
    }
}

/// Midtrans.
pub struct MidtransGateway {
    client: Arc<Client>,
    settings: MidtransSettings,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for MidtransGateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MidtransGateway")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A page that was just opened.
#[derive(Deserialize)]
struct Opened {
    redirect_url: String,
}

/// Snap's refusals.
#[derive(Deserialize)]
struct NotOpened {
    #[serde(default)]
    error_messages: Vec<String>,
}

impl MidtransGateway {
    /// Midtrans at these hosts. `clock` turns "until" into the "for so many minutes" that Midtrans wants.
    #[must_use]
    pub fn new(client: Arc<Client>, settings: MidtransSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            settings,
            clock,
        }
    }

    const fn hosts(&self, mode: GatewayMode) -> &MidtransHosts {
        match mode {
            GatewayMode::Live => &self.settings.live,
            GatewayMode::Test => &self.settings.test,
        }
    }

    /// Calls the core API about a payment: `status`, `expire`, `refund`.
    async fn core(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
        verb: &str,
        post: Option<(Value, Safety)>,
    ) -> Result<Status, ProviderError> {
        let (method, body, safety) = match post {
            None => (Method::GET, Body::None, Safety::Read),
            Some((body, safety)) => (Method::POST, Body::Json(body.to_string()), safety),
        };
        let call = Call {
            method,
            url: self
                .hosts(credentials.mode())
                .api
                .at(&format!("/v2/{payment}/{verb}")),
            key: Key::Basic(credentials.api_key()),
            body,
            headers: Vec::new(),
            safety,
        };
        let answer = self.client.call(&call).await?;
        answer.check_key()?;
        let status: Status = answer.parse(safety)?;
        status.accepted(payment)
    }

    async fn status(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<Status, ProviderError> {
        self.core(credentials, payment, "status", None).await
    }

    fn order_body(&self, order: &Order) -> Result<Value, ProviderError> {
        let mut body = json!({
            "transaction_details": {
                "order_id": order.reference.to_string(),
                "gross_amount": amount::to_rupiah(order.amount)?,
            },
            "callbacks": { "finish": order.return_url },
        });
        if let Some(email) = &order.email {
            body["customer_details"] = json!({ "email": email });
        }
        if let Some(at) = order.expires_at {
            let minutes = at.since(self.clock.now()).num_minutes().max(1);
            body["expiry"] = json!({ "unit": "minutes", "duration": minutes });
        }
        Ok(body)
    }
}

/// Keys of the sandbox begin with `SB-`. Without it a key may be of either mode: what it opens decides the host, and a
/// host takes only its own keys.
fn check_key(credentials: &GatewayCredentials) -> Result<(), BadCredentials> {
    let key = credentials.api_key().expose();
    let (is_sandbox, rest) = match key.strip_prefix("SB-") {
        Some(rest) => (true, rest),
        None => (false, key),
    };
    match rest.strip_prefix("Mid-server-") {
        None | Some("") => Err(BadCredentials::WrongForm),
        Some(_) if is_sandbox => credentials.require_mode(GatewayMode::Test),
        Some(_) => Ok(()),
    }
}

fn opened(answer: &Answer, order: &Order) -> Result<Checkout, ProviderError> {
    answer.check_key()?;
    if answer.status != 201 && answer.status != 200 {
        let refused: NotOpened = answer.parse(Safety::Once)?;
        return Err(not_opened(&refused.error_messages.join("; ")));
    }
    let opened: Opened = answer.parse(Safety::Once)?;
    let reference = order.reference.to_string().parse();
    Ok(Checkout {
        reference: reference.map_err(|_| nonsense("an impossible order"))?,
        pay_url: opened.redirect_url,
    })
}

/// Snap tells a taken name in words only, in English or Indonesian.
fn not_opened(message: &str) -> ProviderError {
    let is_taken = message.contains("order_id")
        && (message.contains("taken") || message.contains("sudah digunakan"));
    let refusal = match is_taken {
        true => Refusal::Duplicate,
        false if message.contains("gross_amount") => Refusal::Amount,
        false => Refusal::Other,
    };
    ProviderError::refused(refusal, message)
}

#[async_trait]
impl PaymentGateway for MidtransGateway {
    fn capabilities(&self) -> GatewayCapabilities {
        GatewayCapabilities {
            name: "midtrans",
            is_create_repeatable: false,
            knows_untouched: false,
            refund: RefundAbility::Partial,
            can_list: false,
        }
    }

    fn check(&self, credentials: &GatewayCredentials) -> Result<(), BadCredentials> {
        check_key(credentials)
    }

    async fn create(
        &self,
        credentials: &GatewayCredentials,
        order: &Order,
    ) -> Result<Checkout, ProviderError> {
        let body = self.order_body(order)?;
        let call = Call {
            method: Method::POST,
            url: self
                .hosts(credentials.mode())
                .snap
                .at("/snap/v1/transactions"),
            key: Key::Basic(credentials.api_key()),
            body: Body::Json(body.to_string()),
            headers: Vec::new(),
            safety: Safety::Once,
        };
        opened(&self.client.call(&call).await?, order)
    }

    async fn query(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<ProviderPayment, ProviderError> {
        self.status(credentials, payment).await?.into_payment()
    }

    async fn refund(
        &self,
        credentials: &GatewayCredentials,
        refund: &RefundOrder,
    ) -> Result<RefundProgress, ProviderError> {
        let known = self.status(credentials, &refund.payment).await?;
        let key = refund.id.to_string();
        // Midtrans answers a refund when it is done.
        if known.has_refund(&key) {
            return Ok(RefundProgress::Done);
        }
        let ProviderStatus::Paid(received) = known.into_payment()?.status else {
            return Err(ProviderError::refused(Refusal::State, "nothing was paid"));
        };
        let left = received.amount.checked_sub(received.refunded);
        let left = left.map_err(|_| nonsense("amounts in two currencies"))?;
        let units = amount::to_rupiah(refund.amount)?;
        if refund.amount.minor() > left.minor() {
            let message = format!("{} is more than the {left} that is left", refund.amount);
            return Err(ProviderError::refused(Refusal::Amount, message));
        }
        let body = json!({ "refund_key": key, "amount": units, "reason": refund.reason });
        let post = Some((body, Safety::Once));
        let refunded = self.core(credentials, &refund.payment, "refund", post);
        refunded.await.map(|_| RefundProgress::Done)
    }

    /// Lets it expire. Midtrans' own `cancel` would also void a card payment that was made and not yet settled.
    async fn cancel(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<(), ProviderError> {
        let post = Some((json!({}), Safety::Repeatable));
        let closed = self.core(credentials, payment, "expire", post).await;
        let Err(refused) = closed else {
            return Ok(());
        };
        if !matches!(refused.refusal(), Some(Refusal::State | Refusal::Other)) {
            return Err(refused);
        }
        match self.query(credentials, payment).await?.status {
            ProviderStatus::Expired | ProviderStatus::Cancelled | ProviderStatus::Failed { .. } => {
                Ok(())
            }
            _ => Err(ProviderError::refused(Refusal::State, refused.to_string())),
        }
    }

    async fn list(
        &self,
        _credentials: &GatewayCredentials,
        _span: ListSpan,
    ) -> Result<Vec<ProviderPayment>, ProviderError> {
        let message = "Midtrans has no list of payments";
        Err(ProviderError::refused(Refusal::NotSupported, message))
    }

    fn verify(
        &self,
        credentials: &GatewayCredentials,
        request: &WebhookRequest,
        _now: Timestamp,
    ) -> Result<Vec<Notice>, WebhookRefusal> {
        notification::read(credentials.api_key(), request).map(|notice| vec![notice])
    }
}

#[cfg(test)]
mod tests;
