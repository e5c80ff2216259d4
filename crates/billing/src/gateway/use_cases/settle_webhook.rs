//! Works on a provider's message: finds the link that it is about and asks the provider. The message itself is not believed.

use kernel::{PaymentId, Scope, StoreError, WebhookId, rerun_on_conflict};

use super::follow_link::{Followed, follow_payment_link};
use super::open_link::PaymentLinkError;
use super::receive_webhook::job;
use crate::gateway::desk::{GatewayDesk, missing};
use crate::gateway::inbox::{Webhook, WebhookSnapshot, WebhookStatus};

/// Works on a message. One that was worked on is left alone.
///
/// # Errors
/// [`PaymentLinkError`], if it is worth another try; what is not is parked with the reason.
pub async fn settle_webhook(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: WebhookId,
) -> Result<(), PaymentLinkError> {
    let mut tx = desk.store.begin(scope).await?;
    let webhook = tx.webhooks().find(id).await?;
    drop(tx);
    let webhook = webhook.ok_or_else(|| missing("a webhook that was enqueued"))?;
    let told = webhook.snapshot();
    if told.status != WebhookStatus::Waiting {
        return Ok(());
    }
    let wrong = match link_of(desk, scope, told).await {
        Ok(Some(link)) => match follow_payment_link(desk, scope, link, Some(&told.payment)).await {
            Ok(Followed::Wrong(why)) => Some(why),
            Ok(Followed::Open | Followed::Paid | Followed::Closed(_) | Followed::Noted(_)) => None,
            Err(err) if err.is_transient() => return Err(err),
            Err(err) => Some(err.to_string()),
        },
        Ok(None) => Some("it is about a payment that was not asked for here".to_owned()),
        Err(err) if err.is_transient() => return Err(err),
        Err(err) => Some(err.to_string()),
    };
    finish(desk, scope, id, wrong.as_deref()).await?;
    Ok(())
}

/// The link that a message is about: by our name, by the provider's, or by what the provider says when asked.
async fn link_of(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    told: &WebhookSnapshot,
) -> Result<Option<PaymentId>, PaymentLinkError> {
    let mut tx = desk.store.begin(scope).await?;
    let links = tx.payment_links();
    let by_reference = links.find_by_reference(told.gateway_account, &told.payment);
    let found = match by_reference.await? {
        Some(link) => Some(link),
        None => match told.order {
            Some(order) => tx.payment_links().find(order.payment).await?,
            None => None,
        },
    };
    if let Some(link) = found {
        let is_theirs = link.snapshot().gateway_account == told.gateway_account;
        return Ok(is_theirs.then_some(link.snapshot().id));
    }
    let account = tx.gateway_accounts().find(told.gateway_account).await?;
    drop(tx);
    let account = account.ok_or_else(|| missing("a webhook without its gateway account"))?;
    let (gateway, keys) = desk.reach(&account)?;
    let asked = gateway.query(&keys, &told.payment).await?;
    let Some(order) = asked.order else {
        return Ok(None);
    };
    let mut tx = desk.store.begin(scope).await?;
    let link = tx.payment_links().find(order.payment).await?;
    let theirs = link.filter(|it| it.snapshot().gateway_account == told.gateway_account);
    Ok(theirs.map(|it| it.snapshot().id))
}

/// Works again on a message that was parked, because somebody has changed what it was parked for. Returns whether there was
/// such a message; one that is not parked is left alone.
///
/// # Errors
/// [`StoreError`].
pub async fn requeue_webhook(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: WebhookId,
) -> Result<bool, StoreError> {
    let mut tx = desk.store.begin(scope).await?;
    let Some(mut webhook) = tx.webhooks().find(id).await? else {
        return Ok(false);
    };
    if webhook.requeue() {
        tx.webhooks().save(&mut webhook).await?;
        tx.enqueue(job(desk, id)).await?;
        tx.commit().await?;
    }
    Ok(true)
}

async fn finish(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: WebhookId,
    wrong: Option<&str>,
) -> Result<(), StoreError> {
    rerun_on_conflict(|| async move {
        let mut tx = desk.store.begin(scope).await?;
        let webhook = tx.webhooks().find(id).await?;
        let mut webhook: Webhook = webhook.ok_or_else(|| missing("a webhook that was there"))?;
        match wrong {
            None => webhook.done(),
            Some(why) => webhook.park(why),
        }
        tx.webhooks().save(&mut webhook).await?;
        tx.commit().await
    })
    .await
}
