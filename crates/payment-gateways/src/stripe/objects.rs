//! Stripe's objects, and what they mean here. Only the fields that decide something are read.

use billing::gateway::{
    Checkout, GatewayMode, Notice, OrderReference, ProviderError, ProviderPayment,
    ProviderReference, ProviderStatus, Received, RefundProgress, Refusal, WebhookRefusal,
};
use kernel::{Money, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::amount::from_stripe;
use crate::json::nonsense;

/// A Checkout Session that was just made.
#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    id: String,
    url: String,
}

impl Opened {
    pub(super) fn into_checkout(self) -> Result<Checkout, ProviderError> {
        Ok(Checkout {
            reference: reference(&self.id)?,
            pay_url: self.url,
        })
    }
}

/// A Checkout Session, with its payment intent expanded.
#[derive(Debug, Deserialize)]
pub(super) struct Session {
    id: String,
    livemode: bool,
    /// `open`, `complete`, `expired`.
    status: String,
    amount_total: i64,
    currency: String,
    client_reference_id: Option<String>,
    payment_intent: Option<Intent>,
}

/// A payment intent, with its latest charge expanded.
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    id: String,
    livemode: bool,
    status: String,
    amount: i64,
    amount_received: Option<i64>,
    currency: String,
    #[serde(default)]
    metadata: Metadata,
    latest_charge: Option<Charge>,
    last_payment_error: Option<PaymentError>,
    /// Whether the customer's bank has it back: only the disputes tell.
    #[serde(skip)]
    is_taken_back: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    order: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Charge {
    id: String,
    created: i64,
    amount: i64,
    #[serde(default)]
    amount_refunded: i64,
    /// It stays true after a dispute was won.
    #[serde(default)]
    disputed: bool,
}

/// A page of disputes of one payment intent, which has a few at most.
#[derive(Debug, Deserialize)]
pub(super) struct Disputes {
    data: Vec<Dispute>,
}

#[derive(Debug, Deserialize)]
struct Dispute {
    status: String,
}

impl Disputes {
    /// Whether one of them holds the money: from its beginning, until it is won. An inquiry (`warning_…`) takes nothing.
    pub(super) fn hold_the_money(&self) -> bool {
        let mut statuses = self.data.iter().map(|it| it.status.as_str());
        statuses.any(|it| matches!(it, "needs_response" | "under_review" | "lost"))
    }
}

/// A page of refunds of one charge.
#[derive(Debug, Deserialize)]
pub(super) struct Refunds {
    data: Vec<MadeRefund>,
    #[serde(default)]
    has_more: bool,
}

impl Refunds {
    /// The refund of this name, if it was made.
    ///
    /// # Errors
    /// [`ProviderError`] if the page is not all of them and it is not on it.
    pub(super) fn named(self, name: &str) -> Result<Option<MadeRefund>, ProviderError> {
        let is_ours = |it: &MadeRefund| it.metadata.refund.as_deref() == Some(name);
        let found = self.data.into_iter().find(is_ours);
        match (found, self.has_more) {
            (None, true) => Err(nonsense("more refunds than anybody makes")),
            (found, _) => Ok(found),
        }
    }
}

/// A refund that Stripe has taken on.
#[derive(Debug, Deserialize)]
pub(super) struct MadeRefund {
    id: String,
    amount: i64,
    #[serde(default)]
    metadata: RefundMetadata,
    status: Option<String>,
    failure_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct RefundMetadata {
    refund: Option<String>,
}

impl MadeRefund {
    /// Refuses to take it for a refund of another amount, in Stripe's units.
    pub(super) fn must_be_of(&self, units: i64) -> Result<(), ProviderError> {
        if self.amount == units {
            return Ok(());
        }
        let message = "a refund of this name was made of another amount";
        Err(ProviderError::refused(Refusal::Duplicate, message))
    }

    /// Stripe's name for it, to ask about it again.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// How far it has come. Old servers say nothing of a refund that is done.
    pub(super) fn progress(&self) -> RefundProgress {
        match self.status.as_deref() {
            None | Some("succeeded") => RefundProgress::Done,
            Some(status @ ("failed" | "canceled")) => RefundProgress::Failed {
                reason: self.failure_reason.clone().unwrap_or(status.to_owned()),
            },
            Some(_) => RefundProgress::Pending,
        }
    }
}

#[derive(Debug, Deserialize)]
struct PaymentError {
    message: Option<String>,
}

/// A page of payment intents.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    pub(super) data: Vec<Intent>,
    has_more: bool,
}

impl Listing {
    /// After which one the next page begins.
    pub(super) fn next_after(&self) -> Option<&str> {
        let last = self.data.last().filter(|_| self.has_more)?;
        Some(&last.id)
    }
}

impl Session {
    pub(super) const fn intent_mut(&mut self) -> Option<&mut Intent> {
        self.payment_intent.as_mut()
    }

    pub(super) fn into_intent(self) -> Option<Intent> {
        self.payment_intent
    }

    pub(super) fn into_payment(self, mode: GatewayMode) -> Result<ProviderPayment, ProviderError> {
        check_mode(self.livemode, mode)?;
        let status = match &self.payment_intent {
            Some(intent) => intent.status(self.status == "complete")?,
            None => ProviderStatus::Pending,
        };
        // Nothing was paid, and the page is closed: whatever the intent hopes for, nobody will.
        let has_money = matches!(
            status,
            ProviderStatus::Paid(_) | ProviderStatus::ChargedBack(_)
        );
        let is_over = self.status == "expired" && !has_money;
        Ok(ProviderPayment {
            reference: reference(&self.id)?,
            order: order(self.client_reference_id.as_deref()),
            asked: from_stripe(self.amount_total, &self.currency)?,
            status: if is_over {
                ProviderStatus::Expired
            } else {
                status
            },
        })
    }
}

impl Intent {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Whether somebody has ever disputed it: then the disputes tell who has the money.
    pub(super) fn was_disputed(&self) -> bool {
        self.latest_charge.as_ref().is_some_and(|it| it.disputed)
    }

    /// The charge that its money came with.
    pub(super) fn charge(&self) -> Option<&str> {
        self.latest_charge.as_ref().map(|it| it.id.as_str())
    }

    /// What the disputes tell.
    pub(super) fn judge(&mut self, disputes: &Disputes) {
        self.is_taken_back = disputes.hold_the_money();
    }

    /// Nothing is given back that was not paid. How much is left, the provider knows better: a refund that is asked for
    /// again is among what was given back.
    pub(super) fn check_refund(&self, amount: Money) -> Result<(), ProviderError> {
        if self.status != "succeeded" {
            return Err(ProviderError::refused(Refusal::State, "nothing was paid"));
        }
        let paid = self.received()?.amount;
        let is_covered = paid.currency() == amount.currency() && amount.minor() <= paid.minor();
        if !is_covered {
            let message = format!("{amount} cannot be given back of {paid}");
            return Err(ProviderError::refused(Refusal::Amount, message));
        }
        Ok(())
    }

    pub(super) fn into_payment(self, mode: GatewayMode) -> Result<ProviderPayment, ProviderError> {
        check_mode(self.livemode, mode)?;
        Ok(ProviderPayment {
            reference: reference(&self.id)?,
            order: order(self.metadata.order.as_deref()),
            asked: from_stripe(self.amount, &self.currency)?,
            status: self.status(false)?,
        })
    }

    /// `is_final` says that the customer has no way to try again: their page is done.
    fn status(&self, is_final: bool) -> Result<ProviderStatus, ProviderError> {
        Ok(match self.status.as_str() {
            "succeeded" if self.is_taken_back => ProviderStatus::ChargedBack(self.received()?),
            "succeeded" => ProviderStatus::Paid(self.received()?),
            "canceled" => ProviderStatus::Cancelled,
            "requires_payment_method" if is_final => ProviderStatus::Failed {
                reason: self.complaint(),
            },
            _ => ProviderStatus::Pending,
        })
    }

    fn received(&self) -> Result<Received, ProviderError> {
        let money = |units| from_stripe(units, &self.currency);
        let charge = self.latest_charge.as_ref();
        // Old servers tell it of the charge only. Money without a number is no money.
        let units = self.amount_received.or(charge.map(|it| it.amount));
        let amount = money(units.ok_or_else(|| nonsense("money without an amount"))?)?;
        let refunded = charge.map(|it| money(it.amount_refunded)).transpose()?;
        let at = charge.and_then(|it| it.created.checked_mul(1_000_000));
        Ok(Received {
            transaction: self.id.clone(),
            refunded: refunded.unwrap_or(Money::zero(amount.currency())),
            amount,
            at: at.and_then(Timestamp::from_micros),
        })
    }

    fn complaint(&self) -> String {
        let error = self.last_payment_error.as_ref();
        let message = error.and_then(|it| it.message.clone());
        message.unwrap_or_else(|| "the payment failed".to_owned())
    }
}

/// An event of the webhook; what it holds depends on its type.
#[derive(Deserialize)]
struct Event {
    id: String,
    livemode: bool,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: EventObject,
}

#[derive(Deserialize)]
struct EventObject {
    object: String,
    id: String,
    client_reference_id: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    /// An id, or the whole thing, depending on what it hangs on.
    payment_intent: Option<Value>,
}

/// Which payments a signed event is about.
///
/// # Errors
/// [`WebhookRefusal::Unreadable`] and [`WebhookRefusal::WrongMode`].
pub(super) fn notices(body: &[u8], mode: GatewayMode) -> Result<Vec<Notice>, WebhookRefusal> {
    let event: Event = serde_json::from_slice(body).map_err(|_| WebhookRefusal::Unreadable)?;
    if event.livemode != (mode == GatewayMode::Live) {
        return Err(WebhookRefusal::WrongMode);
    }
    if event.id.is_empty() || event.id.len() > 128 {
        return Err(WebhookRefusal::Unreadable);
    }
    let object = event.data.object;
    let payment = match object.object.as_str() {
        "checkout.session" | "payment_intent" => Some(object.id.as_str()),
        "charge" | "refund" | "dispute" => object.payment_intent.as_ref().and_then(Value::as_str),
        _ => None,
    };
    let Some(payment) = payment else {
        return Ok(Vec::new());
    };
    Ok(vec![Notice {
        event: event.id,
        payment: payment.parse().map_err(|_| WebhookRefusal::Unreadable)?,
        order: order(object.client_reference_id.as_deref())
            .or_else(|| order(object.metadata.order.as_deref())),
    }])
}

/// A payment that plays must never be credited by an account that does not, and the other way round.
fn check_mode(is_live: bool, mode: GatewayMode) -> Result<(), ProviderError> {
    if is_live == (mode == GatewayMode::Live) {
        Ok(())
    } else {
        Err(nonsense("a payment of the other mode"))
    }
}

fn reference(id: &str) -> Result<ProviderReference, ProviderError> {
    id.parse().map_err(|_| nonsense("an impossible id"))
}

fn order(text: Option<&str>) -> Option<OrderReference> {
    text?.parse().ok()
}
