//! Closes a link at its provider, so that nobody pays what is no longer owed.

use kernel::{PaymentId, Scope};

use super::awaited::await_no_more;
use super::open_link::{PaymentLinkError, change, load};
use crate::gateway::desk::GatewayDesk;
use crate::gateway::link::LinkStatus;
use crate::gateway::provider::Refusal;

/// Closes a link. It is closed here only when it is closed there.
///
/// # Errors
/// [`PaymentLinkError`]; a link that was paid is refused by the provider.
pub async fn cancel_payment_link(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: PaymentId,
) -> Result<(), PaymentLinkError> {
    let (link, account) = load(desk, scope, id).await?;
    if link.snapshot().status == LinkStatus::Cancelled {
        return Ok(());
    }
    if let Some(reference) = &link.snapshot().reference {
        let (gateway, keys) = desk.reach(&account)?;
        match gateway.cancel(&keys, reference).await {
            Ok(()) => {}
            // Nobody has begun to pay it, and the provider has no way to close its page: it ends at its own time.
            Err(err) if err.refusal() == Some(Refusal::NotFound) => {}
            Err(err) => return Err(err.into()),
        }
    }
    let ended = (LinkStatus::Cancelled, "the payment link was cancelled");
    await_no_more(desk, scope, link.snapshot(), ended).await?;
    change(desk, scope, id, |link| link.closed(LinkStatus::Cancelled)).await?;
    Ok(())
}
