//! Stripe's adapter before a server that answers like Stripe, over real sockets, in good weather and bad.

use billing::gateway::{
    BadCredentials, GatewayMode, ProviderError, ProviderStatus, RefundOrder, RefundProgress,
    Refusal, WebhookRefusal, WebhookRequest,
};
use billing::testing::{GatewayBench as _, payment_gateway_contract};
use gateway_sim::Fault;
use kernel::testing::CountingIds;
use kernel::{Ids, Money};

use crate::sandbed::{Sandbed, at, client, credentials, now};
use crate::stripe::StripeGateway;

#[tokio::test]
async fn stripe_keeps_the_promises_of_a_gateway() {
    let bed = Sandbed::stripe().await;
    payment_gateway_contract(&bed, &CountingIds::from(1)).await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_opens_nothing_twice() {
    let bed = Sandbed::stripe().await;
    for (number, fault) in [Fault::Refuse, Fault::Lose, Fault::Flood, Fault::Stall]
        .into_iter()
        .enumerate()
    {
        bed.sim.plan(fault);
        let order = bed.order(u64::try_from(number).unwrap());
        bed.gateway
            .create(&bed.credentials(), &order)
            .await
            .unwrap();
        assert_eq!(bed.sim.sales(), number + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn when_every_answer_is_lost_nobody_knows() {
    let bed = Sandbed::stripe().await;
    let order = bed.order(1);
    for _ in 0..3 {
        bed.sim.plan(Fault::Lose);
    }
    let lost = bed.gateway.create(&bed.credentials(), &order).await;
    assert!(
        matches!(lost, Err(ProviderError::Unknown { .. })),
        "{lost:?}"
    );
    let checkout = bed
        .gateway
        .create(&bed.credentials(), &order)
        .await
        .unwrap();
    assert_eq!(bed.sim.sales(), 1, "the provider knew the order");
    for _ in 0..3 {
        bed.sim.plan(Fault::Refuse);
    }
    let asked = bed
        .gateway
        .query(&bed.credentials(), &checkout.reference)
        .await;
    assert!(
        matches!(asked, Err(ProviderError::Retry { .. })),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let bed = Sandbed::stripe().await;
    bed.sim.plan(Fault::Garble);
    let opened = bed.gateway.create(&bed.credentials(), &bed.order(1)).await;
    assert!(
        matches!(opened, Err(ProviderError::Unknown { .. })),
        "{opened:?}"
    );
}

#[tokio::test]
async fn a_provider_that_is_ill_is_left_alone() {
    let bed = Sandbed::stripe().await;
    for _ in 0..6 {
        bed.sim.plan(Fault::Refuse);
    }
    for number in 0..2 {
        let order = bed.order(number);
        assert!(
            bed.gateway
                .create(&bed.credentials(), &order)
                .await
                .is_err()
        );
    }
    let calls = bed.sim.calls();
    assert_eq!(calls, 5, "the breaker opens at the fifth");
    let refused = bed.gateway.create(&bed.credentials(), &bed.order(3)).await;
    let Err(ProviderError::Retry { after_s, .. }) = refused else {
        panic!("the breaker is open: {refused:?}");
    };
    assert!(after_s.is_some());
    assert_eq!(bed.sim.calls(), calls, "nothing was sent");
}

#[tokio::test]
async fn where_nobody_listens_nothing_happened() {
    let bed = Sandbed::stripe().await;
    let address = bed.sim.address();
    let (order, keys) = (bed.order(1), bed.credentials());
    drop(bed);
    let gone = StripeGateway::at(at(address), client());
    let refused = billing::gateway::PaymentGateway::create(&gone, &keys, &order).await;
    assert!(
        matches!(refused, Err(ProviderError::Retry { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_intent_of_a_list_is_asked_refunded_and_refused_like_its_session() {
    let bed = Sandbed::stripe().await;
    let keys = bed.credentials();
    let checkout = bed.gateway.create(&keys, &bed.order(1)).await.unwrap();
    bed.pay(&checkout).await;
    let intent = bed.gateway.query(&keys, &checkout.reference).await.unwrap();
    let ProviderStatus::Paid(received) = intent.status else {
        panic!("it is paid");
    };
    let intent = received.transaction.parse().unwrap();
    let asked = bed.gateway.query(&keys, &intent).await.unwrap();
    assert_eq!(asked.order, Some(bed.order(1).reference));
    let ids: &dyn Ids = &CountingIds::from(1);
    let refund = RefundOrder {
        id: ids.next(),
        payment: intent.clone(),
        amount: Money::from_minor(5_000_000, "IDR".parse().unwrap()),
        reason: "paid twice".to_owned(),
    };
    bed.gateway.refund(&keys, &refund).await.unwrap();
    let other = RefundOrder {
        amount: bed.amount(),
        ..refund
    };
    let refused = bed.gateway.refund(&keys, &other).await.unwrap_err();
    assert_eq!(
        refused.refusal(),
        Some(Refusal::Duplicate),
        "one id, another amount"
    );
    let refused = bed.gateway.cancel(&keys, &intent).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::State));
}

#[tokio::test]
async fn a_list_of_several_pages_is_read_to_its_end() {
    let bed = Sandbed::stripe().await;
    let keys = bed.credentials();
    for number in 0..205 {
        let checkout = bed.gateway.create(&keys, &bed.order(number)).await.unwrap();
        bed.begin(&checkout).await;
    }
    let span = billing::gateway::ListSpan {
        since: now(),
        until: now().plus(chrono::Duration::milliseconds(1)),
    };
    let listed = bed.gateway.list(&keys, span).await.unwrap();
    let mut orders: Vec<_> = listed.iter().filter_map(|it| it.order).collect();
    orders.sort_by_key(|it| it.payment);
    orders.dedup();
    assert_eq!(orders.len(), 205);
    let span = billing::gateway::ListSpan {
        since: span.until,
        ..span
    };
    assert_eq!(bed.gateway.list(&keys, span).await, Ok(Vec::new()));
}

#[tokio::test]
async fn the_modes_are_never_mixed() {
    let bed = Sandbed::stripe().await;
    let checkout = bed
        .gateway
        .create(&bed.credentials(), &bed.order(1))
        .await
        .unwrap();
    bed.pay(&checkout).await;
    // The same key said to be live: what the provider tells of a test is no money.
    let live = credentials(GatewayMode::Live, "sk_test_sim", "whsec_sim");
    assert!(bed.gateway.query(&live, &checkout.reference).await.is_err());
    let delivery = bed.delivery(&checkout).await;
    let refused = bed.gateway.verify(&live, &delivery, now());
    assert_eq!(refused, Err(WebhookRefusal::WrongMode));
}

#[test]
fn keys_tell_their_kind_and_mode() {
    use billing::gateway::PaymentGateway as _;
    let gateway = StripeGateway::new(client());
    let check = |mode, key| gateway.check(&credentials(mode, key, "whsec_a"));
    for (mode, key) in [
        (GatewayMode::Live, "sk_live_a"),
        (GatewayMode::Live, "rk_live_a"),
        (GatewayMode::Test, "sk_test_a"),
    ] {
        assert_eq!(check(mode, key), Ok(()), "{key}");
    }
    let crossed = [
        (GatewayMode::Live, "sk_test_a"),
        (GatewayMode::Test, "rk_live_a"),
    ];
    for (mode, key) in crossed {
        let refused = check(mode, key);
        let is_crossed = matches!(refused, Err(BadCredentials::WrongMode { .. }));
        assert!(is_crossed, "{key}: {refused:?}");
    }
    for key in ["pk_live_a", "sk_live_", "sk_live", "whsec_a", "sk_prod_a"] {
        let refused = check(GatewayMode::Live, key);
        assert_eq!(refused, Err(BadCredentials::WrongForm), "{key}");
    }
}

#[tokio::test]
async fn an_event_about_something_else_is_no_news() {
    let bed = Sandbed::stripe().await;
    let told = |object: &str| {
        super::objects::notices(
            format!(r#"{{"id":"evt_1","livemode":false,"data":{{"object":{object}}}}}"#).as_bytes(),
            GatewayMode::Test,
        )
    };
    let nothing = told(r#"{"object":"customer","id":"cus_1"}"#).unwrap();
    assert!(nothing.is_empty());
    let charge = told(r#"{"object":"charge","id":"ch_1","payment_intent":"pi_1"}"#).unwrap();
    assert_eq!(charge[0].payment.as_str(), "pi_1");
    let bad = told(r#"{"object":"payment_intent","id":"../../v1/balance"}"#);
    assert_eq!(bad, Err(WebhookRefusal::Unreadable));
    let unsigned = WebhookRequest {
        headers: Vec::new(),
        body: b"{}".to_vec(),
    };
    let refused = bed.gateway.verify(&bed.credentials(), &unsigned, now());
    assert_eq!(refused, Err(WebhookRefusal::Unsigned));
}

#[tokio::test]
async fn a_refund_that_takes_days_is_asked_for_once_and_its_end_is_told() {
    for is_done in [true, false] {
        let bed = Sandbed::stripe().await;
        let keys = bed.credentials();
        let order = bed.order(1);
        let checkout = bed.gateway.create(&keys, &order).await.unwrap();
        let name = checkout.reference.as_str();
        assert!(bed.sim.pay(name));
        bed.sim.hold_refunds(true);
        let ids: &dyn Ids = &CountingIds::from(9);
        let refund = RefundOrder {
            id: ids.next(),
            payment: checkout.reference.clone(),
            amount: Money::from_minor(order.amount.minor() / 3, order.amount.currency()),
            reason: "paid twice".to_owned(),
        };
        for _ in 0..2 {
            let asked = bed.gateway.refund(&keys, &refund).await;
            assert_eq!(asked, Ok(RefundProgress::Pending));
            // A day later Stripe has forgotten the key.
            bed.sim.forget_keys();
        }
        assert!(bed.sim.finish_refunds(name, is_done));
        let ended = bed.gateway.refund(&keys, &refund).await.unwrap();
        match is_done {
            true => assert_eq!(ended, RefundProgress::Done),
            false => assert!(matches!(ended, RefundProgress::Failed { .. })),
        }
    }
}

#[tokio::test]
async fn a_dispute_takes_the_money_until_it_is_won() {
    let bed = Sandbed::stripe().await;
    let keys = bed.credentials();
    let checkout = bed.gateway.create(&keys, &bed.order(1)).await.unwrap();
    let name = checkout.reference.as_str();
    assert!(bed.sim.pay(name));
    let intent = name.replace("cs_test_", "pi_").parse().unwrap();
    for (status, is_taken) in [
        ("warning_needs_response", false),
        ("needs_response", true),
        ("under_review", true),
        ("won", false),
        ("lost", true),
    ] {
        assert!(bed.sim.dispute(name, status));
        for reference in [&checkout.reference, &intent] {
            let told = bed.gateway.query(&keys, reference).await.unwrap().status;
            let is_back = matches!(told, ProviderStatus::ChargedBack(_));
            assert_eq!(is_back, is_taken, "{status}: {told:?}");
        }
        let delivery = bed.sim.delivery(name).unwrap();
        let request = WebhookRequest {
            headers: delivery.headers,
            body: delivery.body.into_bytes(),
        };
        let notices = bed.gateway.verify(&keys, &request, now()).unwrap();
        assert_eq!(notices[0].payment, intent, "{status}");
    }
}
