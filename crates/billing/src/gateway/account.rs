//! A provider's account that customers pay into, as the tenant has configured it.

use kernel::{CannotOpen, GatewayAccountId, Name, Sealed, Secret, Timestamp, Vault};

use super::credentials::{BadCredentials, GatewayCredentials, GatewayMode};
use super::events::GatewayEvent;
use crate::payment::PaymentMethod;

/// Everything a store keeps of a gateway account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayAccountSnapshot {
    /// Its id.
    pub id: GatewayAccountId,
    /// The provider: [`super::GatewayCapabilities::name`].
    pub gateway: String,
    /// What people call it; unique in a tenant.
    pub name: Name,
    /// Whether it moves real money.
    pub mode: GatewayMode,
    /// As what its payments are recorded.
    pub method: PaymentMethod,
    /// The secret key, sealed for [`api_key_owner`].
    pub api_key: Sealed,
    /// The webhook secrets, one in a line, sealed for [`webhook_secrets_owner`].
    pub webhook_secrets: Sealed,
    /// The keyed digest of the webhook's token.
    pub token_digest: [u8; 32],
    /// Whether new payments are asked for through it. What was asked for is followed to its end.
    pub is_enabled: bool,
    /// When it was configured.
    pub created_at: Timestamp,
    /// 0 if it was never stored.
    pub version: i64,
}

/// Whom an account's key is sealed for.
#[must_use]
pub fn api_key_owner(id: GatewayAccountId) -> String {
    format!("gateway_accounts.api_key/{id}")
}

/// Whom an account's webhook secrets are sealed for.
#[must_use]
pub fn webhook_secrets_owner(id: GatewayAccountId) -> String {
    format!("gateway_accounts.webhook_secrets/{id}")
}

/// Why an account's credentials cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableAccount {
    /// They do not open.
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    /// They are of no use.
    #[error(transparent)]
    Credentials(#[from] BadCredentials),
}

/// A gateway account.
#[derive(Debug, Clone)]
pub struct GatewayAccount {
    state: GatewayAccountSnapshot,
    events: Vec<GatewayEvent>,
}

/// What a new account is made of.
#[derive(Debug, Clone)]
pub struct NewGatewayAccount {
    /// The id it will have.
    pub id: GatewayAccountId,
    /// The provider.
    pub gateway: &'static str,
    /// What people call it.
    pub name: Name,
    /// As what its payments are recorded.
    pub method: PaymentMethod,
    /// Its keys, which the provider's gateway has checked.
    pub credentials: GatewayCredentials,
    /// The keyed digest of the webhook's token.
    pub token_digest: [u8; 32],
}

impl GatewayAccount {
    /// Configures an account.
    #[must_use]
    pub fn add(new: NewGatewayAccount, vault: &dyn Vault, now: Timestamp) -> Self {
        let (api_key, webhook_secrets) = sealed(new.id, &new.credentials, vault);
        let mode = new.credentials.mode();
        Self {
            events: vec![GatewayEvent::Added {
                gateway_account: new.id,
                gateway: new.gateway.to_owned(),
                mode: mode.as_str(),
            }],
            state: GatewayAccountSnapshot {
                id: new.id,
                gateway: new.gateway.to_owned(),
                name: new.name,
                mode,
                method: new.method,
                api_key,
                webhook_secrets,
                token_digest: new.token_digest,
                is_enabled: true,
                created_at: now,
                version: 0,
            },
        }
    }

    /// The account that a store kept.
    #[must_use]
    pub const fn restore(state: GatewayAccountSnapshot) -> Self {
        Self {
            state,
            events: Vec::new(),
        }
    }

    /// Everything a store keeps.
    #[must_use]
    pub const fn snapshot(&self) -> &GatewayAccountSnapshot {
        &self.state
    }

    /// What the provider is addressed with.
    ///
    /// # Errors
    /// [`UnusableAccount`].
    pub fn credentials(&self, vault: &dyn Vault) -> Result<GatewayCredentials, UnusableAccount> {
        let id = self.state.id;
        let api_key = vault.open(&api_key_owner(id), &self.state.api_key)?;
        let lines = vault.open(&webhook_secrets_owner(id), &self.state.webhook_secrets)?;
        let secrets = lines.expose().lines().map(Secret::new).collect();
        Ok(GatewayCredentials::new(self.state.mode, api_key, secrets)?)
    }

    /// Takes other keys, of the same mode: what was asked for before is asked about with them too.
    ///
    /// # Errors
    /// [`BadCredentials::WrongMode`].
    pub fn replace_credentials(
        &mut self,
        credentials: &GatewayCredentials,
        vault: &dyn Vault,
    ) -> Result<(), BadCredentials> {
        credentials.require_mode(self.state.mode)?;
        let id = self.state.id;
        (self.state.api_key, self.state.webhook_secrets) = sealed(id, credentials, vault);
        self.events.push(GatewayEvent::CredentialsReplaced {
            gateway_account: id,
        });
        Ok(())
    }

    /// Gives the webhook another address.
    pub fn replace_token(&mut self, digest: [u8; 32]) {
        self.state.token_digest = digest;
        self.events.push(GatewayEvent::TokenReplaced {
            gateway_account: self.state.id,
        });
    }

    /// Asks for nothing new through it.
    pub fn disable(&mut self) {
        if std::mem::replace(&mut self.state.is_enabled, false) {
            self.events.push(GatewayEvent::Disabled {
                gateway_account: self.state.id,
            });
        }
    }

    /// Takes it into use again.
    pub fn enable(&mut self) {
        if !std::mem::replace(&mut self.state.is_enabled, true) {
            self.events.push(GatewayEvent::Enabled {
                gateway_account: self.state.id,
            });
        }
    }

    /// What happened since the last time.
    pub fn take_events(&mut self) -> Vec<GatewayEvent> {
        std::mem::take(&mut self.events)
    }

    /// Notes that this version is stored.
    pub const fn saved_as(&mut self, version: i64) {
        self.state.version = version;
    }
}

fn sealed(
    id: GatewayAccountId,
    credentials: &GatewayCredentials,
    vault: &dyn Vault,
) -> (Sealed, Sealed) {
    // No secret has a line break: credentials refuse it.
    let secrets = credentials.webhook_secrets().iter();
    let lines: Vec<_> = secrets.map(Secret::expose).collect();
    (
        vault.seal(&api_key_owner(id), credentials.api_key()),
        vault.seal(&webhook_secrets_owner(id), &Secret::new(lines.join("\n"))),
    )
}
