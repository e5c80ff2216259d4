//! Midtrans' adapter before a server that answers like Midtrans, over real sockets, in good weather and bad.

use billing::gateway::{
    BadCredentials, GatewayMode, ProviderError, ProviderStatus, RefundOrder, Refusal,
};
use billing::testing::{GatewayBench as _, payment_gateway_contract};
use gateway_sim::Fault;
use kernel::testing::CountingIds;
use kernel::{Ids, Money};

use crate::sandbed::{Sandbed, credentials, now};

#[tokio::test]
async fn midtrans_keeps_the_promises_of_a_gateway() {
    let bed = Sandbed::midtrans().await;
    payment_gateway_contract(&bed, &CountingIds::from(1)).await;
}

#[tokio::test]
async fn an_order_is_never_sent_twice_and_its_next_attempt_is_another() {
    let bed = Sandbed::midtrans().await;
    let keys = bed.credentials();
    let mut order = bed.order(1);
    for fault in [Fault::Lose, Fault::Garble, Fault::Flood, Fault::Stall] {
        let calls = bed.sim.calls();
        bed.sim.plan(fault);
        let lost = bed.gateway.create(&keys, &order).await;
        assert!(
            matches!(lost, Err(ProviderError::Unknown { .. })),
            "{fault:?}: {lost:?}"
        );
        assert_eq!(bed.sim.calls(), calls + 1, "{fault:?}");
        let again = bed.gateway.create(&keys, &order).await.unwrap_err();
        assert_eq!(again.refusal(), Some(Refusal::Duplicate), "{fault:?}");
        order.reference = order.reference.next();
    }
    bed.gateway.create(&keys, &order).await.unwrap();
}

/// messaging-payments.md, 2.2: a genuine notice of a pending payment, edited to "settlement", verifies.
#[tokio::test]
async fn an_edited_notice_credits_nothing() {
    let bed = Sandbed::midtrans().await;
    let keys = bed.credentials();
    let checkout = bed.gateway.create(&keys, &bed.order(1)).await.unwrap();
    bed.begin(&checkout).await;
    let mut notice = bed.delivery(&checkout).await;
    let genuine = String::from_utf8(notice.body.clone()).unwrap();
    assert!(genuine.contains("\"pending\""), "{genuine}");
    notice.body = genuine
        .replace("\"pending\"", "\"settlement\"")
        .into_bytes();
    let told = bed.gateway.verify(&keys, &notice, now()).unwrap();
    assert_eq!(told[0].order, Some(bed.order(1).reference), "it verifies");
    let asked = bed.gateway.query(&keys, &told[0].payment).await.unwrap();
    assert_eq!(asked.status, ProviderStatus::Pending, "and is asked about");
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_not_made_again() {
    let bed = Sandbed::midtrans().await;
    let keys = bed.credentials();
    let checkout = bed.gateway.create(&keys, &bed.order(1)).await.unwrap();
    bed.pay(&checkout).await;
    let ids: &dyn Ids = &CountingIds::from(1);
    let refund = RefundOrder {
        id: ids.next(),
        payment: checkout.reference.clone(),
        amount: Money::from_minor(5_000_000, "IDR".parse().unwrap()),
        reason: "paid twice".to_owned(),
    };
    // The question before the refund is answered, the refund itself is not.
    let lost = async {
        let known = bed.gateway.query(&keys, &checkout.reference).await.unwrap();
        assert!(matches!(known.status, ProviderStatus::Paid(_)));
        bed.sim.plan_after(1, Fault::Lose);
        bed.gateway.refund(&keys, &refund).await
    };
    let lost = lost.await;
    assert!(
        matches!(lost, Err(ProviderError::Unknown { .. })),
        "{lost:?}"
    );
    bed.gateway.refund(&keys, &refund).await.unwrap();
    let asked = bed.gateway.query(&keys, &checkout.reference).await.unwrap();
    let ProviderStatus::Paid(received) = asked.status else {
        panic!("it is paid");
    };
    assert_eq!(received.refunded, refund.amount);
}

#[tokio::test]
async fn a_question_is_asked_again_when_its_answer_is_lost() {
    let bed = Sandbed::midtrans().await;
    let keys = bed.credentials();
    let checkout = bed.gateway.create(&keys, &bed.order(1)).await.unwrap();
    bed.pay(&checkout).await;
    for fault in [Fault::Lose, Fault::Refuse, Fault::Flood, Fault::Stall] {
        bed.sim.plan(fault);
        let asked = bed.gateway.query(&keys, &checkout.reference).await.unwrap();
        assert!(matches!(asked.status, ProviderStatus::Paid(_)), "{fault:?}");
    }
}

#[tokio::test]
async fn keys_of_the_sandbox_open_no_live_account() {
    let bed = Sandbed::midtrans().await;
    let check = |mode, key| bed.gateway.check(&credentials(mode, key, "unused"));
    for (mode, key) in [
        (GatewayMode::Live, "Mid-server-a"),
        (GatewayMode::Test, "SB-Mid-server-a"),
        (GatewayMode::Test, "Mid-server-a"),
    ] {
        assert_eq!(check(mode, key), Ok(()), "{key}");
    }
    let refused = check(GatewayMode::Live, "SB-Mid-server-a");
    assert!(
        matches!(refused, Err(BadCredentials::WrongMode { .. })),
        "{refused:?}"
    );
    for key in [
        "Mid-client-a",
        "SB-Mid-client-a",
        "Mid-server-",
        "sk_live_a",
    ] {
        let refused = check(GatewayMode::Live, key);
        assert_eq!(refused, Err(BadCredentials::WrongForm), "{key}");
    }
}
