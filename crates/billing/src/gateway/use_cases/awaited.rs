//! The pending payment that a link waits for: asked for when the link is made, settled or ended by what the provider says.

use kernel::{Scope, StoreError, rerun_on_conflict};

use super::open_link::PaymentLinkError;
use crate::gateway::account::GatewayAccount;
use crate::gateway::desk::GatewayDesk;
use crate::gateway::link::{LinkStatus, PaymentLinkSnapshot};
use crate::payment::PaymentMethod;
use crate::use_cases::paid::Spoken;
use crate::use_cases::request_payment::{RequestPayment, RequestPaymentError, request_payment};
use crate::use_cases::tell_payment::{TellPaymentError, expire_payment, fail_payment};

/// Writes down that the link's money is awaited. It ends when the provider says so: a payment in the last minute is told of
/// after the link's end, and is no late money.
pub(super) async fn await_payment(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    link: &PaymentLinkSnapshot,
    method: PaymentMethod,
) -> Result<(), PaymentLinkError> {
    let command = RequestPayment {
        id: link.id,
        account: link.account,
        amount: link.amount,
        method,
        provider: link.gateway_account.to_string(),
        asked_as: link.id.to_string(),
        expires_at: None,
        meant_for: None,
        retry_of: None,
    };
    let scope = scope.preliminary();
    let work = || request_payment(desk.billing, desk.clock, &scope, command.clone());
    match rerun_on_conflict(work).await {
        // Whoever wrote it down first wrote the same: the id is the link's.
        Ok(()) | Err(RequestPaymentError::OtherContent(_) | RequestPaymentError::DuplicateAsk) => {
            Ok(())
        }
        Err(RequestPaymentError::NotFound(account)) => Err(PaymentLinkError::NoAccount(account)),
        Err(RequestPaymentError::Store(err)) => Err(err.into()),
        Err(
            err @ (RequestPaymentError::Bad(_)
            | RequestPaymentError::NoInvoice(_)
            | RequestPaymentError::NoEarlierTry(_)
            | RequestPaymentError::Refused(_)),
        ) => Err(PaymentLinkError::NotAwaited(err)),
    }
}

/// Nobody waits for the link's money any more. Money that comes all the same is money, and kept as told late.
pub(super) async fn await_no_more(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    link: &PaymentLinkSnapshot,
    (status, why): (LinkStatus, &str),
) -> Result<(), StoreError> {
    // What closed the link first has ended the payment, and nothing ends a paid one.
    if link.status != LinkStatus::Open {
        return Ok(());
    }
    let scope = scope.preliminary();
    let ended = rerun_on_conflict(|| async {
        let of = Spoken::Payment(link.id);
        match status {
            LinkStatus::Expired => expire_payment(desk.billing, &scope, of).await,
            LinkStatus::Open | LinkStatus::Paid | LinkStatus::Failed | LinkStatus::Cancelled => {
                fail_payment(desk.billing, &scope, of, why).await
            }
        }
    });
    match ended.await {
        Err(TellPaymentError::Store(err)) => Err(err),
        // Links of before had no pending payment.
        Ok(_)
        | Err(
            TellPaymentError::NotFound(_)
            | TellPaymentError::Refused(_)
            | TellPaymentError::Unmatched(_),
        ) => Ok(()),
    }
}

/// As what the payments of a gateway account are recorded.
pub(super) const fn method_of(account: &GatewayAccount) -> PaymentMethod {
    account.snapshot().method
}
