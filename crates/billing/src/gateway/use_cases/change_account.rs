//! Changes a provider's account: other keys, another webhook address, out of use and back.

use kernel::{GatewayAccountId, Randomness, Scope, Secret};

use super::add_account::GatewayAccountError;
use crate::gateway::account::GatewayAccount;
use crate::gateway::credentials::GatewayCredentials;
use crate::gateway::desk::GatewayDesk;
use crate::gateway::ports::GatewayTx;
use crate::gateway::token::WebhookToken;

/// Gives an account other keys, of the same mode. While a webhook secret is being replaced, both belong in the list.
///
/// # Errors
/// [`GatewayAccountError`]; nothing is changed then.
pub async fn replace_credentials(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: GatewayAccountId,
    api_key: Secret,
    webhook_secrets: Vec<Secret>,
) -> Result<(), GatewayAccountError> {
    let mut tx = desk.store.begin(scope).await?;
    let mut account = find(&mut *tx, id).await?;
    let (name, mode) = (&account.snapshot().gateway, account.snapshot().mode);
    let gateway = desk.gateways.named(name);
    let gateway = gateway.ok_or_else(|| GatewayAccountError::NoGateway(name.clone()))?;
    let keys = GatewayCredentials::new(mode, api_key, webhook_secrets)?;
    gateway.check(&keys)?;
    account.replace_credentials(&keys, desk.vault)?;
    tx.gateway_accounts().save(&mut account).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives an account's webhook another address. The old one is dead at once, the new one is given back this once.
///
/// # Errors
/// [`GatewayAccountError`].
pub async fn replace_webhook_token(
    desk: GatewayDesk<'_>,
    randomness: &dyn Randomness,
    scope: &Scope,
    id: GatewayAccountId,
) -> Result<WebhookToken, GatewayAccountError> {
    let mut tx = desk.store.begin(scope).await?;
    let mut account = find(&mut *tx, id).await?;
    let token = WebhookToken::draw(scope.tenant, id, randomness);
    account.replace_token(token.digest(desk.vault));
    tx.gateway_accounts().save(&mut account).await?;
    tx.commit().await?;
    Ok(token)
}

/// Asks for nothing new through an account. What was asked for is followed to its end.
///
/// # Errors
/// [`GatewayAccountError`].
pub async fn disable_gateway_account(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: GatewayAccountId,
) -> Result<(), GatewayAccountError> {
    change(desk, scope, id, GatewayAccount::disable).await
}

/// Takes an account into use again.
///
/// # Errors
/// [`GatewayAccountError`].
pub async fn enable_gateway_account(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: GatewayAccountId,
) -> Result<(), GatewayAccountError> {
    change(desk, scope, id, GatewayAccount::enable).await
}

async fn change(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: GatewayAccountId,
    verb: fn(&mut GatewayAccount),
) -> Result<(), GatewayAccountError> {
    let mut tx = desk.store.begin(scope).await?;
    let mut account = find(&mut *tx, id).await?;
    verb(&mut account);
    tx.gateway_accounts().save(&mut account).await?;
    tx.commit().await?;
    Ok(())
}

async fn find(
    tx: &mut dyn GatewayTx,
    id: GatewayAccountId,
) -> Result<GatewayAccount, GatewayAccountError> {
    let found = tx.gateway_accounts().find(id).await?;
    found.ok_or(GatewayAccountError::NotFound(id))
}
