//! What every use case with a payment provider shares: the providers by name, and the ports.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use kernel::{Clock, Ids, StoreError, Vault};

use super::PaymentGateway;
use super::account::{GatewayAccount, UnusableAccount};
use super::credentials::{GatewayCredentials, GatewayMode};
use super::ports::{GatewayQueries, GatewayStore};
use crate::ports::{BillingQueries, BillingStore};

/// The providers that this installation talks to.
#[derive(Clone)]
pub struct Gateways {
    by_name: BTreeMap<&'static str, Arc<dyn PaymentGateway>>,
    takes_test_accounts: bool,
}

impl fmt::Debug for Gateways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateways")
            .field("names", &self.by_name.keys())
            .field("takes_test_accounts", &self.takes_test_accounts)
            .finish()
    }
}

impl Gateways {
    /// These providers, with accounts that move real money only.
    #[must_use]
    pub fn live(gateways: impl IntoIterator<Item = Arc<dyn PaymentGateway>>) -> Self {
        let named = gateways.into_iter().map(|it| (it.capabilities().name, it));
        Self {
            by_name: named.collect(),
            takes_test_accounts: false,
        }
    }

    /// These providers, with accounts that play too: for demonstrations and trials, where nobody owes real money.
    #[must_use]
    pub fn with_test_accounts(gateways: impl IntoIterator<Item = Arc<dyn PaymentGateway>>) -> Self {
        Self {
            takes_test_accounts: true,
            ..Self::live(gateways)
        }
    }

    /// The provider with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&dyn PaymentGateway> {
        self.by_name.get(name).map(|it| &**it)
    }

    /// Whether accounts of a mode may be used: play money must never pay a real debt.
    #[must_use]
    pub const fn takes(&self, mode: GatewayMode) -> bool {
        match mode {
            GatewayMode::Live => true,
            GatewayMode::Test => self.takes_test_accounts,
        }
    }
}

/// The providers and what is kept of them, as an installation holds them.
#[derive(Clone)]
pub struct GatewayPorts {
    /// The providers.
    pub gateways: Gateways,
    /// Changes to gateway accounts, payment links and webhooks.
    pub store: Arc<dyn GatewayStore>,
    /// Reads of gateway accounts, payment links and webhooks.
    pub queries: Arc<dyn GatewayQueries>,
}

impl fmt::Debug for GatewayPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayPorts")
            .field("gateways", &self.gateways)
            .finish_non_exhaustive()
    }
}

/// Everything a use case with a provider needs.
#[derive(Clone, Copy)]
pub struct GatewayDesk<'a> {
    /// The providers.
    pub gateways: &'a Gateways,
    /// Gateway accounts, payment links and webhooks.
    pub store: &'a dyn GatewayStore,
    /// The money.
    pub billing: &'a dyn BillingStore,
    /// Reads of the money.
    pub billing_queries: &'a dyn BillingQueries,
    /// Opens the keys.
    pub vault: &'a dyn Vault,
    /// The present.
    pub clock: &'a dyn Clock,
    /// New ids.
    pub ids: &'a dyn Ids,
}

impl fmt::Debug for GatewayDesk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayDesk").finish_non_exhaustive()
    }
}

/// Why a provider cannot be talked to for an account.
#[derive(Debug, thiserror::Error)]
pub enum NotReachable {
    /// This installation does not talk to the provider.
    #[error("this installation does not talk to {0}")]
    NoGateway(String),
    /// The account plays, and here nobody does.
    #[error("test accounts are not taken here")]
    TestAccount,
    /// Its keys are of no use.
    #[error("the keys of the gateway account cannot be used")]
    Unusable(#[from] UnusableAccount),
}

impl<'a> GatewayDesk<'a> {
    /// The provider of an account, and what it is addressed with.
    ///
    /// # Errors
    /// [`NotReachable`].
    pub(super) fn reach(
        &self,
        account: &GatewayAccount,
    ) -> Result<(&'a dyn PaymentGateway, GatewayCredentials), NotReachable> {
        let name = &account.snapshot().gateway;
        if !self.gateways.takes(account.snapshot().mode) {
            return Err(NotReachable::TestAccount);
        }
        let gateway = self.gateways.named(name);
        let gateway = gateway.ok_or_else(|| NotReachable::NoGateway(name.clone()))?;
        let credentials = account.credentials(self.vault)?;
        gateway
            .check(&credentials)
            .map_err(UnusableAccount::Credentials)?;
        Ok((gateway, credentials))
    }
}

/// A row that must be there is not.
pub(super) fn missing(what: &'static str) -> StoreError {
    StoreError::corrupt(what)
}
