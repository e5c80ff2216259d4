//! The port to payment providers: what billing asks of one, in its own words.
//!
//! A webhook is a hint and never the truth (messaging-payments.md, 0.3): [`PaymentGateway::verify`] only says whose payment
//! to ask about, [`PaymentGateway::query`] says what became of it. So everything works without webhooks too, by asking.

mod account;
mod collection;
mod credentials;
mod desk;
mod events;
mod inbox;
mod link;
mod ports;
mod provider;
mod reconciliation;
mod reference;
mod refund;
#[cfg(any(test, feature = "testing", feature = "sandbox"))]
mod sandbox;
mod token;
mod use_cases;
mod webhook;

use async_trait::async_trait;
use kernel::{Money, Timestamp};

pub use account::{
    GatewayAccount, GatewayAccountSnapshot, NewGatewayAccount, UnusableAccount, api_key_owner,
    webhook_secrets_owner,
};
pub use collection::{Collection, CollectionSnapshot, NewCollection, NothingLeft};
pub use credentials::{BadCredentials, GatewayCredentials, GatewayMode};
pub use desk::{GatewayDesk, GatewayPorts, Gateways, NotReachable};
pub use events::GatewayEvent;
pub use inbox::{Webhook, WebhookSnapshot, WebhookStatus};
pub use link::{BadLink, LinkStatus, NewPaymentLink, PaymentLink, PaymentLinkSnapshot};
pub use ports::{
    COLLECTION_TRANSACTION_UNIQUE, CollectionRepository, GATEWAY_NAME_UNIQUE,
    GatewayAccountRepository, GatewayQueries, GatewayStore, GatewayTx, LINK_REFERENCE_UNIQUE,
    PaymentLinkRepository, ProviderRefundFilter, ProviderRefundRepository,
    ReconciliationRepository, RefundsSince, WEBHOOK_EVENT_UNIQUE, WebhookRepository,
};
pub use provider::{
    ProviderError, ProviderPayment, ProviderStatus, Received, RefundProgress, Refusal,
};
pub use reconciliation::{
    BadDays, Difference, DifferenceKind, Findings, Reconciliation, ReconciliationSnapshot,
    ReconciliationStatus, Side,
};
pub use reference::{BadReference, OrderReference, ProviderReference};
pub use refund::{ProviderRefund, ProviderRefundSnapshot, ProviderRefundStatus, RefundOrigin};
#[cfg(any(test, feature = "testing", feature = "sandbox"))]
pub use sandbox::SandboxGateway;
pub use token::{BadWebhookToken, WebhookToken};
pub use use_cases::add_account::{AddGatewayAccount, GatewayAccountError, add_gateway_account};
pub use use_cases::cancel_link::cancel_payment_link;
pub use use_cases::carry_refund::refund_at_provider;
pub use use_cases::change_account::{
    disable_gateway_account, enable_gateway_account, replace_credentials, replace_webhook_token,
};
pub use use_cases::follow_link::{Followed, follow_collection, follow_payment_link};
pub use use_cases::open_link::{
    DismissNoteError, PaymentLinkError, dismiss_link_note, open_payment_link, present_payment_link,
};
pub use use_cases::provider_refund::{
    ProviderRefundError, REFUND_AT_PROVIDER_JOB, ask_provider_refund, came_through_provider,
    retry_provider_refund,
};
pub use use_cases::receive_webhook::{
    ReceiveWebhookError, SETTLE_WEBHOOK_JOB, WebhookAddress, admit_webhook, receive_webhook,
};
pub use use_cases::reconcile::{
    AskReconciliation, RECONCILE_GATEWAY_JOB, ReconciliationError, ask_reconciliation,
    reconcile_gateway,
};
pub use use_cases::refund_by_hand::{RefundByHandError, refund_by_hand};
pub use use_cases::settle_webhook::{requeue_webhook, settle_webhook};
pub use webhook::{
    MAX_WEBHOOK_BYTES, Notice, WebhookAnswer, WebhookRefusal, WebhookRequest, same_secret,
};

use crate::payment::RefundId;

/// How much of a payment a provider gives back on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundAbility {
    /// Nothing: staff do it at the provider and write it down here.
    ByHand,
    /// Any part, several times.
    Partial,
}

/// What a provider can do besides `create`, `query`, `verify` and `ack`, which every one can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayCapabilities {
    /// The provider's name in configuration and addresses: lower case, no spaces.
    pub name: &'static str,
    /// Whether asking again for the same order gives the same checkout. If not, an order whose creation was not answered
    /// is tried again as its next attempt.
    pub is_create_repeatable: bool,
    /// Whether it knows an order before the customer has chosen how to pay. If not, a query and a cancellation say
    /// [`Refusal::NotFound`] until then, and the page closes at its own time.
    pub knows_untouched: bool,
    /// Whether it gives money back on request.
    pub refund: RefundAbility,
    /// Whether it lists its payments, for the reconciliation.
    pub can_list: bool,
}

/// What a customer is to pay at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Ours: the provider repeats it in everything that it tells.
    pub reference: OrderReference,
    /// How much, above zero.
    pub amount: Money,
    /// What the customer reads: 1 to 120 characters.
    pub description: String,
    /// Where the customer's browser goes afterwards. It says nothing about whether they paid.
    pub return_url: String,
    /// Whom the provider may write to; some insist on it.
    pub email: Option<String>,
    /// Until when it can be paid; the provider's own limit if absent.
    pub expires_at: Option<Timestamp>,
}

/// A page at the provider where an order is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// What to ask about later.
    pub reference: ProviderReference,
    /// The address for the customer's browser.
    pub pay_url: String,
}

/// Money to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOrder {
    /// Ours: the same id again gives back nothing more.
    pub id: RefundId,
    /// The payment.
    pub payment: ProviderReference,
    /// How much, above zero.
    pub amount: Money,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// A span of time, for a list: from `since`, before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListSpan {
    /// The first instant.
    pub since: Timestamp,
    /// The instant after the last.
    pub until: Timestamp,
}

/// Talks to one payment provider. It keeps no account of its own: the credentials come with every call.
///
/// `billing::testing::payment_gateway_contract` holds every implementation to this.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// What the provider can do.
    fn capabilities(&self) -> GatewayCapabilities;

    /// Whether the credentials can be this provider's, judged by their form: a key of the test mode is refused for a live
    /// account and the other way round.
    ///
    /// # Errors
    /// [`BadCredentials`].
    fn check(&self, credentials: &GatewayCredentials) -> Result<(), BadCredentials>;

    /// Opens a page where the order can be paid.
    ///
    /// # Errors
    /// [`ProviderError`]; after [`ProviderError::Unknown`] see [`GatewayCapabilities::is_create_repeatable`].
    async fn create(
        &self,
        credentials: &GatewayCredentials,
        order: &Order,
    ) -> Result<Checkout, ProviderError>;

    /// What became of a payment. This is the only thing money is credited on.
    ///
    /// # Errors
    /// [`ProviderError`]; a payment that the provider does not know is [`Refusal::NotFound`].
    async fn query(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<ProviderPayment, ProviderError>;

    /// Gives money back, or says how far the same refund has come since it was asked for first. Above what was paid it is
    /// refused.
    ///
    /// # Errors
    /// [`ProviderError`]; after [`ProviderError::Unknown`] the same refund may be asked for again.
    async fn refund(
        &self,
        credentials: &GatewayCredentials,
        refund: &RefundOrder,
    ) -> Result<RefundProgress, ProviderError>;

    /// Closes a payment that nobody has made yet, so that nobody can. Closing it twice is one.
    ///
    /// # Errors
    /// [`ProviderError`]; a payment that was made is [`Refusal::State`].
    async fn cancel(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<(), ProviderError>;

    /// The payments that began in a span, whoever began them; newest first or oldest first.
    ///
    /// # Errors
    /// [`ProviderError`]; [`Refusal::NotSupported`] where [`GatewayCapabilities::can_list`] says no.
    async fn list(
        &self,
        credentials: &GatewayCredentials,
        span: ListSpan,
    ) -> Result<Vec<ProviderPayment>, ProviderError>;

    /// Whether a delivery comes from the provider, and which payments it is about; none if it is about something else.
    /// Without a secret nothing is believed.
    ///
    /// # Errors
    /// [`WebhookRefusal`].
    fn verify(
        &self,
        credentials: &GatewayCredentials,
        request: &WebhookRequest,
        now: Timestamp,
    ) -> Result<Vec<Notice>, WebhookRefusal>;

    /// What the provider wants to hear once its delivery is safe.
    fn ack(&self) -> WebhookAnswer {
        WebhookAnswer::PLAIN
    }
}

#[cfg(test)]
mod tests;
