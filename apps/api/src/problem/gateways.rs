//! What a refusal by a payment provider, or about one, means to a client.

use billing::gateway::{
    BadCredentials, BadDays, BadLink, DismissNoteError, GatewayAccountError, NotReachable,
    NothingLeft, PaymentLinkError, ProviderError, ProviderRefundError, ReceiveWebhookError,
    ReconciliationError, RefundByHandError, Refusal, WebhookRefusal,
};

use super::{Problem, catalog, duplicate};

impl From<GatewayAccountError> for Problem {
    fn from(err: GatewayAccountError) -> Self {
        match err {
            GatewayAccountError::NotFound(id) => Self::not_found("gateway account", id),
            GatewayAccountError::NoGateway(_) => {
                Self::invalid("gateway", "one_of", err.to_string())
            }
            GatewayAccountError::TestAccount => {
                Self::refused("mode", "test_account", err.to_string())
            }
            GatewayAccountError::Cash => Self::invalid("method", "cash", err.to_string()),
            GatewayAccountError::Credentials(rule) => bad_credentials(rule),
            GatewayAccountError::NameTaken => duplicate("name", &err),
            GatewayAccountError::Store(err) => err.into(),
        }
    }
}

fn bad_credentials(rule: BadCredentials) -> Problem {
    let text = rule.to_string();
    match rule {
        BadCredentials::EmptySecret => Problem::invalid("api_key", "empty_secret", text),
        BadCredentials::DamagedSecret => Problem::invalid("api_key", "format", text),
        BadCredentials::TooManySecrets => Problem::invalid("webhook_secrets", "length", text),
        BadCredentials::WrongForm => Problem::invalid("api_key", "other_provider", text),
        BadCredentials::WrongMode { .. } => Problem::refused("api_key", "other_mode", text),
    }
}

impl From<PaymentLinkError> for Problem {
    fn from(err: PaymentLinkError) -> Self {
        match err {
            PaymentLinkError::NotFound(id) => Self::not_found("payment link", id),
            PaymentLinkError::NoAccount(_) => Self::unknown_reference("account", err),
            PaymentLinkError::NoGatewayAccount(_) => {
                Self::unknown_reference("gateway_account", err)
            }
            PaymentLinkError::Disabled => {
                Self::refused("gateway_account", "disabled", err.to_string())
            }
            PaymentLinkError::Currency => Self::of(&catalog::CURRENCY_MISMATCH).field(
                "amount.currency",
                "currency",
                err.to_string(),
            ),
            PaymentLinkError::Refused(rule) => bad_link(rule),
            PaymentLinkError::NotAwaited(err) => err.into(),
            PaymentLinkError::NotReachable(err) => not_reachable(&err),
            PaymentLinkError::Provider(err) => err.into(),
            PaymentLinkError::Store(err) => err.into(),
        }
    }
}

fn bad_link(rule: BadLink) -> Problem {
    let (field, code) = match rule {
        BadLink::Amount => ("amount.amount_minor", "range"),
        BadLink::Description => ("description", "length"),
        BadLink::ReturnUrl => ("return_url", "format"),
        BadLink::ExpiresAt => ("minutes", "range"),
    };
    Problem::invalid(field, code, rule.to_string())
}

fn not_reachable(err: &NotReachable) -> Problem {
    let rule = match err {
        NotReachable::NoGateway(_) => "no_gateway",
        NotReachable::TestAccount => "test_account",
        NotReachable::Unusable(_) => "unusable_keys",
    };
    Problem::refused("gateway_account", rule, err.to_string())
}

impl From<DismissNoteError> for Problem {
    fn from(err: DismissNoteError) -> Self {
        match err {
            DismissNoteError::NotFound(id) => Self::not_found("payment link", id),
            DismissNoteError::Refused(refusal) => refusal.into(),
            DismissNoteError::Store(err) => err.into(),
        }
    }
}

impl From<ReconciliationError> for Problem {
    fn from(err: ReconciliationError) -> Self {
        match err {
            ReconciliationError::NoGatewayAccount(id) => Self::not_found("gateway account", id),
            ReconciliationError::Days(rule @ BadDays::Count) => {
                Self::invalid("last_on", "range", rule.to_string())
            }
            ReconciliationError::Days(rule @ BadDays::NotOver) => {
                Self::refused("last_on", "not_over", rule.to_string())
            }
            ReconciliationError::Store(err) => err.into(),
        }
    }
}

impl From<RefundByHandError> for Problem {
    fn from(err: RefundByHandError) -> Self {
        match err {
            RefundByHandError::UnderWay { .. } => Self::wrong_state("refund_under_way", err),
            RefundByHandError::NotGiven(err) => err.into(),
        }
    }
}

impl From<ProviderRefundError> for Problem {
    fn from(err: ProviderRefundError) -> Self {
        match err {
            ProviderRefundError::NotFound(id) => Self::not_found("refund", id),
            ProviderRefundError::ByHand { .. } => {
                Self::refused("by_hand", "provider_cannot_refund", err.to_string())
            }
            ProviderRefundError::NothingLeft(refusal) => nothing_left(refusal),
            ProviderRefundError::Refused(refusal) => refusal.into(),
            ProviderRefundError::NotReachable(err) => not_reachable(&err),
            ProviderRefundError::Asked(err) => err.into(),
            ProviderRefundError::Store(err) => err.into(),
        }
    }
}

fn nothing_left(refusal: NothingLeft) -> Problem {
    let text = refusal.to_string();
    match refusal {
        NothingLeft::TooMuch { .. } => Problem::refused("amount", "above_received", text),
        NothingLeft::NotPositive => Problem::invalid("amount.amount_minor", "range", text),
        NothingLeft::TakenBack => Problem::wrong_state("reversed", refusal),
        NothingLeft::Money(_) => {
            Problem::of(&catalog::CURRENCY_MISMATCH).field("amount.currency", "currency", text)
        }
    }
}

impl From<ProviderError> for Problem {
    fn from(err: ProviderError) -> Self {
        let text = err.to_string();
        match err {
            ProviderError::Retry { after_s, .. } => Self::of(&catalog::PROVIDER_UNAVAILABLE)
                .detail(text)
                .retry_after(after_s.unwrap_or(10)),
            ProviderError::Unknown { .. } => {
                Self::of(&catalog::PROVIDER_OUTCOME_UNKNOWN).detail(text)
            }
            ProviderError::Refused { refusal, .. } => {
                let rule = match refusal {
                    Refusal::Credentials => "credentials",
                    Refusal::NotFound => "not_found",
                    Refusal::Amount => "amount",
                    Refusal::Duplicate => "duplicate",
                    Refusal::State => "state",
                    Refusal::NotSupported => "not_supported",
                    Refusal::Other => "other",
                };
                Self::of(&catalog::PROVIDER_REFUSED)
                    .detail(text.clone())
                    .field("provider", rule, text)
            }
        }
    }
}

impl From<ReceiveWebhookError> for Problem {
    fn from(err: ReceiveWebhookError) -> Self {
        match err {
            // Whoever guesses learns nothing of what is there.
            ReceiveWebhookError::NoSuchAddress | ReceiveWebhookError::NotReachable(_) => {
                Self::of(&catalog::NO_SUCH_ROUTE)
            }
            ReceiveWebhookError::Refused(WebhookRefusal::TooLarge) => {
                Self::of(&catalog::BODY_TOO_LARGE)
            }
            ReceiveWebhookError::Refused(WebhookRefusal::Unreadable) => {
                Self::of(&catalog::MALFORMED_BODY)
            }
            ReceiveWebhookError::Refused(
                refusal @ (WebhookRefusal::NoSecret
                | WebhookRefusal::Unsigned
                | WebhookRefusal::WrongSignature
                | WebhookRefusal::Stale
                | WebhookRefusal::WrongMode),
            ) => {
                // The one trace of a forgery: nothing of its body is kept.
                tracing::warn!(%refusal, "a webhook was refused");
                Self::of(&catalog::WEBHOOK_REFUSED)
            }
            ReceiveWebhookError::Store(err) => err.into(),
        }
    }
}
