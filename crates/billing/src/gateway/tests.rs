//! Credentials that prove nothing are refused, references have one text, and the sandbox keeps the port's promises.

use kernel::Secret;
use kernel::testing::CountingIds;

use super::{
    BadCredentials, BadReference, GatewayCredentials, GatewayMode, OrderReference,
    ProviderReference, WebhookRequest, same_secret,
};
use crate::testing::{SandboxBench, payment_gateway_contract};

fn ids() -> impl kernel::Ids {
    CountingIds::from(1)
}

#[tokio::test]
async fn the_sandbox_keeps_the_promises_of_a_gateway() {
    let bench = SandboxBench::new();
    payment_gateway_contract(&bench, &ids()).await;
}

#[test]
fn empty_and_damaged_secrets_are_refused() {
    let with = |key: &str, webhook: &[&str]| {
        let secrets = webhook.iter().map(|it| Secret::new(*it)).collect();
        GatewayCredentials::new(GatewayMode::Live, Secret::new(key), secrets).map(|_| ())
    };
    assert_eq!(with("key", &[]), Ok(()));
    assert_eq!(with("key", &["one", "two"]), Ok(()));
    let five = with("key", &["a", "b", "c", "d", "e"]);
    assert_eq!(five, Err(BadCredentials::TooManySecrets));
    for (key, webhook) in [("", "s"), ("  ", "s"), ("key", ""), ("key", "\t")] {
        let refused = with(key, &[webhook]);
        assert_eq!(
            refused,
            Err(BadCredentials::EmptySecret),
            "{key:?} {webhook:?}"
        );
    }
    let long = "x".repeat(301);
    for bad in ["two words", "line\n", "ключ", long.as_str()] {
        assert_eq!(with(bad, &[]), Err(BadCredentials::DamagedSecret), "{bad}");
        assert_eq!(
            with("key", &[bad]),
            Err(BadCredentials::DamagedSecret),
            "{bad}"
        );
    }
}

#[test]
fn secrets_do_not_print_themselves() {
    let secrets = vec![Secret::new("whsec_hidden")];
    let key = Secret::new("sk_hidden");
    let credentials = GatewayCredentials::new(GatewayMode::Test, key, secrets).unwrap();
    assert!(!format!("{credentials:?}").contains("hidden"));
}

#[test]
fn an_order_has_one_text() {
    let ids = ids();
    let ids: &dyn kernel::Ids = &ids;
    let first = OrderReference::first(ids.next());
    let second = first.next();
    assert_eq!(first.to_string(), first.payment.to_string());
    assert_eq!(second.to_string(), format!("{}-2", first.payment));
    let latest = OrderReference {
        attempt: u16::MAX,
        ..first
    };
    for order in [first, second, latest] {
        let text = order.to_string();
        assert!(text.len() <= 36, "{text}");
        assert_eq!(text.parse(), Ok(order));
    }
    let payment = first.payment.to_string();
    for bad in [
        "", "INV-1", "-1", "-0", "-01", "-02", "-+2", "-2-3", "-70000", "-",
    ] {
        let text = format!("{payment}{bad}");
        let expected = if bad.is_empty() {
            Ok(first)
        } else {
            Err(BadReference::Order)
        };
        assert_eq!(text.parse::<OrderReference>(), expected, "{text}");
    }
}

#[test]
fn a_providers_reference_stays_in_its_place_of_an_address() {
    for good in ["cs_test_a1", "pi_3", "pay_abc-2", "249fc620-6017", "a.b~c"] {
        assert!(good.parse::<ProviderReference>().is_ok(), "{good}");
    }
    let long = "a".repeat(129);
    for bad in [
        "",
        ".",
        "..",
        "a/b",
        "../x",
        "a?b",
        "a b",
        "a%2f",
        "é",
        long.as_str(),
    ] {
        let refused = bad.parse::<ProviderReference>();
        assert_eq!(refused, Err(BadReference::Provider), "{bad}");
    }
}

#[test]
fn a_secret_is_the_same_whole_or_not_at_all() {
    let secret = Secret::new("abcd");
    assert!(same_secret(&secret, "abcd"));
    for other in ["", "abc", "abcde", "abce", "Abcd"] {
        assert!(!same_secret(&secret, other), "{other}");
    }
    assert!(!same_secret(&Secret::new(""), ""));
}

#[test]
fn a_header_that_came_twice_proves_nothing() {
    let header = |value: &str| ("signature".to_owned(), value.to_owned());
    let request = |headers| WebhookRequest {
        headers,
        body: Vec::new(),
    };
    assert_eq!(request(vec![header("a")]).header("signature"), Some("a"));
    assert_eq!(
        request(vec![header("a"), header("b")]).header("signature"),
        None
    );
    assert_eq!(request(Vec::new()).header("signature"), None);
}
