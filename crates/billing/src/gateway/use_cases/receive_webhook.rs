//! Takes a provider's message in: whoever cannot prove to be the provider is turned away, everything else is stored before
//! it is answered, and worked on afterwards.

use kernel::{JobRequest, Lane, Priority, Scope, Secret, StoreError, WebhookId};

use crate::gateway::WebhookAnswer;
use crate::gateway::account::GatewayAccount;
use crate::gateway::desk::{GatewayDesk, NotReachable};
use crate::gateway::inbox::Webhook;
use crate::gateway::ports::WEBHOOK_EVENT_UNIQUE;
use crate::gateway::token::WebhookToken;
use crate::gateway::webhook::{Notice, WebhookRefusal, WebhookRequest};

/// The kind of the job that works on a message; payload `{"webhook": "whk_…"}`.
pub const SETTLE_WEBHOOK_JOB: &str = "settle_webhook";

/// How often a message is worked on before a person must look.
const ATTEMPTS: u16 = 12;

/// Why a message was turned away.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveWebhookError {
    /// There is no such address.
    #[error("there is no such address")]
    NoSuchAddress,
    /// It does not prove to be the provider's.
    #[error(transparent)]
    Refused(#[from] WebhookRefusal),
    /// The provider cannot be talked to.
    #[error(transparent)]
    NotReachable(#[from] NotReachable),
    /// The store could not do it: the provider will send it again.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// An address that a provider was given: whoever knows it may be read.
#[derive(Debug)]
pub struct WebhookAddress {
    scope: Scope,
    account: GatewayAccount,
}

/// Whose address a message came to. `gateway` and `token` are the end of it. Nothing of the message itself is needed, so
/// that strangers are turned away before they are read.
///
/// # Errors
/// [`ReceiveWebhookError::NoSuchAddress`], or that the store failed.
pub async fn admit_webhook(
    desk: GatewayDesk<'_>,
    gateway: &str,
    token: &Secret,
) -> Result<WebhookAddress, ReceiveWebhookError> {
    let token = WebhookToken::parse(token).map_err(|_| ReceiveWebhookError::NoSuchAddress)?;
    let scope = Scope::system(token.tenant(), "webhook", desk.ids.fresh());
    let account = account_of(desk, &scope, &token).await?;
    if account.snapshot().gateway != gateway {
        return Err(ReceiveWebhookError::NoSuchAddress);
    }
    Ok(WebhookAddress { scope, account })
}

/// Stores a message and has it worked on; one that was stored before is only answered.
///
/// # Errors
/// [`ReceiveWebhookError`]; nothing is stored then.
pub async fn receive_webhook(
    desk: GatewayDesk<'_>,
    address: &WebhookAddress,
    request: WebhookRequest,
) -> Result<WebhookAnswer, ReceiveWebhookError> {
    let WebhookAddress { scope, account } = address;
    let (provider, keys) = desk.reach(account)?;
    let notices = provider.verify(&keys, &request, desk.clock.now())?;
    for notice in notices {
        keep(desk, scope, account, notice, &request.body).await?;
    }
    Ok(provider.ack())
}

async fn account_of(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    token: &WebhookToken,
) -> Result<GatewayAccount, ReceiveWebhookError> {
    let mut tx = desk.store.begin(scope).await?;
    let account = tx.gateway_accounts().find(token.account()).await?;
    // The digest is keyed: how long two of them are alike tells nothing about the token.
    account
        .filter(|it| it.snapshot().token_digest == token.digest(desk.vault))
        .ok_or(ReceiveWebhookError::NoSuchAddress)
}

/// Stores one message with the job that works on it, unless it is there.
async fn keep(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    account: &GatewayAccount,
    notice: Notice,
    body: &[u8],
) -> Result<(), StoreError> {
    let (id, now) = (desk.ids.next(), desk.clock.now());
    let account = account.snapshot().id;
    let mut webhook = Webhook::receive(id, account, notice, body.to_vec(), now);
    let mut tx = desk.store.begin(scope).await?;
    match tx.webhooks().save(&mut webhook).await {
        Err(err) if err.is_duplicate_of(WEBHOOK_EVENT_UNIQUE) => return Ok(()),
        saved => saved?,
    }
    tx.enqueue(job(desk, id)).await?;
    match tx.commit().await {
        Err(err) if err.is_duplicate_of(WEBHOOK_EVENT_UNIQUE) => Ok(()),
        committed => committed,
    }
}

/// The job that works on a message.
pub(super) fn job(desk: GatewayDesk<'_>, webhook: WebhookId) -> JobRequest {
    JobRequest {
        id: desk.ids.next(),
        kind: SETTLE_WEBHOOK_JOB.to_owned(),
        lane: Lane::open(),
        // Somebody has paid and waits for access.
        priority: Priority::Critical,
        run_at: desk.clock.now(),
        unique_key: None,
        payload: serde_json::json!({ "webhook": webhook }),
        max_attempts: ATTEMPTS,
        total: None,
    }
}
