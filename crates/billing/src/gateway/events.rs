//! What happens with payment providers, as facts; never with a secret.

use kernel::{
    AccountId, DomainEvent, GatewayAccountId, Money, PaymentId, ReconciliationId, WebhookId,
};
use serde::Serialize;

use crate::payment::RefundId;

/// A fact about payment providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the fields say what they are")]
pub enum GatewayEvent {
    /// A gateway account was configured.
    Added {
        gateway_account: GatewayAccountId,
        gateway: String,
        mode: &'static str,
    },
    /// It has other keys.
    CredentialsReplaced { gateway_account: GatewayAccountId },
    /// Its webhook has another address: the old one is dead.
    TokenReplaced { gateway_account: GatewayAccountId },
    /// Nothing new is asked for through it.
    Disabled { gateway_account: GatewayAccountId },
    /// It is in use again.
    Enabled { gateway_account: GatewayAccountId },
    /// A customer was asked for money.
    LinkOpened {
        payment_link: PaymentId,
        account: AccountId,
        gateway_account: GatewayAccountId,
        amount: Money,
    },
    /// The customer has paid.
    LinkPaid { payment_link: PaymentId },
    /// Nobody paid in time.
    LinkExpired { payment_link: PaymentId },
    /// No money comes, for another reason.
    LinkClosed {
        payment_link: PaymentId,
        status: &'static str,
    },
    /// Somebody has seen what was noted on it.
    LinkNoteDismissed {
        payment_link: PaymentId,
        note: String,
        reason: String,
    },
    /// A message that nobody understood is worked on again.
    WebhookRequeued { webhook: WebhookId },
    /// A provider is asked to give money back.
    RefundAsked {
        refund: RefundId,
        payment: PaymentId,
        amount: Money,
        reason: String,
    },
    /// Money went back at the provider, and nobody here had asked for it.
    RefundFound {
        refund: RefundId,
        payment: PaymentId,
        amount: Money,
    },
    /// The provider did not give it back.
    RefundFailed {
        refund: RefundId,
        payment: PaymentId,
        reason: String,
    },
    /// Our books are to be compared with the provider's.
    ReconciliationAsked {
        reconciliation: ReconciliationId,
        gateway_account: GatewayAccountId,
    },
    /// They were compared.
    Reconciled {
        reconciliation: ReconciliationId,
        gateway_account: GatewayAccountId,
        compared: u32,
        differences: usize,
        kinds: Vec<&'static str>,
    },
    /// It went back at the provider, and the books refuse it.
    RefundUnbooked {
        refund: RefundId,
        payment: PaymentId,
        reason: String,
    },
}

impl DomainEvent for GatewayEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Added { .. } => "billing.gateway_account_added",
            Self::CredentialsReplaced { .. } => "billing.gateway_credentials_replaced",
            Self::TokenReplaced { .. } => "billing.gateway_token_replaced",
            Self::Disabled { .. } => "billing.gateway_account_disabled",
            Self::Enabled { .. } => "billing.gateway_account_enabled",
            Self::LinkOpened { .. } => "billing.payment_link_opened",
            Self::LinkPaid { .. } => "billing.payment_link_paid",
            Self::LinkExpired { .. } => "billing.payment_link_expired",
            Self::LinkClosed { .. } => "billing.payment_link_closed",
            Self::LinkNoteDismissed { .. } => "billing.payment_link_note_dismissed",
            Self::WebhookRequeued { .. } => "billing.webhook_requeued",
            Self::RefundAsked { .. } => "billing.provider_refund_asked",
            Self::RefundFound { .. } => "billing.provider_refund_found",
            Self::RefundFailed { .. } => "billing.provider_refund_failed",
            Self::ReconciliationAsked { .. } => "billing.gateway_reconciliation_asked",
            Self::Reconciled { .. } => "billing.gateway_reconciled",
            Self::RefundUnbooked { .. } => "billing.provider_refund_unbooked",
        }
    }
}
