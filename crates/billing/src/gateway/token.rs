//! The secret end of a webhook's address: it names its tenant and account, and nobody can guess the rest.

use kernel::{GatewayAccountId, Randomness, Secret, TenantId, Vault};

/// `<tenant id>.<gateway account id>.<43 random characters>`: 258 bits. Providers that sign nothing are told apart from
/// everybody else by this alone (messaging-payments.md, 2.13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookToken {
    tenant: TenantId,
    account: GatewayAccountId,
    key: Secret,
}

/// The text is not a webhook token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a webhook token")]
pub struct BadWebhookToken;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const KEY_CHARS: usize = 43;
const DIGEST_DOMAIN: &str = "billing.webhook_token";

impl WebhookToken {
    /// A new token for an account.
    #[must_use]
    pub fn draw(tenant: TenantId, account: GatewayAccountId, randomness: &dyn Randomness) -> Self {
        let mut bytes = [0_u8; KEY_CHARS];
        randomness.fill(&mut bytes);
        let letter = |it: &u8| char::from(ALPHABET[usize::from(it & 63)]);
        let key = Secret::new(bytes.iter().map(letter).collect::<String>());
        Self {
            tenant,
            account,
            key,
        }
    }

    /// Reads a token out of an address.
    ///
    /// # Errors
    /// [`BadWebhookToken`] if the text has another form.
    pub fn parse(text: &Secret) -> Result<Self, BadWebhookToken> {
        let mut parts = text.expose().splitn(3, '.');
        let mut part = || parts.next().ok_or(BadWebhookToken);
        let tenant = part()?.parse().map_err(|_| BadWebhookToken)?;
        let account = part()?.parse().map_err(|_| BadWebhookToken)?;
        let key = part()?;
        if key.len() != KEY_CHARS || !key.bytes().all(|it| ALPHABET.contains(&it)) {
            return Err(BadWebhookToken);
        }
        Ok(Self {
            tenant,
            account,
            key: Secret::new(key),
        })
    }

    /// The tenant it belongs to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The account it belongs to.
    #[must_use]
    pub const fn account(&self) -> GatewayAccountId {
        self.account
    }

    /// The text for the address.
    #[must_use]
    pub fn text(&self) -> Secret {
        let Self {
            tenant,
            account,
            key,
        } = self;
        Secret::new(format!("{tenant}.{account}.{}", key.expose()))
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn digest(&self, vault: &dyn Vault) -> [u8; 32] {
        vault.digest(DIGEST_DOMAIN, &self.text())
    }
}
