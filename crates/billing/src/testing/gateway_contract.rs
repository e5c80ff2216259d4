//! What every payment gateway must do, whoever the provider is: the sandbox and each adapter run these promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use async_trait::async_trait;
use chrono::Duration;
use kernel::{Ids, Money, Secret, Timestamp};

use crate::gateway::{
    BadCredentials, Checkout, GatewayCredentials, ListSpan, Order, OrderReference, PaymentGateway,
    ProviderError, ProviderPayment, ProviderStatus, Received, RefundAbility, RefundOrder, Refusal,
    WebhookRefusal, WebhookRequest,
};

/// A gateway before a provider that can be played with.
#[async_trait]
pub trait GatewayBench: Send + Sync {
    /// The gateway.
    fn gateway(&self) -> &dyn PaymentGateway;

    /// Credentials that the provider takes, with one webhook secret at least unless the key itself signs.
    fn credentials(&self) -> GatewayCredentials;

    /// A key of the right form that the provider does not take.
    fn wrong_key(&self) -> Secret;

    /// A key of the other mode, where the provider's keys tell their mode.
    fn other_modes_key(&self) -> Option<Secret>;

    /// The present at the provider.
    fn now(&self) -> Timestamp;

    /// An amount that can be paid; at least 300 minor units, and a third of it can be given back.
    fn amount(&self) -> Money;

    /// An amount that cannot be paid: a wrong currency, or a part of the smallest coin.
    fn unpayable(&self) -> Money;

    /// Chooses how to pay as the customer, and does no more.
    async fn begin(&self, checkout: &Checkout);

    /// Pays the whole of it as the customer.
    async fn pay(&self, checkout: &Checkout);

    /// Lets the time for it pass.
    async fn expire(&self, checkout: &Checkout);

    /// What the provider sends about it now.
    async fn delivery(&self, checkout: &Checkout) -> WebhookRequest;
}

/// Checks every promise of [`PaymentGateway`]. `ids` must hand out ids that were never used before.
///
/// # Panics
/// When a promise is broken.
pub async fn payment_gateway_contract(bench: &dyn GatewayBench, ids: &dyn Ids) {
    let world = World { bench, ids };
    world.credentials_are_checked().await;
    world.an_order_is_opened_once().await;
    world.what_was_paid_is_told().await;
    world.what_was_not_paid_is_told().await;
    world.deliveries_are_believed_only_signed().await;
    world.money_is_given_back_once_and_never_above().await;
    world.what_is_open_can_be_closed().await;
    world.payments_are_listed().await;
}

struct World<'a> {
    bench: &'a dyn GatewayBench,
    ids: &'a dyn Ids,
}

impl World<'_> {
    fn gateway(&self) -> &dyn PaymentGateway {
        self.bench.gateway()
    }

    fn order(&self) -> Order {
        Order {
            reference: OrderReference::first(self.ids.next()),
            amount: self.bench.amount(),
            description: "Internet, December".to_owned(),
            return_url: "https://isp.example/paid".to_owned(),
            email: Some("siti@example.com".to_owned()),
            expires_at: Some(self.bench.now().plus(Duration::hours(2))),
        }
    }

    async fn open(&self, order: &Order) -> Checkout {
        let credentials = self.bench.credentials();
        self.gateway().create(&credentials, order).await.unwrap()
    }

    async fn ask(&self, checkout: &Checkout) -> ProviderPayment {
        let credentials = self.bench.credentials();
        let asked = self
            .gateway()
            .query(&credentials, &checkout.reference)
            .await;
        asked.unwrap()
    }

    async fn received(&self, checkout: &Checkout) -> Received {
        match self.ask(checkout).await.status {
            ProviderStatus::Paid(received) => received,
            other => panic!("paid, but the provider says {other:?}"),
        }
    }

    fn with_key(&self, key: Secret) -> GatewayCredentials {
        let good = self.bench.credentials();
        let secrets = good.webhook_secrets().to_vec();
        GatewayCredentials::new(good.mode(), key, secrets).unwrap()
    }

    async fn credentials_are_checked(&self) {
        assert_eq!(self.gateway().check(&self.bench.credentials()), Ok(()));
        if let Some(key) = self.bench.other_modes_key() {
            let refused = self.gateway().check(&self.with_key(key));
            assert!(
                matches!(refused, Err(BadCredentials::WrongMode { .. })),
                "a key of the other mode: {refused:?}"
            );
        }
        let wrong = self.with_key(self.bench.wrong_key());
        let refused = self.gateway().create(&wrong, &self.order()).await;
        assert_eq!(refusal(&refused), Some(Refusal::Credentials));
    }

    async fn an_order_is_opened_once(&self) {
        let credentials = self.bench.credentials();
        let order = self.order();
        let checkout = self.open(&order).await;
        assert!(checkout.pay_url.starts_with("http"), "{checkout:?}");
        if !self.gateway().capabilities().knows_untouched {
            let unknown = self
                .gateway()
                .query(&credentials, &checkout.reference)
                .await;
            assert_eq!(refusal(&unknown), Some(Refusal::NotFound));
        }
        self.bench.begin(&checkout).await;
        let asked = self.ask(&checkout).await;
        assert_eq!(asked.status, ProviderStatus::Pending);
        assert_eq!(asked.asked, order.amount);
        assert_eq!(asked.order, Some(order.reference));

        let again = self.gateway().create(&credentials, &order).await;
        if self.gateway().capabilities().is_create_repeatable {
            assert_eq!(again.as_ref(), Ok(&checkout));
        } else {
            assert_eq!(refusal(&again), Some(Refusal::Duplicate));
        }
        let next = Order {
            reference: order.reference.next(),
            ..order.clone()
        };
        let other = self.open(&next).await;
        self.bench.begin(&other).await;
        assert_ne!(other.reference, checkout.reference, "an attempt of its own");
        assert_eq!(self.ask(&other).await.order, Some(next.reference));

        let unpayable = Order {
            amount: self.bench.unpayable(),
            ..self.order()
        };
        let refused = self.gateway().create(&credentials, &unpayable).await;
        assert_eq!(refusal(&refused), Some(Refusal::Amount));
        let nobodys = "pay_nobodys".parse().unwrap();
        let refused = self.gateway().query(&credentials, &nobodys).await;
        assert_eq!(refusal(&refused), Some(Refusal::NotFound));
    }

    async fn what_was_paid_is_told(&self) {
        let order = self.order();
        let checkout = self.open(&order).await;
        self.bench.pay(&checkout).await;
        let received = self.received(&checkout).await;
        assert_eq!(received.amount, order.amount);
        assert!(received.refunded.is_zero());
        assert!((1..=80).contains(&received.transaction.len()));
        assert_eq!(
            self.received(&checkout).await,
            received,
            "asking changes nothing"
        );
        let other = self.open(&self.order()).await;
        self.bench.pay(&other).await;
        let other = self.received(&other).await.transaction;
        assert_ne!(other, received.transaction, "each money has its own name");
    }

    async fn what_was_not_paid_is_told(&self) {
        let checkout = self.open(&self.order()).await;
        self.bench.expire(&checkout).await;
        assert_eq!(self.ask(&checkout).await.status, ProviderStatus::Expired);
    }

    async fn deliveries_are_believed_only_signed(&self) {
        let order = self.order();
        let checkout = self.open(&order).await;
        self.bench.pay(&checkout).await;
        let delivery = self.bench.delivery(&checkout).await;
        let credentials = self.bench.credentials();
        let believe = |credentials: &GatewayCredentials, request: &WebhookRequest| {
            self.gateway()
                .verify(credentials, request, self.bench.now())
        };
        let notices = believe(&credentials, &delivery).unwrap();
        assert_eq!(notices.len(), 1);
        assert!((1..=128).contains(&notices[0].event.len()));
        let told = self
            .gateway()
            .query(&credentials, &notices[0].payment)
            .await
            .unwrap();
        assert_eq!(told.order, Some(order.reference), "it leads to the payment");
        assert!(matches!(told.status, ProviderStatus::Paid(_)));
        assert_eq!(
            believe(&credentials, &delivery),
            Ok(notices),
            "twice is the same"
        );

        let strangers = GatewayCredentials::new(
            credentials.mode(),
            self.bench.wrong_key(),
            vec![Secret::new("whsec_of_somebody_else")],
        );
        let refused = believe(&strangers.unwrap(), &delivery);
        assert_eq!(refused, Err(WebhookRefusal::WrongSignature));
        let unsigned = WebhookRequest {
            headers: Vec::new(),
            body: b"{}".to_vec(),
        };
        assert!(
            believe(&credentials, &unsigned).is_err(),
            "nothing is signed"
        );
        for body in [
            Vec::new(),
            b"{}".to_vec(),
            b"[]".to_vec(),
            b"\xff\xfe".to_vec(),
        ] {
            let headers = delivery.headers.clone();
            let refused = believe(&credentials, &WebhookRequest { headers, body });
            assert!(refused.is_err(), "signed is another body");
        }
    }

    async fn money_is_given_back_once_and_never_above(&self) {
        if self.gateway().capabilities().refund == RefundAbility::ByHand {
            return;
        }
        let credentials = self.bench.credentials();
        let checkout = self.open(&self.order()).await;
        self.bench.begin(&checkout).await;
        let total = self.bench.amount();
        let third = Money::from_minor(total.minor() / 3, total.currency());
        let refund = |amount| RefundOrder {
            id: self.ids.next(),
            payment: checkout.reference.clone(),
            amount,
            reason: "paid twice".to_owned(),
        };
        let early = self.gateway().refund(&credentials, &refund(third)).await;
        assert_eq!(refusal(&early), Some(Refusal::State), "nothing was paid");
        self.bench.pay(&checkout).await;
        let once = refund(third);
        for _ in 0..2 {
            self.gateway().refund(&credentials, &once).await.unwrap();
            assert_eq!(self.received(&checkout).await.refunded, third);
        }
        let above = self.gateway().refund(&credentials, &refund(total)).await;
        assert_eq!(refusal(&above), Some(Refusal::Amount));
        assert_eq!(self.received(&checkout).await.refunded, third);
        let rest = total.checked_sub(third).unwrap();
        self.gateway()
            .refund(&credentials, &refund(rest))
            .await
            .unwrap();
        let received = self.received(&checkout).await;
        assert_eq!((received.amount, received.refunded), (total, total));
    }

    async fn what_is_open_can_be_closed(&self) {
        let credentials = self.bench.credentials();
        let open = self.open(&self.order()).await;
        self.bench.begin(&open).await;
        for _ in 0..2 {
            self.gateway()
                .cancel(&credentials, &open.reference)
                .await
                .unwrap();
            let status = self.ask(&open).await.status;
            let is_closed = matches!(status, ProviderStatus::Cancelled | ProviderStatus::Expired);
            assert!(is_closed, "closed, but the provider says {status:?}");
        }
        let paid = self.open(&self.order()).await;
        self.bench.pay(&paid).await;
        let refused = self.gateway().cancel(&credentials, &paid.reference).await;
        assert_eq!(refusal(&refused), Some(Refusal::State));
        self.received(&paid).await;
    }

    async fn payments_are_listed(&self) {
        let credentials = self.bench.credentials();
        let span = ListSpan {
            since: self.bench.now().minus(Duration::days(1)),
            until: self.bench.now().plus(Duration::days(1)),
        };
        let order = self.order();
        let checkout = self.open(&order).await;
        self.bench.pay(&checkout).await;
        let listed = self.gateway().list(&credentials, span).await;
        if !self.gateway().capabilities().can_list {
            assert_eq!(refusal(&listed), Some(Refusal::NotSupported));
            return;
        }
        let listed = listed.unwrap();
        let of_order: Vec<_> = listed
            .iter()
            .filter(|it| it.order == Some(order.reference))
            .collect();
        assert_eq!(of_order.len(), 1, "each payment once");
        let received = self.received(&checkout).await;
        assert_eq!(of_order[0].status, ProviderStatus::Paid(received));
        let before = ListSpan {
            since: span.since.minus(Duration::days(1)),
            until: span.since,
        };
        let before = self.gateway().list(&credentials, before).await.unwrap();
        assert!(before.is_empty(), "{before:?}");
    }
}

fn refusal<T>(answer: &Result<T, ProviderError>) -> Option<Refusal> {
    answer.as_ref().err().and_then(ProviderError::refusal)
}
