//! Our Stripe adapter as a command, for `cargo xtask peers --gateways`: one question to any server that answers like Stripe.
//!
//! `gateway_probe BASE KEY SECRET query|cancel REFERENCE`, `… refund REFERENCE MINOR CURRENCY`, `… list SINCE_S UNTIL_S`,
//! `… verify NOW_S SIGNATURE` with the body on standard input. It prints one line of text.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use std::io::Read as _;
use std::sync::Arc;

use billing::gateway::{
    GatewayCredentials, GatewayMode, ListSpan, PaymentGateway, RefundOrder, WebhookRequest,
};
use kernel::testing::{CountingIds, SeededRandomness};
use kernel::{Ids, Money, Secret, Timestamp};
use payment_gateways::{Client, ClientSettings, StripeGateway};

fn seconds(text: &str) -> Timestamp {
    Timestamp::from_micros(text.parse::<i64>().unwrap() * 1_000_000).unwrap()
}

fn verify(
    gateway: &dyn PaymentGateway,
    keys: &GatewayCredentials,
    now_s: &str,
    header: &str,
) -> String {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body).unwrap();
    let headers = vec![("stripe-signature".to_owned(), header.to_owned())];
    let request = WebhookRequest { headers, body };
    format!("{:?}", gateway.verify(keys, &request, seconds(now_s)))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [base, key, secret, rest @ ..] = words.as_slice() else {
        println!("usage: gateway_probe BASE KEY SECRET VERB …");
        return;
    };
    let randomness = Arc::new(SeededRandomness::from(1));
    let client = Client::new(ClientSettings::STANDARD, randomness).unwrap();
    let gateway = StripeGateway::at(base.parse().unwrap(), Arc::new(client));
    let secrets = vec![Secret::new(*secret)];
    let keys = GatewayCredentials::new(GatewayMode::Test, Secret::new(*key), secrets).unwrap();
    let ids: &dyn Ids = &CountingIds::from(1);
    let line = match rest {
        ["query", payment] => {
            let payment = payment.parse().unwrap();
            format!("{:?}", gateway.query(&keys, &payment).await)
        }
        ["cancel", payment] => {
            let payment = payment.parse().unwrap();
            format!("{:?}", gateway.cancel(&keys, &payment).await)
        }
        ["refund", payment, minor, currency] => {
            let refund = RefundOrder {
                id: ids.next(),
                payment: payment.parse().unwrap(),
                amount: Money::from_minor(minor.parse().unwrap(), currency.parse().unwrap()),
                reason: "checked by a peer".to_owned(),
            };
            format!("{:?}", gateway.refund(&keys, &refund).await)
        }
        ["list", since, until] => {
            let span = ListSpan {
                since: seconds(since),
                until: seconds(until),
            };
            format!("{:?}", gateway.list(&keys, span).await)
        }
        ["verify", now_s, header] => verify(&gateway, &keys, now_s, header),
        _ => "unknown verb".to_owned(),
    };
    println!("{line}");
}
