//! The simulated providers as the tests of both adapters see them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use billing::gateway::{
    Checkout, GatewayCredentials, GatewayMode, Order, OrderReference, PaymentGateway,
    WebhookRequest,
};
use billing::testing::GatewayBench;
use gateway_sim::{GatewaySim, SimSettings};
use kernel::testing::{CountingIds, FixedClock, SeededRandomness};
use kernel::{Ids, Money, Secret, Timestamp};
use resilience::{Backoff, BreakerSettings};

use crate::address::BaseAddress;
use crate::client::{Client, ClientSettings};
use crate::midtrans::{MidtransGateway, MidtransHosts, MidtransSettings};
use crate::stripe::StripeGateway;

/// The present of every test: 2026-11-21T04:31:41Z, that of the specification's vectors.
pub(crate) const NOW_S: i64 = 1_795_235_501;

/// An adapter before the simulated providers.
pub(crate) struct Sandbed {
    pub(crate) sim: GatewaySim,
    pub(crate) gateway: Box<dyn PaymentGateway>,
    credentials: GatewayCredentials,
    other_modes_key: &'static str,
    unpayable: Money,
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_micros(NOW_S * 1_000_000).unwrap()
}

/// A client that loses patience soon.
pub(crate) fn client() -> Arc<Client> {
    let settings = ClientSettings {
        connect_timeout: Duration::from_millis(500),
        timeout: Duration::from_millis(500),
        max_answer_bytes: 256 * 1024,
        retries: 2,
        backoff: Backoff {
            base: Duration::from_millis(1),
            cap: Duration::from_millis(5),
        },
        breaker: BreakerSettings {
            threshold: 5,
            open_for: Duration::from_secs(30),
        },
    };
    let randomness = Arc::new(SeededRandomness::from(1));
    Arc::new(Client::new(settings, randomness).unwrap())
}

pub(crate) fn at(address: SocketAddr) -> BaseAddress {
    format!("http://{address}").parse().unwrap()
}

pub(crate) fn credentials(mode: GatewayMode, key: &str, secret: &str) -> GatewayCredentials {
    let secrets = vec![Secret::new(secret)];
    GatewayCredentials::new(mode, Secret::new(key), secrets).unwrap()
}

impl Sandbed {
    pub(crate) async fn stripe() -> Self {
        let settings = SimSettings::for_tests();
        let sim = GatewaySim::start(settings, || NOW_S).await.unwrap();
        Self {
            gateway: Box::new(StripeGateway::at(at(sim.address()), client())),
            sim,
            credentials: credentials(GatewayMode::Test, "sk_test_sim", "whsec_sim"),
            other_modes_key: "sk_live_sim",
            unpayable: Money::from_minor(5_124, "KWD".parse().unwrap()),
        }
    }

    /// Live, because Midtrans' test keys are the ones that tell their mode.
    pub(crate) async fn midtrans() -> Self {
        let settings = SimSettings {
            midtrans_key: "Mid-server-sim".to_owned(),
            ..SimSettings::for_tests()
        };
        let sim = GatewaySim::start(settings, || NOW_S).await.unwrap();
        let live = MidtransHosts {
            snap: at(sim.address()),
            api: at(sim.address()),
        };
        let settings = MidtransSettings {
            live,
            ..MidtransSettings::production()
        };
        let clock = Arc::new(FixedClock::at(now()));
        Self {
            gateway: Box::new(MidtransGateway::new(client(), settings, clock)),
            sim,
            credentials: credentials(GatewayMode::Live, "Mid-server-sim", "unused"),
            other_modes_key: "SB-Mid-server-sim",
            unpayable: Money::from_minor(150, "IDR".parse().unwrap()),
        }
    }

    /// An order of the usual amount.
    pub(crate) fn order(&self, number: u64) -> Order {
        let ids: &dyn Ids = &CountingIds::from(1_000 + number);
        Order {
            reference: OrderReference::first(ids.next()),
            amount: self.amount(),
            description: "Internet".to_owned(),
            return_url: "https://isp.example/paid".to_owned(),
            email: None,
            expires_at: None,
        }
    }
}

#[async_trait]
impl GatewayBench for Sandbed {
    fn gateway(&self) -> &dyn PaymentGateway {
        &*self.gateway
    }

    fn credentials(&self) -> GatewayCredentials {
        self.credentials.clone()
    }

    fn wrong_key(&self) -> Secret {
        Secret::new(format!("{}x", self.credentials.api_key().expose()))
    }

    fn other_modes_key(&self) -> Option<Secret> {
        Some(Secret::new(self.other_modes_key))
    }

    fn now(&self) -> Timestamp {
        now()
    }

    fn amount(&self) -> Money {
        Money::from_minor(15_000_000, "IDR".parse().unwrap())
    }

    fn unpayable(&self) -> Money {
        self.unpayable
    }

    async fn begin(&self, checkout: &Checkout) {
        assert!(self.sim.begin(checkout.reference.as_str()));
    }

    async fn pay(&self, checkout: &Checkout) {
        assert!(self.sim.pay(checkout.reference.as_str()));
    }

    async fn expire(&self, checkout: &Checkout) {
        assert!(self.sim.expire(checkout.reference.as_str()));
    }

    async fn delivery(&self, checkout: &Checkout) -> WebhookRequest {
        let delivery = self.sim.delivery(checkout.reference.as_str()).unwrap();
        WebhookRequest {
            headers: delivery.headers,
            body: delivery.body.into_bytes(),
        }
    }
}
