//! Configures a provider's account: its keys must be of the right kind and mode, and are sealed.

use kernel::{GatewayAccountId, MayConflict, Name, Randomness, Scope, Secret, StoreError};

use crate::gateway::account::{GatewayAccount, NewGatewayAccount};
use crate::gateway::credentials::{BadCredentials, GatewayCredentials, GatewayMode};
use crate::gateway::desk::GatewayDesk;
use crate::gateway::ports::GATEWAY_NAME_UNIQUE;
use crate::gateway::token::WebhookToken;
use crate::payment::PaymentMethod;

/// Configure a provider's account.
#[derive(Debug, Clone)]
pub struct AddGatewayAccount {
    /// The id it will have.
    pub id: GatewayAccountId,
    /// The provider's name.
    pub gateway: String,
    /// What people call it, unique in a tenant.
    pub name: Name,
    /// Whether it moves real money.
    pub mode: GatewayMode,
    /// As what its payments are recorded.
    pub method: PaymentMethod,
    /// The secret key for calls.
    pub api_key: Secret,
    /// What the provider signs webhooks with; none where the key itself does it, or there is no webhook.
    pub webhook_secrets: Vec<Secret>,
}

/// Why an account was not configured.
#[derive(Debug, thiserror::Error)]
pub enum GatewayAccountError {
    /// The tenant has no such account.
    #[error("there is no gateway account {0}")]
    NotFound(GatewayAccountId),
    /// This installation does not talk to the provider.
    #[error("this installation does not talk to {0}")]
    NoGateway(String),
    /// The account plays, and here nobody does.
    #[error("test accounts are not taken here")]
    TestAccount,
    /// Cash is what people hand over: it is counted in tills, and nobody charges it back.
    #[error("a provider's payments are no cash")]
    Cash,
    /// The keys are of no use.
    #[error(transparent)]
    Credentials(#[from] BadCredentials),
    /// Another account has the name.
    #[error("another gateway account has this name")]
    NameTaken,
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for GatewayAccountError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(GATEWAY_NAME_UNIQUE) {
            Self::NameTaken
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for GatewayAccountError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Configures an account. The token of its webhook is given back this once.
///
/// # Errors
/// [`GatewayAccountError`]; nothing is stored then.
pub async fn add_gateway_account(
    desk: GatewayDesk<'_>,
    randomness: &dyn Randomness,
    scope: &Scope,
    command: AddGatewayAccount,
) -> Result<WebhookToken, GatewayAccountError> {
    let gateway = desk.gateways.named(&command.gateway);
    let gateway = gateway.ok_or(GatewayAccountError::NoGateway(command.gateway))?;
    if !desk.gateways.takes(command.mode) {
        return Err(GatewayAccountError::TestAccount);
    }
    if command.method == PaymentMethod::Cash {
        return Err(GatewayAccountError::Cash);
    }
    let keys = GatewayCredentials::new(command.mode, command.api_key, command.webhook_secrets)?;
    gateway.check(&keys)?;
    let token = WebhookToken::draw(scope.tenant, command.id, randomness);
    let new = NewGatewayAccount {
        id: command.id,
        gateway: gateway.capabilities().name,
        name: command.name,
        method: command.method,
        credentials: keys,
        token_digest: token.digest(desk.vault),
    };
    let mut account = GatewayAccount::add(new, desk.vault, desk.clock.now());
    let mut tx = desk.store.begin(scope).await?;
    tx.gateway_accounts().save(&mut account).await?;
    tx.commit().await?;
    Ok(token)
}
