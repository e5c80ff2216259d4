//! What a provider is addressed with: a key that is never empty, and whether it moves real money.

use kernel::Secret;

/// How many webhook secrets an account has at most.
const MOST_SECRETS: usize = 4;

/// Whether a provider's account moves real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GatewayMode {
    /// It does.
    Live,
    /// It plays: nothing it says may be credited to a customer of a real provider.
    Test,
}

impl GatewayMode {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// The mode with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Live, Self::Test]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// Why credentials are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadCredentials {
    /// A secret is empty: whoever sends nothing would be believed (messaging-payments.md, 2.12).
    #[error("a secret is empty")]
    EmptySecret,
    /// A secret has spaces, control characters or more than 300 characters: it was copied wrongly.
    #[error("a secret has spaces, control characters or more than 300 characters")]
    DamagedSecret,
    /// There are more than four webhook secrets: a rotation needs two.
    #[error("at most 4 webhook secrets")]
    TooManySecrets,
    /// The key does not look like one of this provider.
    #[error("the key is not one of this provider's secret keys")]
    WrongForm,
    /// The key is for the other mode.
    #[error("the key is for the {key} mode, the account is for the {account} mode", key = .key.as_str(), account = .account.as_str())]
    WrongMode {
        /// What the key is for.
        key: GatewayMode,
        /// What the account is for.
        account: GatewayMode,
    },
}

/// What a provider is addressed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayCredentials {
    mode: GatewayMode,
    api_key: Secret,
    webhook_secrets: Vec<Secret>,
}

impl GatewayCredentials {
    /// Credentials; several webhook secrets while one takes the place of another, none where there is no webhook.
    ///
    /// # Errors
    /// [`BadCredentials::EmptySecret`], [`BadCredentials::DamagedSecret`] and [`BadCredentials::TooManySecrets`].
    pub fn new(
        mode: GatewayMode,
        api_key: Secret,
        webhook_secrets: Vec<Secret>,
    ) -> Result<Self, BadCredentials> {
        check_form(&api_key)?;
        webhook_secrets.iter().try_for_each(check_form)?;
        if webhook_secrets.len() > MOST_SECRETS {
            return Err(BadCredentials::TooManySecrets);
        }
        Ok(Self {
            mode,
            api_key,
            webhook_secrets,
        })
    }

    /// Whether real money is moved.
    #[must_use]
    pub const fn mode(&self) -> GatewayMode {
        self.mode
    }

    /// The secret key for calls.
    #[must_use]
    pub const fn api_key(&self) -> &Secret {
        &self.api_key
    }

    /// What deliveries may be signed with.
    #[must_use]
    pub fn webhook_secrets(&self) -> &[Secret] {
        &self.webhook_secrets
    }

    /// Says that the key belongs to a mode.
    ///
    /// # Errors
    /// [`BadCredentials::WrongMode`] unless the account has that mode.
    pub fn require_mode(&self, key: GatewayMode) -> Result<(), BadCredentials> {
        if key == self.mode {
            return Ok(());
        }
        Err(BadCredentials::WrongMode {
            key,
            account: self.mode,
        })
    }
}

fn check_form(secret: &Secret) -> Result<(), BadCredentials> {
    let text = secret.expose();
    if text.trim().is_empty() {
        return Err(BadCredentials::EmptySecret);
    }
    if text.len() > 300 || !text.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(BadCredentials::DamagedSecret);
    }
    Ok(())
}
