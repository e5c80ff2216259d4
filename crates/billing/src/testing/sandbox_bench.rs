//! The sandbox as the contract of payment providers wants to see it.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::testing::FixedClock;
use kernel::{Money, Secret, Timestamp};

use super::gateway_contract::GatewayBench;
use crate::gateway::{
    Checkout, GatewayCredentials, GatewayMode, PaymentGateway, SandboxGateway, WebhookRequest,
};

/// A sandbox, its credentials and its one instant.
#[derive(Debug)]
pub struct SandboxBench {
    now: Timestamp,
    gateway: SandboxGateway,
    credentials: GatewayCredentials,
}

impl SandboxBench {
    /// A sandbox and its credentials.
    ///
    /// # Panics
    /// Never: the credentials are good.
    #[must_use]
    #[allow(clippy::unwrap_used)]
    pub fn new() -> Self {
        let secrets = vec![Secret::new("sandbox-secret")];
        let key = Secret::new("sandbox_key");
        let now = Timestamp::from_micros(1_795_235_501_000_000).unwrap();
        Self {
            now,
            gateway: SandboxGateway::new(Arc::new(FixedClock::at(now))),
            credentials: GatewayCredentials::new(GatewayMode::Test, key, secrets).unwrap(),
        }
    }
}

impl Default for SandboxBench {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
#[allow(clippy::unwrap_used)]
impl GatewayBench for SandboxBench {
    fn gateway(&self) -> &dyn PaymentGateway {
        &self.gateway
    }

    fn credentials(&self) -> GatewayCredentials {
        self.credentials.clone()
    }

    fn wrong_key(&self) -> Secret {
        Secret::new(SandboxGateway::WRONG_KEY)
    }

    fn other_modes_key(&self) -> Option<Secret> {
        None
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn amount(&self) -> Money {
        Money::from_minor(15_000_000, "IDR".parse().unwrap())
    }

    fn unpayable(&self) -> Money {
        Money::from_minor(0, "IDR".parse().unwrap())
    }

    async fn begin(&self, _checkout: &Checkout) {}

    async fn pay(&self, checkout: &Checkout) {
        assert!(self.gateway.pay(&checkout.reference, self.amount()));
    }

    async fn expire(&self, checkout: &Checkout) {
        assert!(self.gateway.expire(&checkout.reference));
    }

    async fn delivery(&self, checkout: &Checkout) -> WebhookRequest {
        let secret = &self.credentials.webhook_secrets()[0];
        self.gateway.delivery(&checkout.reference, secret)
    }
}
