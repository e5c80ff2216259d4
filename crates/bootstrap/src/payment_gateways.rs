//! The payment providers of this installation: one HTTP client for all of them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use billing::gateway::{Gateways, PaymentGateway};
use kernel::{Clock, Randomness};
use payment_gateways::{
    BaseAddress, Client, ClientSettings, MidtransGateway, MidtransHosts, MidtransSettings,
    StripeGateway,
};

use crate::settings::PaymentSettings;

/// Every provider that the product talks to, and `others` inside the process, with the accounts that the settings allow.
pub(crate) fn connect(
    settings: &PaymentSettings,
    others: Vec<Arc<dyn PaymentGateway>>,
    clock: &Arc<dyn Clock>,
    randomness: &Arc<dyn Randomness>,
) -> anyhow::Result<Gateways> {
    let patience = ClientSettings {
        timeout: Duration::from_secs(settings.timeout_s),
        ..ClientSettings::STANDARD
    };
    let client = Client::new(patience, Arc::clone(randomness));
    let client = Arc::new(client.context("payment providers cannot be talked to")?);
    let stripe = match settings.stripe_url.as_str() {
        "" => StripeGateway::new(Arc::clone(&client)),
        url => StripeGateway::at(address("payments.stripe_url", url)?, Arc::clone(&client)),
    };
    let hosts = match settings.midtrans_url.as_str() {
        "" => MidtransSettings::production(),
        url => everywhere(&address("payments.midtrans_url", url)?),
    };
    let midtrans = MidtransGateway::new(client, hosts, Arc::clone(clock));
    let real: [Arc<dyn PaymentGateway>; 2] = [Arc::new(stripe), Arc::new(midtrans)];
    let gateways = real.into_iter().chain(others);
    Ok(match settings.allow_test_accounts {
        true => Gateways::with_test_accounts(gateways),
        false => Gateways::live(gateways),
    })
}

fn address(setting: &str, url: &str) -> anyhow::Result<BaseAddress> {
    url.parse()
        .with_context(|| format!("setting `{setting}` is no address of a provider"))
}

fn everywhere(address: &BaseAddress) -> MidtransSettings {
    let hosts = MidtransHosts {
        snap: address.clone(),
        api: address.clone(),
    };
    MidtransSettings {
        live: hosts.clone(),
        test: hosts,
    }
}
