//! Money that waits for a person: nobody knows whose it is, or a provider and the books disagree.

use billing::gateway::{
    PaymentLinkSnapshot, ProviderRefundSnapshot, ProviderRefundStatus, ReconciliationSnapshot,
    ReconciliationStatus, WebhookSnapshot,
};
use billing::{ProofView, UnmatchedView};
use chrono::Duration;

use super::{ActionBody, ItemBody, post};

/// How long a provider takes for a refund before somebody should ask it why.
pub(super) const REFUND_TAKES: Duration = Duration::days(1);

/// How long a refund that failed is shown, if nobody asks for it again.
pub(super) const FAILURE_IS_NEWS: Duration = Duration::days(30);

pub(super) fn unmatched(it: &UnmatchedView) -> ItemBody {
    let action =
        |operation, word: &str| post(operation, &format!("/unmatched-payments/{}/{word}", it.id));
    let reference = it.reference.as_deref().unwrap_or("no reference");
    ItemBody {
        what: "unmatched_payment",
        id: it.id.to_string(),
        reason: Some(format!(
            "{} came in as {reference} and fits no account",
            it.amount
        )),
        actions: vec![
            action("allocate_unmatched_payment", "allocate"),
            action("return_unmatched_payment", "return"),
        ],
    }
}

pub(super) fn proof(it: &ProofView) -> ItemBody {
    let action =
        |operation, word: &str| post(operation, &format!("/payment-proofs/{}/{word}", it.id));
    ItemBody {
        what: "waiting_payment_proof",
        id: it.id.to_string(),
        reason: Some(format!("{} for {} is to be found", it.amount, it.account)),
        actions: vec![
            action("approve_payment_proof", "approve"),
            action("refuse_payment_proof", "refuse"),
        ],
    }
}

pub(super) fn webhook(it: &WebhookSnapshot) -> ItemBody {
    ItemBody {
        what: "parked_webhook",
        id: it.id.to_string(),
        reason: it.note.clone(),
        actions: vec![post(
            "requeue_webhook",
            &format!("/webhooks/{}/requeue", it.id),
        )],
    }
}

pub(super) fn link(it: &PaymentLinkSnapshot) -> ItemBody {
    let action =
        |operation, word: &str| post(operation, &format!("/payment-links/{}/{word}", it.id));
    ItemBody {
        what: "noted_payment_link",
        id: it.id.to_string(),
        reason: it.note.clone(),
        actions: vec![
            action("refresh_payment_link", "refresh"),
            action("dismiss_payment_link_note", "dismiss-note"),
        ],
    }
}

pub(super) fn refund(it: &ProviderRefundSnapshot) -> ItemBody {
    let (what, action) = match it.status {
        ProviderRefundStatus::Unbooked => (
            "refund_not_booked",
            post(
                "retry_provider_refund",
                &format!("/provider-refunds/{}/retry", it.id),
            ),
        ),
        ProviderRefundStatus::Failed => (
            "refund_failed",
            post(
                "refund_payment",
                &format!("/payments/{}/refund", it.payment),
            ),
        ),
        ProviderRefundStatus::Waiting | ProviderRefundStatus::Done => (
            "refund_under_way",
            ActionBody {
                operation: "get_provider_refund",
                method: "GET",
                href: format!("/api/v1/provider-refunds/{}", it.id),
            },
        ),
    };
    let note = it
        .note
        .as_deref()
        .unwrap_or("a worker will ask the provider");
    ItemBody {
        what,
        id: it.id.to_string(),
        reason: Some(format!("{} of {}: {note}", it.amount, it.payment)),
        actions: vec![action],
    }
}

/// Each difference has its own actions in the comparison itself; comparing the days again shows what is left.
pub(super) fn reconciliation(it: &ReconciliationSnapshot) -> ItemBody {
    let days = format!("{} to {}", it.first_on, it.last_on);
    let (what, reason) = match it.status {
        ReconciliationStatus::Failed => {
            let note = it.note.as_deref().unwrap_or("nobody knows why");
            ("comparison_failed", format!("{days}: {note}"))
        }
        ReconciliationStatus::Waiting | ReconciliationStatus::Done => {
            let found = it.differences.len();
            let reason = format!("{days}: {found} differences with {}", it.gateway_account);
            ("comparison_with_differences", reason)
        }
    };
    ItemBody {
        what,
        id: it.id.to_string(),
        reason: Some(reason),
        actions: vec![
            ActionBody {
                operation: "get_reconciliation",
                method: "GET",
                href: format!("/api/v1/gateway-reconciliations/{}", it.id),
            },
            post(
                "ask_reconciliation",
                &format!("/gateway-accounts/{}/reconciliations", it.gateway_account),
            ),
        ],
    }
}
