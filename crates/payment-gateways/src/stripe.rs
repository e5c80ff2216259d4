//! Stripe: hosted checkout pages, payment intents, refunds, and events signed with a timestamp.
//!
//! An order is opened as a Checkout Session and asked about as one; lists name payment intents, which can be asked about
//! too. Every POST carries an `Idempotency-Key`, so it may be sent again (messaging-payments.md, 2.9).

mod amount;
mod objects;
mod signature;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use billing::gateway::{
    BadCredentials, Checkout, GatewayCapabilities, GatewayCredentials, GatewayMode, ListSpan,
    Notice, Order, PaymentGateway, ProviderError, ProviderPayment, ProviderReference,
    ProviderStatus, RefundAbility, RefundOrder, RefundProgress, Refusal, WebhookRefusal,
    WebhookRequest,
};
use kernel::Timestamp;

use crate::address::BaseAddress;
use crate::client::Client;
use crate::json::nonsense;
use objects::{Disputes, Intent, Listing, MadeRefund, Opened, Refunds, Session};
use wire::{Fields, Wire};

/// Where Stripe is.
const PRODUCTION: &str = "https://api.stripe.com";

/// How many pages of a list are read at most, of a hundred payments each.
const MOST_PAGES: u32 = 1_000;

/// Stripe.
#[derive(Debug)]
pub struct StripeGateway {
    wire: Wire,
}

impl StripeGateway {
    /// Stripe itself.
    #[must_use]
    pub fn new(client: Arc<Client>) -> Self {
        Self::at(BaseAddress::constant(PRODUCTION), client)
    }

    /// Something that answers like Stripe.
    #[must_use]
    pub const fn at(address: BaseAddress, client: Arc<Client>) -> Self {
        Self {
            wire: Wire::new(client, address),
        }
    }

    /// The session's payment intent, or the intent itself.
    async fn intent_of(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<Intent, ProviderError> {
        if is_intent(payment) {
            return self.intent(credentials, payment).await;
        }
        let session = self.session(credentials, payment).await?;
        let intent = session.into_intent();
        intent.ok_or_else(|| ProviderError::refused(Refusal::State, "nothing was paid"))
    }

    async fn intent(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<Intent, ProviderError> {
        let path = format!("/v1/payment_intents/{payment}?expand[]=latest_charge");
        let mut intent: Intent = self.wire.get(credentials, &path).await?;
        self.ask_for_disputes(credentials, &mut intent).await?;
        Ok(intent)
    }

    /// A charge says only that it was disputed once; the disputes say who has the money now.
    async fn ask_for_disputes(
        &self,
        credentials: &GatewayCredentials,
        intent: &mut Intent,
    ) -> Result<(), ProviderError> {
        if !intent.was_disputed() {
            return Ok(());
        }
        let path = format!("/v1/disputes?limit=100&payment_intent={}", intent.id());
        let disputes: Disputes = self.wire.get(credentials, &path).await?;
        intent.judge(&disputes);
        Ok(())
    }

    /// The refund of this name as it is now, if it was made. Stripe forgets an `Idempotency-Key` after a day: a refund that
    /// takes longer must not be asked for as if it were new (messaging-payments.md, 2.9).
    async fn made_refund(
        &self,
        credentials: &GatewayCredentials,
        intent: &Intent,
        name: &str,
    ) -> Result<Option<MadeRefund>, ProviderError> {
        let charge = intent.charge();
        let charge = charge.ok_or_else(|| nonsense("money without a charge"))?;
        let path = format!("/v1/refunds?limit=100&charge={charge}");
        let refunds: Refunds = self.wire.get(credentials, &path).await?;
        refunds.named(name)
    }

    async fn session(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<Session, ProviderError> {
        if !payment.as_str().starts_with("cs_") {
            let message = "that is no payment of Stripe's";
            return Err(ProviderError::refused(Refusal::NotFound, message));
        }
        let path = format!("/v1/checkout/sessions/{payment}?expand[]=payment_intent.latest_charge");
        let mut session: Session = self.wire.get(credentials, &path).await?;
        if let Some(intent) = session.intent_mut() {
            self.ask_for_disputes(credentials, intent).await?;
        }
        Ok(session)
    }

    /// After a refusal to close: whoever finds it closed has what they wanted.
    async fn is_closed(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<bool, ProviderError> {
        let status = self.query(credentials, payment).await?.status;
        Ok(matches!(
            status,
            ProviderStatus::Expired | ProviderStatus::Cancelled
        ))
    }
}

fn is_intent(payment: &ProviderReference) -> bool {
    payment.as_str().starts_with("pi_")
}

/// The instant in seconds since 1970, rounded up.
fn whole_second(at: Timestamp) -> i64 {
    at.micros().saturating_add(999_999).div_euclid(1_000_000)
}

/// Stripe's keys tell their kind and mode: `sk_live_…`, `rk_test_…`; `pk_…` are public.
fn mode_of_key(key: &str) -> Option<GatewayMode> {
    let rest = key
        .strip_prefix("sk_")
        .or_else(|| key.strip_prefix("rk_"))?;
    let (mode, rest) = rest.split_once('_')?;
    GatewayMode::from_word(mode).filter(|_| !rest.is_empty())
}

fn order_form(order: &Order) -> Result<Fields, ProviderError> {
    let reference = order.reference.to_string();
    let mut form = Fields::default();
    form.add("mode", "payment");
    form.add("client_reference_id", &reference);
    // The payment intent is listed, the session is not: both carry our name.
    form.add("payment_intent_data[metadata][order]", &reference);
    form.add("success_url", &order.return_url);
    form.add("cancel_url", &order.return_url);
    form.add("line_items[0][quantity]", "1");
    let price = "line_items[0][price_data]";
    let currency = order.amount.currency().code().to_lowercase();
    form.add(&format!("{price}[currency]"), &currency);
    let units = amount::to_stripe(order.amount)?;
    form.add(&format!("{price}[unit_amount]"), &units.to_string());
    form.add(&format!("{price}[product_data][name]"), &order.description);
    if let Some(email) = &order.email {
        form.add("customer_email", email);
    }
    if let Some(at) = order.expires_at {
        form.add("expires_at", &at.utc().timestamp().to_string());
    }
    Ok(form)
}

#[async_trait]
impl PaymentGateway for StripeGateway {
    fn capabilities(&self) -> GatewayCapabilities {
        GatewayCapabilities {
            name: "stripe",
            is_create_repeatable: true,
            knows_untouched: true,
            refund: RefundAbility::Partial,
            can_list: true,
        }
    }

    fn check(&self, credentials: &GatewayCredentials) -> Result<(), BadCredentials> {
        let key = credentials.api_key().expose();
        credentials.require_mode(mode_of_key(key).ok_or(BadCredentials::WrongForm)?)
    }

    async fn create(
        &self,
        credentials: &GatewayCredentials,
        order: &Order,
    ) -> Result<Checkout, ProviderError> {
        let form = order_form(order)?;
        let once = order.reference.to_string();
        let opened: Opened = self
            .wire
            .post(credentials, "/v1/checkout/sessions", form, &once)
            .await?;
        opened.into_checkout()
    }

    async fn query(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<ProviderPayment, ProviderError> {
        if is_intent(payment) {
            let intent = self.intent(credentials, payment).await?;
            return intent.into_payment(credentials.mode());
        }
        let session = self.session(credentials, payment).await?;
        session.into_payment(credentials.mode())
    }

    async fn refund(
        &self,
        credentials: &GatewayCredentials,
        refund: &RefundOrder,
    ) -> Result<RefundProgress, ProviderError> {
        let intent = self.intent_of(credentials, &refund.payment).await?;
        intent.check_refund(refund.amount)?;
        let name = refund.id.to_string();
        let units = amount::to_stripe(refund.amount)?;
        if let Some(made) = self.made_refund(credentials, &intent, &name).await? {
            made.must_be_of(units)?;
            return Ok(made.progress());
        }
        let mut form = Fields::default();
        form.add("payment_intent", intent.id());
        form.add("amount", &units.to_string());
        form.add("metadata[refund]", &name);
        form.add("metadata[why]", &refund.reason);
        let made: MadeRefund = self
            .wire
            .post(credentials, "/v1/refunds", form, &name)
            .await?;
        if made.progress() != RefundProgress::Pending {
            return Ok(made.progress());
        }
        // The answer to a key that was used before is the first one: it may have come further since.
        let path = format!("/v1/refunds/{}", made.id());
        let made: MadeRefund = self.wire.get(credentials, &path).await?;
        Ok(made.progress())
    }

    async fn cancel(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<(), ProviderError> {
        let path = match is_intent(payment) {
            true => format!("/v1/payment_intents/{payment}/cancel"),
            false => format!("/v1/checkout/sessions/{payment}/expire"),
        };
        let once = format!("close-{payment}");
        let closed = self
            .wire
            .post::<serde::de::IgnoredAny>(credentials, &path, Fields::default(), &once)
            .await;
        match closed {
            Ok(_) => Ok(()),
            Err(refused @ ProviderError::Refused { .. }) => {
                if refused.refusal() == Some(Refusal::Credentials) {
                    return Err(refused);
                }
                match self.is_closed(credentials, payment).await? {
                    true => Ok(()),
                    false => Err(ProviderError::refused(Refusal::State, refused.to_string())),
                }
            }
            Err(other) => Err(other),
        }
    }

    async fn list(
        &self,
        credentials: &GatewayCredentials,
        span: ListSpan,
    ) -> Result<Vec<ProviderPayment>, ProviderError> {
        // Stripe counts whole seconds: a span that begins within one begins with the next.
        let (since, until) = (whole_second(span.since), whole_second(span.until));
        let base = format!(
            "/v1/payment_intents?limit=100&created[gte]={since}&created[lt]={until}&expand[]=data.latest_charge"
        );
        let mut found = Vec::new();
        let mut path = base.clone();
        for _ in 0..MOST_PAGES {
            let listing: Listing = self.wire.get(credentials, &path).await?;
            let next = listing.next_after().map(ToOwned::to_owned);
            for mut intent in listing.data {
                self.ask_for_disputes(credentials, &mut intent).await?;
                found.push(intent.into_payment(credentials.mode())?);
            }
            match next {
                Some(last) => path = format!("{base}&starting_after={last}"),
                None => return Ok(found),
            }
        }
        Err(nonsense("a list without an end"))
    }

    fn verify(
        &self,
        credentials: &GatewayCredentials,
        request: &WebhookRequest,
        now: Timestamp,
    ) -> Result<Vec<Notice>, WebhookRefusal> {
        signature::check(credentials.webhook_secrets(), request, now)?;
        objects::notices(&request.body, credentials.mode())
    }
}

#[cfg(test)]
mod tests;
